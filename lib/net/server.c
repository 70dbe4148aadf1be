/*
 * The loop thread: events of parked connections, time-outs, signals, and
 * the end.
 *
 * Descriptors of connections are in an epoll set of our own, one shot each,
 * so that any worker arms one without waking the loop; libevent watches that
 * set as one descriptor.
 */
#include <config.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/err.h"
#include "net/server-private.h"

#define WORKERS_MAX	32
#define STOP_MS		10000
#define TICK_MS		1000
#define WORKER_IDLE_MS	10000
#define LAST_MS		5000	/* for those whose sockets were shut down */
#define NOFILE_MAX	1048576
#define NOFILE_SPARE	128	/* descriptors for everything else */
#define EVENTS_MAX	256
#define TRIM_CLOSED	1000
#define TRIM_MS		10000

struct every {
	struct every *next;
	struct event *event;
	int ms;
	void (*fn)(void *arg);
	void *arg;
};

static struct timeval
timeval_of(int ms)
{
	return (struct timeval){
		.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000
	};
}

void
server_kick(struct server *srv)
{
	uint64_t one = 1;

	/* EAGAIN: it is kicked already. */
	if (write(srv->kick_fd, &one, sizeof(one)) == -1 && errno != EAGAIN)
		log_error(NULL, "cannot wake the server loop",
		    KV_STR("err", strerror(errno)));
}

/* --- the loop ----------------------------------------------------------- */

/* Frees the closed ones: nobody can still hold an event of theirs. */
static void
loop_reap(struct server *srv)
{
	struct conn_list grave = TAILQ_HEAD_INITIALIZER(grave);
	struct conn *c;

	pthread_mutex_lock(&srv->lock);
	TAILQ_CONCAT(&grave, &srv->grave, link);
	pthread_mutex_unlock(&srv->lock);
	while ((c = TAILQ_FIRST(&grave)) != NULL) {
		TAILQ_REMOVE(&grave, c, link);
		free(c);
	}
}

/* Something happened to a connection; the lock is held. */
static void
loop_event(struct server *srv, struct conn *c)
{
	switch (c->state) {
	case STATE_PARKED_READ:
	case STATE_PARKED_WRITE:
		wheel_del(srv, c);
		c->state = STATE_QUEUED;
		queue_push(&srv->queue, c);
		pool_call(srv);
		break;
	case STATE_RUNNING:
		c->fired = true;
		break;
	default:
		/* It will look by itself before it parks again. */
		break;
	}
}

/* True: there may be more. */
static bool
loop_events_some(struct server *srv)
{
	struct epoll_event ev[EVENTS_MAX];
	int n = epoll_wait(srv->epfd, ev, EVENTS_MAX, 0);

	if (n > 0) {
		pthread_mutex_lock(&srv->lock);
		for (int i = 0; i < n; i++)
			loop_event(srv, ev[i].data.ptr);
		pthread_mutex_unlock(&srv->lock);
	}
	loop_reap(srv);
	return n == EVENTS_MAX;
}

static void
loop_events(evutil_socket_t fd, short what, void *arg)
{
	(void)loop_events_some(arg);
}

/* Memory of many closed connections goes back to the system. */
static void
loop_trim(struct server *srv, uint64_t now_ms)
{
#ifdef __GLIBC__
	bool due;

	pthread_mutex_lock(&srv->lock);
	due = srv->closed_since_trim >= TRIM_CLOSED &&
	    now_ms - srv->trimmed_ms >= TRIM_MS;
	if (due)
		srv->closed_since_trim = 0;
	pthread_mutex_unlock(&srv->lock);
	if (!due)
		return;
	srv->trimmed_ms = now_ms;
	(void)malloc_trim(0);
#endif
}

static void
loop_tick(evutil_socket_t fd, short what, void *arg)
{
	struct server *srv = arg;
	uint64_t now = clock_mono_ms();

	pthread_mutex_lock(&srv->lock);
	wheel_tick(srv, now);
	pool_reap(srv);
	pthread_mutex_unlock(&srv->lock);
	loop_reap(srv);
	loop_trim(srv, now);
}

