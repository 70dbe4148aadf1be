/*
 * purge - background work: what todo records ask for
 *
 * A thread that walks T_TODO and submits OP_BACKGROUND operations in small
 * slices: records of expunged messages (when no session shows them any more,
 * or after purge_delay_s), bodies without references, mailboxes and accounts
 * marked dead, copies that a crash left unfinished, old tokens, tombstones
 * beyond their number; and segments that are mostly dead.  Everything it does
 * can be repeated.
 */
#ifndef STORE_PURGE_H
#define STORE_PURGE_H

#include "store/store.h"

enum todo_kind {
	TODO_EXPUNGED = 1,	/* mbox u32, modseq u64, time i64, first UID
				   not purged yet u32 */
	TODO_MAILBOX = 2,	/* mbox u32, time i64 */
	TODO_ACCOUNT = 3,	/* time i64 */
	TODO_COPY = 4,		/* unfinished bulk copy: target u32, first uid
				   u32, last uid u32 */
	TODO_BODY = 5,		/* large body without references: body u64,
				   chunks left u32 */
	TODO_SENT = 6		/* recipients of sent mail to note (sent.h):
				   mbox u32 (the number in the key, too), first
				   uid u32, last uid u32 */
};

int purge_start(struct store *s, struct purger **p, struct err *err);
void purge_stop(struct purger **p);
/* There is new work, committed.  (Without it, it is seen 10 s later.) */
void purge_wake(struct store *s);
/* Waits until everything that may be done now is done (tests, verify). */
void purge_drain(struct store *s);

/* Writes a todo record within an operation; seq: account.next_todo++. */
void todo_add(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t seq, struct bytes value);

/* Key of a record: account u64, kind u8, seq u64.  -1: not of that shape. */
#define TODO_KEY_SIZE	17
int todo_parse(struct bytes key, uint64_t *account, enum todo_kind *kind,
    uint64_t *seq);

#endif
