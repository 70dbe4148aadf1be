/*
 * message_purge - taking off the disk what is no longer there for users
 *
 * Steps of the background (background_step.h): expunged messages, when no
 * session shows them any more or after purge_delay_s, and tombstones beyond
 * their number; mailboxes and accounts marked dead; copies that were not
 * finished; bodies of many chunks.
 */
#ifndef STORE_MESSAGE_PURGE_H
#define STORE_MESSAGE_PURGE_H

#include "store/background_step.h"

#define PURGE_SLICE	250	/* records of messages in one operation */

/* TODO_EXPUNGED: must it wait, since a session still shows its messages?  Any
   thread. */
bool expunged_is_shown(struct store *s, uint64_t account,
    const struct todo *todo, int64_t now);

/* A slice of the work of a record, by its kind: see struct background_step. */
int purge_expunged(struct todo_work *w, enum todo_state *state,
    struct err *err);
int purge_mailbox(struct todo_work *w, enum todo_state *state,
    struct err *err);
int purge_account(struct todo_work *w, enum todo_state *state,
    struct err *err);
int purge_copy(struct todo_work *w, enum todo_state *state, struct err *err);
int purge_body(struct todo_work *w, enum todo_state *state, struct err *err);

#endif
