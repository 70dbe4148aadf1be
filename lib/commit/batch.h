/*
 * batch - the write set of operations that are committed together
 *
 * What an operation (op.h) has of the database while it runs: the changes of
 * this batch over what is committed.  The committer owns the batch, applies it
 * in one transaction and tells the submitters.
 */
#ifndef COMMIT_BATCH_H
#define COMMIT_BATCH_H

#include "kv/kv.h"
#include "commit/op.h"

/*
 * The write set over the database.  A scan whose function changes rows ahead
 * of it sees them changed; memory given to it is valid during the call only.
 */
const struct reader *batch_reader(struct batch *b);
/* Copies key and value. */
void batch_put(struct batch *b, unsigned t, struct bytes key,
    struct bytes value);
/* Copies the key; value stays valid until the op is done (a large body). */
void batch_put_borrowed(struct batch *b, unsigned t, struct bytes key,
    struct bytes value);
void batch_del(struct batch *b, unsigned t, struct bytes key);
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
/*
 * Says that the operation leaves work to be done in the background: told after
 * the commit, forgotten when the operation is refused.
 */
void batch_leave_work(struct batch *b);

#endif
