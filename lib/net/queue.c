/* Connections that have something to do, in the order of fairness. */
#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "net/queue-private.h"
#include "net/server-private.h"

struct lane_key {
	uint64_t key;
	uint64_t is_user;
};

struct lane {
	struct lane_key key;
	int refs;
	int running;
	struct conn_list queued[CONN_CLASSES];
	bool in_ring[CONN_CLASSES];
	TAILQ_ENTRY(lane) next[CONN_CLASSES];
	UT_hash_handle hh;
};

/* People first, but nobody starves. */
static const enum conn_class pattern[] = {
	CONN_INTERACTIVE, CONN_PRELOGIN, CONN_INTERACTIVE, CONN_BULK
};
#define PATTERN_LEN	(sizeof(pattern) / sizeof(pattern[0]))

void
queue_init(struct queue *q, int workers_max)
{
	int quarter = workers_max / 4;

	memset(q, 0, sizeof(*q));
	for (int i = 0; i < CONN_CLASSES; i++)
		TAILQ_INIT(&q->ring[i]);
	q->prelogin_max = quarter > 1 ? quarter : 1;
	q->lane_max = quarter > 4 ? quarter : 4;
}

uint64_t
lane_key_of(const struct addr *peer)
{
	struct addr a;

	/* Who has an IPv6 address has its /64. */
	a = addr_mask(peer, peer->family == ADDR_IPV6 ? 64 : 128);
	return addr_hash(&a);
}

static struct lane *
lane_find(const struct queue *q, struct lane_key k)
{
	struct lane *lane;

	HASH_FIND(hh, q->lanes, &k, sizeof(k), lane);
	return lane;
}

int
lane_strangers(const struct queue *q, uint64_t key)
{
	struct lane *lane = lane_find(q, (struct lane_key){ key, false });

	return lane == NULL ? 0 : lane->refs;
}

struct lane *
lane_get(struct queue *q, uint64_t key, bool is_user)
{
	struct lane_key k = { key, is_user };
	struct lane *lane = lane_find(q, k);

	if (lane == NULL) {
		if ((lane = calloc(1, sizeof(*lane))) == NULL)
			fatal("out of memory for a connection");
		lane->key = k;
		for (int i = 0; i < CONN_CLASSES; i++)
			TAILQ_INIT(&lane->queued[i]);
		HASH_ADD(hh, q->lanes, key, sizeof(lane->key), lane);
	}
	lane->refs++;
	return lane;
}

void
lane_put(struct queue *q, struct lane **lp)
{
	struct lane *lane = *lp;

	*lp = NULL;
	if (lane == NULL || --lane->refs > 0)
		return;
	HASH_DEL(q->lanes, lane);
	free(lane);
}

static bool
lane_has_share(const struct queue *q, const struct lane *lane)
{
	return lane->key.is_user && lane->running >= q->lane_max;
}

/* In the rings of the classes where it has something to offer, or in none. */
static void
lane_place(struct queue *q, struct lane *lane)
{
	bool may = !lane_has_share(q, lane);

	for (int i = 0; i < CONN_CLASSES; i++) {
		bool should = may && !TAILQ_EMPTY(&lane->queued[i]);

		if (should == lane->in_ring[i])
			continue;
		if (should)
			TAILQ_INSERT_TAIL(&q->ring[i], lane, next[i]);
		else
			TAILQ_REMOVE(&q->ring[i], lane, next[i]);
		lane->in_ring[i] = should;
	}
}

static void
queue_count(struct queue *q, int by)
{
	(void)__atomic_add_fetch(&q->queued, by, __ATOMIC_RELAXED);
}

void
queue_push(struct queue *q, struct conn *c)
{
	TAILQ_INSERT_TAIL(&c->lane->queued[c->class], c, link);
	queue_count(q, 1);
	lane_place(q, c->lane);
}

static struct lane *
queue_front(const struct queue *q, enum conn_class class)
{
	if (class == CONN_PRELOGIN && q->prelogin_running >= q->prelogin_max)
		return NULL;
	return TAILQ_FIRST(&q->ring[class]);
}

/* Counts c as running (by 1) or not any more (by -1). */
static void
queue_run_count(struct queue *q, struct conn *c, int by)
{
	c->lane->running += by;
	if (c->class == CONN_PRELOGIN)
		q->prelogin_running += by;
}

struct conn *
queue_pick(struct queue *q)
{
	enum conn_class class = CONN_PRELOGIN;
	struct lane *lane = NULL;
	struct conn *c;

	for (size_t i = 0; i < PATTERN_LEN && lane == NULL; i++) {
		class = pattern[q->turn++ % PATTERN_LEN];
		lane = queue_front(q, class);
	}
	if (lane == NULL)
		return NULL;
	c = TAILQ_FIRST(&lane->queued[class]);
	TAILQ_REMOVE(&lane->queued[class], c, link);
	queue_count(q, -1);
	queue_run_count(q, c, 1);
	/* To the end of its ring. */
	TAILQ_REMOVE(&q->ring[class], lane, next[class]);
	lane->in_ring[class] = false;
	lane_place(q, lane);
	return c;
}

void
queue_done(struct queue *q, struct conn *c)
{
	assert(c->lane->running > 0);
	queue_run_count(q, c, -1);
	lane_place(q, c->lane);
}

bool
queue_has_work(const struct queue *q)
{
	for (int i = 0; i < CONN_CLASSES; i++)
		if (queue_front(q, (enum conn_class)i) != NULL)
			return true;
	return false;
}

bool
queue_move(struct queue *q, struct conn *c, struct lane *lane,
    enum conn_class class)
{
	queue_done(q, c);
	if (lane != NULL) {
		lane_put(q, &c->lane);
		c->lane = lane;
	}
	c->class = class;
	queue_run_count(q, c, 1);
	lane_place(q, c->lane);
	return !c->lane->key.is_user || c->lane->running <= q->lane_max;
}
