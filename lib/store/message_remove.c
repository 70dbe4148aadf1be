/* message_remove - removes messages (EXPUNGE, MOVE), and reads tombstones */
#include <config.h>

#include <stdlib.h>

#include "base/number_set.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "store/mailbox_key.h"
#include "store/page_write.h"
#include "store/quota.h"
#include "store/stored_message-private.h"
#include "store/todo.h"

/*
 * EXPUNGE, and the part of MOVE that removes messages.  A slice clears presence
 * bits, subtracts the messages from the counts, and writes one tombstone for
 * all of them.  Flags, modseqs, messages and bodies are kept, because sessions
 * still show them; a todo record lets the background purge them.
 */

/* A slice ends after this many messages, because the size of each is read. */
#define REMOVE_MESSAGES	4096
/* Pages read at a time. */
#define REMOVE_PAGES	64

static int
size_step(void *arg, const struct message *m, struct err *err)
{
	uint64_t *sum = arg;

	(void)err;
	*sum += m->size;
	return 0;
}

/* One call of message_remove(). */
struct remover {
	struct removal *rm;
	struct page_writer w;
	struct buf gone;		/* own: ranges */
};

/* Clears the presence bits of one page. */
static int
remove_page(struct remover *r, const struct page_list *list, size_t i,
    struct err *err)
{
	struct flagpage before, after;
	struct page_change c = { .page = list->ref[i].page,
	    .before = &before, .after = &after };

	if (flagpage_decode(&before, page_list_record(list, i), err) == -1)
		return -1;
	c.mask = before.present & list->ref[i].mask;
	if (r->rm->only_deleted)
		c.mask &= flagpage_system(&before, FLAG_DELETED);
	if (c.mask == 0)
		return 0;
	flagpage_copy(&after, &before);
	after.present &= ~c.mask;
	number_set_add_mask(&r->gone, PAGE_UID(c.page, 0), c.mask);
	r->rm->count += (uint64_t)__builtin_popcountll(c.mask);
	return page_write(&r->w, &c, err);
}

/* Removes messages page by page until the slice is full. */
static int
remove_pages(struct remover *r, struct err *err)
{
	struct removal *rm = r->rm;
	const struct page_writer *w = &r->w;
	struct page_list list;
	size_t left = rm->max_pages;
	int rc = 0;

	page_list_init(&list, w->acc->id, w->mb->id, rm->uids);
	list.next = rm->next_page;
	while (rc == 0 && !list.end && left > 0 &&
	    rm->count < REMOVE_MESSAGES) {
		rc = page_list_read(&list, batch_reader(w->b),
		    left < REMOVE_PAGES ? left : REMOVE_PAGES, err);
		for (size_t i = 0; i < list.n && rc == 0; i++)
			rc = remove_page(r, &list, i, err);
		left -= list.n;
	}
	rm->next_page = list.next;
	rm->end = list.end;
	page_list_free(&list);
	return rc;
}

static void
tombstone_put(struct batch *b, struct account *acc, struct mailbox *mb,
    const struct number_set *gone)
{
	struct todo todo = {
		.mbox = mb->id,
		.modseq = mb->highestmodseq,
		.time = batch_time(b),
		.first = gone->range[0].first
	};
	struct key k;
	struct buf value = BUF_INIT;

	key_mailbox_u64(&k, acc->id, mb->id, mb->highestmodseq);
	tombstone_row_encode(gone->range, gone->n, &value);
	batch_put(b, T_EXPUNGED, key_bytes(&k), buf_view(&value));
	mb->tombstones++;

	buf_free(&value);
	todo_put(b, acc->id, TODO_EXPUNGED, acc->next_todo++, &todo);
}

int
message_remove(struct store *s, struct batch *b, struct account *acc,
    struct mailbox *mb, struct removal *rm, struct err *err)
{
	struct remover r = { .rm = rm, .w = { .s = s, .b = b, .acc = acc,
	    .mb = mb, .other = rm->other, .source = rm->source,
	    .tally = rm->tally } };
	struct number_set gone;
	int rc;

