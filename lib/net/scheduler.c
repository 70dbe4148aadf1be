/*
 * scheduler - handles connections in the loop thread
 *
 * The descriptors of parked connections are in an epoll set, with EPOLLONESHOT,
 * so that workers can arm them without waking the loop thread.
 */
#include <config.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/condition.h"
#include "base/err.h"
#include "net/scheduler-private.h"

void
scheduler_init(struct scheduler *sched, int workers_max, int worker_idle_ms,
    int tick_ms)
{
	sched->workers_max = workers_max;
	sched->worker_idle_ms = worker_idle_ms;
	sched->linger_max = workers_max / 2;
	TAILQ_INIT(&sched->all);
	TAILQ_INIT(&sched->dead);
	LIST_INIT(&sched->idle);
	LIST_INIT(&sched->ended);
	run_queue_init(&sched->queue, workers_max);
	timer_wheel_init(&sched->wheel, tick_ms);
	if (pthread_mutex_init(&sched->lock, NULL) != 0)
		fatal("cannot make the lock of the server");
	condition_init(&sched->worker_ended);
	sched->epfd = epoll_create1(EPOLL_CLOEXEC);
	sched->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sched->epfd == -1 || sched->kick_fd == -1)
		fatal("cannot make the server loop: %s", strerror(errno));
}

void
scheduler_destroy(struct scheduler *sched)
{
	(void)close(sched->epfd);
	(void)close(sched->kick_fd);
	pthread_cond_destroy(&sched->worker_ended);
	pthread_mutex_destroy(&sched->lock);
}

void
scheduler_kick(struct scheduler *sched)
{
	uint64_t one = 1;

	/* EAGAIN: a wake-up is already pending. */
	if (write(sched->kick_fd, &one, sizeof(one)) == -1 &&
	    errno != EAGAIN)
		log_error(NULL, "cannot wake the server loop",
		    KV_STR("err", strerror(errno)));
}

void
scheduler_reap(struct scheduler *sched)
{
	struct conn_list dead = TAILQ_HEAD_INITIALIZER(dead);
	struct conn *c;

	pthread_mutex_lock(&sched->lock);
	TAILQ_CONCAT(&dead, &sched->dead, link);
	pthread_mutex_unlock(&sched->lock);
	while ((c = TAILQ_FIRST(&dead)) != NULL) {
		TAILQ_REMOVE(&dead, c, link);
		free(c);
	}
}

/* Handles an event of a connection.  The caller must hold the lock. */
static void
conn_event(struct scheduler *sched, struct conn *c)
{
	switch (c->state) {
	case STATE_PARKED_READ:
	case STATE_PARKED_WRITE:
		conn_enqueue(c, "input, or room for output");
		break;
	case STATE_RUNNING:
		conn_post(c, PENDING_EVENT);
		break;
	default:
		/* Its owner checks for events before parking it. */
		break;
	}
}

bool
scheduler_poll(struct scheduler *sched)
{
	struct epoll_event ev[SCHEDULER_POLL_MAX];
	int n = epoll_wait(sched->epfd, ev, SCHEDULER_POLL_MAX, 0);

	if (n > 0) {
		pthread_mutex_lock(&sched->lock);
		for (int i = 0; i < n; i++)
			conn_event(sched, ev[i].data.ptr);
		pthread_mutex_unlock(&sched->lock);
	}
	scheduler_reap(sched);
	return n == SCHEDULER_POLL_MAX;
}

static void
conn_expired(void *arg, struct timer_entry *e)
{
	struct conn *c = (struct conn *)(void *)((char *)e -
	    offsetof(struct conn, timer));

	conn_post(c, PENDING_TIMEOUT);
	conn_enqueue(c, "timed out");
}

void
scheduler_tick(struct scheduler *sched, uint64_t now_ms)
{
	pthread_mutex_lock(&sched->lock);
	timer_wheel_tick(&sched->wheel, now_ms, conn_expired, sched);
	workers_reap(sched);
	pthread_mutex_unlock(&sched->lock);
	scheduler_reap(sched);
}

void
scheduler_run_parked(struct scheduler *sched, bool for_write)
{
	struct conn_list mine = TAILQ_HEAD_INITIALIZER(mine);
	struct conn *c;

	TAILQ_FOREACH(c, &sched->all, all_link) {
		if (c->state != STATE_PARKED_READ &&
		    !(for_write && c->state == STATE_PARKED_WRITE))
			continue;
		timer_wheel_cancel(&sched->wheel, &c->timer);
		conn_set_state(c, STATE_RUNNING, "server stops");
		(void)conn_take_pending(c, PENDING_EVENT);
		TAILQ_INSERT_TAIL(&mine, c, link);
	}
	while ((c = TAILQ_FIRST(&mine)) != NULL) {
		TAILQ_REMOVE(&mine, c, link);
		pthread_mutex_unlock(&sched->lock);
		conn_post(c, PENDING_STOP);
		/* It returns with the lock held. */
		conn_run(c, NULL);
	}
}
