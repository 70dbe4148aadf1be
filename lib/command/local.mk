# lib/command: shared by the postern command and localserve.
noinst_LIBRARIES += lib/command/libcommand.a
lib_command_libcommand_a_SOURCES = \
	lib/command/check_postfix.c \
	lib/command/command.c lib/command/command.h \
	lib/command/config_check.c lib/command/config_check.h \
	lib/command/config_check-private.h \
	lib/command/main_cf.c lib/command/main_cf.h \
	lib/command/options.c lib/command/options.h \
	lib/command/output.c lib/command/output.h \
	lib/command/program.c lib/command/program.h \
	lib/command/request_command.c lib/command/request_command.h
lib_command_libcommand_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
