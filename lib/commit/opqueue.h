/*
 * opqueue - waiting operations, round robin by account
 *
 * Operations of one account keep their order.  Accounts take turns, so that
 * one with a thousand operations does not hold up the others.  Not locked: the
 * caller does that.
 */
#ifndef COMMIT_OPQUEUE_H
#define COMMIT_OPQUEUE_H

#include "commit/op.h"

#define OPQUEUE_BUCKETS	256

struct lane;

struct opqueue {
	struct lane *current;			/* ring, at the next account */
	struct lane *bucket[OPQUEUE_BUCKETS];
	struct lane *spare;			/* own: lanes not in use */
	size_t n;				/* operations */
};

void opqueue_init(struct opqueue *q);
void opqueue_clear(struct opqueue *q);
void opqueue_add(struct opqueue *q, struct op *op);
/* Returns the next operation without taking it; NULL if there is none. */
struct op *opqueue_peek(const struct opqueue *q);
/* Takes the operation that opqueue_peek() returns. */
struct op *opqueue_take(struct opqueue *q);

#endif
