/*
 * server-private - the server, shared by server.c (the loop thread) and
 * acceptor.c (listening)
 */
#ifndef NET_SERVER_PRIVATE_H
#define NET_SERVER_PRIVATE_H

#include "net/scheduler-private.h"
#include "net/server.h"

struct event_base;
struct acceptor;			/* a listening socket: acceptor.c */

struct server {
	struct server_config config;
	struct scheduler sched;
	struct event_base *base;
	struct acceptor *acceptors;
	struct service_use *uses;
	struct event *epoll_event, *kick_event, *tick_event, *stop_event;
	struct event *signal_events[3];
	int conns_max;			/* limited by descriptors, too */
	bool few_files;			/* only descriptors limit it */
	int stop_asked;			/* atomic */
	uint64_t trimmed_ms;
	uint64_t accepted, refused;	/* the scheduler's lock protects it */
};

struct event *server_event(struct server *srv, int fd, short what,
    void (*fn)(int fd, short what, void *arg), void *arg);

/* --- acceptor.c -------------------------------------------------------- */

void acceptors_open(struct server *srv);
/* Closes the listening sockets.  Accepted connections are kept. */
void acceptors_close(struct server *srv);
void acceptors_free(struct server *srv);

#endif
