/*
 * batch - the write set of operations that are committed together
 *
 * An operation (op.h) sees the database through the batch while it runs: the
 * changes of this batch on top of what is committed.  The committer owns the
 * batch, applies it in one transaction and wakes the submitters.
 */
#ifndef COMMIT_BATCH_H
#define COMMIT_BATCH_H

#include "kv/kv.h"
#include "commit/op.h"

/*
 * Reads the write set on top of the database.  If the function given to a scan
 * changes rows that the scan has not reached yet, it gets them changed.  The
 * memory that function gets is valid during the call only.
 */
const struct reader *batch_reader(struct batch *b);
/* Copies the key and the value. */
void batch_put(struct batch *b, unsigned t, struct bytes key,
    struct bytes value);
/* Copies the key only; value must stay valid until the op is done. */
void batch_put_borrowed(struct batch *b, unsigned t, struct bytes key,
    struct bytes value);
void batch_del(struct batch *b, unsigned t, struct bytes key);
/*
 * How many of n items a slice may handle now: all of them, or an eighth while
 * small operations keep arriving, because each of these waits for the whole
 * batch before it.
 */
size_t batch_share(const struct batch *b, size_t n);
/* Seconds since the epoch; the same for all operations of a batch. */
int64_t batch_time(const struct batch *b);
/*
 * Notes that a mailbox changed.  Published after the commit, forgotten if the
 * operation is refused.  page is uid >> 6 of a changed, added or removed
 * message.  Call it once per page (duplicates are merged).
 */
void batch_touch(struct batch *b, uint64_t account, uint32_t mbox,
    uint64_t modseq, uint32_t page);
/*
 * Notes that the operation leaves work for the background.  Reported after the
 * commit, forgotten if the operation is refused.
 */
void batch_leave_work(struct batch *b);

#endif
