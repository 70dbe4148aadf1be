# localserve: a complete private mail system.  It is installed with the daemons
# that it starts, because postern finds it in the same way as these.
sbin_PROGRAMS += localserve/postern-localserve
localserve_postern_localserve_SOURCES = \
	localserve/localserve.h \
	localserve/localserve_accounts.c \
	localserve/localserve_cert.c \
	localserve/localserve_identity.c \
	localserve/localserve_layout.c \
	localserve/localserve_leftover.c \
	localserve/localserve_main.c \
	localserve/localserve_options.c \
	localserve/localserve_postfix.c \
	localserve/localserve_supervisor.c localserve/localserve_supervisor.h
localserve_postern_localserve_LDADD = lib/command/libcommand.a \
	lib/login/liblogin.a lib/auth/libauth.a lib/net/libnet.a \
	lib/proto/libproto.a lib/mail/libmail.a $(BASE_ARCHIVES) \
	$(LOGIN_LIBS) $(AUTH_LIBS) $(NET_LIBS) $(MAIL_LIBS) $(POSTERN_LIBS)
