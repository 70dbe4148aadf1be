/*
 * dns - the cache of DNS answers, and the questions in progress
 *
 * dns-private.h describes the locks.  The answers come from dns_unbound.c and
 * dns_data.c.
 */
#include <config.h>


#include "base/clock.h"
#include "base/condition.h"
#include "base/encode.h"
#include "base/random.h"
#include "net/dns-private.h"
#include "net/dns_data.h"

#define TTL_MIN_MS	1000	/* so that a message asks nothing twice */

uint64_t (*dns_now)(void) = clock_mono_ms;

/* ---- keys ------------------------------------------------------------ */

static size_t
key_length(const struct dns_key *key)
{
	return offsetof(struct dns_key, name.wire) + key->name.len;
}

static uint64_t
mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

/* Seeded, because senders choose the names. */
static uint64_t
key_hash(uint64_t seed, const struct dns_key *key)
{
	const uint8_t *p = key->name.wire;
	uint64_t h = seed ^ key->type, word;
	size_t n = key->name.len;

	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h = (h ^ h >> 29) + seed;
	}
	word = n;
	while (n-- > 0)
		word = word << 8 | p[n];
	return mix(h ^ word);
}

/* ---- entries, under their shard's lock -------------------------------- */

static void
entry_free(struct dns_entry *e)
{
	free(e->rdata);
	free(e);
}

static void
entry_unpin(struct dns_entry *e)
{
	if (--e->pins == 0 && e->dropped)
		entry_free(e);
}

static void
lru_remove(struct dns_shard *s, struct dns_entry *e)
{
	if (e->prev != NULL)
		e->prev->next = e->next;
	else
		s->first = e->next;
	if (e->next != NULL)
		e->next->prev = e->prev;
	else
		s->last = e->prev;
}

static void
lru_push(struct dns_shard *s, struct dns_entry *e)
{
	e->prev = NULL;
	e->next = s->first;
	if (s->first != NULL)
		s->first->prev = e;
	else
		s->last = e;
	s->first = e;
}

/* Removes the entry from the table; it is freed with its last pin. */
static void
entry_drop(struct dns_shard *s, struct dns_entry *e)
{
	HASH_DEL(s->table, e);
	if (e->done) {
		lru_remove(s, e);
		s->bytes -= e->size;
	}
	e->dropped = true;
	if (e->pins == 0)
		entry_free(e);
}

/* Returns an entry that is in progress or not expired, or NULL. */
static struct dns_entry *
entry_find(struct dns_shard *s, const struct dns_key *key, uint64_t hash,
    uint64_t now)
{
	struct dns_entry *e;

	HASH_FIND_BYHASHVALUE(hh, s->table, key, key_length(key),
	    (unsigned)hash, e);
	if (e == NULL || !e->done)
		return e;
	if (e->expires <= now) {
		entry_drop(s, e);
		return NULL;
	}
	if (s->first != e) {
		lru_remove(s, e);
		lru_push(s, e);
	}
	return e;
}

/* Makes a new question, pinned for the resolver and for the caller. */
static struct dns_entry *
entry_new(struct dns_shard *s, const struct dns_key *key, uint64_t hash)
{
	size_t length = key_length(key);
	struct dns_entry *e;

	e = calloc(1, sizeof(*e));
	if (e == NULL)
		fatal("out of memory");
	memcpy(&e->key, key, length);
	e->shard = s;
	e->resolver = s->resolver;
	e->give_up = dns_now() + s->resolver->deadline_ms;
	e->pins = 2;
	HASH_ADD_BYHASHVALUE(hh, s->table, key, length, (unsigned)hash, e);
	return e;
}

static void
answer_copy(struct arena *a, const struct dns_entry *e,
    uint64_t now, struct dns_answer *answer)
{
	size_t bytes = 0;
	char *p;

	*answer = (struct dns_answer){ .status = e->status,
	    .secure = e->secure, .bogus = e->bogus, .n = e->n,
	    .ttl = e->expires > now ?
	    (uint32_t)((e->expires - now) / 1000) : 0 };
	if (e->n == 0)
		return;
	for (size_t i = 0; i < e->n; i++)
		bytes += e->rdata[i].len;
	answer->rdata = arena_alloc(a, e->n * sizeof(*e->rdata) + bytes);
	p = (char *)(answer->rdata + e->n);
	for (size_t i = 0; i < e->n; i++) {
		memcpy(p, e->rdata[i].data, e->rdata[i].len);
		answer->rdata[i] = bytes_make(p, e->rdata[i].len);
		p += e->rdata[i].len;
	}
}

