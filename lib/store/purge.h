/*
 * purge - background work: what todo records ask for
 *
 * A thread that walks T_TODO (todo.h) and submits OP_BACKGROUND operations in
 * small slices: records of expunged messages (when no session shows them any
 * more, or after purge_delay_s), bodies without references, mailboxes and
 * accounts marked dead, copies that a crash left unfinished, tombstones beyond
 * their number, recipients of sent mail; each hour old tokens and submissions;
 * and segments that are mostly dead.  Everything it does can be repeated.
 */
#ifndef STORE_PURGE_H
#define STORE_PURGE_H

#include "base/err.h"

struct store;
struct purger;

int purge_start(struct store *s, struct purger **p, struct err *err);
void purge_stop(struct purger **p);
/*
 * The committer tells that a batch left work (batch_leave_work()).  (What
 * nobody tells is seen 10 s later.)
 */
void purge_wake(void *store);
/* Waits until everything that may be done now is done (tests, verify). */
void purge_drain(struct store *s);

#endif
