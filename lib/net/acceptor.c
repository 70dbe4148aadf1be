/* acceptor - accepts connections on listening sockets, or refuses them. */
#include <config.h>

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "net/server-private.h"

#define ACCEPT_MAX	64	/* connections accepted at a time */
#define PAUSE_MS	1000	/* pause if there is no free descriptor */
#define COMPLAIN_MS	60000	/* between two equal warnings */
#define UNIX_SPARE	32	/* Unix socket connections over the limit */

/* A listening socket. */
struct acceptor {
	struct server *srv;
	struct acceptor *next;
	int fd;
	struct event *accept_event, *pause_event;
	struct service_use *use;
	struct tls_context *tls;	/* borrowed */
	bool implicit_tls;
	char *unix_path;		/* own; NULL: TCP */
	struct addr addr;
	uint64_t complained_ms;
};

/* Returns true at most once a minute. */
static bool
may_complain(uint64_t *last_ms)
{
	uint64_t now = clock_mono_ms();

	if (*last_ms != 0 && now - *last_ms < COMPLAIN_MS)
		return false;
	*last_ms = now;
	return true;
}

/* Fills in the facts of a new connection. */
static void
acceptor_facts(const struct acceptor *a, int fd, const struct sockaddr *peer,
    struct conn_facts *facts)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct ucred cred;

	memset(facts, 0, sizeof(*facts));
	facts->cid = log_cid_next();
	(void)snprintf(facts->cid_text, sizeof(facts->cid_text), "%" PRIx64,
	    facts->cid);
	facts->since = (int64_t)time(NULL);
	facts->uid = (uid_t)-1;
	facts->gid = (gid_t)-1;
	addr_from_sockaddr(&facts->peer, peer);
	facts->local = a->addr;
	facts->is_unix = a->addr.family == ADDR_UNIX;
	if (facts->is_unix) {
		facts->peer.family = ADDR_UNIX;
		len = sizeof(cred);
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred,
		    &len) == 0) {
			facts->uid = cred.uid;
			facts->gid = cred.gid;
			facts->pid = cred.pid;
		}
	} else if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0) {
		addr_from_sockaddr(&facts->local, (struct sockaddr *)&ss);
	}
	facts->is_loopback = addr_is_loopback(&facts->peer);
}

/* Why a connection is refused. */
struct limit {
	const char *reason;	/* NULL: it is not refused */
	const char *setting;	/* NULL: the limit has no setting */
	int value;
};

static void
acceptor_complain(struct acceptor *a, const struct limit *limit)
{
	struct service_use *use = a->use;

	use->refused++;
	if (!may_complain(&use->complained_ms))
		return;
	log_warn(NULL, "refusing connections",
	    KV_STR("service", use->service->name),
	    KV_STR("reason", limit->reason),
	    KV_STR("setting", limit->setting),
	    KV_INT("limit", limit->value), KV_UINT("refused", use->refused));
	use->refused = 0;
}

static void
acceptor_refuse(struct acceptor *a, int fd, const struct limit *limit)
{
	const struct service *s = a->use->service;
	char line[200];
	int n;

	if (s->too_many != NULL && !a->implicit_tls) {
		n = snprintf(line, sizeof(line), limit->setting == NULL ?
		    "%s%s%s\r\n" : "%s%s (setting %s)\r\n", s->too_many,
		    limit->reason, limit->setting == NULL ? "" :
		    limit->setting);
		if (n > 0 && (size_t)n < sizeof(line))
			(void)send(fd, line, (size_t)n, MSG_NOSIGNAL);
	}
	(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
	acceptor_complain(a, limit);
}

static const struct limit no_limit = { NULL, NULL, 0 };

/* Returns the limit on all connections that is reached, if any.  The caller
   must hold the lock. */
static struct limit
server_limit(const struct server *srv, int fd, bool is_unix)
{
	bool are_all_taken = srv->sched.connections >= srv->conns_max +
	    (is_unix ? UNIX_SPARE : 0);

	if (file_is_scarce(fd, is_unix ? 0 : UNIX_SPARE) ||
	    (srv->few_files && are_all_taken))
		return (struct limit){ "the limit of open files is reached",
		    NULL, srv->conns_max };
	if (are_all_taken)
		return (struct limit){ "too many connections",
		    srv->config.connections_setting, srv->conns_max };
	return no_limit;
}

/* Returns the limit that is reached, if any.  The caller must hold the lock. */
static struct limit
acceptor_limit(const struct acceptor *a, int fd,
    const struct conn_facts *facts)
{
	const struct server *srv = a->srv;
	const struct service *s = a->use->service;
	struct limit limit = server_limit(srv, fd, facts->is_unix);

	if (limit.reason != NULL)
		return limit;
	if (s->connections_max > 0 && a->use->connections >=
	    s->connections_max)
		return (struct limit){ "too many connections", NULL,
		    s->connections_max };
	if (s->strangers_max > 0 && !facts->is_unix &&
	    run_queue_strangers(&srv->sched.queue,
	    run_queue_stranger_key(&facts->peer)) >= s->strangers_max)
		return (struct limit){ "too many connections from your "
		    "address have not logged in", s->strangers_setting,
		    s->strangers_max };
	return no_limit;
}

static void
acceptor_admit(struct acceptor *a, int fd, const struct sockaddr *peer)
{
	struct server *srv = a->srv;
	struct conn_facts facts;
	struct limit limit;
	struct conn *c;

	acceptor_facts(a, fd, peer, &facts);
	pthread_mutex_lock(&srv->sched.lock);
	limit = acceptor_limit(a, fd, &facts);
	if (limit.reason != NULL) {
		srv->refused++;
	} else {
		srv->accepted++;
		c = conn_new(&srv->sched, fd, a->use, a->tls, &facts);
		if (a->implicit_tls)
			conn_set_stage(c, STAGE_TLS_FIRST, "implicit TLS");
		workers_call(&srv->sched);
	}
	pthread_mutex_unlock(&srv->sched.lock);
	if (limit.reason != NULL)
		acceptor_refuse(a, fd, &limit);
}

/* There is no free descriptor.  Pauses, because accept() would fail again and
   again. */
static void
acceptor_pause(struct acceptor *a, int e)
{
	struct timeval tv = { .tv_sec = PAUSE_MS / 1000 };

	if (may_complain(&a->complained_ms))
		log_error(NULL, "cannot accept connections for now",
		    KV_STR("service", a->use->service->name),
		    KV_STR("err", strerror(e)));
	(void)event_del(a->accept_event);
	(void)event_add(a->pause_event, &tv);
}

static void
acceptor_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *a = arg;

	(void)event_add(a->accept_event, NULL);
}

