# lib/net: the server frame, TLS, sockets.
noinst_LIBRARIES += lib/net/libnet.a
lib_net_libnet_a_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(EVENT_CFLAGS)
lib_net_libnet_a_SOURCES = \
	lib/net/acceptor.c \
	lib/net/addr.c lib/net/addr.h \
	lib/net/conn.c lib/net/conn.h \
	lib/net/conn_run.c \
	lib/net/conn_state.c \
	lib/net/dial.c lib/net/dial.h \
	lib/net/dns.c lib/net/dns.h lib/net/dns-private.h \
	lib/net/dns_data.c lib/net/dns_data.h lib/net/dns_data-private.h \
	lib/net/dns_data_line.c \
	lib/net/dns_record.c lib/net/dns_record.h \
	lib/net/dns_unbound.c \
	lib/net/jobpool.c lib/net/jobpool.h \
	lib/net/listen.c lib/net/listen.h \
	lib/net/privileges.c lib/net/privileges.h \
	lib/net/run_queue.c lib/net/run_queue-private.h \
	lib/net/scheduler.c lib/net/scheduler-private.h \
	lib/net/server.c lib/net/server.h lib/net/server-private.h \
	lib/net/request_client.c lib/net/request_client.h \
	lib/net/service.h \
	lib/net/stream.c lib/net/stream.h \
	lib/net/timer_wheel.c lib/net/timer_wheel-private.h \
	lib/net/tls.c lib/net/tls.h \
	lib/net/window.c lib/net/window.h \
	lib/net/workers.c
# Behind libnet.a on a link line; then libbase.a and POSTERN_LIBS.
NET_LIBS = $(OPENSSL_LIBS) $(EVENT_LIBS)
# Of programs that ask the DNS.
DNS_LIBS = $(UNBOUND_LIBS)
