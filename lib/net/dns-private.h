/*
 * dns-private - the structs that the files of the resolver share
 *
 * struct dns has shards, which are chosen by a hash of name and type.  A
 * shard's mutex protects its part of the cache and its pointer to the current
 * resolver, so that dns_reload() replaces the resolver shard by shard and no
 * global lock is needed.  A question in progress is an entry of the cache that
 * is not done; it stays until it is done, and waiting threads sleep on the
 * shard's condition.
 *
 * Lock order: first the shard's, then that of the resolver's list.
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
	size_t size;			/* in bytes, for the cache's limit */
	unsigned pins;			/* users; 0 before it may be freed */
	bool done;
	bool dropped;			/* not in the table; last pin frees */

	/* While it is in progress. */
	struct dns_resolver *resolver;
	struct dns_shard *shard;
	struct dns_entry *list_prev, *list_next;	/* the resolver's */
	uint64_t give_up;		/* ms */
	int id;				/* of libunbound; 0: not known yet */

	/* Once it is done. */
	enum dns_status status;
	bool secure;
	bool bogus;
	size_t n;
	struct bytes *rdata;		/* own, with the bytes after it */

	struct dns_key key;		/* the key of the hash table */
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
 * A source of answers without a network: the data, or a test.  Fills answer
 * without waiting; its records are in the arena.
 */
typedef void dns_source(void *arg, struct arena *a,
    const struct dns_name *name, enum dns_type type,
    struct dns_answer *answer);

struct dns {
	struct dns_shard shards[DNS_SHARDS];
	uint64_t seed;
	pthread_mutex_t reload;		/* protects the next members */
	struct dns_resolver *resolver;	/* own: the current one */
	struct dns_resolver *old;	/* own: a list of replaced ones */
	bool is_local;			/* atomic: dns_start() does nothing */
};

/* ---- dns_unbound.c: one libunbound context and the thread that serves it */

struct dns_resolver {
	struct dns_resolver *next;	/* of dns->old */
	struct dns *dns;
	/* If either is set, it answers, and there is no thread. */
	struct dns_data *data;		/* own */
	dns_source *source;
	void *source_arg;

	struct ub_ctx *ctx;		/* own */
	pthread_t thread;
	int wake[2];			/* own: a pipe */
	pthread_mutex_t lock;		/* protects the next members */
	struct dns_entry *first, *last;	/* in progress, the oldest first */
	size_t pending;
	bool closing;			/* ends when nothing is pending */
	bool stopping;			/* gives up all pending questions */
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

/* Call after its last question.  It finishes those in progress, unless stop is
   set. */
void dns_resolver_close(struct dns_resolver *r, bool stop);

/* Joins the thread and frees everything. */
void dns_resolver_free(struct dns_resolver **r);
bool dns_resolver_has_ended(struct dns_resolver *r);

/* Reserves a place for a question.  Returns false if too many are in
   progress. */
bool dns_resolver_reserve(struct dns_resolver *r);

/*
 * Sends the question.  The entry is in progress and pinned by the caller, who
 * must hold no lock.  dns_entry_finish() is called with the answer, possibly
 * before this returns.
 */
void dns_resolver_ask(struct dns_resolver *r, struct dns_entry *e);

/* ---- dns.c */

/* Ends a question with its answer.  The caller must hold no lock. */
void dns_entry_finish(struct dns_entry *e, const struct dns_answer *answer);

/* For tests: all questions go to source. */
struct dns *dns_of_source(dns_source *source, void *arg);

/* For tests: the clock that the cache uses. */
extern uint64_t (*dns_now)(void);

#endif
