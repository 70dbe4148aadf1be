# t/bench: benchmarks; built by `make check', run by hand.
if HAVE_CMOCKA
check_PROGRAMS += t/bench/bench_server
t_bench_bench_server_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/t
t_bench_bench_server_SOURCES = t/bench/bench_server.c \
	t/unit/line_service.c t/unit/line_service.h
t_bench_bench_server_LDADD = lib/net/libnet.a $(BASE_ARCHIVES) $(NET_LIBS) \
	$(UNIT_LDADD)
endif
check_PROGRAMS += t/bench/bench_store
t_bench_bench_store_SOURCES = t/bench/bench_store.c
t_bench_bench_store_LDADD = $(STORE_ARCHIVES) $(BASE_ARCHIVES) \
	$(STORE_LIBS) $(POSTERN_LIBS)
check_PROGRAMS += t/bench/bench_deliver
t_bench_bench_deliver_SOURCES = t/bench/bench_deliver.c
t_bench_bench_deliver_LDADD = $(STORE_ARCHIVES) lib/net/libnet.a \
	lib/proto/libproto.a lib/mail/libmail.a $(BASE_ARCHIVES) \
	$(STORE_LIBS) $(MAIL_LIBS) \
	$(POSTERN_LIBS)
check_PROGRAMS += t/bench/bench_flags
t_bench_bench_flags_SOURCES = t/bench/bench_flags.c
t_bench_bench_flags_LDADD = $(t_bench_bench_deliver_LDADD)
check_PROGRAMS += t/bench/bench_mail
t_bench_bench_mail_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/t
t_bench_bench_mail_SOURCES = t/bench/bench_mail.c \
	t/bench/mail.h \
	t/bench/mail_beside.c \
	t/bench/mail_idle.c \
	t/bench/mail_imap.c \
	t/bench/mail_lmtp.c \
	t/bench/mail_proc.c \
	t/bench/mail_text.c \
	t/bench/mail_wire.c t/bench/mail_wire.h
t_bench_bench_mail_LDADD = $(BASE_ARCHIVES) $(NET_LIBS) $(POSTERN_LIBS)
EXTRA_DIST += t/bench/run.sh t/bench/table.py
if HAVE_CMOCKA
check_PROGRAMS += t/bench/bench_dkim
t_bench_bench_dkim_CPPFLAGS = $(DKIM_TEST_CPPFLAGS)
t_bench_bench_dkim_SOURCES = t/bench/bench_dkim.c $(DKIM_LAB)
t_bench_bench_dkim_LDADD = $(DKIM_TEST_LDADD)
endif
check_PROGRAMS += t/bench/bench_spf
t_bench_bench_spf_SOURCES = t/bench/bench_spf.c
t_bench_bench_spf_LDADD = lib/auth/libauth.a lib/net/libnet.a \
	lib/mail/libmail.a $(BASE_ARCHIVES) $(VERIFY_LIBS) $(AUTH_LIBS) \
	$(MAIL_LIBS) $(NET_LIBS) $(POSTERN_LIBS)
check_PROGRAMS += t/bench/dns_server t/bench/noop_milter
t_bench_dns_server_SOURCES = t/bench/dns_server.c
t_bench_dns_server_LDADD = lib/net/libnet.a $(BASE_ARCHIVES) \
	$(DNS_LIBS) $(NET_LIBS) $(POSTERN_LIBS)
t_bench_noop_milter_SOURCES = t/bench/noop_milter.c
t_bench_noop_milter_LDADD = $(MILTER_LIBS) $(POSTERN_LIBS)
EXTRA_DIST += t/bench/milter.py
check_PROGRAMS += t/bench/bench_junk
t_bench_bench_junk_SOURCES = t/bench/bench_junk.c
t_bench_bench_junk_LDADD = junk/libjunk.a lib/mail/libmail.a \
	$(BASE_ARCHIVES) $(MAIL_LIBS) $(JUNK_LIBS) $(POSTERN_LIBS)
