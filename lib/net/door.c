/*
 * Listeners: what they accept, and what they refuse
 */
#include <config.h>

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
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

#define ACCEPT_MAX	64	/* in one go */
#define PAUSE_MS	1000	/* accepting, when there is no descriptor */
#define COMPLAIN_MS	60000	/* the same complaint again */
#define UNIX_SPARE	32	/* connections by Unix sockets above the limit */

/* A listener. */
struct door {
	struct server *srv;
	struct door *next;
	int fd;
	struct event *accept_event, *pause_event;
	struct service_use *use;
	struct tls_context *tls;	/* borrowed */
	bool implicit_tls;
	char *unix_path;		/* own; NULL: TCP, or not ours */
	struct addr addr;
	uint64_t complained_ms;
};

/* At most once a minute. */
static bool
may_complain(uint64_t *last_ms)
{
	uint64_t now = clock_mono_ms();

	if (*last_ms != 0 && now - *last_ms < COMPLAIN_MS)
		return false;
	*last_ms = now;
	return true;
}

/* What is known of a new connection. */
static void
door_facts(const struct door *d, int fd, const struct sockaddr *peer,
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
	facts->local = d->addr;
	facts->is_unix = d->addr.family == ADDR_UNIX;
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
	const char *reason;	/* NULL: it is not */
	const char *setting;	/* NULL: it has no name */
	int value;
};

