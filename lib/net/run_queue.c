/* run_queue - queues connections by class and lane, so that all get a share. */
#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "net/run_queue-private.h"

struct lane_key {
	uint64_t key;
	uint64_t is_user;
};

struct lane {
	struct lane_key key;
	int refs;
	int running;
	TAILQ_HEAD(, run_entry) queued[CONN_CLASSES];
	bool in_ring[CONN_CLASSES];
	TAILQ_ENTRY(lane) next[CONN_CLASSES];
	UT_hash_handle hh;
};

/* Interactive connections come first, but no class starves. */
static const enum conn_class pattern[] = {
	CONN_INTERACTIVE, CONN_PRELOGIN, CONN_INTERACTIVE, CONN_BULK
};
#define PATTERN_LEN	(sizeof(pattern) / sizeof(pattern[0]))

void
run_queue_init(struct run_queue *q, int workers_max)
{
	int quarter = workers_max / 4;

	memset(q, 0, sizeof(*q));
	for (int i = 0; i < CONN_CLASSES; i++)
		TAILQ_INIT(&q->ring[i]);
	q->prelogin_max = quarter > 1 ? quarter : 1;
	q->lane_max = quarter > 4 ? quarter : 4;
}

uint64_t
run_queue_stranger_key(const struct addr *peer)
{
	struct addr a;

	/* A client usually has all addresses of an IPv6 /64. */
	a = addr_mask(peer, peer->family == ADDR_IPV6 ? 64 : 128);
	return addr_hash(&a);
}

static struct lane *
lane_find(const struct run_queue *q, struct lane_key k)
{
	struct lane *lane;

	HASH_FIND(hh, q->lanes, &k, sizeof(k), lane);
	return lane;
}

int
run_queue_strangers(const struct run_queue *q, uint64_t key)
{
	struct lane *lane = lane_find(q, (struct lane_key){ key, false });

	return lane == NULL ? 0 : lane->refs;
}

/* Returns a reference to a lane.  is_user: limit its share of the workers. */
static struct lane *
lane_get(struct run_queue *q, uint64_t key, bool is_user)
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

static void
lane_put(struct run_queue *q, struct lane **lp)
{
	struct lane *lane = *lp;

	*lp = NULL;
	if (--lane->refs > 0)
		return;
	HASH_DEL(q->lanes, lane);
	free(lane);
}

static bool
lane_has_share(const struct run_queue *q, const struct lane *lane)
{
	return lane->key.is_user && lane->running >= q->lane_max;
}

/* Puts the lane into the ring of each class in which it has queued connections,
   or into none. */
static void
lane_place(struct run_queue *q, struct lane *lane)
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
run_queue_count(struct run_queue *q, int by)
{
	(void)__atomic_add_fetch(&q->queued, by, __ATOMIC_RELAXED);
}

void
run_queue_join(struct run_queue *q, struct run_entry *e, uint64_t key,
    enum conn_class class)
{
	e->lane = lane_get(q, key, false);
	e->class = class;
}

void
run_queue_leave(struct run_queue *q, struct run_entry *e)
{
	lane_put(q, &e->lane);
}

void
run_queue_push(struct run_queue *q, struct run_entry *e)
{
	TAILQ_INSERT_TAIL(&e->lane->queued[e->class], e, link);
	run_queue_count(q, 1);
	lane_place(q, e->lane);
}

static struct lane *
run_queue_front(const struct run_queue *q, enum conn_class class)
{
	if (class == CONN_PRELOGIN && q->prelogin_running >= q->prelogin_max)
		return NULL;
	return TAILQ_FIRST(&q->ring[class]);
}

/* Counts e as running (by is 1), or no longer running (by is -1). */
static void
run_queue_count_running(struct run_queue *q, struct run_entry *e, int by)
{
	e->lane->running += by;
	if (e->class == CONN_PRELOGIN)
		q->prelogin_running += by;
}

struct run_entry *
run_queue_pick(struct run_queue *q)
{
	enum conn_class class = CONN_PRELOGIN;
	struct lane *lane = NULL;
	struct run_entry *e;

	for (size_t i = 0; i < PATTERN_LEN && lane == NULL; i++) {
		class = pattern[q->picks++ % PATTERN_LEN];
		lane = run_queue_front(q, class);
	}
	if (lane == NULL)
		return NULL;
	e = TAILQ_FIRST(&lane->queued[class]);
	TAILQ_REMOVE(&lane->queued[class], e, link);
	run_queue_count(q, -1);
	run_queue_count_running(q, e, 1);
	/* Move it to the end of its ring. */
	TAILQ_REMOVE(&q->ring[class], lane, next[class]);
	lane->in_ring[class] = false;
	lane_place(q, lane);
	return e;
}

void
run_queue_done(struct run_queue *q, struct run_entry *e)
{
	assert(e->lane->running > 0);
	run_queue_count_running(q, e, -1);
	lane_place(q, e->lane);
}

bool
run_queue_has_work(const struct run_queue *q)
{
	for (int i = 0; i < CONN_CLASSES; i++)
		if (run_queue_front(q, (enum conn_class)i) != NULL)
			return true;
	return false;
}

bool
run_queue_set_user(struct run_queue *q, struct run_entry *e, uint64_t key)
{
	/* Get it first, because it may be the lane that e already has. */
	struct lane *lane = lane_get(q, key, true);

	run_queue_done(q, e);
	lane_put(q, &e->lane);
	e->lane = lane;
	if (e->class == CONN_PRELOGIN)
		e->class = CONN_INTERACTIVE;
	run_queue_count_running(q, e, 1);
	lane_place(q, e->lane);
	return e->lane->running <= q->lane_max;
}

void
run_queue_set_class(struct run_queue *q, struct run_entry *e,
    enum conn_class class)
{
	run_queue_done(q, e);
	e->class = class;
	run_queue_count_running(q, e, 1);
	lane_place(q, e->lane);
}
