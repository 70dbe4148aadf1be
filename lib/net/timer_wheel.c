/* timer_wheel - sets, cancels and expires time-outs. */
#include <config.h>

#include <assert.h>

#include "base/clock.h"
#include "net/timer_wheel-private.h"

void
timer_wheel_init(struct timer_wheel *w, int tick_ms)
{
	for (int i = 0; i < TIMER_WHEEL_SLOTS; i++)
		TAILQ_INIT(&w->slots[i]);
	w->tick_ms = (uint64_t)tick_ms;
	w->ticks = clock_mono_ms() / w->tick_ms;
}

void
timer_wheel_set(struct timer_wheel *w, struct timer_entry *e,
    uint64_t expires_ms)
{
	uint64_t tick = expires_ms / w->tick_ms + 1;

	assert(!e->is_set);
	/* In a slot that was already checked it would wait a whole round. */
	if (tick <= w->ticks)
		tick = w->ticks + 1;
	e->expires_ms = expires_ms;
	e->slot = (uint16_t)(tick % TIMER_WHEEL_SLOTS);
	TAILQ_INSERT_TAIL(&w->slots[e->slot], e, link);
	e->is_set = true;
}

void
timer_wheel_cancel(struct timer_wheel *w, struct timer_entry *e)
{
	if (!e->is_set)
		return;
	TAILQ_REMOVE(&w->slots[e->slot], e, link);
	e->is_set = false;
}

void
timer_wheel_tick(struct timer_wheel *w, uint64_t now_ms,
    void (*fn)(void *arg, struct timer_entry *e), void *arg)
{
	uint64_t now = now_ms / w->tick_ms;
	struct timer_entry *e, *next;

	/* After a long sleep, one round is enough to check every slot. */
	if (now > w->ticks + TIMER_WHEEL_SLOTS)
		w->ticks = now - TIMER_WHEEL_SLOTS;
	while (w->ticks < now) {
		w->ticks++;
		e = TAILQ_FIRST(&w->slots[w->ticks % TIMER_WHEEL_SLOTS]);
		for (; e != NULL; e = next) {
			next = TAILQ_NEXT(e, link);
			if (e->expires_ms > now_ms)
				continue;
			timer_wheel_cancel(w, e);
			fn(arg, e);
		}
	}
}
