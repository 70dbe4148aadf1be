# lib/net: the server frame, TLS, sockets.
EXTRA_DIST += \
	lib/net/addr.h \
	lib/net/conn.h \
	lib/net/dial.h \
	lib/net/jobpool.h \
	lib/net/listen.h \
	lib/net/server.h \
	lib/net/tls.h
