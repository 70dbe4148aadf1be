/*
 * timer_wheel - idle time-outs of many connections
 *
 * A wheel of slots, one for each tick; an entry hangs in the slot of the tick
 * at which it expires, or of one a whole number of rounds earlier.  Setting
 * and cancelling move a few pointers, and a tick looks at one slot.
 *
 * Times are those of clock_mono_ms().  All functions are called with one
 * lock held.
 */
#ifndef NET_TIMER_WHEEL_PRIVATE_H
#define NET_TIMER_WHEEL_PRIVATE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#define TIMER_WHEEL_SLOTS	2048

struct timer_entry {
	TAILQ_ENTRY(timer_entry) link;
	uint64_t expires_ms;
	uint16_t slot;
	bool is_set;
};

TAILQ_HEAD(timer_list, timer_entry);

struct timer_wheel {
	struct timer_list slots[TIMER_WHEEL_SLOTS];
	uint64_t tick_ms;
	uint64_t ticks;			/* done */
};

void timer_wheel_init(struct timer_wheel *w, int tick_ms);
/* The entry is not set. */
void timer_wheel_set(struct timer_wheel *w, struct timer_entry *e,
    uint64_t expires_ms);
/* Set or not. */
void timer_wheel_cancel(struct timer_wheel *w, struct timer_entry *e);
/*
 * Calls fn for each entry that has expired, which is not set any more.  fn
 * may set others, but not cancel them.
 */
void timer_wheel_tick(struct timer_wheel *w, uint64_t now_ms,
    void (*fn)(void *arg, struct timer_entry *e), void *arg);

#endif
