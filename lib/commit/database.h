/*
 * database - an environment and the thread that changes it
 *
 * The handle that operations are submitted to: all that is needed to read rows
 * and submit operations, without anything of mailboxes and messages.  Its owner
 * (the store, the router) fills it when it opens and clears it when it closes.
 */
#ifndef COMMIT_DATABASE_H
#define COMMIT_DATABASE_H

#include "base/log.h"
#include "commit/committer.h"

struct database {
	struct kv *kv;			/* own */
	struct disk_space *space;	/* own */
	struct committer *committer;	/* own */
	struct log *log;		/* borrowed */
};

/*
 * Submits an operation and waits until it is durable.  Returns 0, or -1 if it
 * was refused or not committed: *err says why and nothing was changed.  With
 * op->done set it returns 0 at once, or -1 if the committer is stopping; done
 * is not called then.
 */
int op_submit(struct database *db, struct op *op, struct err *err);

#endif
