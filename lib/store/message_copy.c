/* message_copy - copies and moves messages: COPY, MOVE and RENAME of INBOX */
#include <config.h>

#include <string.h>

#include "base/number_set.h"
#include "commit/database.h"
#include "directory/account.h"
#include "store/mailbox_meaning.h"
#include "store/page_write.h"
#include "store/quota.h"
#include "store/store.h"
#include "store/stored_message-private.h"
#include "store/todo.h"

/*
 * A COPY or MOVE is done completely or not at all.
 *
 * Up to SIMPLE_MAX messages are copied in one operation.  More are copied in
 * slices.  Each slice writes messages and references to bodies under the next
 * UIDs of the target; no session sees them, because their presence bits are not
 * set.  The last slice sets the bits, raises uidnext, and for MOVE removes the
 * messages from the source.  Meanwhile
 *
 * - the target is reserved (mailbox-private.h): other additions wait, so that
 *   UIDs stay in order, and the quota includes the messages to be copied;
 * - uid_reserved in the target's row says up to which UID such records may
 *   exist, and a todo record names them.  If the copy fails or the process
 *   crashes, both remain: the background deletes the records, and additions
 *   before that use UIDs after them.
 *
 * If the copy makes its target (RENAME of INBOX), the target is hidden until
 * the last slice: it is dead and has no name, and a todo record lets the
 * background delete it.
 *
 * A message that is expunged between two slices is copied all the same.
 */

#define SIMPLE_MAX	2000
#define SLICE_MESSAGES	500
#define SMALL_MAX	64
/* Pages read at a time. */
#define COPY_PAGES	64

struct copy_op {
	struct op op;
	struct store *s;
	uint32_t mbox;
	const struct number_set *uids;
	const char *target;		/* canonical */
	bool move;
	bool create;			/* the target does not exist yet */
	bool bulk;

	/* So far. */
	uint32_t target_id;
	uint32_t uidvalidity;
	uint32_t next_page;		/* of the source */
	bool collected;			/* all slices are done */
	uint32_t first_uid, next_uid;	/* in the target */
	struct buf source;		/* ranges */
	uint64_t bytes, count;
	struct buf modseqs;		/* of uint64_t */
	uint64_t todo_seq;		/* with create also the next one */
	struct page_tally tally;
	struct mailbox_meanings meanings;
	struct reservation res;
	bool reserved;

	/* Of one run. */
	struct arena a;
	struct account acc;
	struct mailbox src, target_row;
	struct mailbox *dst;		/* src or target_row */
};

/* ---- one slice of invisible messages ---- */

/* Chooses the UIDs to copy next, at least `max' if there are that many. */
static int
slice_choose(struct batch *b, struct copy_op *o, uint64_t max,
    struct buf *ranges, struct err *err)
{
	struct page_list list;
	uint64_t n = 0, mask;
	int rc = 0;

	page_list_init(&list, o->op.account, o->mbox, o->uids);
	list.next = o->next_page;
	while (rc == 0 && !list.end && n < max) {
		rc = page_list_read(&list, batch_reader(b), COPY_PAGES, err);
		for (size_t i = 0; i < list.n && rc == 0 && n < max; i++) {
			rc = flagpage_presence(page_list_record(&list, i),
			    &mask, err);
			mask &= list.ref[i].mask;
			number_set_add_mask(ranges,
			    PAGE_UID(list.ref[i].page, 0), mask);
			n += (uint64_t)__builtin_popcountll(mask);
			o->next_page = list.ref[i].page + 1;
			if (n >= max && i + 1 < list.n)
				list.end = false;
		}
	}
	o->collected = list.end && n < max;
	page_list_free(&list);
	return rc;
}

static int
gather_step(void *arg, const struct message *m, struct err *err)
{
	(void)err;
	buf_add(arg, m, sizeof(*m));
	return 0;
}

static int
copy_message(struct batch *b, struct copy_op *o, struct message *m,
    struct err *err)
{
	struct made_message made = { .b = b, .acc = &o->acc, .mb = o->dst,
	    .m = m, .from = &o->src, .from_uid = m->uid };
	struct body_ref ref;
	int rc;

