/*
 * op - one change of the database, run by the committer
 *
 * All changes are operations, run by one committer thread.  An operation
 * reads, decides and writes in one function that can be run again.  It sees
 * the database through batch_reader() (the write set on top of what is
 * committed) and changes it with batch_put() and batch_del().  Its result
 * concerns it alone: OP_REFUSED undoes its own changes and no others.
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
	OP_REFUSED,	/* op->err says why; its changes are undone */
	OP_BUSY		/* cannot run now (a bulk operation has reserved the
			   mailbox): changes are undone, it runs again later */
};

enum op_class {
	OP_SMALL,	/* one message, one row */
	OP_BULK,	/* runs in slices, after the small ones */
	OP_BACKGROUND	/* a purge or other work that no one waits for */
};

struct op {
	enum op_result (*run)(struct batch *b, struct op *op);
	/* Called by the committer once the op is committed or has failed,
	   instead of waking a waiter; may free the op.  NULL: wake. */
	void (*done)(struct op *op, bool committed);
	enum op_class class;
	uint64_t account;	/* 0: a SITE change */
	/* About how many bytes it adds.  0 if it only changes or removes:
	   that is still allowed when the disk is nearly full. */
	size_t payload;
	bool alone;		/* has a large body: gets a batch to itself */
	struct err err;		/* out: valid after -1 or !committed */

	/* The committer's own. */
	struct op *next;
	uint32_t finished;	/* futex */
	bool committed;
};

/* Refuses the operation: fills op->err, returns OP_REFUSED. */
enum op_result op_refuse(struct op *op, enum err_code code,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Turns an error that is already in op->err into a result. */
enum op_result op_fail(struct op *op);

#endif
