/*
 * condition - condition variables whose timed waits use the monotonic clock
 *
 * A wait that ends at a time of day lasts a day longer when the clock is set
 * back by a day.  Conditions made here measure by the clock of
 * clock_mono_ms(), which nobody sets.
 *
 *	condition_init(&q->change);
 *	...
 *	uint64_t until = clock_mono_ms() + timeout_ms;
 *	while (q->first == NULL && condition_wait_until(&q->change, &q->lock,
 *	    until))
 *		;
 *
 * Otherwise they are pthread conditions: pthread_cond_wait(),
 * pthread_cond_signal(), pthread_cond_broadcast(), pthread_cond_destroy().
 */
#ifndef BASE_CONDITION_H
#define BASE_CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Ends the process if there is no memory. */
void condition_init(pthread_cond_t *cond);

/*
 * Waits, with lock held, until somebody signals or clock_mono_ms() is
 * mono_ms.  Returns false when the time has come; true otherwise, and also
 * now and then for no reason at all.
 */
bool condition_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock,
    uint64_t mono_ms);

#endif
