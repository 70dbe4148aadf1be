/*
 * server - the frame that all listeners of a program share
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
 * One loop thread (the one that calls server_run()) waits for all
 * connections; a pool of workers runs the services' callbacks.  No threads
 * exist before server_run().  What a service is: net/conn.h.
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

/* Everything may be 0, which takes the default. */
struct server_config {
	int workers_max;	/* 0: 32 */
	/*
	 * 0: as descriptors allow.  Unix sockets have a few more, so that the
	 * MTA and the administrator get in when others have them all.
	 */
	int connections_max;
	const char *connections_setting;	/* its name, or NULL */
	int stop_ms;		/* running commands at the end; 0: 10 s */
	int tick_ms;		/* grain of idle time-outs; 0: 1 s */
	int worker_idle_ms;	/* an idle worker ends after; 0: 10 s */

	/* Connections are accepted and signals heard from here on; in the
	   loop thread.  May be NULL. */
	void (*ready)(struct server *srv, void *arg);
	/* SIGHUP, in the loop thread.  NULL: SIGHUP is ignored. */
	void (*reload)(struct server *srv, void *arg);
	/* A signal, or server_stop(), in the loop thread.  May be NULL. */
	void (*stopping)(struct server *srv, void *arg);
	void *arg;
	/*
	 * Signals stay as they are: for tests, and for programs that have
	 * their own loop beside this one.
	 */
	int no_signals;
};

struct listener {
	struct listen_spec spec;
	const struct service *service;	/* borrowed, till server_free() */
	struct tls_context *tls;	/* borrowed; NULL: no TLS */
	int implicit_tls;	/* from the first byte; else by STARTTLS */
};

struct server *server_new(const struct server_config *config);

/*
 * Binds and listens; accepting begins with server_run().  0, or -1 with one
 * sentence that names the address and the setting.
 */
int server_listen(struct server *srv, const struct listener *l,
    struct err *err);
/*
 * Serves until told to stop, then: accept no more; bye() to the parked;
 * running commands get stop_ms; all are closed.  0, or -1: commands that did
 * not end even then are still running, and the process can only exit.
 */
int server_run(struct server *srv, struct err *err);

/* From any thread, also from a callback; the end is seen in server_run(). */
void server_stop(struct server *srv);

/* After server_run() returned 0, or instead of it. */
void server_free(struct server **srv);

struct server_stats {
	int connections;
	int queued;
	int workers;
	int workers_idle;
	uint64_t accepted;
	uint64_t refused;	/* for a limit, or for want of descriptors */
	uint64_t runs;		/* times a worker took a connection */
};
/* From any thread. */
void server_stats(struct server *srv, struct server_stats *out);

#endif
