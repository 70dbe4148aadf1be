/*
 * slow - letting clients wait, within a budget
 *
 * A client that waits holds a process of the MTA, of which there are not
 * many.  So only so many may wait at a time.
 */
#ifndef MILTER_SLOW_H
#define MILTER_SLOW_H

#include <stdint.h>

struct slow;

enum slow_end {
	SLOW_WAITED,
	SLOW_FULL,		/* as many as may wait do: it did not */
	SLOW_STOPPED		/* slow_stop() */
};

struct slow *slow_new(void);
/* Nobody may be waiting. */
void slow_free(struct slow **s);

/*
 * Waits for ms, if fewer than sleepers_max do (0: none may; UINT64_MAX:
 * outside the budget).  tick, if not NULL, is called every tick_ms.
 */
enum slow_end slow_wait(struct slow *s, uint64_t ms, uint64_t sleepers_max,
    uint64_t tick_ms, void (*tick)(void *arg), void *arg);

/* Ends all waiting, also what would begin. */
void slow_stop(struct slow *s);

#endif
