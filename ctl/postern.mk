# ctl: the postern command.
bin_PROGRAMS += ctl/postern
ctl_postern_SOURCES = \
	ctl/call.c ctl/call.h \
	ctl/check.c ctl/check.h ctl/check-private.h \
	ctl/check-postfix.c \
	ctl/cmd_config.c \
	ctl/cmd_dkim.c \
	ctl/cmd_dkim_check.c \
	ctl/cmd_dkim_rotate.c \
	ctl/cmd_data.c \
	ctl/cmd_send_test.c ctl/cmd_send_test.h \
	ctl/cmd_dmarc.c ctl/cmd_dmarc.h \
	ctl/cmd_dns.c \
	ctl/cmd_store.c \
	ctl/commands.c \
	ctl/ctl.h \
	ctl/cmd_dkim.h \
	ctl/localserve.c ctl/localserve.h ctl/localserve-private.h \
	ctl/localserve-accounts.c \
	ctl/localserve-cert.c \
	ctl/localserve-identity.c \
	ctl/localserve-layout.c \
	ctl/localserve-leftover.c \
	ctl/localserve-options.c \
	ctl/localserve-postfix.c \
	ctl/localserve-supervise.c ctl/localserve-supervise.h \
	ctl/postern_main.c \
	ctl/main_cf.c ctl/main_cf.h \
	ctl/options.c ctl/options.h \
	ctl/message_file.c ctl/message_file.h \
	ctl/message_sign.c ctl/message_sign.h \
	ctl/output.c ctl/output.h \
	ctl/password_prompt.c ctl/password_prompt.h \
	ctl/program.c ctl/program.h \
	ctl/resolver.c ctl/resolver.h
ctl_postern_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
ctl_postern_LDADD = lib/smtp/libsmtp.a lib/login/liblogin.a lib/auth/libauth.a lib/net/libnet.a \
	lib/proto/libproto.a lib/mail/libmail.a $(BASE_ARCHIVES) \
	$(VERIFY_LIBS) $(LOGIN_LIBS) $(AUTH_LIBS) $(JANSSON_LIBS) $(NET_LIBS) $(MAIL_LIBS) \
	$(POSTERN_LIBS)