	rc = body_ref_get(batch_reader(b), o->op.account, m->body, &ref, err);
	if (rc == 0)
		return err_set(err, ERR_INTERNAL, "message %u has no body",
		    m->uid);
	if (rc == -1)
		return -1;
	if (o->next_uid == UINT32_MAX || ref.refcount == UINT32_MAX)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "mailbox '%s' has no UIDs left", o->dst->name);
	ref.refcount++;
	body_ref_put(b, o->op.account, m->body, &ref);
	number_set_add(&o->source, m->uid);
	m->uid = o->next_uid++;
	m->save_date = batch_time(b);
	if (message_made(o->s, &made, err) == -1)
		return -1;
	message_put(b, o->op.account, o->dst->id, m);
	return 0;
}

static int
copy_slice(struct batch *b, struct copy_op *o, uint64_t max, struct err *err)
{
	struct buf ranges = BUF_INIT, messages = BUF_INIT;
	struct message m;
	struct number_set set;
	uint64_t bytes = 0, count = 0;
	int rc;

	rc = slice_choose(b, o, max, &ranges, err);
	set = number_set_view(&ranges);
	if (rc == 0)
		rc = message_each_in(batch_reader(b), o->op.account,
		    o->mbox, &set, gather_step, &messages, err);
	for (size_t i = 0; i < messages.len && rc == 0; i += sizeof(m)) {
		memcpy(&m, messages.data + i, sizeof(m));
		bytes += m.size;
		count++;
		rc = copy_message(b, o, &m, err);
	}
	if (rc == 0 && !o->move)
		rc = account_has_room(o->s, &o->acc, bytes, count, err);
	if (rc == 0) {
		o->bytes += bytes;
		o->count += count;
	}
	buf_free(&ranges);
	buf_free(&messages);
	return rc;
}

/* ---- the last slice: makes the messages visible ---- */

/* The target's page that is being filled. */
struct filler {
	struct copy_op *o;
	struct page_writer w;
	uint32_t uid;			/* next */
	uint64_t added;			/* slots; 0: no page is open */
	struct flagpage before, after;
	/* By index in the source: index in the target + 1; 0: unknown. */
	uint16_t keyword[KEYWORDS_MAX];
	bool dropped[KEYWORDS_MAX];
};

static int
filler_flush(struct filler *f, struct err *err)
{
	struct page_change c = { .page = UID_PAGE(f->uid - 1),
	    .mask = f->added, .before = &f->before, .after = &f->after };

	if (f->added == 0)
		return 0;
	f->added = 0;
	return page_write(&f->w, &c, err);
}

static int
filler_open(struct filler *f, struct err *err)
{
	if (f->added != 0)
		return 0;
	if (flagpage_read(batch_reader(f->w.b), f->o->op.account,
	    f->o->dst->id, UID_PAGE(f->uid), &f->before, err) == -1)
		return -1;
	flagpage_copy(&f->after, &f->before);
	return 0;
}

/* Keywords have other numbers in the target.  If it has no room for a keyword,
   the keyword is left out: RFC 3501 6.4.7 says SHOULD. */
static void
filler_keywords(struct filler *f, struct msgflags *flags)
{
	struct msgflags mapped = { .system = flags->system };
	struct err full = ERR_INIT;
	unsigned to;

	for (unsigned i = 0; i < f->o->src.nkeywords; i++) {
		if (!msgflags_has_keyword(flags, i) || f->dropped[i])
			continue;
		if (f->keyword[i] == 0) {
			if (mailbox_keyword(f->o->s, &f->o->a, f->o->dst,
			    bytes_of(f->o->src.keywords[i]), &to,
			    &full) == -1) {
				f->dropped[i] = true;
				continue;
			}
			f->keyword[i] = (uint16_t)(to + 1);
		}
		msgflags_set_keyword(&mapped, f->keyword[i] - 1u);
	}
	*flags = mapped;
}

static int
filler_add(struct filler *f, struct msgflags *flags, struct err *err)
{
	uint64_t bit = UINT64_C(1) << UID_SLOT(f->uid);

	if (filler_open(f, err) == -1)
		return -1;
	filler_keywords(f, flags);
	flagpage_set(&f->after, UID_SLOT(f->uid), flags);
	f->after.present |= bit;
	f->added |= bit;
	f->uid++;
	return UID_SLOT(f->uid) == 0 ? filler_flush(f, err) : 0;
}

