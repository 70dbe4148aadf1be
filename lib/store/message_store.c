/* message_store - changes flags (STORE), in slices of pages */
#include <config.h>

#include "base/number_set.h"
#include "commit/database.h"
#include "directory/account.h"
#include "store/page_write.h"
#include "store/store.h"
#include "store/stored_message-private.h"

/* Pages changed in one operation: 16,384 messages, about 2 ms. */
#define STORE_PAGES	256
/* With at most this many pages it does not wait for small operations. */
#define SMALL_PAGES	4

struct store_op {
	struct op op;
	struct store *s;
	uint32_t mbox;
	struct flags_change *change;
	struct buf modseqs;		/* of uint64_t */
	struct buf modified, changed, overtaken;	/* ranges */
	struct page_tally tally;

	/* Of one slice. */
	struct arena a;
	struct page_list list;
	struct msgflags flags;
	struct page_writer w;
};

/* Returns the slots that changed after a modseq. */
static uint64_t
slots_after(const struct flagpage *p, uint64_t mask, uint64_t modseq)
{
	uint64_t after = 0;

	for (; mask != 0; mask &= mask - 1) {
		unsigned slot = (unsigned)__builtin_ctzll(mask);

		if (p->modseq[slot] > modseq)
			after |= UINT64_C(1) << slot;
	}
	return after;
}

static void
flags_apply(struct flagpage *p, uint64_t mask, const struct msgflags *flags,
    int how)
{
	if (how == FLAGS_ADD)
		flagpage_add(p, mask, flags);
	else if (how == FLAGS_REMOVE)
		flagpage_remove(p, mask, flags);
	else
		for (; mask != 0; mask &= mask - 1)
			flagpage_set(p, (unsigned)__builtin_ctzll(mask),
			    flags);
}

/* Returns the slots of the page that must change, and records those that fail
   UNCHANGEDSINCE. */
static uint64_t
slots_to_change(struct store_op *o, const struct flagpage *p, size_t i)
{
	const struct flags_change *change = o->change;
	uint64_t mask = o->list.ref[i].mask & p->present, late;

	if (change->if_unchanged) {
		late = slots_after(p, mask, change->unchanged_since);
		number_set_add_mask(&o->modified,
		    PAGE_UID(o->list.ref[i].page, 0), late);
		mask &= ~late;
	}
	return flagpage_differing(p, mask, &o->flags, change->how);
}

static int
store_page(struct store_op *o, size_t i, struct err *err)
{
	const struct flags_change *change = o->change;
	struct flagpage before, after;
	struct page_change c = { .page = o->list.ref[i].page,
	    .before = &before, .after = &after };

	if (flagpage_decode(&before, page_list_record(&o->list, i), err) == -1)
		return -1;
	c.mask = slots_to_change(o, &before, i);
	if (c.mask == 0)
		return 0;
	number_set_add_mask(&o->changed, PAGE_UID(c.page, 0), c.mask);
	if (change->known_modseq != 0)
		number_set_add_mask(&o->overtaken, PAGE_UID(c.page, 0),
		    slots_after(&before, c.mask, change->known_modseq));
	flagpage_copy(&after, &before);
	flags_apply(&after, c.mask, &o->flags, change->how);
	return page_write(&o->w, &c, err);
}

/* Reads the account, the mailbox, the indexes of the flags, the next pages. */
static int
slice_read(struct batch *b, struct store_op *o, struct account *acc,
    struct mailbox *mb, struct err *err)
{
	const struct flags_change *change = o->change;
	struct named_flags named = { change->system, change->keywords,
	    change->nkeywords, change->how != FLAGS_REMOVE };

	if (account_need(b, o->op.account, acc, err) == -1 ||
	    mailbox_need(b, o->op.account, o->mbox, &o->a, mb, err) == -1 ||
	    mailbox_flags(o->s, &o->a, mb, &named, &o->flags, err) == -1)
		return -1;
	return page_list_read(&o->list, batch_reader(b),
	    batch_share(b, STORE_PAGES), err);
}

static int
store_slice(struct batch *b, struct store_op *o, struct err *err)
{
	struct account acc;
	struct mailbox mb;

	if (slice_read(b, o, &acc, &mb, err) == -1)
		return -1;
	o->w = (struct page_writer){ .s = o->s, .b = b, .acc = &acc,
	    .mb = &mb, .source = CHANGE_STORED,
	    .replaces = o->change->how == FLAGS_SET, .a = &o->a,
	    .tally = &o->tally };
	page_writer_begin(&o->w);
	for (size_t i = 0; i < o->list.n; i++)
		if (store_page(o, i, err) == -1)
			return -1;
	if (page_writer_end(&o->w, err) == -1)
		return -1;
	if (o->w.any) {
		mailbox_put(b, o->op.account, &mb);
		/* Changes by page rows have another modseq, so this session
		   is told about them. */
		buf_add(&o->modseqs, &o->w.modseq, sizeof(o->w.modseq));
	}
	return 0;
}

static enum op_result
store_run(struct batch *b, struct op *op)
{
	struct store_op *o = (struct store_op *)op;

	arena_clear(&o->a);
	if (store_slice(b, o, &op->err) == -1)
		return op_fail(op);
	return o->list.end ? OP_DONE : OP_MORE;
}

static void
modseqs_take(const struct buf *from, struct arena *a, uint64_t **modseqs,
    size_t *n)
{
	*n = from->len / sizeof(**modseqs);
	*modseqs = (uint64_t *)(void *)arena_memdup(a,
	    from->data == NULL ? "" : from->data, from->len);
}

static bool
is_small(const struct number_set *uids)
{
	return uids->n == 0 || UID_PAGE(uids->range[uids->n - 1].last) -
	    UID_PAGE(uids->range[0].first) < SMALL_PAGES;
}

int
message_store(struct store *s, uint64_t account, uint32_t mbox,
    const struct number_set *uids, struct flags_change *change, struct arena *a,
    struct err *err)
{
	struct store_op o = {
		.op = {
			.run = store_run,
			.account = account,
			.class = is_small(uids) ? OP_SMALL : OP_BULK
		},
		.s = s,
		.mbox = mbox,
		.change = change
	};
	int rc;

	arena_init(&o.a);
	page_list_init(&o.list, account, mbox, uids);
	rc = op_submit(&s->db, &o.op, err);
	modseqs_take(&o.modseqs, a, &change->modseqs, &change->nmodseqs);
	number_set_take(&o.modified, a, &change->modified);
	number_set_take(&o.changed, a, &change->changed);
	number_set_take(&o.overtaken, a, &change->overtaken);
	buf_free(&o.modseqs);
	buf_free(&o.modified);
	buf_free(&o.changed);
	buf_free(&o.overtaken);
	page_list_free(&o.list);
	arena_clear(&o.a);
	return rc;
}
