/*
 * batch - operations, the committer's write set, and the committer
 *
 * All changes to the store are operations, run by one committer thread.  An
 * operation reads, decides and writes in one function that can be run again:
 * it sees the store through batch_reader() (the write set over the database)
 * and changes it through batch_put() and batch_del().  What it returns decides
 * about it alone: OP_REFUSED takes back its own changes and nobody else's.
 *
 * The committer takes what is queued (up to a count and a size of payload;
 * accounts take turns), runs each operation, applies the write set in one
 * transaction, publishes the mailboxes that changed (watch.h), and wakes the
 * submitters: "durable" is when the submitter wakes.
 * Bulk operations return OP_MORE after each slice and go to the end of a
 * second queue, so that small ones pass them.
 *
 * The account's row (T_ACCOUNT) begins with u8 version and u64 log_seq; the
 * committer raises log_seq of each account of which a batch changed an
 * ACCOUNT table.
 *
 * Full disk: below free_bytes_min operations with a payload are refused with
 * ERR_TEMP, ERR_CODE_FULL.  If a commit fails for want of space, everything
 * in its batch is, and all else until space is back and a trial commit works.
 *
 *	struct my_op { struct op op; ... } m = { .op = { .run = my_run,
 *	    .account = a, .payload = len } };
 *	if (committer_submit(store->committer, &m.op) == -1)
 *		... m.op.err says why; nothing was changed
 */
#ifndef COMMIT_BATCH_H
#define COMMIT_BATCH_H

#include <pthread.h>

#include "kv/kv.h"

struct batch;
struct committer;

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

/* ---- within run() ---- */

/*
 * The write set over the database.  A scan whose function changes rows ahead
 * of it sees them changed; memory given to it is valid during the call only.
 */
const struct reader *batch_reader(struct batch *b);
/* Copies key and value. */
void batch_put(struct batch *b, enum table t, struct bytes key,
    struct bytes value);
/* Copies the key; value stays valid until the op is done (a large body). */
void batch_put_borrowed(struct batch *b, enum table t, struct bytes key,
    struct bytes value);
void batch_del(struct batch *b, enum table t, struct bytes key);
/* Refuses the operation: fills op->err, returns OP_REFUSED. */
enum op_result op_refuse(struct op *op, enum err_code code,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* An error from below (already in op->err) as a result. */
enum op_result op_fail(struct op *op);
/*
 * How many of n things a slice does now: all, or an eighth while small
 * operations keep coming, each of which waits for the whole batch before.
 */
size_t batch_share(const struct batch *b, size_t n);
/* Seconds since the epoch, the same for all operations of a batch. */
int64_t batch_time(const struct batch *b);
/*
 * Says that a mailbox changed: published after the commit, forgotten when the
 * operation is refused.  page is uid >> 6 of a changed, added or removed
 * message; call it once per page (repeats are merged).
 */
void batch_touch(struct batch *b, uint64_t account, uint32_t mbox,
    uint64_t modseq, uint32_t page);

/* ---- the committer ---- */

struct disk_space;

struct committer_config {
	struct kv *kv;			/* borrowed */
	unsigned batch_ops_max;		/* 256 */
	size_t batch_bytes_max;		/* 8 MB */
	struct disk_space *space;		/* borrowed */
	/* After the commit, before the submitters wake.  May be NULL. */
	void (*publish)(void *arg, uint64_t account, uint32_t mbox,
	    uint64_t modseq, const uint32_t *pages, size_t npages);
	void *publish_arg;
	/* The list of a batch before it is applied: where replication will
	   hook in, and what the tests record.  May be NULL. */
	void (*before_commit)(void *arg, const struct change *list, size_t n);
	void *before_commit_arg;
};

int committer_start(const struct committer_config *config,
    struct committer **c, struct err *err);
/* Finishes what is queued, then stops the thread. */
void committer_stop(struct committer **c);

/*
 * Queues op and waits until it is committed (0) or not (-1, op->err).  With
 * op->done set it returns 0 at once.  After committer_stop() began: -1,
 * ERR_TEMP.
 */
int committer_submit(struct committer *c, struct op *op);

struct committer_stats {
	uint64_t batches;		/* that changed something */
	uint64_t ops;			/* finished, all kinds of outcome */
	uint64_t refused, failed;
	uint64_t bytes;			/* of keys and values written */
	uint64_t slices;		/* of bulk and background operations */
	uint64_t ops_max;		/* in one batch */
	uint64_t queued;		/* now */
	bool read_only;			/* disk full */
};

void committer_get_stats(struct committer *c, struct committer_stats *out);

#endif
