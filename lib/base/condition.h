/*
 * condition - condition variables whose timed waits use the monotonic clock
 *
 * If a wait ends at a time of day and the clock is set back by a day, it lasts
 * a day longer.  These conditions use the clock of clock_mono_ms(), which
 * cannot be set.
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
 * Waits until signaled or until clock_mono_ms() is mono_ms; the caller must
 * hold lock.  Returns false when that time has come, and true otherwise,
 * sometimes without a signal.
 */
bool condition_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock,
    uint64_t mono_ms);

#endif