/* Copies the records, in one allocation. */
static void
entry_fill(struct dns_entry *e, const struct dns_answer *answer)
{
	size_t bytes = 0;
	char *p;

	e->status = answer->status;
	e->secure = answer->secure;
	e->bogus = answer->bogus;
	e->n = answer->n;
	for (size_t i = 0; i < e->n; i++)
		bytes += answer->rdata[i].len;
	e->size = sizeof(*e) + e->n * sizeof(*e->rdata) + bytes;
	if (e->n == 0)
		return;
	e->rdata = malloc(e->n * sizeof(*e->rdata) + bytes);
	if (e->rdata == NULL)
		fatal("out of memory");
	p = (char *)(e->rdata + e->n);
	for (size_t i = 0; i < e->n; i++) {
		memcpy(p, answer->rdata[i].data, answer->rdata[i].len);
		e->rdata[i] = bytes_make(p, answer->rdata[i].len);
		p += answer->rdata[i].len;
	}
}

static uint64_t
answer_lifetime(const struct dns_resolver *r, const struct dns_answer *answer)
{
	uint64_t ms = (uint64_t)answer->ttl * 1000;

	if (dns_is_temporary(answer->status))
		return r->error_ms;
	if (ms < TTL_MIN_MS)
		return TTL_MIN_MS;
	return ms < r->ttl_max_ms ? ms : r->ttl_max_ms;
}

