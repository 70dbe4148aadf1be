/*
 * arrivals - counts an account's recent mail by network
 *
 * Each account has an array of arrivals in order of time, and for each network
 * sums over the parts of the array that lie in the windows.  Three marks in
 * the array advance with the time; an arrival that a mark passes leaves a
 * window.
 *
 *	expired | in the day | in the day | in the minute
 *		|	     | may pend	  |
 *		^ day	     ^ pending	  ^ minute
 *
 * An arrival that the pending mark passes before it was delivered leaves the
 * day as well.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/encode.h"
#include "kv/key.h"
#include "kv/row.h"
#include "segment/tables.h"
#include "evidence/arrivals.h"

#define MINUTE_S	60
#define DAY_S		86400
#define ROW_VERSION	1

/* Bytes of a token after its time; they name the message. */
#define NAME_LEN	(ARRIVALS_TOKEN_LEN - 4)

struct arrival {
	uint32_t time;
	uint8_t name[NAME_LEN];
	uint8_t ip[16];
	uint64_t size;
	uint8_t family;
	bool delivered;
	bool counts;			/* included in the sums of the day */
};

struct net_key {
	uint8_t ip[16];
	uint8_t family, level;
};

struct net {
	struct net_key key;
	UT_hash_handle hh;
	uint64_t messages[ARRIVALS_WINDOWS], bytes[ARRIVALS_WINDOWS];
};

/* What one account received recently. */
struct recent {
	uint64_t account;
	UT_hash_handle hh;		/* protected by the table's lock */
	unsigned users;			/* likewise */

	pthread_mutex_t lock;		/* protects the members below */
	bool is_loaded;
	int64_t now;			/* latest time seen */
	struct arrival *list;		/* own */
	size_t n, cap;
	size_t day, pending, minute;	/* marks */
	struct net *nets;		/* own: uthash */
	uint64_t memory;		/* atomic: bytes in list and nets */
};

struct arrivals {
	struct kv *kv;			/* borrowed */
	pthread_mutex_t lock;
	struct recent *recents;		/* own: uthash, most recent last */
	uint64_t memory_max;
	uint64_t memory;		/* atomic: of all recents */
};

/* ---- the row ---- */

int
delivered_row_decode(struct bytes value, struct delivered_row *out,
    struct err *err)
{
	struct bytes ip;
	struct row r;
	uint8_t family;

	memset(out, 0, sizeof(*out));
	if (value.len == 0)
		return 0;
	row_begin_version(&r, value, ROW_VERSION);
	family = row_u8(&r);
	ip = row_take(&r, sizeof(out->client.ip));
	out->size = row_u64(&r);
	if (family != 4 && family != 6)
		r.damaged = true;
	if (row_end(&r, "delivery", err) == -1)
		return -1;
	out->client.family = family == 4 ? ADDR_IPV4 : ADDR_IPV6;
	memcpy(out->client.ip, ip.data, ip.len);
	return 0;
}

void
delivered_row_encode(const struct delivered_row *row, struct buf *out)
{
	if (row->client.family != ADDR_IPV4 &&
	    row->client.family != ADDR_IPV6)
		return;
	row_put_u8(out, ROW_VERSION);
	row_put_u8(out, row->client.family == ADDR_IPV4 ? 4 : 6);
	buf_add(out, row->client.ip, sizeof(row->client.ip));
	row_put_u64(out, row->size);
}

/* ---- sums ---- */

static void
memory_change(struct arrivals *t, struct recent *b, int64_t by)
{
	__atomic_add_fetch(&b->memory, (uint64_t)by, __ATOMIC_RELAXED);
	__atomic_add_fetch(&t->memory, (uint64_t)by, __ATOMIC_RELAXED);
}

static struct net_key
net_key_of(const struct addr *client, unsigned level)
{
	struct cidr net = window_network(client, level);
	struct net_key key;

	memset(&key, 0, sizeof(key));
	memcpy(key.ip, net.base.ip, sizeof(key.ip));
	key.family = client->family;
	key.level = (uint8_t)level;
	return key;
}

static struct net *
net_find(struct recent *b, const struct net_key *key)
{
	struct net *net;

	HASH_FIND(hh, b->nets, key, sizeof(*key), net);
	return net;
}

static struct net *
net_need(struct arrivals *t, struct recent *b, const struct net_key *key)
{
	struct net *net = net_find(b, key);

	if (net != NULL)
		return net;
	if ((net = calloc(1, sizeof(*net))) == NULL)
		fatal("out of memory for arrivals");
	net->key = *key;
	HASH_ADD(hh, b->nets, key, sizeof(net->key), net);
	memory_change(t, b, sizeof(*net));
	return net;
}

