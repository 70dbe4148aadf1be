/*
 * message_purge - deletes from the disk what users have deleted
 *
 * Background steps (background_step.h) that delete expunged messages, when no
 * session shows them any longer or after purge_delay_s, and tombstones over
 * tombstones_max; mailboxes and accounts that are marked dead; unfinished
 * copies; bodies of many chunks.
 */
#ifndef STORE_MESSAGE_PURGE_H
#define STORE_MESSAGE_PURGE_H

#include "store/background_step.h"

#define PURGE_SLICE	250	/* message records in one operation */

/* Must a record of TODO_EXPUNGED wait, because a session still shows its
   messages?  May be called in any thread. */
bool expunged_is_shown(struct store *s, uint64_t account,
    const struct todo *todo, int64_t now);

/* Do a slice of the work of a record: see struct background_step. */
int purge_expunged(struct todo_work *w, enum todo_state *state,
    struct err *err);
int purge_mailbox(struct todo_work *w, enum todo_state *state,
    struct err *err);
int purge_account(struct todo_work *w, enum todo_state *state,
    struct err *err);
int purge_copy(struct todo_work *w, enum todo_state *state, struct err *err);
int purge_body(struct todo_work *w, enum todo_state *state, struct err *err);

#endif
