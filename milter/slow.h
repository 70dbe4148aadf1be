/*
 * slow - delays clients, within a budget
 *
 * A delayed client occupies a process of the MTA, whose number is limited.  So
 * the number of clients that are delayed at the same time is limited too.
 */
#ifndef MILTER_SLOW_H
#define MILTER_SLOW_H

#include <stdint.h>

struct slow;

enum slow_end {
	SLOW_WAITED,
	SLOW_FULL,		/* did not wait: the budget is used up */
	SLOW_STOPPED		/* slow_stop() was called */
};

struct slow *slow_new(void);
/* No thread may be waiting. */
void slow_free(struct slow **s);

/*
 * Waits for ms if fewer than sleepers_max threads are waiting (0: never waits;
 * UINT64_MAX: not counted).  tick, if not NULL, is called every tick_ms.
 */
enum slow_end slow_wait(struct slow *s, uint64_t ms, uint64_t sleepers_max,
    uint64_t tick_ms, void (*tick)(void *arg), void *arg);

/* Ends all waits, and all that begin later. */
void slow_stop(struct slow *s);

#endif