static void
door_complain(struct door *d, const struct limit *limit)
{
	struct service_use *use = d->use;

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
door_refuse(struct door *d, int fd, const struct limit *limit)
{
	const struct service *s = d->use->service;
	char line[200];
	int n;

	if (s->too_many != NULL && !d->implicit_tls) {
		n = snprintf(line, sizeof(line), limit->setting == NULL ?
		    "%s%s%s\r\n" : "%s%s (setting %s)\r\n", s->too_many,
		    limit->reason, limit->setting == NULL ? "" :
		    limit->setting);
		if (n > 0 && (size_t)n < sizeof(line))
			(void)send(fd, line, (size_t)n, MSG_NOSIGNAL);
	}
	(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
	door_complain(d, limit);
}

static const struct limit no_limit = { NULL, NULL, 0 };

/* The limit of all connections that is reached.  With the lock held. */
static struct limit
server_limit(const struct server *srv, int fd, bool is_unix)
{
	int spare = is_unix ? UNIX_SPARE : 0;

	if (file_is_scarce(fd, is_unix ? 0 : UNIX_SPARE) ||
	    (srv->few_files && srv->connections >= srv->conns_max + spare))
		return (struct limit){ "the limit of open files is reached",
		    NULL, srv->conns_max };
	if (srv->connections >= srv->conns_max + spare)
		return (struct limit){ "too many connections",
		    srv->config.connections_setting, srv->conns_max };
	return no_limit;
}

/* The limit that is reached.  With the lock held. */
static struct limit
door_limit(const struct door *d, int fd, const struct conn_facts *facts)
{
	const struct server *srv = d->srv;
	const struct service *s = d->use->service;
	struct limit limit = server_limit(srv, fd, facts->is_unix);

	if (limit.reason != NULL)
		return limit;
	if (s->connections_max > 0 && d->use->connections >=
	    s->connections_max)
		return (struct limit){ "too many connections", NULL,
		    s->connections_max };
	if (s->strangers_max > 0 && !facts->is_unix &&
	    lane_strangers(&srv->queue, lane_key_of(&facts->peer)) >=
	    s->strangers_max)
		return (struct limit){ "too many connections from your "
		    "address have not logged in", s->strangers_setting,
		    s->strangers_max };
	return no_limit;
}

static void
door_welcome(struct door *d, int fd, const struct sockaddr *peer)
{
	struct server *srv = d->srv;
	struct conn_facts facts;
	struct limit limit;
	struct conn *c;

	door_facts(d, fd, peer, &facts);
	pthread_mutex_lock(&srv->lock);
	limit = door_limit(d, fd, &facts);
	if (limit.reason != NULL) {
		srv->refused++;
	} else {
		srv->accepted++;
		c = conn_new(srv, fd, d->use, d->tls, &facts);
		c->handshaking = d->implicit_tls;
		pool_call(srv);
	}
	pthread_mutex_unlock(&srv->lock);
	if (limit.reason != NULL)
		door_refuse(d, fd, &limit);
}

/* No descriptor to be had: listening on would spin. */
static void
door_pause(struct door *d, int e)
{
	struct timeval tv = { .tv_sec = PAUSE_MS / 1000 };

	if (may_complain(&d->complained_ms))
		log_error(NULL, "cannot accept connections for now",
		    KV_STR("service", d->use->service->name),
		    KV_STR("err", strerror(e)));
	(void)event_del(d->accept_event);
	(void)event_add(d->pause_event, &tv);
}

static void
door_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;

	(void)event_add(d->accept_event, NULL);
}

static void
door_accept(evutil_socket_t lfd, short what, void *arg)
{
	struct door *d = arg;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	for (int i = 0; i < ACCEPT_MAX; i++) {
		len = sizeof(ss);
		memset(&ss, 0, sizeof(ss.ss_family));
		fd = accept4(d->fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			door_welcome(d, fd, (struct sockaddr *)&ss);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			door_pause(d, errno);
			return;
		}
		/* That one connection failed: the next. */
	}
}

/* No more connections; what was accepted goes on. */
static void
door_close(struct door *d)
{
	if (d->accept_event != NULL)
		event_free(d->accept_event);
	if (d->pause_event != NULL)
		event_free(d->pause_event);
	d->accept_event = d->pause_event = NULL;
	if (d->fd == -1)
		return;
	/* While it still listens, so that it is ours for certain. */
	if (d->unix_path != NULL)
		(void)unlink(d->unix_path);
	(void)close(d->fd);
	d->fd = -1;
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

/* The descriptor of a listener: given, or opened. */
static int
listener_fd(const struct listener *l, int *fd, struct err *err)
{
	int flags;

	if (l->fd_plus_1 == 0)
		return listen_open(&l->spec, fd, err);
	*fd = l->fd_plus_1 - 1;
	flags = fcntl(*fd, F_GETFL);
	if (flags == -1 || fcntl(*fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return err_sys(err, ERR_TEMP, "cannot listen on descriptor %d",
		    *fd);
	return 0;
}

int
server_listen(struct server *srv, const struct listener *l, struct err *err)
{
	const char *path = l->fd_plus_1 == 0 ?
	    listen_unix_path(l->spec.where) : NULL;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct door *d, **end;
	int fd;

	if (listener_fd(l, &fd, err) == -1)
		return -1;
	if ((d = calloc(1, sizeof(*d))) == NULL ||
	    (path != NULL && (d->unix_path = strdup(path)) == NULL))
		fatal("out of memory for a listener");
	d->srv = srv;
	d->fd = fd;
	d->use = service_use(srv, l->service);
	d->tls = l->tls;
	d->implicit_tls = l->tls != NULL && l->implicit_tls;
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		addr_from_sockaddr(&d->addr, (struct sockaddr *)&ss);
	d->accept_event = server_event(srv, fd, EV_READ | EV_PERSIST,
	    door_accept, d);
	d->pause_event = server_event(srv, -1, 0, door_pause_over, d);
	for (end = &srv->doors; *end != NULL; end = &(*end)->next)
		;
	*end = d;
	return 0;
}

const struct addr *
server_listener_addr(const struct server *srv, int n)
{
	const struct door *d = srv->doors;

	while (d != NULL && n-- > 0)
		d = d->next;
	return d == NULL ? NULL : &d->addr;
}

void
doors_open(struct server *srv)
{
	for (struct door *d = srv->doors; d != NULL; d = d->next)
		(void)event_add(d->accept_event, NULL);
}

void
doors_close(struct server *srv)
{
	for (struct door *d = srv->doors; d != NULL; d = d->next)
		door_close(d);
}

void
doors_free(struct server *srv)
{
	struct service_use *u;
	struct door *d;

	doors_close(srv);
	while ((d = srv->doors) != NULL) {
		srv->doors = d->next;
		free(d->unix_path);
		free(d);
	}
	while ((u = srv->uses) != NULL) {
		srv->uses = u->next;
		free(u);
	}
}
