/*
 * window - records of networks, and their events in a sliding window
 *
 * The records are in a hash table by network, and also in a list by the time of
 * their last event, because the oldest record is reused first.
 *
 * A record stores its events as a few groups: the number of events, and the
 * time of the last one.  Events are added to a group until a fifth of the
 * window has passed since its first event.  A group is dropped when its last
 * event has left the window.  At most SPAN groups begin within a window, and
 * one more may extend into it, so GROUPS are enough.
 *
 * Times in a record are in ticks.  A window has at most TICKS_MAX ticks, so 16
 * bits are enough to distinguish times within a window.
 */
#include <config.h>

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/err.h"
#include "base/random.h"
#include "net/window.h"

#define SPAN		5
#define GROUPS		(SPAN + 1)
#define TICKS_MAX	30000

struct group {
	uint16_t tick;			/* of the last event */
	uint16_t count;
};

struct record {
	uint64_t prefix;		/* first 64 bits of the network */
	uint64_t last;			/* tick of the last event */
	uint32_t chain;			/* next of the same hash; 0: none */
	uint32_t newer, older;
	uint8_t kind;			/* family and level */
	uint8_t ngroups;		/* the newest is the last */
	uint16_t first;			/* tick of the newest group's first */
	struct group groups[GROUPS];
};

_Static_assert(sizeof(struct record) == 56, "window.h says 56 bytes");

struct window {
	pthread_mutex_t lock;
	uint64_t tick_ms;		/* 0: counts what exists */
	uint64_t length, span;		/* in ticks */
	uint64_t now;			/* latest tick seen */
	uint64_t secret;
	struct record *records;		/* own; number 0 is none */
	uint32_t max, used, free;	/* free: chain of returned records */
	size_t in_use;
	uint32_t *index;		/* own */
	uint64_t index_mask;
	uint32_t newest, oldest;
};

static const uint8_t masks[2][WINDOW_LEVELS] = {
	{ 32, 26, 21 }, { 64, 48, 32 }
};

static bool
is_ip(const struct addr *a)
{
	return a->family == ADDR_IPV4 || a->family == ADDR_IPV6;
}

struct cidr
window_network(const struct addr *a, unsigned level)
{
	struct cidr net = { .bits = 0 };

	assert(level < WINDOW_LEVELS);
	if (is_ip(a))
		net.bits = masks[a->family == ADDR_IPV6][level];
	net.base = addr_mask(a, net.bits);
	return net;
}

struct window *
window_new(uint64_t length_ms, size_t addresses_max)
{
	struct window *w = calloc(1, sizeof(*w));
	uint64_t size = 1024;

	assert(addresses_max > 0 && addresses_max <= 100000000);
	if (w == NULL)
		fatal("out of memory");
	pthread_mutex_init(&w->lock, NULL);
	w->tick_ms = (length_ms + TICKS_MAX - 1) / TICKS_MAX;
	if (w->tick_ms > 0)
		w->length = (length_ms + w->tick_ms - 1) / w->tick_ms;
	w->span = (w->length + SPAN - 1) / SPAN;
	w->secret = random_u64();
	w->max = (uint32_t)addresses_max * WINDOW_LEVELS;
	while (size < w->max)
		size *= 2;
	w->index_mask = size - 1;
	/* The kernel allocates zeroed pages when they are touched. */
	w->records = calloc((size_t)w->max + 1, sizeof(*w->records));
	w->index = calloc(size, sizeof(*w->index));
	if (w->records == NULL || w->index == NULL)
		fatal("out of memory for %zu addresses", addresses_max);
	return w;
}

void
window_free(struct window **wp)
{
	struct window *w = *wp;

	if (w == NULL)
		return;
	*wp = NULL;
	pthread_mutex_destroy(&w->lock);
	free(w->records);
	free(w->index);
	free(w);
}

/* ---- records ---- */

static uint32_t *
bucket(struct window *w, uint64_t prefix, uint8_t kind)
{
	struct addr key = { .family = kind };

	be64_put(key.ip, prefix);
	be64_put(key.ip + 8, w->secret);
	return &w->index[addr_hash(&key) & w->index_mask];
}

static void
list_remove(struct window *w, uint32_t i)
{
	struct record *r = &w->records[i];

	*(r->newer != 0 ? &w->records[r->newer].older : &w->newest) = r->older;
	*(r->older != 0 ? &w->records[r->older].newer : &w->oldest) = r->newer;
}

static void
list_push(struct window *w, uint32_t i)
{
	struct record *r = &w->records[i];

	r->newer = 0;
	r->older = w->newest;
	*(w->newest != 0 ? &w->records[w->newest].newer : &w->oldest) = i;
	w->newest = i;
}

/* Removes a record from its chain and the list. */
static void
record_drop(struct window *w, uint32_t i)
{
	struct record *r = &w->records[i];
	uint32_t *at = bucket(w, r->prefix, r->kind);

	while (*at != i)
		at = &w->records[*at].chain;
	*at = r->chain;
	list_remove(w, i);
	r->chain = w->free;
	w->free = i;
	w->in_use--;
}

static bool
is_expired(const struct window *w, const struct record *r)
{
	return w->tick_ms > 0 && w->now - r->last >= w->length;
}

static struct record *
record_find(struct window *w, const struct addr *a, unsigned level)
{
	struct cidr net = window_network(a, level);
	uint64_t prefix = be64_get(net.base.ip);
	uint8_t kind = (uint8_t)(a->family * WINDOW_LEVELS + level);

	for (uint32_t i = *bucket(w, prefix, kind); i != 0;
	    i = w->records[i].chain)
		if (w->records[i].prefix == prefix &&
		    w->records[i].kind == kind)
			return &w->records[i];
	return NULL;
}

