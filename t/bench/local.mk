# t/bench: programs that measure; built by `make check', run by hand.
if HAVE_CMOCKA
check_PROGRAMS += t/bench/bench_server
t_bench_bench_server_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/t
t_bench_bench_server_SOURCES = t/bench/bench_server.c \
	t/unit/line_service.c t/unit/line_service.h
t_bench_bench_server_LDADD = lib/net/libnet.a lib/base/libbase.a $(NET_LIBS) \
	$(UNIT_LDADD)
endif
check_PROGRAMS += t/bench/bench_store
t_bench_bench_store_SOURCES = t/bench/bench_store.c
t_bench_bench_store_LDADD = lib/store/libstore.a lib/base/libbase.a \
	$(STORE_LIBS) $(POSTERN_LIBS)
check_PROGRAMS += t/bench/bench_deliver
t_bench_bench_deliver_SOURCES = t/bench/bench_deliver.c
t_bench_bench_deliver_LDADD = lib/store/libstore.a lib/proto/libproto.a \
	lib/mail/libmail.a lib/base/libbase.a $(STORE_LIBS) $(MAIL_LIBS) \
	$(POSTERN_LIBS)