	rm->count = rm->bytes = rm->modseq = 0;
	page_writer_begin(&r.w);
	rc = remove_pages(&r, err);
	gone = number_set_view(&r.gone);
	if (rc == 0)
		rc = page_writer_end(&r.w, err);
	if (rc == 0 && gone.n > 0) {
		rc = message_each_in(batch_reader(b), acc->id, mb->id, &gone,
		    size_step, &rm->bytes, err);
		mb->bytes -= rm->bytes < mb->bytes ? rm->bytes : mb->bytes;
		rm->modseq = r.w.modseq;
		tombstone_put(b, acc, mb, &gone);
	}
	buf_free(&r.gone);
	return rc;
}

/* ---- EXPUNGE ---- */

/* Pages in one operation. */
#define EXPUNGE_PAGES	256

struct expunge_op {
	struct op op;
	struct store *s;
	uint32_t mbox;
	struct page_tally tally;
	struct removal rm;
	uint64_t count;
	struct arena a;
};

static enum op_result
expunge_run(struct batch *b, struct op *op)
{
	struct expunge_op *o = (struct expunge_op *)op;
	struct account acc;
	struct mailbox mb;

	o->rm.max_pages = batch_share(b, EXPUNGE_PAGES);
	arena_clear(&o->a);
	if (account_need(b, op->account, &acc, &op->err) == -1 ||
	    mailbox_need(b, op->account, o->mbox, &o->a, &mb,
	    &op->err) == -1)
		return op_fail(op);
	if (mb.deleted == 0)
		return OP_DONE;
	if (message_remove(o->s, b, &acc, &mb, &o->rm, &op->err) == -1)
		return op_fail(op);
	if (o->rm.count > 0) {
		account_discharge(&acc, o->rm.bytes, o->rm.count);
		account_put(b, &acc);
		mailbox_put(b, op->account, &mb);
	}
	o->count += o->rm.count;
	return o->rm.end ? OP_DONE : OP_MORE;
}

int
message_expunge(struct store *s, uint64_t account, uint32_t mbox,
    const struct number_set *uids, uint64_t *nexpunged, struct err *err)
{
	struct expunge_op o = {
		.op = {
			.run = expunge_run,
			.account = account,
			.class = OP_BULK
		},
		.s = s,
		.mbox = mbox,
		.rm = {
			.uids = uids == NULL ? &number_set_all : uids,
			.only_deleted = true,
			.source = CHANGE_EXPUNGED
		}
	};
	int rc;

	o.rm.tally = &o.tally;
	arena_init(&o.a);
	rc = op_submit(&s->db, &o.op, err);
	arena_clear(&o.a);
	*nexpunged = o.count;
	return rc;
}

/* ---- tombstones ---- */

static int
tombstone_step(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	(void)key;
	return tombstone_row_decode(value, arg, err);
}

int
expunged_since(const struct reader *r, uint64_t account, uint32_t mbox,
    uint64_t modseq, struct arena *a, struct number_set *out, struct err *err)
{
	struct buf ranges = BUF_INIT;
	struct key from, prefix;
	struct mailbox mb;
	int rc;

	rc = mailbox_get(r, account, mbox, a, &mb, err);
	if (rc == 0)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "the mailbox no longer exists");
	key_mailbox_u64(&from, account, mbox, modseq + 1);
	key_mailbox(&prefix, account, mbox);
	if (rc == 1)
		rc = reader_scan(r, T_EXPUNGED, key_bytes(&from),
		    key_bytes(&prefix), tombstone_step, &ranges, err);
	number_set_sort_buf(&ranges);
	number_set_take(&ranges, a, out);
	buf_free(&ranges);
	return rc == -1 ? -1 : modseq < mb.purged_modseq;
}