/* --- the end ------------------------------------------------------------- */

/*
 * Takes all connections that are in one of two states away from where they
 * are parked and gives each a turn here.  The lock is held.
 */
static void
stop_turns(struct server *srv, enum conn_state a, enum conn_state b)
{
	struct conn_list mine = TAILQ_HEAD_INITIALIZER(mine);
	struct conn *c;

	TAILQ_FOREACH(c, &srv->all, all_link) {
		if (c->state != a && c->state != b)
			continue;
		wheel_del(srv, c);
		c->state = STATE_RUNNING;
		c->fired = false;
		TAILQ_INSERT_TAIL(&mine, c, link);
	}
	while ((c = TAILQ_FIRST(&mine)) != NULL) {
		TAILQ_REMOVE(&mine, c, link);
		pthread_mutex_unlock(&srv->lock);
		c->bye = true;
		/* It returns with the lock. */
		conn_turn(c, NULL);
	}
}

static void
stop_end_if_empty(struct server *srv)
{
	int n;

	pthread_mutex_lock(&srv->lock);
	n = srv->connections;
	pthread_mutex_unlock(&srv->lock);
	if (n == 0)
		(void)event_base_loopbreak(srv->base);
}

static void
stop_begin(struct server *srv)
{
	struct timeval tv = timeval_of(srv->config.stop_ms);
	int rounds = srv->conns_max / EVENTS_MAX + 1;

	if (srv->config.stopping != NULL)
		srv->config.stopping(srv, srv->config.arg);
	doors_close(srv);
	/* Commands that have arrived are still run. */
	while (rounds-- > 0 && loop_events_some(srv))
		;
	__atomic_store_n(&srv->phase, STOP_ASKED, __ATOMIC_RELAXED);
	pthread_mutex_lock(&srv->lock);
	log_info(NULL, "server stops",
	    KV_INT("connections", srv->connections));
	stop_turns(srv, STATE_PARKED_READ, STATE_PARKED_READ);
	pthread_mutex_unlock(&srv->lock);
	(void)event_add(srv->stop_event, &tv);
	stop_end_if_empty(srv);
}

/* The time for running commands is over. */
static void
stop_now(struct server *srv)
{
	struct timeval tv = timeval_of(LAST_MS);
	struct conn *c;

	__atomic_store_n(&srv->phase, STOP_NOW, __ATOMIC_RELAXED);
	pthread_mutex_lock(&srv->lock);
	log_warn(NULL, "server stops: closing connections that are busy",
	    KV_INT("connections", srv->connections));
	stop_turns(srv, STATE_PARKED_READ, STATE_PARKED_WRITE);
	/* Ends blocked writes; a descriptor in this list is still open. */
	TAILQ_FOREACH(c, &srv->all, all_link)
		(void)shutdown(c->fd, SHUT_RDWR);
	pthread_mutex_unlock(&srv->lock);
	(void)event_add(srv->stop_event, &tv);
	stop_end_if_empty(srv);
}

static void
stop_timer(evutil_socket_t fd, short what, void *arg)
{
	struct server *srv = arg;

	if (srv->phase == STOP_ASKED)
		stop_now(srv);
	else
		(void)event_base_loopbreak(srv->base);
}

void
server_stop(struct server *srv)
{
	__atomic_store_n(&srv->stop_asked, 1, __ATOMIC_RELEASE);
	server_kick(srv);
}

static void
loop_kicked(evutil_socket_t fd, short what, void *arg)
{
	struct server *srv = arg;
	uint64_t n;

	(void)!read(srv->kick_fd, &n, sizeof(n));
	if (srv->phase == STOP_NOT) {
		if (__atomic_load_n(&srv->stop_asked, __ATOMIC_ACQUIRE))
			stop_begin(srv);
	} else {
		stop_end_if_empty(srv);
	}
}

