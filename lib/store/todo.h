/*
 * todo - records of work that was begun, and must be finished after a crash
 *
 * T_TODO (a, kind u8, number u64): what the kind needs, as said below; all
 * numbers are big-endian.  An operation leaves one with what it changes; the
 * background (background.h) works it off and takes it away.
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
	TODO_SENT = 6		/* recipients of sent mail to note (sent.h):
				   mbox u32 (the number in the key, too), first
				   uid u32, last uid u32 */
};

/*
 * Kinds of this number and above are of one shape: messages of a mailbox that a
 * row of page_write() has left to the background (page_row.h): mbox u32 (the
 * number in the key, too), first uid u32, last uid u32.  (So is TODO_SENT.)
 */
#define TODO_RANGES	64

/* What its kind needs; the rest is 0. */
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
/* -1: not of that shape. */
int todo_key_parse(struct bytes key, uint64_t *account, enum todo_kind *kind,
    uint64_t *number);

/* 0, or -1: ERR_INTERNAL (an unknown kind, too). */
int todo_row_decode(enum todo_kind kind, struct bytes value,
    struct todo *out, struct err *err);
void todo_row_encode(enum todo_kind kind, const struct todo *todo,
    struct buf *out);

/* Is the number in the key of such a record its mailbox? */
bool todo_is_range(enum todo_kind kind);

/* The record of that mailbox: 1, 0 there is none, -1. */
int todo_range_get(const struct reader *r, uint64_t account,
    enum todo_kind kind, uint32_t mbox, struct todo *out, struct err *err);

/* ---- within an operation ---- */

/* Leaves work, and wakes who does it.  number: account.next_todo++ for a new
   record. */
void todo_put(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t number, const struct todo *todo);
/* What is left of it after a slice; wakes nobody. */
void todo_update(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t number, const struct todo *todo);
/* Adds messages (mbox, first, last) to the record of that kind and mailbox,
   which may be there already: then its range grows.  0 or -1. */
int todo_range_add(struct batch *b, uint64_t account, enum todo_kind kind,
    const struct todo *more, struct err *err);
void todo_del(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t number);

#endif
