/*
 * The workers
 *
 * Idle workers stand in a stack, so that the one that slept last is called
 * first and those at the bottom end when they were not needed for a while.
 * Each sleeps on a condition of its own.  Who takes a connection and sees
 * more work calls the next: a burst wakes as many as it needs.
 */
#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/err.h"
#include "base/thread.h"
#include "net/server-private.h"

/* Sleeps until called.  False: end. */
static bool
worker_sleep(struct worker *w)
{
	struct server *srv = w->srv;
	uint64_t until = clock_mono_ms() +
	    (uint64_t)srv->config.worker_idle_ms;

	if (srv->workers_stop)
		return false;
	w->called = false;
	w->is_idle = true;
	srv->workers_idle++;
	LIST_INSERT_HEAD(&srv->idle, w, link);
	while (!w->called && !srv->workers_stop &&
	    condition_wait_until(&w->wake, &srv->lock, until))
		;
	if (w->is_idle) {
		LIST_REMOVE(w, link);
		w->is_idle = false;
		srv->workers_idle--;
	}
	if (w->called)
		srv->workers_called--;
	/* The last one stays. */
	return w->called || (!srv->workers_stop && srv->workers == 1);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct server *srv = w->srv;
	struct conn *c;

	pthread_mutex_lock(&srv->lock);
	srv->workers_called--;
	for (;;) {
		c = queue_pick(&srv->queue);
		if (c == NULL) {
			if (!worker_sleep(w))
				break;
			continue;
		}
		assert(c->state == STATE_QUEUED);
		c->state = STATE_RUNNING;
		c->fired = false;
		srv->turns++;
		pool_call(srv);
		pthread_mutex_unlock(&srv->lock);
		conn_turn(c, w);
	}
	srv->workers--;
	LIST_INSERT_HEAD(&srv->ended, w, link);
	pthread_cond_signal(&srv->worker_ended);
	pthread_mutex_unlock(&srv->lock);
	return NULL;
}

static struct worker *
worker_new(struct server *srv)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		fatal("out of memory for a worker");
	condition_init(&w->wake);
	w->srv = srv;
	return w;
}

static void
worker_free(struct worker *w)
{
	pthread_cond_destroy(&w->wake);
	buf_free(&w->in);
	buf_free(&w->out);
	free(w);
}

static int
worker_start(struct server *srv, struct err *err)
{
	struct worker *w = worker_new(srv);

	if (thread_start(&w->thread, "worker", worker_main, w, err) == -1) {
		worker_free(w);
		return -1;
	}
	srv->workers++;
	srv->workers_called++;
	return 0;
}

int
pool_start(struct server *srv, struct err *err)
{
	int r;

	pthread_mutex_lock(&srv->lock);
	r = worker_start(srv, err);
	pthread_mutex_unlock(&srv->lock);
	return r;
}

void
pool_call(struct server *srv)
{
	struct worker *w = LIST_FIRST(&srv->idle);
	struct err ignored = ERR_INIT;

	/* Enough are on their way. */
	if (srv->workers_called >= srv->queue.queued ||
	    !queue_has_work(&srv->queue))
		return;
	if (w != NULL) {
		LIST_REMOVE(w, link);
		w->is_idle = false;
		srv->workers_idle--;
		srv->workers_called++;
		w->called = true;
		pthread_cond_signal(&w->wake);
	} else if (srv->workers < srv->config.workers_max) {
		/* A failure is no loss: there is at least one worker. */
		(void)worker_start(srv, &ignored);
	}
}

void
pool_reap(struct server *srv)
{
	struct worker *w;

	while ((w = LIST_FIRST(&srv->ended)) != NULL) {
		LIST_REMOVE(w, link);
		/* It has only to unlock. */
		pthread_mutex_unlock(&srv->lock);
		(void)pthread_join(w->thread, NULL);
		worker_free(w);
		pthread_mutex_lock(&srv->lock);
	}
}

bool
pool_stop(struct server *srv, uint64_t deadline_ms)
{
	struct worker *w;

	srv->workers_stop = true;
	LIST_FOREACH(w, &srv->idle, link)
		pthread_cond_signal(&w->wake);
	while (srv->workers > 0 &&
	    condition_wait_until(&srv->worker_ended, &srv->lock, deadline_ms))
		;
	pool_reap(srv);
	return srv->workers == 0;
}