static void
loop_signal(evutil_socket_t sig, short what, void *arg)
{
	struct server *srv = arg;

	if (sig == SIGHUP) {
		if (srv->config.reload != NULL && srv->phase == STOP_NOT)
			srv->config.reload(srv, srv->config.arg);
	} else if (srv->phase == STOP_NOT) {
		stop_begin(srv);
	} else if (srv->phase == STOP_ASKED) {
		/* Somebody is in a hurry. */
		stop_now(srv);
	}
}

/* --- making and running --------------------------------------------------- */

struct event *
server_event(struct server *srv, int fd, short what, event_callback_fn fn,
    void *arg)
{
	struct event *ev = event_new(srv->base, fd, what, fn, arg);

	if (ev == NULL)
		fatal("out of memory for an event");
	return ev;
}

static void
config_defaults(struct server_config *c)
{
	if (c->workers_max <= 0)
		c->workers_max = WORKERS_MAX;
	if (c->stop_ms <= 0)
		c->stop_ms = STOP_MS;
	if (c->tick_ms <= 0)
		c->tick_ms = TICK_MS;
	if (c->worker_idle_ms <= 0)
		c->worker_idle_ms = WORKER_IDLE_MS;
}

static void
server_init_lists(struct server *srv)
{
	TAILQ_INIT(&srv->all);
	TAILQ_INIT(&srv->grave);
	LIST_INIT(&srv->idle);
	LIST_INIT(&srv->ended);
	queue_init(&srv->queue, srv->config.workers_max);
	wheel_init(srv);
	if (pthread_mutex_init(&srv->lock, NULL) != 0)
		fatal("cannot make the lock of the server");
	condition_init(&srv->worker_ended);
}

struct server *
server_new(const struct server_config *config)
{
	struct server *srv = calloc(1, sizeof(*srv));

	if (srv == NULL)
		fatal("out of memory for the server");
	(void)signal(SIGPIPE, SIG_IGN);
#ifdef __GLIBC__
	(void)mallopt(M_ARENA_MAX, 4);
	/* Else an arena grows by a system call for every few pages. */
	(void)mallopt(M_TOP_PAD, 1024 * 1024);
#endif
	srv->config = *config;
	config_defaults(&srv->config);
	srv->linger_max = srv->config.workers_max / 2;
	server_init_lists(srv);
	srv->epfd = epoll_create1(EPOLL_CLOEXEC);
	srv->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (srv->epfd == -1 || srv->kick_fd == -1 ||
	    (srv->base = event_base_new()) == NULL)
		fatal("cannot make the server loop: %s",
		    strerror(errno));
	srv->epoll_event = server_event(srv, srv->epfd,
	    EV_READ | EV_PERSIST, loop_events, srv);
	srv->kick_event = server_event(srv, srv->kick_fd,
	    EV_READ | EV_PERSIST, loop_kicked, srv);
	srv->tick_event = server_event(srv, -1, EV_PERSIST, loop_tick, srv);
	srv->stop_event = server_event(srv, -1, 0, stop_timer, srv);
	return srv;
}

static void
every_fire(evutil_socket_t fd, short what, void *arg)
{
	struct every *e = arg;

	e->fn(e->arg);
}

void
server_every(struct server *srv, int ms, void (*fn)(void *arg), void *arg)
{
	struct every *e = calloc(1, sizeof(*e));

	if (e == NULL)
		fatal("out of memory for a timer");
	e->fn = fn;
	e->arg = arg;
	e->ms = ms;
	e->event = server_event(srv, -1, EV_PERSIST, every_fire, e);
	e->next = srv->everys;
	srv->everys = e;
}

struct event_base *
server_base(struct server *srv)
{
	return srv->base;
}

