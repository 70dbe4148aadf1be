/*
 * committer - the one thread that changes a database
 *
 * The committer takes what is queued (up to a count and a size of payload;
 * accounts take turns), runs each operation, applies the write set in one
 * transaction, publishes what changed, and wakes the submitters: "durable" is
 * when the submitter wakes.  Bulk operations return OP_MORE after each slice
 * and go to the end of a second queue, so that small ones pass them.
 *
 * Full disk: below free_bytes_min (disk_space.h) operations with a payload
 * are refused with ERR_TEMP, ERR_CODE_FULL.  If a commit fails for want of
 * space, everything in its batch is refused, and all else until there is
 * space again and a trial commit worked.
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
	struct disk_space *space;	/* borrowed */
	/* Where the trial commit that ends a full disk writes the time. */
	unsigned trial_table;
	const char *trial_key;
	/*
	 * Before a batch is applied: numbers it in each of these accounts,
	 * by batch_put().  0, or -1: the batch fails.  May be NULL.
	 */
	int (*seal)(struct batch *b, const uint64_t *accounts, size_t n,
	    struct err *err);
	/* After the commit, before the submitters wake.  May be NULL. */
	void (*publish)(void *arg, uint64_t account, uint32_t mbox,
	    uint64_t modseq, const uint32_t *pages, size_t npages);
	void *publish_arg;
	/* After the commit of a batch that left work.  May be NULL. */
	void (*work)(void *arg);
	void *work_arg;
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
