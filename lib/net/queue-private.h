/*
 * queue - connections that have something to do, in the order of fairness
 *
 * Each connection has a class and a lane.  A lane is an account after login,
 * the peer's address before.  Within a class the lanes with queued
 * connections stand in a ring and each goes to its end after one connection.
 * A lane that has its share of the workers leaves the rings until one of its
 * connections is done.  The classes are taken in a fixed pattern, so that
 * none starves.
 *
 * All functions are called with the server's lock held.
 */
#ifndef NET_QUEUE_PRIVATE_H
#define NET_QUEUE_PRIVATE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "net/conn.h"

struct lane;

TAILQ_HEAD(conn_list, conn);
TAILQ_HEAD(lane_ring, lane);

struct queue {
	struct lane_ring ring[CONN_CLASSES];
	struct lane *lanes;		/* own: by key */
	int prelogin_running;
	int prelogin_max;
	int lane_max;			/* running of one account */
	int queued;			/* atomic: read without the lock */
	unsigned int turn;
};

void queue_init(struct queue *q, int workers_max);

/* The key of strangers from an address. */
uint64_t lane_key_of(const struct addr *peer);
/* Their connections of all services. */
int lane_strangers(const struct queue *q, uint64_t key);
/* A reference; is_user: the share of the workers is limited. */
struct lane *lane_get(struct queue *q, uint64_t key, bool is_user);
void lane_put(struct queue *q, struct lane **lane);

void queue_push(struct queue *q, struct conn *c);
/*
 * The next connection, which from now on counts as running until
 * queue_done(); NULL: none, or none that may run now.
 */
struct conn *queue_pick(struct queue *q);
void queue_done(struct queue *q, struct conn *c);
/* queue_pick() would find one. */
bool queue_has_work(const struct queue *q);
/*
 * A running connection changes lane (NULL: stays) and class.  False: the
 * lane runs more than its share now, so this one should queue again soon.
 */
bool queue_move(struct queue *q, struct conn *c, struct lane *lane,
    enum conn_class class);

#endif
