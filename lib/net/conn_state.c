/*
 * conn_state - the state and the stage of a connection
 *
 * The tables have the allowed transitions.  Any other is a bug in this folder;
 * no peer or service can cause it.
 */
#include <config.h>

#include <assert.h>

#include "net/scheduler-private.h"

#define BIT(n)	(1u << (n))

static const struct {
	const char *name;
	unsigned next;
} states[] = {
	[STATE_NEW] = { "new", BIT(STATE_QUEUED) },
	[STATE_PARKED_READ] = { "parked-read",
	    BIT(STATE_QUEUED) | BIT(STATE_RUNNING) },
	[STATE_PARKED_WRITE] = { "parked-write",
	    BIT(STATE_QUEUED) | BIT(STATE_RUNNING) },
	[STATE_QUEUED] = { "queued", BIT(STATE_RUNNING) },
	[STATE_RUNNING] = { "running", BIT(STATE_PARKED_READ) |
	    BIT(STATE_PARKED_WRITE) | BIT(STATE_QUEUED) |
	    BIT(STATE_WAITING) | BIT(STATE_DEAD) },
	[STATE_WAITING] = { "waiting", BIT(STATE_QUEUED) },
	[STATE_DEAD] = { "dead", 0 },
};

static const struct {
	const char *name;
	unsigned next;
} stages[] = {
	[STAGE_NEW] = { "new", BIT(STAGE_TLS_FIRST) | BIT(STAGE_OPEN) |
	    BIT(STAGE_CLOSING) | BIT(STAGE_ENDED) },
	[STAGE_TLS_FIRST] = { "tls-first",
	    BIT(STAGE_NEW) | BIT(STAGE_ENDED) },
	[STAGE_OPEN] = { "open", BIT(STAGE_STARTTLS) | BIT(STAGE_BROKEN) |
	    BIT(STAGE_CLOSING) },
	[STAGE_STARTTLS] = { "starttls", BIT(STAGE_TLS_LATER) |
	    BIT(STAGE_BROKEN) | BIT(STAGE_CLOSING) },
	[STAGE_TLS_LATER] = { "tls-later", BIT(STAGE_OPEN) |
	    BIT(STAGE_BROKEN) | BIT(STAGE_ENDED) },
	[STAGE_BROKEN] = { "broken", BIT(STAGE_ENDED) },
	[STAGE_CLOSING] = { "closing", BIT(STAGE_SHUT) | BIT(STAGE_ENDED) },
	[STAGE_SHUT] = { "shut", BIT(STAGE_ENDED) },
	[STAGE_ENDED] = { "ended", 0 },
};

void
conn_set_state(struct conn *c, enum conn_state to, const char *why)
{
	assert(states[c->state].next & BIT(to));
	log_at(LOG_LEVEL_TRACE, &c->log, "connection state",
	    KV_STR("from", states[c->state].name),
	    KV_STR("to", states[to].name), KV_STR("why", why));
	c->state = to;
}

void
conn_set_stage(struct conn *c, enum conn_stage to, const char *why)
{
	assert(stages[c->stage].next & BIT(to));
	log_at(LOG_LEVEL_TRACE, &c->log, "connection stage",
	    KV_STR("from", stages[c->stage].name),
	    KV_STR("to", stages[to].name), KV_STR("why", why));
	c->stage = to;
}
