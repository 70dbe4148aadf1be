/*
 * run_queue - connections that have something to do, in the order of fairness
 *
 * Each connection has a class and a lane.  A lane is an account after login,
 * the peer's address before.  Within a class the lanes with queued
 * connections stand in a ring and each goes to its end after one connection.
 * A lane that has its share of the workers leaves the rings until one of its
 * connections is done.  The classes are taken in a fixed pattern, so that
 * none starves.
 *
 * An entry is part of what is queued, from run_queue_join() to
 * run_queue_leave().  All functions are called with one lock held.
 */
#ifndef NET_RUN_QUEUE_PRIVATE_H
#define NET_RUN_QUEUE_PRIVATE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "net/service.h"

struct lane;

struct run_entry {
	TAILQ_ENTRY(run_entry) link;
	struct lane *lane;		/* own: a reference */
	enum conn_class class;
};

TAILQ_HEAD(lane_ring, lane);

struct run_queue {
	struct lane_ring ring[CONN_CLASSES];
	struct lane *lanes;		/* own: by key */
	int prelogin_running;
	int prelogin_max;
	int lane_max;			/* running of one account */
	int queued;			/* atomic: read without the lock */
	unsigned int picks;		/* for the place in the pattern */
};

void run_queue_init(struct run_queue *q, int workers_max);

/* The peer of a connection that has not logged in, as a key. */
uint64_t run_queue_stranger_key(const struct addr *peer);
/* Connections of that key that have not logged in, of all services. */
int run_queue_strangers(const struct run_queue *q, uint64_t key);

/* A new connection, which has not logged in and is not queued yet. */
void run_queue_join(struct run_queue *q, struct run_entry *e, uint64_t key,
    enum conn_class class);
/* It is neither queued nor running. */
void run_queue_leave(struct run_queue *q, struct run_entry *e);

void run_queue_push(struct run_queue *q, struct run_entry *e);
/*
 * The next connection, which from now on counts as running until
 * run_queue_done(); NULL: none, or none that may run now.
 */
struct run_entry *run_queue_pick(struct run_queue *q);
void run_queue_done(struct run_queue *q, struct run_entry *e);
/* run_queue_pick() would find one. */
bool run_queue_has_work(const struct run_queue *q);

/*
 * The running connection belongs to this account from now on, with its share
 * of the workers.  False: the account runs more than its share now, so this
 * connection should queue again soon.
 */
bool run_queue_set_user(struct run_queue *q, struct run_entry *e,
    uint64_t key);
/* Likewise another class. */
void run_queue_set_class(struct run_queue *q, struct run_entry *e,
    enum conn_class class);

#endif