void
dns_entry_finish(struct dns_entry *e, const struct dns_answer *answer)
{
	struct dns_shard *s = e->shard;
	struct dns_entry *last;

	entry_fill(e, answer);
	e->expires = dns_now() + answer_lifetime(e->resolver, answer);
	pthread_mutex_lock(&s->lock);
	e->done = true;
	pthread_cond_broadcast(&s->done);
	if (!e->dropped) {
		lru_push(s, e);
		s->bytes += e->size;
	}
	entry_unpin(e);
	while (s->bytes > s->resolver->cache_size && s->last != NULL) {
		last = s->last;
		entry_drop(s, last);
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- questions ------------------------------------------------------- */

static struct dns_shard *
shard_of(struct dns *dns, const char *name, enum dns_type type,
    struct dns_key *key, uint64_t *hash)
{
	if (dns_name_parse(bytes_of(name), &key->name) == -1)
		return NULL;
	dns_name_lower(&key->name);
	key->type = (uint16_t)type;
	*hash = key_hash(dns->seed, key);
	return &dns->shards[*hash >> 60];
}

_Static_assert(DNS_SHARDS == 16, "shard_of() uses four bits");

/*
 * Returns the entry of a question, new or not, pinned; or NULL if too many are
 * in progress.  The caller must hold the shard's lock, which may be released
 * and taken again.
 */
static struct dns_entry *
question(struct dns_shard *s, const struct dns_key *key, uint64_t hash)
{
	struct dns_entry *e;

	if ((e = entry_find(s, key, hash, dns_now())) != NULL) {
		e->pins++;
		return e;
	}
	if (!dns_resolver_reserve(s->resolver))
		return NULL;
	e = entry_new(s, key, hash);
	pthread_mutex_unlock(&s->lock);
	dns_resolver_ask(e->resolver, e);
	pthread_mutex_lock(&s->lock);
	return e;
}

void
dns_start(struct dns *dns, const char *name, enum dns_type type)
{
	struct dns_shard *s;
	struct dns_entry *e;
	struct dns_key key;
	uint64_t hash;

	if (__atomic_load_n(&dns->is_local, __ATOMIC_RELAXED) ||
	    (s = shard_of(dns, name, type, &key, &hash)) == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	/* The resolver may have been replaced since. */
	if (s->resolver->source == NULL &&
	    (e = question(s, &key, hash)) != NULL)
		entry_unpin(e);
	pthread_mutex_unlock(&s->lock);
}

/*
 * Answers from a source or from the cache.  Returns false if neither has the
 * answer.  The caller must hold the shard's lock.
 */
static bool
answer_now(struct dns_shard *s, struct arena *a, const struct dns_key *key,
    uint64_t hash, struct dns_answer *answer)
{
	struct dns_resolver *r = s->resolver;
	uint64_t now;
	struct dns_entry *e;

	if (r->source != NULL) {
		r->source(r->source_arg, a, &key->name,
		    (enum dns_type)key->type, answer);
		return true;
	}
	now = dns_now();
	e = entry_find(s, key, hash, now);
	if (e == NULL || !e->done)
		return false;
	answer_copy(a, e, now, answer);
	return true;
}

bool
dns_lookup_now(struct dns *dns, struct arena *a, const char *name,
    enum dns_type type, struct dns_answer *answer)
{
	struct dns_shard *s;
	struct dns_key key;
	uint64_t hash;
	bool known;

	*answer = (struct dns_answer){ .status = DNS_NXDOMAIN };
	if ((s = shard_of(dns, name, type, &key, &hash)) == NULL)
		return true;
	pthread_mutex_lock(&s->lock);
	known = answer_now(s, a, &key, hash, answer);
	pthread_mutex_unlock(&s->lock);
	return known;
}

/* Waits for the answer, after sending the question if it is not in progress. */
static void
answer_wait(struct dns_shard *s, struct arena *a, const struct dns_key *key,
    uint64_t hash, uint64_t deadline, struct dns_answer *answer)
{
	struct dns_entry *e;

	if ((e = question(s, key, hash)) == NULL) {
		answer->status = DNS_SERVFAIL;
		return;
	}
	while (!e->done &&
	    condition_wait_until(&s->done, &s->lock, deadline))
		;
	if (e->done)
		answer_copy(a, e, dns_now(), answer);
	else
		answer->status = DNS_TIMEOUT;
	entry_unpin(e);
}

void
dns_lookup(struct dns *dns, struct arena *a, const char *name,
    enum dns_type type, uint64_t deadline, struct dns_answer *answer)
{
	struct dns_shard *s;
	struct dns_key key;
	uint64_t hash;

	*answer = (struct dns_answer){ .status = DNS_NXDOMAIN };
	if ((s = shard_of(dns, name, type, &key, &hash)) == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	if (!answer_now(s, a, &key, hash, answer))
		answer_wait(s, a, &key, hash, deadline, answer);
	pthread_mutex_unlock(&s->lock);
}

/* ---- making and reloading -------------------------------------------- */

static struct dns *
dns_alloc(void)
{
	struct dns *dns;

	dns = aligned_alloc(_Alignof(struct dns), sizeof(*dns));
	if (dns == NULL)
		fatal("out of memory");
	memset(dns, 0, sizeof(*dns));
	dns->seed = random_u64();
	pthread_mutex_init(&dns->reload, NULL);
	for (size_t i = 0; i < DNS_SHARDS; i++) {
		pthread_mutex_init(&dns->shards[i].lock, NULL);
		condition_init(&dns->shards[i].done);
	}
	return dns;
}

/* Empties a shard and gives it another resolver. */
static void
shard_switch(struct dns_shard *s, struct dns_resolver *r)
{
	struct dns_entry *e, *next;

	pthread_mutex_lock(&s->lock);
	HASH_ITER(hh, s->table, e, next)
		entry_drop(s, e);
	s->resolver = r;
	pthread_mutex_unlock(&s->lock);
}

static void
switch_to(struct dns *dns, struct dns_resolver *r)
{
	for (size_t i = 0; i < DNS_SHARDS; i++)
		shard_switch(&dns->shards[i], r);
	dns->resolver = r;
	__atomic_store_n(&dns->is_local, r->source != NULL,
	    __ATOMIC_RELAXED);
}

/* Frees replaced resolvers that have ended, or all. */
static void
free_old(struct dns *dns, bool all)
{
	struct dns_resolver **at = &dns->old, *r;

	while ((r = *at) != NULL) {
		if (all || dns_resolver_has_ended(r)) {
			*at = r->next;
			dns_resolver_free(&r);
		} else {
			at = &r->next;
		}
	}
}

int
dns_new(const struct settings *s, struct dns **out, struct err *err)
{
	struct dns *dns = dns_alloc();
	struct dns_resolver *r;

	if (dns_resolver_new(dns, s, &r, err) == -1) {
		dns_free(&dns);
		return -1;
	}
	switch_to(dns, r);
	*out = dns;
	return 0;
}

struct dns *
dns_of_source(dns_source *source, void *arg)
{
	struct dns_resolver *r = calloc(1, sizeof(*r));
	struct dns *dns = dns_alloc();

	if (r == NULL)
		fatal("out of memory");
	r->source = source;
	r->source_arg = arg;
	switch_to(dns, r);
	return dns;
}

int
dns_reload(struct dns *dns, const struct settings *s, struct err *err)
{
	struct dns_resolver *r, *old;

	if (dns_resolver_new(dns, s, &r, err) == -1)
		return -1;
	pthread_mutex_lock(&dns->reload);
	old = dns->resolver;
	switch_to(dns, r);
	dns_resolver_close(old, false);
	old->next = dns->old;
	dns->old = old;
	free_old(dns, false);
	pthread_mutex_unlock(&dns->reload);
	return 0;
}

void
dns_free(struct dns **out)
{
	struct dns *dns = *out;

	if (dns == NULL)
		return;
	for (struct dns_resolver *r = dns->old; r != NULL; r = r->next)
		dns_resolver_close(r, true);
	free_old(dns, true);
	if (dns->resolver != NULL) {
		dns_resolver_close(dns->resolver, true);
		dns_resolver_free(&dns->resolver);
	}
	for (size_t i = 0; i < DNS_SHARDS; i++) {
		shard_switch(&dns->shards[i], NULL);
		pthread_mutex_destroy(&dns->shards[i].lock);
		pthread_cond_destroy(&dns->shards[i].done);
	}
	pthread_mutex_destroy(&dns->reload);
	free(dns);
	*out = NULL;
}
