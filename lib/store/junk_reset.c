/* junk_reset - walks through the mailboxes of an account and marks them. */
#include <config.h>

#include "commit/database.h"
#include "store/junk_reset.h"
#include "store/mailbox-private.h"
#include "store/mailbox_meaning.h"
#include "store/stored_message.h"

/* Mailboxes whose meanings are written in one operation. */
#define SLICE_MAILBOXES	200

struct reset_mailbox {
	uint32_t id;
	const char *name;
	uint32_t uidnext;
	enum junk_meaning meaning;
};

struct junk_reset {
	struct store *s;
	uint64_t account;
	struct arena *a;		/* borrowed */
	struct reset_mailbox *list;	/* in the arena */
	size_t n;
	size_t computed;		/* of the list */
	size_t i;			/* mailbox being marked */
	uint32_t uid;			/* in it, next */
};

int
junk_reset_begin(struct store *s, uint64_t account, struct arena *a,
    struct junk_reset **out, struct err *err)
{
	struct junk_reset *r = arena_alloc(a, sizeof(*r));
	struct mailbox *list;
	struct kv_snap snap;
	int rc;

	*r = (struct junk_reset){ .s = s, .account = account, .a = a,
	    .uid = 1 };
	if (store_snap(s, &snap, err) == -1)
		return -1;
	rc = mailbox_list(&snap.reader, account, a, &list, &r->n, err);
	kv_snap_end(&snap);
	if (rc == -1)
		return -1;
	r->list = arena_array(a, r->n, sizeof(*r->list));
	for (size_t i = 0; i < r->n; i++)
		r->list[i] = (struct reset_mailbox){ .id = list[i].id,
		    .name = list[i].name, .uidnext = list[i].uidnext };
	*out = r;
	return 0;
}

/* ---- meanings ---- */

struct meaning_op {
	struct op op;
	struct junk_reset *r;
	size_t end;			/* of the slice, from r->computed on */
	struct mailbox_meanings meanings;
	struct arena a;
};

/* One mailbox; deleted ones mean nothing. */
static int
meaning_put(struct batch *b, struct meaning_op *o, const struct account *acc,
    struct reset_mailbox *one, struct err *err)
{
	struct mailbox mb;
	int rc;

	one->meaning = MEANS_NOTHING;
	rc = mailbox_get(batch_reader(b), acc->id, one->id, &o->a, &mb, err);
	if (rc != 1)
		return rc;
	mb.meaning_stamp = 0;
	if (mailbox_meaning_need(&o->meanings, o->r->s, acc, &mb, err) == -1)
		return -1;
	one->meaning = mb.meaning;
	mailbox_put(b, acc->id, &mb);
	return 0;
}

static enum op_result
meaning_run(struct batch *b, struct op *op)
{
	struct meaning_op *o = (struct meaning_op *)op;
	struct account acc;
	int rc = 0;

	arena_clear(&o->a);
	if (account_need(b, op->account, &acc, &op->err) == -1)
		return op_fail(op);
	/* To the end, so that all that are missing are computed at once. */
	for (size_t i = o->r->computed; i < o->end; i++)
		if (meaning_put(b, o, &acc, &o->r->list[i], &op->err) == -1)
			rc = -1;
	return rc == -1 ? op_fail(op) : OP_DONE;
}

static int
compute_slice(struct junk_reset *r, struct err *err)
{
	struct meaning_op o = { .op = { .run = meaning_run,
	    .account = r->account, .class = OP_BULK }, .r = r,
	    .end = r->computed + SLICE_MAILBOXES };
	int rc;

	if (o.end > r->n)
		o.end = r->n;
	arena_init(&o.a);
	rc = mailbox_meanings_submit(r->s, &o.op, &o.meanings, err);
	mailbox_meanings_free(&o.meanings);
	arena_clear(&o.a);
	if (rc == 0)
		r->computed = o.end;
	return rc;
}

/* ---- marks ---- */

#define JUNK_WORDS	BYTES("$Junk"), BYTES("Junk")
#define NOTJUNK_WORDS	BYTES("$NotJunk"), BYTES("NonJunk"), BYTES("NotJunk")

/* One STORE; junk_flags.c does the rest.  Returns how many changed, or -1. */
static int64_t
store_words(struct junk_reset *r, const struct number_range *uids, int how,
    const struct bytes *words, size_t n, struct err *err)
{
	struct flags_change change = { .how = how, .keywords = words,
	    .nkeywords = n };
	struct number_range range = *uids;
	struct number_set set = { &range, 1 };
	struct arena a;
	int64_t changed = -1;

	arena_init(&a);
	if (message_store(r->s, r->account, r->list[r->i].id, &set, &change,
	    &a, err) == 0)
		changed = (int64_t)number_set_count(&change.changed);
	arena_clear(&a);
	return changed;
}

/*
 * Adding the mark removes the other one.  Messages that had their mark before
 * may have the other side's as well, from before these excluded each other.
 */
static int64_t
mark(struct junk_reset *r, const struct number_range *uids, struct err *err)
{
	static const struct bytes junk[] = { JUNK_WORDS };
	static const struct bytes notjunk[] = { NOTJUNK_WORDS };
	static const struct bytes all[] = { JUNK_WORDS, NOTJUNK_WORDS };
	int64_t added, removed;

	switch (r->list[r->i].meaning) {
	case MEANS_JUNK:
		added = store_words(r, uids, FLAGS_ADD, junk, 1, err);
		removed = added == -1 ? -1 : store_words(r, uids,
		    FLAGS_REMOVE, notjunk, 3, err);
		break;
	case MEANS_NOTJUNK:
		added = store_words(r, uids, FLAGS_ADD, notjunk, 1, err);
		removed = added == -1 ? -1 : store_words(r, uids,
		    FLAGS_REMOVE, junk, 2, err);
		break;
	default:
		added = 0;
		removed = store_words(r, uids, FLAGS_REMOVE, all, 5, err);
	}
	return removed == -1 ? -1 : added + removed;
}

int
junk_reset_next(struct junk_reset *r, struct junk_reset_step *step,
    struct err *err)
{
	struct reset_mailbox *mb;
	struct number_range uids;
	int64_t changed = 0;

	if (r->i == r->n)
		return 0;
	if (r->i == r->computed && compute_slice(r, err) == -1)
		return -1;
	mb = &r->list[r->i];
	uids = (struct number_range){ r->uid, mb->uidnext - 1 };
	if (uids.last >= uids.first && uids.last - uids.first >= RESET_UIDS)
		uids.last = uids.first + RESET_UIDS - 1;
	if (mb->meaning != MEANS_NOTHING && uids.last >= uids.first)
		changed = mark(r, &uids, err);
	/* Deleted meanwhile. */
	if (changed == -1 && err->code == ERR_CODE_NOT_FOUND) {
		err_clear(err);
		changed = 0;
		uids.last = mb->uidnext - 1;
	}
	if (changed == -1)
		return err_wrap(err, "marking the mail of mailbox '%s'",
		    mb->name);
	*step = (struct junk_reset_step){ .mailbox = mb->name,
	    .meaning = mb->meaning, .changed = (uint64_t)changed };
	if (mb->meaning == MEANS_NOTHING || uids.last + 1 >= mb->uidnext) {
		r->i++;
		r->uid = 1;
	} else {
		r->uid = uids.last + 1;
	}
	step->mailboxes_left = r->n - r->i;
	return 1;
}
