/*
 * workers - the threads that run connections
 *
 * Idle workers are in a stack.  The one that was busy last is called first, and
 * those at the bottom end if they are not needed for some time.  Each sleeps on
 * its own condition.  A worker that takes a connection and finds more work
 * calls the next worker, so a burst wakes as many as it needs.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/err.h"
#include "base/thread.h"
#include "net/scheduler-private.h"

/* Sleeps until called.  Returns false if the worker must end. */
static bool
worker_sleep(struct worker *w)
{
	struct scheduler *sched = w->sched;
	uint64_t until = clock_mono_ms() +
	    (uint64_t)sched->worker_idle_ms;

	if (sched->workers_stop)
		return false;
	w->called = false;
	w->is_idle = true;
	sched->workers_idle++;
	LIST_INSERT_HEAD(&sched->idle, w, link);
	while (!w->called && !sched->workers_stop &&
	    condition_wait_until(&w->wake, &sched->lock, until))
		;
	if (w->is_idle) {
		LIST_REMOVE(w, link);
		w->is_idle = false;
		sched->workers_idle--;
	}
	if (w->called)
		sched->workers_called--;
	/* The last worker never ends. */
	return w->called || (!sched->workers_stop && sched->workers == 1);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct scheduler *sched = w->sched;
	struct run_entry *e;
	struct conn *c;

	pthread_mutex_lock(&sched->lock);
	sched->workers_called--;
	for (;;) {
		e = run_queue_pick(&sched->queue);
		if (e == NULL) {
			if (!worker_sleep(w))
				break;
			continue;
		}
		c = conn_of_run_entry(e);
		conn_set_state(c, STATE_RUNNING, "taken by a worker");
		(void)conn_take_pending(c, PENDING_EVENT);
		sched->runs++;
		workers_call(sched);
		pthread_mutex_unlock(&sched->lock);
		conn_run(c, w);
	}
	sched->workers--;
	LIST_INSERT_HEAD(&sched->ended, w, link);
	pthread_cond_signal(&sched->worker_ended);
	pthread_mutex_unlock(&sched->lock);
	return NULL;
}

static struct worker *
worker_new(struct scheduler *sched)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		fatal("out of memory for a worker");
	condition_init(&w->wake);
	w->sched = sched;
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
worker_start(struct scheduler *sched, struct err *err)
{
	struct worker *w = worker_new(sched);

	if (thread_start(&w->thread, "worker", worker_main, w, err) == -1) {
		worker_free(w);
		return -1;
	}
	sched->workers++;
	sched->workers_called++;
	return 0;
}

int
workers_start(struct scheduler *sched, struct err *err)
{
	int r;

	pthread_mutex_lock(&sched->lock);
	r = worker_start(sched, err);
	pthread_mutex_unlock(&sched->lock);
	return r;
}

void
workers_call(struct scheduler *sched)
{
	struct worker *w = LIST_FIRST(&sched->idle);
	struct err ignored = ERR_INIT;

	/* Enough workers have been called already. */
	if (sched->workers_called >= sched->queue.queued ||
	    !run_queue_has_work(&sched->queue))
		return;
	if (w != NULL) {
		LIST_REMOVE(w, link);
		w->is_idle = false;
		sched->workers_idle--;
		sched->workers_called++;
		w->called = true;
		pthread_cond_signal(&w->wake);
	} else if (sched->workers < sched->workers_max) {
		/* A failure does not matter: there is at least one worker. */
		(void)worker_start(sched, &ignored);
	}
}

void
workers_reap(struct scheduler *sched)
{
	struct worker *w;

	while ((w = LIST_FIRST(&sched->ended)) != NULL) {
		LIST_REMOVE(w, link);
		/* It only has to release the lock. */
		pthread_mutex_unlock(&sched->lock);
		(void)pthread_join(w->thread, NULL);
		worker_free(w);
		pthread_mutex_lock(&sched->lock);
	}
}

bool
workers_stop(struct scheduler *sched, uint64_t deadline_ms)
{
	struct worker *w;

	sched->workers_stop = true;
	LIST_FOREACH(w, &sched->idle, link)
		pthread_cond_signal(&w->wake);
	while (sched->workers > 0 &&
	    condition_wait_until(&sched->worker_ended, &sched->lock,
	    deadline_ms))
		;
	workers_reap(sched);
	return sched->workers == 0;
}
