# ctl: the postern command.
bin_PROGRAMS += ctl/postern
ctl_postern_SOURCES = \
	ctl/cmd_backup.c \
	ctl/cmd_config.c \
	ctl/cmd_directory.c \
	ctl/cmd_dkim.c ctl/cmd_dkim.h \
	ctl/cmd_dkim_check.c \
	ctl/cmd_dkim_rotate.c \
	ctl/cmd_dmarc.c \
	ctl/cmd_dns.c \
	ctl/cmd_export.c \
	ctl/cmd_junk.c \
	ctl/cmd_junk_files.c \
	ctl/cmd_junk_stream.c \
	ctl/cmd_message.c \
	ctl/cmd_send_test.c \
	ctl/cmd_stat.c \
	ctl/commands.c ctl/commands.h \
	ctl/junk_folder.c ctl/junk_folder.h \
	ctl/mail_list.c ctl/mail_list.h \
	ctl/message_file.c ctl/message_file.h \
	ctl/message_sign.c ctl/message_sign.h \
	ctl/password_prompt.c ctl/password_prompt.h \
	ctl/postern_main.c \
	ctl/progress.c ctl/progress.h \
	ctl/resolver.c ctl/resolver.h
ctl_postern_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
ctl_postern_LDADD = lib/command/libcommand.a junk/libjunk.a \
	lib/smtp/libsmtp.a \
	lib/auth/libauth.a lib/net/libnet.a \
	lib/proto/libproto.a lib/mail/libmail.a $(BASE_ARCHIVES) \
	$(VERIFY_LIBS) $(AUTH_LIBS) $(JANSSON_LIBS) \
	$(NET_LIBS) $(MAIL_LIBS) $(JUNK_LIBS) $(POSTERN_LIBS)