/* As many descriptors as we may have; fewer connections than that. */
static void
server_limit_files(struct server *srv)
{
	int asked = srv->config.connections_max;
	struct rlimit r;
	rlim_t room;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		fatal("cannot read the limit of open files: %s",
		    strerror(errno));
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &r) == -1)
			(void)getrlimit(RLIMIT_NOFILE, &r);
	}
	room = r.rlim_cur > NOFILE_MAX ? NOFILE_MAX : r.rlim_cur;
	room = room > 2 * NOFILE_SPARE ? room - NOFILE_SPARE : room / 2;
	srv->conns_max = (int)room;
	if (asked > 0 && asked <= srv->conns_max)
		srv->conns_max = asked;
	else
		srv->few_files = true;
	if (asked > 0 && srv->few_files)
		log_warn(NULL, "fewer connections than configured: "
		    "the limit of open files is lower",
		    KV_INT("configured", asked),
		    KV_INT("possible", srv->conns_max));
}

static void
server_add_signals(struct server *srv)
{
	static const int sigs[] = { SIGTERM, SIGINT, SIGHUP };

	for (int i = 0; i < 3 && !srv->config.no_signals; i++) {
		srv->signal_events[i] = server_event(srv, sigs[i],
		    EV_SIGNAL | EV_PERSIST, loop_signal, srv);
		(void)event_add(srv->signal_events[i], NULL);
	}
}

static void
server_add_events(struct server *srv)
{
	struct timeval tv = timeval_of(srv->config.tick_ms);

	server_add_signals(srv);
	(void)event_add(srv->epoll_event, NULL);
	(void)event_add(srv->kick_event, NULL);
	(void)event_add(srv->tick_event, &tv);
	doors_open(srv);
	for (struct every *e = srv->everys; e != NULL; e = e->next) {
		tv = timeval_of(e->ms);
		(void)event_add(e->event, &tv);
	}
}

int
server_run(struct server *srv, struct err *err)
{
	bool ended;
	int left;

	server_limit_files(srv);
	if (pool_start(srv, err) == -1)
		return -1;
	server_add_events(srv);
	if (srv->config.ready != NULL)
		srv->config.ready(srv, srv->config.arg);
	if (event_base_dispatch(srv->base) == -1)
		fatal("the server loop failed: %s", strerror(errno));
	pthread_mutex_lock(&srv->lock);
	left = srv->connections;
	ended = pool_stop(srv, clock_mono_ms() + (left > 0 ? 0 : LAST_MS));
	pthread_mutex_unlock(&srv->lock);
	loop_reap(srv);
	if (left > 0 || !ended)
		return err_set(err, ERR_INTERNAL, "%d connections have "
		    "commands that did not end", left);
	return 0;
}

static void
free_event(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

static void
everys_free(struct server *srv)
{
	struct every *e;

	while ((e = srv->everys) != NULL) {
		srv->everys = e->next;
		event_free(e->event);
		free(e);
	}
}

void
server_free(struct server **sp)
{
	struct server *srv = *sp;

	if (srv == NULL)
		return;
	doors_free(srv);
	everys_free(srv);
	free_event(&srv->epoll_event);
	free_event(&srv->kick_event);
	free_event(&srv->tick_event);
	free_event(&srv->stop_event);
	for (int i = 0; i < 3; i++)
		free_event(&srv->signal_events[i]);
	event_base_free(srv->base);
	(void)close(srv->epfd);
	(void)close(srv->kick_fd);
	pthread_cond_destroy(&srv->worker_ended);
	pthread_mutex_destroy(&srv->lock);
	free(srv);
	*sp = NULL;
}

void
server_stats(struct server *srv, struct server_stats *out)
{
	pthread_mutex_lock(&srv->lock);
	out->connections = srv->connections;
	out->queued = srv->queue.queued;
	out->workers = srv->workers;
	out->workers_idle = srv->workers_idle;
	out->accepted = srv->accepted;
	out->refused = srv->refused;
	out->turns = srv->turns;
	pthread_mutex_unlock(&srv->lock);
}