/* Sets the presence bits, and the current flags of the messages. */
static int
fill_target(struct batch *b, struct copy_op *o, struct err *err)
{
	struct number_set set = number_set_view(&o->source);
	struct filler f = { .o = o, .uid = o->first_uid, .w = { .s = o->s,
	    .b = b, .acc = &o->acc, .mb = o->dst, .other = &o->src,
	    .source = CHANGE_COPIED, .a = &o->a, .tally = &o->tally } };
	struct flagpage from;
	struct msgflags flags;
	uint32_t page = UINT32_MAX;

	page_writer_begin(&f.w);
	for (size_t i = 0; i < set.n; i++)
		for (uint64_t uid = set.range[i].first;
		    uid <= set.range[i].last; uid++) {
			if (UID_PAGE(uid) != page) {
				page = UID_PAGE(uid);
				if (flagpage_read(batch_reader(b),
				    o->op.account, o->mbox, page, &from,
				    err) == -1)
					return -1;
			}
			flagpage_get(&from, UID_SLOT(uid), &flags);
			if (filler_add(&f, &flags, err) == -1)
				return -1;
		}
	if (filler_flush(&f, err) == -1)
		return -1;
	return page_writer_end(&f.w, err);
}

static int
take_from_source(struct batch *b, struct copy_op *o, struct err *err)
{
	struct number_set set = number_set_view(&o->source);
	struct removal rm = { .uids = &set, .max_pages = SIZE_MAX,
	    .source = CHANGE_MOVED_AWAY, .other = o->dst,
	    .tally = &o->tally };

	do {
		if (message_remove(o->s, b, &o->acc, &o->src, &rm, err) == -1)
			return -1;
		account_discharge(&o->acc, rm.bytes, rm.count);
		if (rm.modseq != 0)
			buf_add(&o->modseqs, &rm.modseq, sizeof(rm.modseq));
	} while (!rm.end);
	return 0;
}

/* Gives the new mailbox its name, if the name is still free. */
static int
target_unhide(struct batch *b, struct copy_op *o, struct err *err)
{
	struct mailbox_maker mk = { o->s, b, &o->acc, &o->a };

	if (mailbox_need_free(b, o->op.account, o->target, &o->a,
	    err) == -1 || mailbox_make_parents(&mk, o->target, err) == -1 ||
	    mailbox_unhide(&mk, o->dst, err) == -1)
		return -1;
	todo_del(b, o->op.account, TODO_MAILBOX, o->todo_seq + 1);
	return 0;
}

/* Moving messages within an account does not change the quota in use. */
static int
copy_charge(struct copy_op *o, struct err *err)
{
	if (!o->move)
		return account_charge(o->s, &o->acc, o->bytes, o->count, err);
	o->acc.used_bytes += o->bytes;
	o->acc.used_messages += o->count;
	return 0;
}

/* Makes all copied messages visible. */
static int
copy_reveal(struct batch *b, struct copy_op *o, struct err *err)
{
	struct mailbox *dst = o->dst;

	if (copy_charge(o, err) == -1)
		return -1;
	dst->uidnext = o->next_uid;
	dst->uid_reserved = 0;
	dst->bytes += o->bytes;
	if (fill_target(b, o, err) == -1 ||
	    (o->move && take_from_source(b, o, err) == -1))
		return -1;
	if (o->move && dst != &o->src)
		mailbox_put(b, o->op.account, &o->src);
	return 0;
}

static int
copy_finish(struct batch *b, struct copy_op *o, struct err *err)
{
	if (o->reserved) {
		mailbox_release(o->s, &o->res);
		o->reserved = false;
	}
	if (o->count == 0 && !o->create && !o->bulk)
		return 0;
	if (o->create && o->bulk && target_unhide(b, o, err) == -1)
		return -1;
	if (o->bulk)
		todo_del(b, o->op.account, TODO_COPY, o->todo_seq);
	if (o->count > 0 && copy_reveal(b, o, err) == -1)
		return -1;
	mailbox_put(b, o->op.account, o->dst);
	account_put(b, &o->acc);
	return 0;
}