static struct addr
client_of(const struct arrival *a)
{
	struct addr client;

	memset(&client, 0, sizeof(client));
	client.family = a->family;
	memcpy(client.ip, a->ip, sizeof(client.ip));
	return client;
}

static void
count_in(struct arrivals *t, struct recent *b, const struct arrival *a,
    enum arrivals_window w)
{
	struct addr client = client_of(a);

	for (unsigned level = 0; level < WINDOW_LEVELS; level++) {
		struct net_key key = net_key_of(&client, level);
		struct net *net = net_need(t, b, &key);

		net->messages[w]++;
		net->bytes[w] += a->size;
	}
}

static void
count_out(struct arrivals *t, struct recent *b, const struct arrival *a,
    enum arrivals_window w)
{
	struct addr client = client_of(a);

	for (unsigned level = 0; level < WINDOW_LEVELS; level++) {
		struct net_key key = net_key_of(&client, level);
		struct net *net = net_need(t, b, &key);

		net->messages[w]--;
		net->bytes[w] -= a->size;
		if (net->messages[ARRIVALS_MINUTE] > 0 ||
		    net->messages[ARRIVALS_DAY] > 0)
			continue;
		HASH_DELETE(hh, b->nets, net);
		free(net);
		memory_change(t, b, -(int64_t)sizeof(*net));
	}
}

/* ---- the list ---- */

/* Drops the arrivals before the day mark and moves the rest to the front. */
static void
list_shift(struct recent *b)
{
	b->n -= b->day;
	memmove(b->list, b->list + b->day, b->n * sizeof(*b->list));
	b->pending -= b->day;
	b->minute -= b->day;
	b->day = 0;
}

static bool
has_left(const struct recent *b, size_t mark, int64_t window)
{
	return mark < b->n && (int64_t)b->list[mark].time + window <= b->now;
}

/* Advances the marks to the given time. */
static void
advance(struct arrivals *t, struct recent *b, int64_t now)
{
	struct arrival *a;

	if (now > b->now)
		b->now = now;
	for (; has_left(b, b->minute, MINUTE_S); b->minute++)
		if (b->list[b->minute].counts)
			count_out(t, b, &b->list[b->minute], ARRIVALS_MINUTE);
	for (; has_left(b, b->pending, ARRIVALS_PENDING_S); b->pending++) {
		a = &b->list[b->pending];
		if (!a->delivered && a->counts) {
			count_out(t, b, a, ARRIVALS_DAY);
			a->counts = false;
		}
	}
	for (; has_left(b, b->day, DAY_S); b->day++)
		if (b->list[b->day].counts)
			count_out(t, b, &b->list[b->day], ARRIVALS_DAY);
	if (b->day > 64 && b->day > b->n / 2)
		list_shift(b);
}

