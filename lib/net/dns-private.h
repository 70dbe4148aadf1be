/*
 * What the files of the resolver share
 *
 * struct dns has shards, chosen by a hash of name and type.  A shard's mutex
 * guards its part of the cache and its pointer to the resolver in use, so
 * that dns_reload() swaps shard by shard and nobody needs a lock of the
 * whole.  A question under way is an entry of the cache that is not done; it
 * stays until it is, and those who wait sleep on the shard's condition.
 *
 * Order of locks: a shard's, then that of the resolver's list.
 */
#ifndef NET_DNS_PRIVATE_H
#define NET_DNS_PRIVATE_H

#include <pthread.h>
#include <uthash.h>

#include "net/dns.h"

#define DNS_SHARDS	16

struct dns_resolver;
struct dns_data;

/* Name (lower case, wire) and type of a question. */
struct dns_key {
	uint16_t type;
	struct dns_name name;
};

struct dns_entry {
	UT_hash_handle hh;
	struct dns_entry *prev, *next;	/* the shard's, last used first */
	uint64_t expires;		/* ms */
	size_t size;			/* all of it, for the cache's bound */
	unsigned pins;			/* waiters; may not be freed */
	bool done;
	bool dropped;			/* out of the table; last pin frees */

	/* While it is under way. */
	struct dns_resolver *resolver;
	struct dns_shard *shard;
	struct dns_entry *list_prev, *list_next;	/* the resolver's */
	uint64_t give_up;		/* ms */
	int id;				/* libunbound's; 0: not yet known */

	/* When it is done. */
	enum dns_status status;
	bool secure;
	bool bogus;
	size_t n;
	struct bytes *rdata;		/* own, with the bytes behind it */

	struct dns_key key;		/* what is hashed */
};

struct dns_shard {
	pthread_mutex_t lock;
	pthread_cond_t done;
	struct dns_resolver *resolver;	/* borrowed */
	struct dns_entry *table;	/* uthash */
	struct dns_entry *first, *last;	/* done ones, by last use */
	size_t bytes;
} __attribute__((aligned(64)));

/*
 * A source of answers without a network: the data, or a test.  Fills answer,
 * whose records live in the arena, at once.
 */
typedef void dns_source(void *arg, struct arena *a,
    const struct dns_name *name, enum dns_type type,
    struct dns_answer *answer);

struct dns {
	struct dns_shard shards[DNS_SHARDS];
	uint64_t seed;
	pthread_mutex_t reload;		/* one at a time; guards the rest */
	struct dns_resolver *resolver;	/* own: in use */
	struct dns_resolver *old;	/* own: those that end, a list */
	bool is_local;			/* atomic: nothing can be started */
};

/* ---- dns_unbound.c: one libunbound context and the thread that serves it */

struct dns_resolver {
	struct dns_resolver *next;	/* of dns->old */
	struct dns *dns;
	/* One of the two answers without a thread. */
	struct dns_data *data;		/* own */
	dns_source *source;
	void *source_arg;

	struct ub_ctx *ctx;		/* own */
	pthread_t thread;
	int wake[2];			/* own: a pipe */
	pthread_mutex_t lock;		/* guards what follows */
	struct dns_entry *first, *last;	/* under way, the oldest first */
	size_t pending;
	bool closing;			/* ends when nothing is pending */
	bool stopping;			/* gives up what is pending */
	bool ended;			/* the thread is about to return */

	/* Settings. */
	uint64_t deadline_ms;
	uint64_t ttl_max_ms;
	uint64_t error_ms;
	size_t cache_size;		/* of one shard */
	size_t pending_max;
};

int dns_resolver_new(struct dns *dns, const struct settings *s,
    struct dns_resolver **out, struct err *err);

/* No new questions come; it may finish those it has, unless stop. */
void dns_resolver_close(struct dns_resolver *r, bool stop);

/* Joins the thread and frees everything. */
void dns_resolver_free(struct dns_resolver **r);
bool dns_resolver_has_ended(struct dns_resolver *r);

/* Takes a place among the questions under way.  false: there are too many. */
bool dns_resolver_reserve(struct dns_resolver *r);

/*
 * Asks.  The entry is under way, pinned by the caller, and no lock is held.
 * Ends in dns_entry_finish(), perhaps before this returns.
 */
void dns_resolver_ask(struct dns_resolver *r, struct dns_entry *e);

/* ---- dns.c */

/* The answer of a question under way.  No lock is held. */
void dns_entry_finish(struct dns_entry *e, const struct dns_answer *answer);

/* For tests: every question goes to source. */
struct dns *dns_of_source(dns_source *source, void *arg);

/* For tests: the clock of expiry and deadlines of the cache. */
extern uint64_t (*dns_now)(void);

#endif
