/*
 * Idle time-outs
 *
 * A wheel of slots, one for each tick; a connection hangs in the slot of the
 * tick at which it expires, or of one a whole number of rounds earlier.
 * Adding and removing are a few pointers, and a tick looks at one slot.
 */
#include <config.h>

#include <string.h>

#include "base/clock.h"
#include "net/server-private.h"

static uint64_t
tick_of(const struct server *srv, uint64_t ms)
{
	return ms / (uint64_t)srv->config.tick_ms;
}

void
wheel_init(struct server *srv)
{
	for (int i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&srv->wheel[i]);
	srv->wheel_at = tick_of(srv, clock_mono_ms());
}

void
wheel_add(struct server *srv, struct conn *c, uint64_t expires_ms)
{
	uint64_t slot = tick_of(srv, expires_ms) + 1;

	/* Behind the hand it would wait for a whole round. */
	if (slot <= srv->wheel_at)
		slot = srv->wheel_at + 1;
	c->expires_ms = expires_ms;
	c->wheel_slot = (uint16_t)(slot % WHEEL_SLOTS);
	TAILQ_INSERT_TAIL(&srv->wheel[c->wheel_slot], c, wheel_link);
	c->on_wheel = true;
}

void
wheel_del(struct server *srv, struct conn *c)
{
	if (!c->on_wheel)
		return;
	TAILQ_REMOVE(&srv->wheel[c->wheel_slot], c, wheel_link);
	c->on_wheel = false;
}

static void
wheel_slot(struct server *srv, struct conn_list *slot, uint64_t now_ms)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(slot); c != NULL; c = next) {
		next = TAILQ_NEXT(c, wheel_link);
		if (c->expires_ms > now_ms)
			continue;
		wheel_del(srv, c);
		c->timed_out = true;
		c->state = STATE_QUEUED;
		queue_push(&srv->queue, c);
		pool_call(srv);
	}
}

void
wheel_tick(struct server *srv, uint64_t now_ms)
{
	uint64_t now = tick_of(srv, now_ms);

	/* After a long sleep one round sees every slot. */
	if (now > srv->wheel_at + WHEEL_SLOTS)
		srv->wheel_at = now - WHEEL_SLOTS;
	while (srv->wheel_at < now) {
		srv->wheel_at++;
		wheel_slot(srv, &srv->wheel[srv->wheel_at % WHEEL_SLOTS],
		    now_ms);
	}
}