/* The index after all arrivals that are not later than time. */
static size_t
place_of(const struct recent *b, uint32_t time)
{
	size_t low = b->day, high = b->n;

	/* Most arrivals are newer than all others. */
	if (b->n > b->day && b->list[b->n - 1].time <= time)
		return b->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (b->list[middle].time <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Finds the arrival with the same token, or returns NULL.  place is place_of()
   its time. */
static struct arrival *
list_find(struct recent *b, size_t place, const struct arrival *a)
{
	while (place > b->day && b->list[place - 1].time == a->time) {
		place--;
		if (memcmp(b->list[place].name, a->name, NAME_LEN) == 0)
			return &b->list[place];
	}
	return NULL;
}

static void
list_reserve(struct arrivals *t, struct recent *b)
{
	size_t cap = b->cap == 0 ? 16 : b->cap * 2;

	if (b->n < b->cap)
		return;
	b->list = reallocarray(b->list, cap, sizeof(*b->list));
	if (b->list == NULL)
		fatal("out of memory for arrivals");
	memory_change(t, b, (int64_t)((cap - b->cap) * sizeof(*b->list)));
	b->cap = cap;
}

/* Inserts a new arrival at its place, unless it is outside all windows. */
static void
list_insert(struct arrivals *t, struct recent *b, size_t place,
    const struct arrival *a)
{
	int64_t age = b->now - (int64_t)a->time;

	if (age >= DAY_S || (!a->delivered && age >= ARRIVALS_PENDING_S))
		return;
	list_reserve(t, b);
	memmove(b->list + place + 1, b->list + place,
	    (b->n - place) * sizeof(*b->list));
	b->list[place] = *a;
	b->list[place].counts = true;
	b->n++;
	count_in(t, b, a, ARRIVALS_DAY);
	if (age < MINUTE_S)
		count_in(t, b, a, ARRIVALS_MINUTE);
	else
		b->minute++;
	if (age >= ARRIVALS_PENDING_S)
		b->pending++;
}

/*
 * The arrival is known already.  A delivery does not change what it counts,
 * except that it counts again if it had been pending for too long.
 */
static void
list_update(struct arrivals *t, struct recent *b, struct arrival *old,
    const struct arrival *a)
{
	if (!a->delivered)
		return;
	old->delivered = true;
	if (old->counts)
		return;
	old->counts = true;
	count_in(t, b, old, ARRIVALS_DAY);
}

static struct arrival
arrival_make(const uint8_t *token, const struct addr *client, uint64_t size,
    bool delivered)
{
	struct arrival a;

	memset(&a, 0, sizeof(a));
	a.time = be32_get(token);
	memcpy(a.name, token + 4, NAME_LEN);
	memcpy(a.ip, client->ip, sizeof(a.ip));
	a.family = client->family;
	a.size = size;
	a.delivered = delivered;
	return a;
}

static void
recent_add(struct arrivals *t, struct recent *b, const struct arrival *a)
{
	size_t place = place_of(b, a->time);
	struct arrival *old = list_find(b, place, a);

	if (old != NULL)
		list_update(t, b, old, a);
	else
		list_insert(t, b, place, a);
}

/* ---- reading the store ---- */

struct load {
	struct arrivals *t;
	struct recent *b;
};

static int
load_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct load *load = arg;
	struct delivered_row row;
	struct arrival a;

	if (key.len < 8 + ARRIVALS_TOKEN_LEN)
		return err_set(err, ERR_INTERNAL,
		    "damaged key in table delivered");
	if (delivered_row_decode(value, &row, err) == -1)
		return -1;
	if (row.client.family == ADDR_NONE)
		return 0;
	a = arrival_make((const uint8_t *)key.data + 8, &row.client, row.size,
	    true);
	recent_add(load->t, load->b, &a);
	return 0;
}

static void
recent_empty(struct arrivals *t, struct recent *b)
{
	struct net *net, *next;

	HASH_ITER(hh, b->nets, net, next) {
		HASH_DELETE(hh, b->nets, net);
		free(net);
	}
	free(b->list);
	b->list = NULL;
	b->n = b->cap = b->day = b->pending = b->minute = 0;
	memory_change(t, b, -(int64_t)b->memory);
}

/* Loads what the account received in the last day. */
static int
recent_load(struct arrivals *t, struct recent *b, int64_t now, struct err *err)
{
	struct load load = { t, b };
	struct key from, prefix;
	struct kv_snap snap;
	int rc;

	b->now = now;
	key_account(&prefix, b->account);
	from = prefix;
	key_u32(&from, (uint32_t)(now > DAY_S ? now - DAY_S : 0));
	if (kv_snap_begin(t->kv, &snap, err) == -1)
		return -1;
	rc = reader_scan(&snap.reader, T_DELIVERED, key_bytes(&from),
	    key_bytes(&prefix), load_step, &load, err);
	kv_snap_end(&snap);
	if (rc == -1) {
		recent_empty(t, b);
		return err_wrap(err, "counting recent deliveries");
	}
	b->is_loaded = true;
	return 0;
}

/* ---- recents ---- */

struct arrivals *
arrivals_new(struct kv *kv, uint64_t memory)
{
	struct arrivals *t = calloc(1, sizeof(*t));

	if (t == NULL)
		fatal("out of memory");
	t->kv = kv;
	pthread_mutex_init(&t->lock, NULL);
	t->memory_max = memory;
	return t;
}

static void
recent_free(struct arrivals *t, struct recent *b)
{
	HASH_DELETE(hh, t->recents, b);
	recent_empty(t, b);
	pthread_mutex_destroy(&b->lock);
	free(b);
	__atomic_sub_fetch(&t->memory, sizeof(*b), __ATOMIC_RELAXED);
}

void
arrivals_free(struct arrivals **tp)
{
	struct arrivals *t = *tp;
	struct recent *b, *next;

	if (t == NULL)
		return;
	HASH_ITER(hh, t->recents, b, next)
		recent_free(t, b);
	pthread_mutex_destroy(&t->lock);
	free(t);
	*tp = NULL;
}

/* Locked.  Has it counted arrivals without a row?  They would be lost. */
static bool
has_pending(const struct recent *b)
{
	for (size_t i = b->pending; i < b->n; i++)
		if (!b->list[i].delivered)
			return true;
	return false;
}

/* Locked.  Drops the recents that were asked about longest ago. */
static void
recents_trim(struct arrivals *t)
{
	struct recent *b, *next;

	for (int careful = 1; careful >= 0; careful--)
		HASH_ITER(hh, t->recents, b, next) {
			if (__atomic_load_n(&t->memory, __ATOMIC_RELAXED) <=
			    t->memory_max)
				return;
			if (b->users == 0 && (!careful || !has_pending(b)))
				recent_free(t, b);
		}
}

/* Gets what the account received, creating it if make is set.  The caller must
   give it back. */
static struct recent *
recent_take(struct arrivals *t, uint64_t account, bool make)
{
	struct recent *b;

	pthread_mutex_lock(&t->lock);
	HASH_FIND(hh, t->recents, &account, sizeof(account), b);
	if (b != NULL && make) {
		/* Move it to the end: it is now the most recently used. */
		HASH_DELETE(hh, t->recents, b);
		HASH_ADD(hh, t->recents, account, sizeof(b->account), b);
	} else if (make) {
		if ((b = calloc(1, sizeof(*b))) == NULL)
			fatal("out of memory for arrivals");
		b->account = account;
		pthread_mutex_init(&b->lock, NULL);
		HASH_ADD(hh, t->recents, account, sizeof(b->account), b);
		__atomic_add_fetch(&t->memory, sizeof(*b), __ATOMIC_RELAXED);
	}
	if (b != NULL)
		b->users++;
	pthread_mutex_unlock(&t->lock);
	if (b != NULL)
		pthread_mutex_lock(&b->lock);
	return b;
}

static void
recent_give(struct arrivals *t, struct recent *b)
{
	pthread_mutex_unlock(&b->lock);
	pthread_mutex_lock(&t->lock);
	b->users--;
	if (__atomic_load_n(&t->memory, __ATOMIC_RELAXED) > t->memory_max)
		recents_trim(t);
	pthread_mutex_unlock(&t->lock);
}

/* ---- questions ---- */

/* Is the message over a limit of this window and network?  Then fills q. */
static bool
is_over(struct arrivals_question *q, const struct net *net,
    enum arrivals_window w, unsigned level)
{
	uint64_t messages = net == NULL ? 0 : net->messages[w];
	uint64_t bytes = net == NULL ? 0 : net->bytes[w];
	uint64_t limit = q->limits->messages[w][level];

	q->window = w;
	q->level = level;
	q->is_bytes = false;
	q->limit = limit;
	if (limit != 0 && messages >= limit)
		return true;
	limit = q->limits->bytes[w][level];
	q->is_bytes = true;
	q->limit = limit;
	return limit != 0 && (bytes > limit || q->size > limit - bytes ||
	    (q->size == 0 && bytes == limit));
}

static bool
is_over_any(struct recent *b, struct arrivals_question *q)
{
	for (unsigned level = 0; level < WINDOW_LEVELS; level++) {
		struct net_key key = net_key_of(q->client, level);
		struct net *net = net_find(b, &key);

		for (int w = 0; w < ARRIVALS_WINDOWS; w++)
			if (is_over(q, net, (enum arrivals_window)w, level))
				return true;
	}
	return false;
}

/* Counts a message that is accepted.  Returns 1 if it is over a limit. */
static int
recent_take_in(struct arrivals *t, struct recent *b,
    struct arrivals_question *q)
{
	struct arrival a = arrival_make(q->token, q->client, q->size, false);
	size_t place = place_of(b, a.time);
	struct arrival *old = list_find(b, place, &a);

	/* It was accepted before. */
	if (old != NULL && old->counts)
		return 0;
	if (is_over_any(b, q))
		return 1;
	if (old == NULL)
		list_insert(t, b, place, &a);
	return 0;
}

int
arrivals_ask(struct arrivals *t, struct arrivals_question *q, struct err *err)
{
	struct recent *b;
	int rc = 0;

	if (q->client->family != ADDR_IPV4 && q->client->family != ADDR_IPV6)
		return 0;
	b = recent_take(t, q->account, true);
	if (!b->is_loaded)
		rc = recent_load(t, b, q->now, err);
	if (rc == 0) {
		advance(t, b, q->now);
		rc = q->token == NULL ? is_over_any(b, q) :
		    recent_take_in(t, b, q);
	}
	recent_give(t, b);
	return rc;
}

void
arrivals_delivered(struct arrivals *t, uint64_t account, const uint8_t *token,
    const struct addr *client, uint64_t size)
{
	struct arrival a;
	struct recent *b;

	/* Not loaded yet: it will be read from the store when asked about. */
	if ((b = recent_take(t, account, false)) == NULL)
		return;
	if (b->is_loaded) {
		a = arrival_make(token, client, size, true);
		recent_add(t, b, &a);
	}
	recent_give(t, b);
}

void
arrivals_stat(struct arrivals *t, size_t *accounts, uint64_t *bytes)
{
	pthread_mutex_lock(&t->lock);
	*accounts = HASH_COUNT(t->recents);
	pthread_mutex_unlock(&t->lock);
	*bytes = __atomic_load_n(&t->memory, __ATOMIC_RELAXED);
}
