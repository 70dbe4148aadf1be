/*
 * message_purge - the work that todo records ask for, in slices
 *
 * For the purger (purge.h), which chooses a record, submits an operation of
 * class OP_BACKGROUND, and calls todo_step() in it.  Everything can be
 * repeated: a slice deletes what is there.
 */
#ifndef STORE_MESSAGE_PURGE_H
#define STORE_MESSAGE_PURGE_H

#include "store/todo.h"

struct store;

#define PURGE_SLICE	250	/* records of messages in one operation */

enum todo_state {
	TODO_DONE,	/* finished: the record is deleted */
	TODO_MORE,	/* a slice is done: commit, call again */
	TODO_LATER	/* not yet: a session still shows the messages, or the
			   copy runs; nothing was changed */
};

/*
 * Must a record of kind TODO_EXPUNGED wait, since a session still shows its
 * messages?  Any thread.
 */
bool todo_is_shown(struct store *s, uint64_t account,
    const struct todo *todo, int64_t now);

/*
 * A slice of the work of one record.  0 with *state, or -1 (nothing may be
 * committed then; a record that cannot be read is ERR_INTERNAL).
 */
int todo_step(struct store *s, struct batch *b, uint64_t account,
    enum todo_kind kind, uint64_t seq, struct bytes value,
    enum todo_state *state, struct err *err);

/*
 * Deletes delivery tokens made before `before', at most PURGE_SLICE of them.
 * 0 none is left, 1 more, -1.
 */
int token_purge_slice(struct batch *b, uint64_t account, uint32_t before,
    struct err *err);

/* Drops one reference to a body; the last one takes the body with it. */
int body_unref(struct batch *b, uint64_t account, uint64_t body,
    struct err *err);

#endif
