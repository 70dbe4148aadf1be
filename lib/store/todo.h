/*
 * todo - records of work that must be finished, even after a crash
 *
 * T_TODO (a, kind u8, number u64): the data of the kind, see below; all numbers
 * are big-endian.  An operation puts a record together with its changes; the
 * background (background.h) does the work and deletes the record.
 */
#ifndef STORE_TODO_H
#define STORE_TODO_H

#include "kv/key.h"
#include "commit/batch.h"

enum todo_kind {
	TODO_EXPUNGED = 1,	/* mbox u32, modseq u64, time i64, first UID
				   not purged yet u32 */
	TODO_MAILBOX = 2,	/* mbox u32, time i64 */
	TODO_ACCOUNT = 3,	/* time i64 */
	TODO_COPY = 4,		/* unfinished bulk copy: target u32, first uid
				   u32, last uid u32 */
	TODO_BODY = 5,		/* large body without references: body u64,
				   chunks left u32 */
	TODO_SENT = 6		/* recipients of sent mail to collect (sent.h):
				   mbox u32 (also the number in the key), first
				   uid u32, last uid u32 */
};

/*
 * Kinds from this number, and TODO_SENT, have the same format: messages of a
 * mailbox that a row of page_write() left to the background (page_row.h): mbox
 * u32 (also the number in the key), first uid u32, last uid u32.
 */
#define TODO_RANGES	64

/* The members that the kind needs; the rest is 0. */
struct todo {
	uint32_t mbox;
	uint64_t modseq;
	int64_t time;
	uint32_t first, last;
	uint64_t body;
	uint32_t chunks;
};

#define TODO_KEY_SIZE	17

void todo_key(struct key *k, uint64_t account, enum todo_kind kind,
    uint64_t number);
/* Returns 0, or -1 if it is not a valid key. */
int todo_key_parse(struct bytes key, uint64_t *account, enum todo_kind *kind,
    uint64_t *number);

/* Returns 0, or -1: ERR_INTERNAL, also for an unknown kind. */
int todo_row_decode(enum todo_kind kind, struct bytes value,
    struct todo *out, struct err *err);
void todo_row_encode(enum todo_kind kind, const struct todo *todo,
    struct buf *out);

/* Does this kind have a range of UIDs, and the mailbox as its number? */
bool todo_is_range(enum todo_kind kind);

/* Gets the record of a mailbox.  Returns 1 if found, 0 if not, -1 on error. */
int todo_range_get(const struct reader *r, uint64_t account,
    enum todo_kind kind, uint32_t mbox, struct todo *out, struct err *err);

/* ---- within an operation ---- */

/* Puts a record, and wakes the background.  number is account.next_todo++ for a
   new record. */
void todo_put(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t number, const struct todo *todo);
/* Writes the work that is left after a slice; wakes nothing. */
void todo_update(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t number, const struct todo *todo);
/* Adds messages (mbox, first, last) to the record of that kind and mailbox, or
   puts a new one.  Returns 0 or -1. */
int todo_range_add(struct batch *b, uint64_t account, enum todo_kind kind,
    const struct todo *more, struct err *err);
void todo_del(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t number);

#endif
