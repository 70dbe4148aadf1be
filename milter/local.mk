# milter: postern-milter.  All but main() is a library, for the tests.
noinst_LIBRARIES += milter/libpostern-milter.a
milter_libpostern_milter_a_SOURCES = \
	milter/answer.c milter/answer.h \
	milter/config.c milter/config.h \
	milter/connect.c \
	milter/content.c \
	milter/envelope.c \
	milter/fields.c \
	milter/finish.c \
	milter/judge.c milter/judge.h \
	milter/limits.c milter/limits.h \
	milter/milter.h \
	milter/outgoing.c \
	milter/received.c milter/received.h \
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
