/*
 * opqueue - waiting operations, round robin by account
 *
 * Operations of one account keep their order; accounts take turns, so that
 * one with a thousand operations holds nobody up.  Not locked: the owner
 * does that.
 */
#ifndef COMMIT_OPQUEUE_H
#define COMMIT_OPQUEUE_H

#include "commit/op.h"

#define OPQUEUE_BUCKETS	256

struct lane;

struct opqueue {
	struct lane *turn;			/* ring; whose turn it is */
	struct lane *bucket[OPQUEUE_BUCKETS];
	struct lane *spare;			/* own: lanes not in use */
	size_t n;				/* operations */
};

void opqueue_init(struct opqueue *q);
void opqueue_clear(struct opqueue *q);
void opqueue_add(struct opqueue *q, struct op *op);
/* The next one, which stays; NULL when empty. */
struct op *opqueue_peek(const struct opqueue *q);
/* Takes what opqueue_peek() shows. */
struct op *opqueue_take(struct opqueue *q);

#endif
