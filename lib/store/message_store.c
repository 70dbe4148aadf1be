#include <config.h>

#include "commit/database.h"
#include "store/stored_message-private.h"
#include "store/uidset.h"

/* Pages changed in one operation: 16,384 messages, about 2 ms. */
#define STORE_PAGES	256
/* Up to so many pages it is not worth to wait behind small operations. */
#define SMALL_PAGES	4

struct request_op {
	struct op op;
	struct store *s;
	uint32_t mbox;
	const struct uid_set *uids;
	struct flags_change *change;
	struct buf modseqs;		/* of uint64_t */
	struct buf modified, changed, overtaken;	/* ranges */

	/* Of one slice. */
	struct arena a;
	struct page_list list;
	struct msgflags flags;
};

/* Slots changed after a modseq. */
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
page_change(struct flagpage *p, uint64_t mask, const struct msgflags *flags,
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

/* 1 changed, 0 not, -1. */
static int
store_page(struct batch *b, struct request_op *o, struct mailbox *mb, size_t i,
    struct err *err)
{
	const struct flags_change *change = o->change;
	uint32_t page = o->list.ref[i].page;
	struct flagpage p;
	uint64_t mask, late;

	if (flagpage_decode(&p, page_list_record(&o->list, i), err) == -1)
		return -1;
	mask = o->list.ref[i].mask & p.present;
	if (change->if_unchanged) {
		late = slots_after(&p, mask, change->unchanged_since);
		uidset_add_mask(&o->modified, page, late);
		mask &= ~late;
	}
	mask = flagpage_differing(&p, mask, &o->flags, change->how);
	if (mask == 0)
		return 0;
	uidset_add_mask(&o->changed, page, mask);
	if (change->known_modseq != 0)
		uidset_add_mask(&o->overtaken, page,
		    slots_after(&p, mask, change->known_modseq));
	mailbox_count_page(mb, &p, -1);
	page_change(&p, mask, &o->flags, change->how);
	mailbox_count_page(mb, &p, 1);
	flagpage_touch(&p, mask, mb->highestmodseq + 1);
	flagpage_put(b, o->op.account, mb->id, page, &p);
	batch_touch(b, o->op.account, mb->id, mb->highestmodseq + 1, page);
	return 1;
}

static int
store_slice(struct batch *b, struct request_op *o, struct err *err)
{
	const struct flags_change *change = o->change;
	struct mailbox mb;
	bool any = false;
	int rc;

	if (mailbox_need(b, o->op.account, o->mbox, &o->a, &mb, err) == -1 ||
	    mailbox_flags(o->s, &o->a, &mb, change->system, change->keywords,
	    change->nkeywords, change->how != FLAGS_REMOVE, &o->flags,
	    err) == -1 || page_list_read(&o->list, batch_reader(b),
	    o->op.account, o->mbox, o->uids,
	    batch_share(b, STORE_PAGES), err) == -1)
		return -1;
	for (size_t i = 0; i < o->list.n; i++) {
		rc = store_page(b, o, &mb, i, err);
		if (rc == -1)
			return -1;
		any = any || rc == 1;
	}
	if (any) {
		mb.highestmodseq++;
		mailbox_put(b, o->op.account, &mb);
		buf_add(&o->modseqs, &mb.highestmodseq,
		    sizeof(mb.highestmodseq));
	}
	return 0;
}

static enum op_result
store_run(struct batch *b, struct op *op)
{
	struct request_op *o = (struct request_op *)op;

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
is_small(const struct uid_set *uids)
{
	return uids->n == 0 || UID_PAGE(uids->range[uids->n - 1].last) -
	    UID_PAGE(uids->range[0].first) < SMALL_PAGES;
}

int
message_store(struct store *s, uint64_t account, uint32_t mbox,
    const struct uid_set *uids, struct flags_change *change, struct arena *a,
    struct err *err)
{
	struct request_op o = {
		.op = {
			.run = store_run,
			.account = account,
			.class = is_small(uids) ? OP_SMALL : OP_BULK
		},
		.s = s,
		.mbox = mbox,
		.uids = uids,
		.change = change
	};
	int rc;

	arena_init(&o.a);
	page_list_init(&o.list);
	rc = op_submit(&s->db, &o.op, err);
	modseqs_take(&o.modseqs, a, &change->modseqs, &change->nmodseqs);
	uidset_take(&o.modified, a, &change->modified);
	uidset_take(&o.changed, a, &change->changed);
	uidset_take(&o.overtaken, a, &change->overtaken);
	buf_free(&o.modseqs);
	buf_free(&o.modified);
	buf_free(&o.changed);
	buf_free(&o.overtaken);
	page_list_free(&o.list);
	arena_clear(&o.a);
	return rc;
}
