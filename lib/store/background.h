/*
 * background - work that nobody waits for
 *
 * A thread that walks T_TODO (todo.h), and works off what it finds there by
 * the steps of a table (background_step.h): slices in operations of the class
 * OP_BACKGROUND, behind those of users.  What has no records (old tokens,
 * segments that are mostly dead) has its time in each pass.
 *
 * A pass comes a second after a commit that left work, else each ten seconds.
 */
#ifndef STORE_BACKGROUND_H
#define STORE_BACKGROUND_H

#include "store/background_step.h"

struct background;

/* Starts the thread.  0, or -1: ERR_TEMP. */
int background_start(struct store *s, struct background **bg,
    struct err *err);
/* After the operation or the read that is under way. */
void background_stop(struct background **bg);
/* The committer tells that a batch left work (batch_leave_work()). */
void background_wake(void *store);
/* Waits until everything that may be done now is done (tests, verify). */
void background_drain(struct store *s);

/*
 * Within an operation: a slice of the work of the record that w names, by
 * account, kind and number, as it is now.  0 with *state (TODO_DONE also when
 * there is no such record), or -1: nothing may be committed.
 */
int background_slice(struct todo_work *w, enum todo_state *state,
    struct err *err);

#endif
