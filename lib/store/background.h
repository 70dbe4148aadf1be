/*
 * background - work that no client waits for
 *
 * A thread reads the records of T_TODO (todo.h) and does the work that they
 * describe, with the steps of a table (background_step.h).  Each slice is an
 * operation of the class OP_BACKGROUND, which runs after those of users.  Work
 * without records (old tokens, segments that are mostly dead) is done in the
 * passes too.
 *
 * A pass begins one second after a commit that left work, and otherwise every
 * ten seconds.
 */
#ifndef STORE_BACKGROUND_H
#define STORE_BACKGROUND_H

#include "store/background_step.h"

struct background;

/* Starts the thread.  Returns 0, or -1: ERR_TEMP. */
int background_start(struct store *s, struct background **bg,
    struct err *err);
/* Stops the thread after the operation or read in progress. */
void background_stop(struct background **bg);
/* Called by the committer after a batch that left work (batch_leave_work()). */
void background_wake(void *store);
/* Waits until all work that can be done now is done (tests, verify). */
void background_drain(struct store *s);

/*
 * Within an operation: does a slice of the work of a record, which w names by
 * account, kind and number.  Reads the record anew.  Returns 0 with *state
 * (TODO_DONE also if there is no such record), or -1: the operation must fail.
 */
int background_slice(struct todo_work *w, enum todo_state *state,
    struct err *err);

#endif
