# ctl: the postern command.
bin_PROGRAMS += ctl/postern
ctl_postern_SOURCES = \
	ctl/check.c ctl/check.h \
	ctl/cmd_config.c \
	ctl/ctl.h \
	ctl/main.c \
	ctl/output.c ctl/output.h \
	ctl/program.c ctl/program.h
ctl_postern_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
ctl_postern_LDADD = lib/base/libbase.a $(JANSSON_LIBS) $(POSTERN_LIBS)
