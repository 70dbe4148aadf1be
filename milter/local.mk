# milter: postern-milter.
sbin_PROGRAMS += milter/postern-milter
milter_postern_milter_SOURCES = \
	milter/judge.c \
	milter/main.c \
	milter/milter.h \
	milter/session.c
milter_postern_milter_LDADD = lib/auth/libauth.a lib/net/libnet.a \
	lib/proto/libproto.a lib/mail/libmail.a lib/base/libbase.a \
	$(MILTER_LIBS) $(OPENSSL_LIBS) $(EVENT_LIBS) $(ARGON2_LIBS) \
	$(CRYPT_LIBS) $(IDN2_LIBS) $(UNISTRING_LIBS) $(POSTERN_LIBS)