/* ---- the operation ---- */

static int
target_make(struct batch *b, struct copy_op *o, struct err *err)
{
	struct mailbox_maker mk = { o->s, b, &o->acc, &o->a };

	if (o->bulk)
		return mailbox_make_hidden(&o->acc, o->target, USE_NONE,
		    o->dst, err);
	return mailbox_make_tree(&mk, o->target, USE_NONE, o->dst, err);
}

/* Finds the target by its name, in the first run. */
static int
target_find(struct batch *b, struct copy_op *o, struct err *err)
{
	if (o->create)
		return mailbox_need_free(b, o->op.account, o->target, &o->a,
		    err) == -1 ? -1 : target_make(b, o, err);
	return mailbox_need_named(b, o->op.account, o->target, &o->a, o->dst,
	    err);
}

/* Reads the target by its number, hidden or not. */
static int
target_read(struct batch *b, struct copy_op *o, struct err *err)
{
	int rc;

	if (!o->create)
		return mailbox_need(b, o->op.account, o->target_id, &o->a,
		    o->dst, err);
	rc = mailbox_read(batch_reader(b), o->op.account, o->target_id,
	    &o->a, o->dst, err);
	if (rc == 0)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "the mailbox no longer exists");
	return rc == -1 ? -1 : 0;
}

/* Reads the account and the mailboxes anew. */
static int
copy_read(struct batch *b, struct copy_op *o, struct err *err)
{
	if (account_need(b, o->op.account, &o->acc, err) == -1 ||
	    mailbox_need(b, o->op.account, o->mbox, &o->a, &o->src,
	    err) == -1)
		return -1;
	o->dst = &o->target_row;
	if ((o->target_id == 0 ? target_find(b, o, err) :
	    target_read(b, o, err)) == -1)
		return -1;
	if (o->dst->id == o->src.id)
		o->dst = &o->src;
	return 0;
}

/* Sets the first UID, in the first run. */
static void
copy_begin(struct batch *b, struct copy_op *o)
{
	struct mailbox *dst = o->dst;

	o->target_id = dst->id;
	o->uidvalidity = dst->uidvalidity;
	o->first_uid = o->next_uid = dst->uid_reserved > dst->uidnext ?
	    dst->uid_reserved : dst->uidnext;
	if (!o->bulk)
		return;
	o->res.account = o->op.account;
	o->res.mbox = dst->id;
	mailbox_reserve(o->s, &o->res);
	o->reserved = true;
	o->todo_seq = o->acc.next_todo++;
	if (o->create) {
		struct todo todo = { .mbox = dst->id, .time = batch_time(b) };

		todo_put(b, o->op.account, TODO_MAILBOX, o->acc.next_todo++,
		    &todo);
	}
}

/* Copies a slice that is not visible, and records how to undo it after a
   crash. */
static int
bulk_slice(struct batch *b, struct copy_op *o, struct err *err)
{
	struct todo todo;

	if (copy_slice(b, o, batch_share(b, SLICE_MESSAGES), err) == -1)
		return -1;
	if (!o->move) {
		o->res.bytes = o->bytes;
		o->res.messages = o->count;
	}
	todo = (struct todo){ .mbox = o->dst->id, .first = o->first_uid,
	    .last = o->next_uid - 1 };
	if (todo.last >= todo.first) {
		o->dst->uid_reserved = o->next_uid;
		todo_put(b, o->op.account, TODO_COPY, o->todo_seq, &todo);
	}
	mailbox_put(b, o->op.account, o->dst);
	account_put(b, &o->acc);
	return 0;
}

static enum op_result
copy_run(struct batch *b, struct op *op)
{
	struct copy_op *o = (struct copy_op *)op;
	int rc;

	arena_clear(&o->a);
	if (copy_read(b, o, &op->err) == -1)
		return op_fail(op);
	if (o->target_id == 0) {
		if (mailbox_is_reserved(o->s, op->account, o->dst->id))
			return OP_BUSY;
		/* What it means now holds for the whole operation. */
		if (mailbox_meaning_need(&o->meanings, o->s, &o->acc, o->dst,
		    &op->err) == -1)
			return op_fail(op);
		copy_begin(b, o);
	}
	if (o->bulk && !o->collected) {
		rc = bulk_slice(b, o, &op->err);
		return rc == -1 ? op_fail(op) : OP_MORE;
	}
	rc = o->bulk ? 0 : copy_slice(b, o, UINT64_MAX, &op->err);
	if (rc == 0)
		rc = copy_finish(b, o, &op->err);
	return rc == -1 ? op_fail(op) : OP_DONE;
}

