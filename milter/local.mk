# milter: postern-milter.  Everything except main() is a library, for the tests.
noinst_LIBRARIES += milter/libpostern-milter.a
milter_libpostern_milter_a_SOURCES = \
	milter/answer.c milter/answer.h \
	milter/callbacks.c milter/callbacks.h \
	milter/config.c milter/config.h \
	milter/connect.c milter/connect.h \
	milter/content.c milter/content.h \
	milter/envelope.c milter/envelope.h \
	milter/fields.c milter/fields.h \
	milter/finish.c milter/finish.h \
	milter/imapd_client.c milter/imapd_client.h \
	milter/limits.c milter/limits.h \
	milter/outgoing.c milter/outgoing.h \
	milter/received.c milter/received.h \
	milter/refusal.h \
	milter/report.c milter/report.h \
	milter/session.c milter/session.h \
	milter/slow.c milter/slow.h \
	milter/special.c milter/special.h
milter_libpostern_milter_a_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)

MILTER_LDADD = milter/libpostern-milter.a lib/auth/libauth.a \
	lib/net/libnet.a lib/proto/libproto.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(MILTER_LIBS) $(VERIFY_LIBS) $(OPENSSL_LIBS) \
	$(EVENT_LIBS) $(IDN2_LIBS) \
	$(UNISTRING_LIBS) $(POSTERN_LIBS)

sbin_PROGRAMS += milter/postern-milter
milter_postern_milter_SOURCES = milter/milter_main.c
milter_postern_milter_CPPFLAGS = $(milter_libpostern_milter_a_CPPFLAGS)
milter_postern_milter_LDADD = $(MILTER_LDADD)
