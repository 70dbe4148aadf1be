/*
 * server - the loop thread: events, timers, signals, and stopping
 *
 * libevent watches the scheduler's epoll set of parked connections as one
 * descriptor.
 */
#include <config.h>

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
#include "base/err.h"
#include "net/server-private.h"

#define WORKERS_MAX	32
#define STOP_MS		10000
#define TICK_MS		1000
#define WORKER_IDLE_MS	10000
#define LAST_MS		5000	/* for commands after a shutdown() */
#define NOFILE_MAX	1048576
#define NOFILE_SPARE	128	/* descriptors for everything else */
#define TRIM_CLOSED	1000
#define TRIM_MS		10000

static struct timeval
timeval_of(int ms)
{
	return (struct timeval){
		.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000
	};
}

/* --- the loop ----------------------------------------------------------- */

static void
loop_events(evutil_socket_t fd, short what, void *arg)
{
	struct server *srv = arg;

	(void)scheduler_poll(&srv->sched);
}

/* Returns the memory of many closed connections to the system. */
static void
loop_trim(struct server *srv, uint64_t now_ms)
{
#ifdef __GLIBC__
	struct scheduler *sched = &srv->sched;
	bool due;

	pthread_mutex_lock(&sched->lock);
	due = sched->closed_since_trim >= TRIM_CLOSED &&
	    now_ms - srv->trimmed_ms >= TRIM_MS;
	if (due)
		sched->closed_since_trim = 0;
	pthread_mutex_unlock(&sched->lock);
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

	scheduler_tick(&srv->sched, now);
	loop_trim(srv, now);
}

/* --- the end ------------------------------------------------------------- */

static void
stop_end_if_empty(struct server *srv)
{
	int n;

	pthread_mutex_lock(&srv->sched.lock);
	n = srv->sched.connections;
	pthread_mutex_unlock(&srv->sched.lock);
	if (n == 0)
		(void)event_base_loopbreak(srv->base);
}

static void
stop_begin(struct server *srv)
{
	struct timeval tv = timeval_of(srv->config.stop_ms);
	int polls = srv->conns_max / SCHEDULER_POLL_MAX + 1;

	if (srv->config.stopping != NULL)
		srv->config.stopping(srv, srv->config.arg);
	acceptors_close(srv);
	/* Run the commands that have already arrived. */
	while (polls-- > 0 && scheduler_poll(&srv->sched))
		;
	__atomic_store_n(&srv->sched.phase, STOP_ASKED, __ATOMIC_RELAXED);
	pthread_mutex_lock(&srv->sched.lock);
	log_info(NULL, "server stops",
	    KV_INT("connections", srv->sched.connections));
	scheduler_run_parked(&srv->sched, false);
	pthread_mutex_unlock(&srv->sched.lock);
	(void)event_add(srv->stop_event, &tv);
	stop_end_if_empty(srv);
}

/* Closes the connections with commands that are still running. */
static void
stop_now(struct server *srv)
{
	struct timeval tv = timeval_of(LAST_MS);
	struct conn *c;

	__atomic_store_n(&srv->sched.phase, STOP_NOW, __ATOMIC_RELAXED);
	pthread_mutex_lock(&srv->sched.lock);
	log_warn(NULL, "server stops: closing connections that are busy",
	    KV_INT("connections", srv->sched.connections));
	scheduler_run_parked(&srv->sched, true);
	/* End blocked writes; all descriptors in this list are open. */
	TAILQ_FOREACH(c, &srv->sched.all, all_link)
		(void)shutdown(c->fd, SHUT_RDWR);
	pthread_mutex_unlock(&srv->sched.lock);
	(void)event_add(srv->stop_event, &tv);
	stop_end_if_empty(srv);
}

static void
stop_timer(evutil_socket_t fd, short what, void *arg)
{
	struct server *srv = arg;

	if (srv->sched.phase == STOP_ASKED)
		stop_now(srv);
	else
		(void)event_base_loopbreak(srv->base);
}