/* ---- in the caller's thread ---- */

/* Are there more messages than one operation may copy?  Returns 1 if so, 0 if
   not, -1 on error. */
static int
is_bulk(struct copy_op *o, struct err *err)
{
	struct kv_snap snap;
	struct page_list list;
	uint64_t n = 0, present;
	int rc;

	if (number_set_count(o->uids) <= SIMPLE_MAX)
		return 0;
	if (store_snap(o->s, &snap, err) == -1)
		return -1;
	page_list_init(&list, o->op.account, o->mbox, o->uids);
	do {
		rc = page_list_read(&list, &snap.reader, COPY_PAGES, err);
		for (size_t i = 0; i < list.n && rc == 0; i++) {
			rc = flagpage_presence(page_list_record(&list, i),
			    &present, err);
			n += (uint64_t)__builtin_popcountll(present &
			    list.ref[i].mask);
		}
	} while (rc == 0 && !list.end && n <= SIMPLE_MAX);
	page_list_free(&list);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : n > SIMPLE_MAX;
}

static void
copied_take(struct copy_op *o, struct arena *a, struct message_copied *out)
{
	out->target = o->target_id;
	out->nmodseqs = o->modseqs.len / sizeof(*out->modseqs);
	out->modseqs = arena_array(a, out->nmodseqs, sizeof(*out->modseqs));
	if (out->nmodseqs > 0)
		memcpy(out->modseqs, o->modseqs.data, o->modseqs.len);
	number_set_take(&o->source, a, &out->source);
	if (o->count == 0)
		return;
	out->uidvalidity = o->uidvalidity;
	out->dest.n = 1;
	out->dest.range = arena_array(a, 1, sizeof(*out->dest.range));
	out->dest.range->first = o->first_uid;
	out->dest.range->last = o->next_uid - 1;
}

static int
copy_submit(struct copy_op *o, struct err *err)
{
	int rc;

	rc = is_bulk(o, err);
	if (rc == -1)
		return -1;
	o->bulk = rc == 1;
	o->op.class = number_set_count(o->uids) <= SMALL_MAX ? OP_SMALL :
	    OP_BULK;
	rc = mailbox_meanings_submit(o->s, &o->op, &o->meanings, err);
	if (o->reserved)
		mailbox_release(o->s, &o->res);
	return rc;
}

static int
copy_named(struct copy_op *o, const char *target, struct err *err)
{
	char name[MAILBOX_NAME_MAX + 1];
	int rc;

	if (mailbox_name_canonical(bytes_of(target), name, err) == -1)
		return -1;
	o->op.run = copy_run;
	o->target = name;
	arena_init(&o->a);
	rc = copy_submit(o, err);
	arena_clear(&o->a);
	return rc;
}

static void
copy_free(struct copy_op *o)
{
	buf_free(&o->source);
	buf_free(&o->modseqs);
	mailbox_meanings_free(&o->meanings);
}

int
message_copy(struct store *s, uint64_t account,
    const struct message_copy *what, struct arena *a,
    struct message_copied *out, struct err *err)
{
	struct copy_op o = {
		.op = { .account = account },
		.s = s,
		.mbox = what->mbox,
		.uids = what->uids,
		.move = what->move
	};
	int rc;

	memset(out, 0, sizeof(*out));
	rc = copy_named(&o, what->target, err);
	if (rc == 0)
		copied_take(&o, a, out);
	copy_free(&o);
	return rc;
}

int
message_move_to_new(struct store *s, uint64_t account, uint32_t mbox,
    const char *target, struct err *err)
{
	struct copy_op o = {
		.op = { .account = account },
		.s = s,
		.mbox = mbox,
		.uids = &number_set_all,
		.move = true,
		.create = true
	};
	int rc;

	rc = copy_named(&o, target, err);
	copy_free(&o);
	return rc;
}