static struct record *
record_new(struct window *w, const struct addr *a, unsigned level)
{
	struct cidr net = window_network(a, level);
	uint32_t i, *at;
	struct record *r;

	/* Drop up to two for each one that is added, so that idle records
	   disappear. */
	for (int n = 0; n < 2 && w->oldest != 0; n++)
		if (is_expired(w, &w->records[w->oldest]))
			record_drop(w, w->oldest);
	if (w->free == 0 && w->used == w->max)
		record_drop(w, w->oldest);
	if ((i = w->free) != 0)
		w->free = w->records[i].chain;
	else
		i = ++w->used;
	w->in_use++;
	r = &w->records[i];
	*r = (struct record){
		.prefix = be64_get(net.base.ip),
		.kind = (uint8_t)(a->family * WINDOW_LEVELS + level),
		.last = w->now,
	};
	at = bucket(w, r->prefix, r->kind);
	r->chain = *at;
	*at = i;
	list_push(w, i);
	return r;
}

/* ---- counting ---- */

/* Drops the groups that have left the window. */
static void
record_slide(const struct window *w, struct record *r)
{
	uint8_t gone = 0;

	if (is_expired(w, r)) {
		r->ngroups = 0;
		return;
	}
	if (w->tick_ms == 0)
		return;
	while (gone < r->ngroups &&
	    (uint16_t)(w->now - r->groups[gone].tick) >= w->length)
		gone++;
	r->ngroups -= gone;
	for (uint8_t i = 0; gone > 0 && i < r->ngroups; i++)
		r->groups[i] = r->groups[i + gone];
}

static uint32_t
record_count(const struct window *w, struct record *r)
{
	uint32_t n = 0;

	record_slide(w, r);
	for (uint8_t i = 0; i < r->ngroups; i++)
		n += r->groups[i].count;
	return n;
}

static void
record_add(struct window *w, struct record *r, uint32_t n)
{
	uint16_t now = (uint16_t)w->now;
	struct group *g;

	if (r->ngroups == 0 || (w->tick_ms > 0 && r->ngroups < GROUPS &&
	    (uint16_t)(now - r->first) >= w->span)) {
		r->first = now;
		r->groups[r->ngroups++] = (struct group){ 0 };
	}
	g = &r->groups[r->ngroups - 1];
	g->tick = now;
	g->count = n > (uint32_t)(WINDOW_COUNT_MAX - g->count) ?
	    WINDOW_COUNT_MAX : (uint16_t)(g->count + n);
	r->last = w->now;
}

static void
set_now(struct window *w, uint64_t now_ms)
{
	uint64_t now = w->tick_ms > 0 ? now_ms / w->tick_ms : 0;

	if (now > w->now)
		w->now = now;
}

static int
full_level(struct window *w, const struct addr *a, uint32_t n,
    const uint64_t limits[WINDOW_LEVELS], struct record *found[WINDOW_LEVELS])
{
	uint32_t have;

	for (unsigned l = 0; l < WINDOW_LEVELS; l++) {
		found[l] = record_find(w, a, l);
		have = found[l] == NULL ? 0 : record_count(w, found[l]);
		if (limits[l] != 0 && (uint64_t)have + n > limits[l])
			return (int)l;
	}
	return -1;
}

int
window_add(struct window *w, const struct addr *a, uint32_t n,
    const uint64_t limits[WINDOW_LEVELS], uint64_t now_ms)
{
	struct record *found[WINDOW_LEVELS];
	int level;

	if (!is_ip(a) || n == 0)
		return -1;
	pthread_mutex_lock(&w->lock);
	set_now(w, now_ms);
	level = full_level(w, a, n, limits, found);
	/* First add to the records that exist, which makes them the newest, so
	   that record_new() does not reuse them. */
	for (unsigned l = 0; level == -1 && l < WINDOW_LEVELS; l++) {
		if (found[l] == NULL)
			continue;
		list_remove(w, (uint32_t)(found[l] - w->records));
		list_push(w, (uint32_t)(found[l] - w->records));
		record_add(w, found[l], n);
	}
	for (unsigned l = 0; level == -1 && l < WINDOW_LEVELS; l++)
		if (found[l] == NULL)
			record_add(w, record_new(w, a, l), n);
	pthread_mutex_unlock(&w->lock);
	return level;
}

int
window_full(struct window *w, const struct addr *a, uint32_t n,
    const uint64_t limits[WINDOW_LEVELS], uint64_t now_ms)
{
	struct record *found[WINDOW_LEVELS];
	int level;

	if (!is_ip(a))
		return -1;
	pthread_mutex_lock(&w->lock);
	set_now(w, now_ms);
	level = full_level(w, a, n, limits, found);
	pthread_mutex_unlock(&w->lock);
	return level;
}

void
window_remove(struct window *w, const struct addr *a, uint32_t n)
{
	struct record *r;
	struct group *g;

	assert(w->tick_ms == 0);
	if (!is_ip(a))
		return;
	pthread_mutex_lock(&w->lock);
	for (unsigned l = 0; l < WINDOW_LEVELS; l++) {
		if ((r = record_find(w, a, l)) == NULL)
			continue;
		g = &r->groups[0];
		g->count = g->count > n ? (uint16_t)(g->count - n) : 0;
		if (g->count == 0)
			record_drop(w, (uint32_t)(r - w->records));
	}
	pthread_mutex_unlock(&w->lock);
}
