/*
 * committer - the one thread that changes a database
 *
 * The committer takes queued operations (up to a number of operations and
 * bytes of payload; accounts take turns), runs each of them, applies the write
 * set in one transaction, publishes what changed, and wakes the submitters.
 * When a submitter wakes, its operation is durable.  Bulk operations return
 * OP_MORE after each slice and go to the end of a second queue, so that small
 * ones can pass them.
 *
 * Full disk: with less than free_bytes_min free (disk_space.h), operations
 * with a payload are refused with ERR_TEMP and ERR_CODE_FULL.  If a commit
 * fails because the disk is full, its whole batch is refused, and every later
 * operation until there is space again and a trial commit has succeeded.
 */
#ifndef COMMIT_COMMITTER_H
#define COMMIT_COMMITTER_H

#include "commit/batch.h"

struct committer;

struct disk_space;

struct committer_config {
	struct kv *kv;			/* borrowed */
	unsigned batch_ops_max;		/* 256 */
	size_t batch_bytes_max;		/* 8 MB */
	/* How long the bulk slices of one batch may take: normally, and while
	   small operations keep coming (one ran within crowded_us).  0: 5 ms,
	   1.5 ms, 50 ms. */
	unsigned slices_us, slices_crowded_us, crowded_us;
	struct disk_space *space;	/* borrowed */
	/* The trial commit after a full disk writes the time to this row. */
	unsigned trial_table;
	const char *trial_key;
	/*
	 * Called before a batch is applied: gives it a number in each of these
	 * accounts with batch_put().  Returns 0, or -1 to fail the batch.
	 * May be NULL.
	 */
	int (*seal)(struct batch *b, const uint64_t *accounts, size_t n,
	    struct err *err);
	/* Called after the commit, before the submitters wake.  May be NULL. */
	void (*publish)(void *arg, uint64_t account, uint32_t mbox,
	    uint64_t modseq, const uint32_t *pages, size_t npages);
	void *publish_arg;
	/* Called after the commit of a batch in which an operation called
	   batch_leave_work().  May be NULL. */
	void (*work)(void *arg);
	void *work_arg;
	/* Gets the list of a batch before it is applied: for replication one
	   day, and for tests to record.  May be NULL. */
	void (*before_commit)(void *arg, const struct change *list, size_t n);
	void *before_commit_arg;
};

int committer_start(const struct committer_config *config,
    struct committer **c, struct err *err);
/* Finishes the queued operations, then stops the thread. */
void committer_stop(struct committer **c);

/*
 * Queues op and waits until it is committed (returns 0) or has failed (returns
 * -1 with op->err).  With op->done set it returns 0 at once.  Once
 * committer_stop() has been called it returns -1 (ERR_TEMP).
 */
int committer_submit(struct committer *c, struct op *op);

struct committer_stats {
	uint64_t batches;		/* that changed something */
	uint64_t ops;			/* finished, with whatever result */
	uint64_t refused, failed;
	uint64_t bytes;			/* of keys and values written */
	uint64_t slices;		/* of bulk and background operations */
	uint64_t ops_max;		/* most in one batch */
	uint64_t queued;		/* at the moment */
	bool read_only;			/* disk full */
};

void committer_get_stats(struct committer *c, struct committer_stats *out);

#endif
