/*
 * timer_wheel - idle time-outs of many connections
 *
 * A wheel of slots, one for each tick.  An entry is in the slot of the tick at
 * which it expires, possibly several rounds later.  Setting and cancelling
 * change a few pointers, and a tick checks one slot.
 *
 * Times are those of clock_mono_ms().  The caller of any function must hold the
 * scheduler's lock.
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
/* The entry must not be set already. */
void timer_wheel_set(struct timer_wheel *w, struct timer_entry *e,
    uint64_t expires_ms);
/* The entry may be set or not. */
void timer_wheel_cancel(struct timer_wheel *w, struct timer_entry *e);
/*
 * Calls fn for each entry that has expired, and is therefore no longer set.  fn
 * may set other entries, but must not cancel any.
 */
void timer_wheel_tick(struct timer_wheel *w, uint64_t now_ms,
    void (*fn)(void *arg, struct timer_entry *e), void *arg);

#endif