void
server_stop(struct server *srv)
{
	__atomic_store_n(&srv->stop_asked, 1, __ATOMIC_RELEASE);
	scheduler_kick(&srv->sched);
}

static void
loop_kicked(evutil_socket_t fd, short what, void *arg)
{
	struct server *srv = arg;
	uint64_t n;

	(void)!read(srv->sched.kick_fd, &n, sizeof(n));
	if (srv->sched.phase == STOP_NOT) {
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
		if (srv->config.reload != NULL && srv->sched.phase == STOP_NOT)
			srv->config.reload(srv, srv->config.arg);
	} else if (srv->sched.phase == STOP_NOT) {
		stop_begin(srv);
	} else if (srv->sched.phase == STOP_ASKED) {
		/* A second signal: do not wait any longer. */
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

struct server *
server_new(const struct server_config *config)
{
	struct server *srv = calloc(1, sizeof(*srv));

	if (srv == NULL)
		fatal("out of memory for the server");
	(void)signal(SIGPIPE, SIG_IGN);
#ifdef __GLIBC__
	(void)mallopt(M_ARENA_MAX, 4);
	/* Otherwise malloc() needs a system call for every few pages. */
	(void)mallopt(M_TOP_PAD, 1024 * 1024);
#endif
	srv->config = *config;
	config_defaults(&srv->config);
	scheduler_init(&srv->sched, srv->config.workers_max,
	    srv->config.worker_idle_ms, srv->config.tick_ms);
	if ((srv->base = event_base_new()) == NULL)
		fatal("cannot make the server loop: %s", strerror(errno));
	srv->epoll_event = server_event(srv, srv->sched.epfd,
	    EV_READ | EV_PERSIST, loop_events, srv);
	srv->kick_event = server_event(srv, srv->sched.kick_fd,
	    EV_READ | EV_PERSIST, loop_kicked, srv);
	srv->tick_event = server_event(srv, -1, EV_PERSIST, loop_tick, srv);
	srv->stop_event = server_event(srv, -1, 0, stop_timer, srv);
	return srv;
}

/* Raises the limit of descriptors, and limits the connections to it. */
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
	acceptors_open(srv);
}

int
server_run(struct server *srv, struct err *err)
{
	bool ended;
	int left;

	server_limit_files(srv);
	if (workers_start(&srv->sched, err) == -1)
		return -1;
	server_add_events(srv);
	if (srv->config.ready != NULL)
		srv->config.ready(srv, srv->config.arg);
	if (event_base_dispatch(srv->base) == -1)
		fatal("the server loop failed: %s", strerror(errno));
	pthread_mutex_lock(&srv->sched.lock);
	left = srv->sched.connections;
	ended = workers_stop(&srv->sched,
	    clock_mono_ms() + (left > 0 ? 0 : LAST_MS));
	pthread_mutex_unlock(&srv->sched.lock);
	scheduler_reap(&srv->sched);
	if (left > 0 || !ended)
		return err_set(err, ERR_INTERNAL, "commands of %d connections "
		    "did not end", left);
	return 0;
}

static void
free_event(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

void
server_free(struct server **sp)
{
	struct server *srv = *sp;

	if (srv == NULL)
		return;
	acceptors_free(srv);
	free_event(&srv->epoll_event);
	free_event(&srv->kick_event);
	free_event(&srv->tick_event);
	free_event(&srv->stop_event);
	for (int i = 0; i < 3; i++)
		free_event(&srv->signal_events[i]);
	event_base_free(srv->base);
	scheduler_destroy(&srv->sched);
	free(srv);
	*sp = NULL;
}

void
server_stats(struct server *srv, struct server_stats *out)
{
	pthread_mutex_lock(&srv->sched.lock);
	out->connections = srv->sched.connections;
	out->queued = srv->sched.queue.queued;
	out->workers = srv->sched.workers;
	out->workers_idle = srv->sched.workers_idle;
	out->accepted = srv->accepted;
	out->refused = srv->refused;
	out->runs = srv->sched.runs;
	pthread_mutex_unlock(&srv->sched.lock);
}
