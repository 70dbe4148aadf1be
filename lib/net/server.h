/*
 * server - the event loop and the workers for all listeners of a program
 *
 *	struct server_config config = { .workers_max = 32 };
 *	struct server *srv = server_new(&config);
 *	if (server_listen(srv, &(struct listener){ .spec = spec,
 *	    .service = &imap_service, .tls = tls }, err) == -1)
 *		...
 *	... drop privileges, sandbox ...
 *	r = server_run(srv, err);	// until SIGTERM, SIGINT, server_stop()
 *	server_free(&srv);
 *
 * One loop thread (the one that calls server_run()) waits for all connections,
 * and a pool of workers runs the callbacks of services.  server_run() starts
 * the threads.  Services are described in net/conn.h.
 *
 * server_new() makes the process ignore SIGPIPE.
 */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include <stdint.h>

#include "base/err.h"
#include "net/conn.h"
#include "net/listen.h"
#include "net/tls.h"

struct server;

/* 0 is the default of each member. */
struct server_config {
	int workers_max;	/* 0: 32 */
	/*
	 * 0: as many as descriptors allow.  Unix sockets may have a few more,
	 * so that the MTA and the administrator can connect when the limit is
	 * reached.
	 */
	int connections_max;
	const char *connections_setting;	/* its name, or NULL */
	int stop_ms;		/* for running commands at the end; 0: 10 s */
	int tick_ms;		/* precision of idle time-outs; 0: 1 s */
	int worker_idle_ms;	/* an idle worker ends after this; 0: 10 s */

	/* Called in the loop thread when connections are accepted and signals
	   are handled.  May be NULL. */
	void (*ready)(struct server *srv, void *arg);
	/* Called in the loop thread on SIGHUP.  NULL: ignore SIGHUP. */
	void (*reload)(struct server *srv, void *arg);
	/* Called in the loop thread after a signal or server_stop().  May be
	   NULL. */
	void (*stopping)(struct server *srv, void *arg);
	void *arg;
	/*
	 * Do not handle signals: for tests, and for programs that have another
	 * event loop.
	 */
	int no_signals;
};

struct listener {
	struct listen_spec spec;
	const struct service *service;	/* borrowed until server_free() */
	struct tls_context *tls;	/* borrowed; NULL: no TLS */
	int implicit_tls;	/* TLS from the first byte; else STARTTLS */
};

struct server *server_new(const struct server_config *config);

/*
 * Binds and listens; server_run() then accepts connections.  Returns 0, or -1
 * with an error that names the address and the setting.
 */
int server_listen(struct server *srv, const struct listener *l,
    struct err *err);
/*
 * Serves until it is stopped.  Then it accepts no more connections, calls bye()
 * for parked ones, waits up to stop_ms for running commands, and closes all
 * connections.  Returns 0, or -1 if some commands are still running; then the
 * process must exit.
 */
int server_run(struct server *srv, struct err *err);

/* Makes server_run() stop.  Any thread may call it, and callbacks too. */
void server_stop(struct server *srv);

/* Call it after server_run() returned 0, or if it was not called. */
void server_free(struct server **srv);

struct server_stats {
	int connections;
	int queued;
	int workers;
	int workers_idle;
	uint64_t accepted;
	uint64_t refused;	/* at a limit, or without free descriptors */
	uint64_t runs;		/* times a worker took a connection */
};
/* Any thread may call it. */
void server_stats(struct server *srv, struct server_stats *out);

#endif