static void
acceptor_accept(evutil_socket_t lfd, short what, void *arg)
{
	struct acceptor *a = arg;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	for (int i = 0; i < ACCEPT_MAX; i++) {
		len = sizeof(ss);
		memset(&ss, 0, sizeof(ss.ss_family));
		fd = accept4(a->fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			acceptor_admit(a, fd, (struct sockaddr *)&ss);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			acceptor_pause(a, errno);
			return;
		}
		/* This connection failed; continue with the next one. */
	}
}

/* Closes the listening socket.  Accepted connections are kept. */
static void
acceptor_close(struct acceptor *a)
{
	if (a->accept_event != NULL)
		event_free(a->accept_event);
	if (a->pause_event != NULL)
		event_free(a->pause_event);
	a->accept_event = a->pause_event = NULL;
	if (a->fd == -1)
		return;
	/* Unlink while it still listens, so that it is certainly ours. */
	if (a->unix_path != NULL)
		(void)unlink(a->unix_path);
	(void)close(a->fd);
	a->fd = -1;
}

static struct service_use *
service_use(struct server *srv, const struct service *service)
{
	struct service_use *u;

	for (u = srv->uses; u != NULL; u = u->next)
		if (u->service == service)
			return u;
	if ((u = calloc(1, sizeof(*u))) == NULL)
		fatal("out of memory for a listener");
	u->service = service;
	u->next = srv->uses;
	srv->uses = u;
	return u;
}

int
server_listen(struct server *srv, const struct listener *l, struct err *err)
{
	const char *path = listen_unix_path(l->spec.where);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct acceptor *a, **end;
	int fd;

	if (listen_open(&l->spec, &fd, err) == -1)
		return -1;
	if ((a = calloc(1, sizeof(*a))) == NULL ||
	    (path != NULL && (a->unix_path = strdup(path)) == NULL))
		fatal("out of memory for a listener");
	a->srv = srv;
	a->fd = fd;
	a->use = service_use(srv, l->service);
	a->tls = l->tls;
	a->implicit_tls = l->tls != NULL && l->implicit_tls;
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		addr_from_sockaddr(&a->addr, (struct sockaddr *)&ss);
	a->accept_event = server_event(srv, fd, EV_READ | EV_PERSIST,
	    acceptor_accept, a);
	a->pause_event = server_event(srv, -1, 0, acceptor_pause_over, a);
	for (end = &srv->acceptors; *end != NULL; end = &(*end)->next)
		;
	*end = a;
	return 0;
}

void
acceptors_open(struct server *srv)
{
	for (struct acceptor *a = srv->acceptors; a != NULL; a = a->next)
		(void)event_add(a->accept_event, NULL);
}

void
acceptors_close(struct server *srv)
{
	for (struct acceptor *a = srv->acceptors; a != NULL; a = a->next)
		acceptor_close(a);
}

void
acceptors_free(struct server *srv)
{
	struct service_use *u;
	struct acceptor *a;

	acceptors_close(srv);
	while ((a = srv->acceptors) != NULL) {
		srv->acceptors = a->next;
		free(a->unix_path);
		free(a);
	}
	while ((u = srv->uses) != NULL) {
		srv->uses = u->next;
		free(u);
	}
}
