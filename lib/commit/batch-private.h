/*
 * batch-private - the committer's side of the write set
 *
 * The write set is a skip list of (table, key) -> value or "deleted", plus a
 * list of what each change replaced.  Nothing is freed before batch_reset(), so
 * values read from it stay valid through rollbacks.
 */
#ifndef COMMIT_BATCH_PRIVATE_H
#define COMMIT_BATCH_PRIVATE_H

#include "commit/batch.h"

struct batch_entry;

/* A change of a mailbox that is to be published. */
struct touch {
	uint64_t account;
	uint32_t mbox, page;
	uint64_t modseq;
};

struct savepoint {
	size_t undos, touches, bytes, works;
};

struct batch *batch_new(struct kv *kv);
void batch_free(struct batch **b);
/* Empties the write set for the next batch.  crowded: see batch_share(). */
void batch_reset(struct batch *b, int64_t now, bool crowded);

struct savepoint batch_savepoint(const struct batch *b);
void batch_rollback(struct batch *b, struct savepoint sp);

/* Bytes of keys and values put since the last reset. */
size_t batch_size(const struct batch *b);

/* Has an operation of the batch called batch_leave_work()? */
bool batch_has_work(const struct batch *b);

/* The accounts whose TABLE_ACCOUNT tables changed, sorted and without
   duplicates; valid until the next reset. */
const uint64_t *batch_accounts(struct batch *b, size_t *n);

/* The changes, sorted; valid until the next change or reset. */
const struct change *batch_list(struct batch *b, size_t *n);

/* The touches, sorted by account, mailbox and page, without duplicates. */
const struct touch *batch_touches(struct batch *b, size_t *n);

#endif
