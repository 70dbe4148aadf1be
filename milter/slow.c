/*
 * slow - sleeping threads, which are counted and can all be woken when the
 * program stops.
 */
#include <config.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/err.h"
#include "milter/slow.h"

struct slow {
	pthread_mutex_t lock;
	pthread_cond_t stop;
	uint64_t sleepers;		/* within the budget */
	bool is_stopping;
};

struct slow *
slow_new(void)
{
	struct slow *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory");
	pthread_mutex_init(&s->lock, NULL);
	condition_init(&s->stop);
	return s;
}

void
slow_free(struct slow **sp)
{
	struct slow *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	pthread_cond_destroy(&s->stop);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* With the lock held.  Returns true at the time, false if stopped before. */
static bool
wait_until(struct slow *s, uint64_t until_ms)
{
	while (!s->is_stopping && clock_mono_ms() < until_ms)
		(void)condition_wait_until(&s->stop, &s->lock, until_ms);
	return !s->is_stopping;
}

/* With the lock held. */
static enum slow_end
wait_in_ticks(struct slow *s, uint64_t ms, uint64_t tick_ms,
    void (*tick)(void *arg), void *arg)
{
	uint64_t now = clock_mono_ms(), end = now + ms;

	while (now < end) {
		now = tick != NULL && end - now > tick_ms ? now + tick_ms :
		    end;
		if (!wait_until(s, now))
			return SLOW_STOPPED;
		if (tick == NULL || now == end)
			continue;
		pthread_mutex_unlock(&s->lock);
		tick(arg);
		pthread_mutex_lock(&s->lock);
	}
	return SLOW_WAITED;
}

enum slow_end
slow_wait(struct slow *s, uint64_t ms, uint64_t sleepers_max,
    uint64_t tick_ms, void (*tick)(void *arg), void *arg)
{
	bool counts = sleepers_max != UINT64_MAX;
	enum slow_end end;

	if (ms == 0)
		return SLOW_WAITED;
	pthread_mutex_lock(&s->lock);
	if (counts && s->sleepers >= sleepers_max) {
		end = SLOW_FULL;
	} else {
		s->sleepers += counts;
		end = wait_in_ticks(s, ms, tick_ms, tick, arg);
		s->sleepers -= counts;
	}
	pthread_mutex_unlock(&s->lock);
	return end;
}

void
slow_stop(struct slow *s)
{
	pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	pthread_cond_broadcast(&s->stop);
	pthread_mutex_unlock(&s->lock);
}
