/*
 * run_queue - the queue of connections that have something to do
 *
 * Each connection has a class and a lane.  The lane is the account after login,
 * and the peer's address before.  Within a class the lanes with queued
 * connections form a ring, and a lane moves to its end after one connection.  A
 * lane that uses its share of the workers leaves the rings until one of its
 * connections is done.  The classes are served in a fixed pattern, so that none
 * starves.
 *
 * An entry is part of a connection and is used from run_queue_join() to
 * run_queue_leave().  The caller of any function must hold the scheduler's
 * lock.
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
	int lane_max;			/* running connections of an account */
	int queued;			/* atomic: read without the lock */
	unsigned int picks;		/* gives the position in the pattern */
};

void run_queue_init(struct run_queue *q, int workers_max);

/* Returns the key for the peer of a connection that has not logged in. */
uint64_t run_queue_stranger_key(const struct addr *peer);
/* Counts the connections with that key, of all services, that have not logged
   in. */
int run_queue_strangers(const struct run_queue *q, uint64_t key);

/* Adds a new connection, which has not logged in and is not queued yet. */
void run_queue_join(struct run_queue *q, struct run_entry *e, uint64_t key,
    enum conn_class class);
/* Removes a connection, which must not be queued or running. */
void run_queue_leave(struct run_queue *q, struct run_entry *e);

void run_queue_push(struct run_queue *q, struct run_entry *e);
/*
 * Takes the next connection, which counts as running until run_queue_done().
 * Returns NULL if there is none, or none that may run now.
 */
struct run_entry *run_queue_pick(struct run_queue *q);
void run_queue_done(struct run_queue *q, struct run_entry *e);
/* Would run_queue_pick() return a connection? */
bool run_queue_has_work(const struct run_queue *q);

/*
 * Moves a running connection to the lane of an account.  Returns false if the
 * account now uses more than its share of the workers, so that this connection
 * should be queued again soon.
 */
bool run_queue_set_user(struct run_queue *q, struct run_entry *e,
    uint64_t key);
/* Changes the class of a running connection. */
void run_queue_set_class(struct run_queue *q, struct run_entry *e,
    enum conn_class class);

#endif
