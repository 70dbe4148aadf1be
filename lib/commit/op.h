/*
 * op - one change of the database, as the committer runs it
 *
 * All changes are operations, run by one committer thread.  An operation
 * reads, decides and writes in one function that can be run again: it sees
 * the database through batch_reader() (the write set over what is committed)
 * and changes it through batch_put() and batch_del().  Its result decides
 * about it alone: OP_REFUSED takes back its own changes and nobody else's.
 *
 *	struct my_op { struct op op; ... } m = { .op = { .run = my_run,
 *	    .account = a, .payload = len } };
 *	if (op_submit(db, &m.op, err) == -1)	// database.h
 *		... err says why; nothing was changed
 */
#ifndef COMMIT_OP_H
#define COMMIT_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct batch;

enum op_result {
	OP_DONE,
	OP_MORE,	/* a slice is done: commit it, then run again */
	OP_REFUSED,	/* op->err says why; its changes are taken back */
	OP_BUSY		/* cannot run now (the mailbox is reserved by a bulk
			   operation): changes taken back, tried again */
};

enum op_class {
	OP_SMALL,	/* one message, one row */
	OP_BULK,	/* runs in slices behind the small ones */
	OP_BACKGROUND	/* purge and other work nobody waits for */
};

struct op {
	enum op_result (*run)(struct batch *b, struct op *op);
	/* Called by the committer after the outcome is known (committed or
	   not), instead of waking a waiter; may free the op.  NULL: wake. */
	void (*done)(struct op *op, bool committed);
	enum op_class class;
	uint64_t account;	/* 0: a SITE change */
	/* About how many bytes it adds; 0 for what only changes or removes:
	   that is still allowed when the disk is nearly full. */
	size_t payload;
	bool alone;		/* a large body: alone in its batch */
	struct err err;		/* out: valid after -1 or !committed */

	/* The committer's. */
	struct op *next;
	uint32_t finished;	/* futex */
	bool committed;
};

/* Refuses the operation: fills op->err, returns OP_REFUSED. */
enum op_result op_refuse(struct op *op, enum err_code code,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* An error from below (already in op->err) as a result. */
enum op_result op_fail(struct op *op);

#endif
