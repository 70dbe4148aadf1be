/* message_add - adds messages: delivery and APPEND */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "mail/message.h"
#include "proto/parsed.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "evidence/arrivals.h"
#include "store/conversation.h"
#include "store/incoming-private.h"
#include "store/mailbox_key.h"
#include "store/mailbox_meaning.h"
#include "store/page_write.h"
#include "store/quota.h"
#include "store/store.h"
#include "store/stored_message-private.h"

/*
 * Everything that can be computed without the store is computed in the caller's
 * thread (add_prepare()).  The operation reads a few rows, assigns numbers, and
 * writes.
 *
 * All rows of a message are written in one commit, so that it is complete or
 * does not exist: the body's chunks or its location in a segment (where its
 * bytes are already durable), its reference count, the parsed record, the
 * origin, and for each mailbox the message, its slot in the flag page, the
 * mailbox with its new counts, and the delivery token.
 */

/* Bodies of at least this size are alone in their batch. */
#define ALONE_BYTES	(1024 * 1024)
/* Approximate size of the rows other than body and parsed record. */
#define ROWS_BYTES	1024

struct add_op {
	struct op op;
	struct store *s;
	const struct message_new *m;
	char **names;			/* canonical */
	size_t n;
	bool create;			/* create missing mailboxes */
	struct message_added *added;	/* n of them */

	/* Prepared. */
	struct incoming *own;		/* own: a large text; or NULL */
	struct bytes text;		/* if stored in the database */
	bool in_segment;		/* else this record has it: */
	struct segment_record rec;
	struct bytes first_chunk;	/* of prefix and text together; in a
					   segment only the prefix */
	struct bytes parsed;
	struct body_ref ref;
	struct conversation_hashes hashes;
	struct bytes delivered;		/* value for the token; arena */

	struct page_tally tally;
	struct mailbox_meanings meanings;

	/* Of one run. */
	struct arena a;
	struct account acc;
	struct mailbox **mb;		/* n; repeated names share one */
};

/* ---- in the caller's thread ---- */

/* Finds out where the text is stored, and writes a large one to a segment. */
static int
add_settle(struct add_op *o, struct err *err)
{
	struct incoming *in = o->m->incoming;
	int rc;

	o->text = o->m->text;
	if (in == NULL && o->text.len > o->s->config.segment_min) {
		in = o->own = incoming_new(o->s);
		if (incoming_write(in, o->text, err) == -1)
			return -1;
	}
	if (in == NULL)
		return 0;
	if ((rc = incoming_settle(in, &o->text, &o->rec, err)) == -1)
		return -1;
	o->in_segment = rc == 1;
	incoming_submitted(in);
	return 0;
}

static void
add_first_chunk(struct add_op *o, struct arena *a)
{
	size_t prefix = o->m->prefix.len, rest;
	char *p;

	if (o->in_segment) {
		o->first_chunk = o->m->prefix;
		return;
	}
	if (prefix == 0) {
		o->first_chunk = o->text;
		if (o->first_chunk.len > BODY_CHUNK)
			o->first_chunk.len = BODY_CHUNK;
		return;
	}
	rest = o->text.len;
	if (rest > BODY_CHUNK - prefix)
		rest = BODY_CHUNK - prefix;
	p = arena_alloc(a, prefix + rest);
	memcpy(p, o->m->prefix.data, prefix);
	if (rest > 0)
		memcpy(p + prefix, o->text.data, rest);
	o->first_chunk = bytes_make(p, prefix + rest);
}

static void
parse_whole(const struct store *s, struct arena *a,
    const struct message_new *m, struct buf *out)
{
	struct mail_parser *p = mail_parser_new(a, s->config.mail_limits);

	mail_parser_feed(p, m->prefix.data, m->prefix.len);
	mail_parser_feed(p, m->text.data, m->text.len);
	parsed_encode(mail_parser_finish(p), out);
}

static uint32_t
add_crc(const struct add_op *o)
{
	uint32_t crc = crc32c(0, o->m->prefix.data, o->m->prefix.len);

	if (o->in_segment)
		return crc32c_combine(crc, o->rec.crc, o->rec.len);
	return crc32c(crc, o->text.data, o->text.len);
}

/* Returns the size of the text, without the prefix. */
static uint64_t
text_size(const struct message_new *m)
{
	return m->incoming != NULL ? incoming_size(m->incoming) : m->text.len;
}

static struct bytes
delivered_make(const struct message_new *m, struct arena *a)
{
	struct delivered_row row = { .size = text_size(m) };
	struct buf value = BUF_INIT;
	struct bytes made;

	if (m->client == NULL)
		return BYTES("");
	row.client = *m->client;
	delivered_row_encode(&row, &value);
	made = bytes_dup(a, buf_view(&value));
	buf_free(&value);
	return made;
}

static int
add_prepare(struct add_op *o, struct arena *a, struct buf *parsed,
    struct err *err)
{
	const struct message_new *m = o->m;
	struct parsed pd;
	uint64_t len = m->prefix.len + text_size(m);

	/* The client was told the limit, so do not count our prefix. */
	if (text_size(m) > o->s->config.message_size_max)
		return err_code(err, ERR_REFUSED, ERR_CODE_TOO_LARGE,
		    "the message is larger than %llu bytes (setting "
		    "message-size-max)",
		    (unsigned long long)o->s->config.message_size_max);
	if (m->prefix.len > BODY_CHUNK / 2)
		return err_set(err, ERR_INTERNAL, "the prefix is too long");
	o->parsed = m->parsed;
	if (o->parsed.len == 0 && m->incoming == NULL) {
		parse_whole(o->s, a, m, parsed);
		o->parsed = buf_view(parsed);
	}
	if (parsed_open(o->parsed, &pd, err) == -1 ||
	    add_settle(o, err) == -1)
		return err_wrap(err, "adding a message");
	o->ref.len = len;
	o->ref.crc = add_crc(o);
	o->ref.header_len = (uint32_t)parsed_header_len(&pd);
	conversation_hashes(o->parsed, &o->hashes);
	o->delivered = delivered_make(m, a);
	add_first_chunk(o, a);
	o->op.payload = m->prefix.len + (o->in_segment ? 0 : o->text.len) +
	    o->parsed.len + m->origin.len + ROWS_BYTES;
	o->op.alone = o->op.payload > ALONE_BYTES;
	return 0;
}

/* ---- in the operation ---- */

/* Finds or makes a mailbox.  Returns 1 on success, 0 if it is reserved, -1 on
   error. */
static int
add_find(struct batch *b, struct add_op *o, const char *name,
    struct mailbox *mb, struct err *err)
{
	struct mailbox_maker mk = { o->s, b, &o->acc, &o->a };
	int rc;

	rc = mailbox_find(batch_reader(b), o->acc.id, name, &o->a, mb, err);
	if (rc == -1)
		return -1;
	if (rc == 0 && !o->create)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "no mailbox '%s'", name);
	if (rc == 0) {
		if (mailbox_make_tree(&mk, name, USE_NONE, mb, err) == -1)
			return -1;
		subscription_put(b, o->acc.id, name);
		return 1;
	}
	return mailbox_is_reserved(o->s, o->acc.id, mb->id) ? 0 : 1;
}

static void
token_key(struct key *k, const struct add_op *o, uint32_t mbox)
{
	key_account(k, o->acc.id);
	key_rest(k, o->m->token);
	key_u32(k, mbox);
}

/* Is this mailbox also earlier in the list? */
static bool
is_repeat(const struct add_op *o, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (o->mb[j] == o->mb[i])
			return true;
	return false;
}

/*
 * Finds the mailboxes, and which of them get the message now.  Returns how
 * many, -1 on error, -2 if one is reserved.
 */
static int
add_targets(struct batch *b, struct add_op *o, struct err *err)
{
	struct buf ignored = BUF_INIT;
	struct key k;
	int rc = 0, fresh = 0;

	o->mb = arena_array(&o->a, o->n, sizeof(*o->mb));
	for (size_t i = 0; i < o->n; i++) {
		struct mailbox *mb = arena_alloc(&o->a, sizeof(*mb));

		rc = add_find(b, o, o->names[i], mb, err);
		if (rc != 1)
			return rc == 0 ? -2 : -1;
		for (size_t j = 0; j < i; j++)
			if (o->mb[j]->id == mb->id)
				mb = o->mb[j];
		o->mb[i] = mb;
		o->added[i].repeated = false;
		if (o->m->token.len > 0) {
			token_key(&k, o, mb->id);
			rc = reader_get(batch_reader(b), T_DELIVERED,
			    key_bytes(&k), &ignored, err);
			o->added[i].repeated = rc == 1;
		}
		if (rc == -1)
			break;
		if (!o->added[i].repeated && !is_repeat(o, i))
			fresh++;
	}
	buf_free(&ignored);
	return rc == -1 ? -1 : fresh;
}

static void
chunks_put(struct batch *b, const struct add_op *o, uint64_t body)
{
	uint64_t len = o->in_segment ? o->first_chunk.len : o->ref.len;
	uint64_t offset = o->first_chunk.len;
	struct bytes piece = o->first_chunk;
	struct key k;

	for (uint32_t i = 0; i < body_chunks(len); i++) {
		if (i > 0) {
			piece.data = o->text.data + offset -
			    o->m->prefix.len;
			piece.len = len - offset < BODY_CHUNK ?
			    len - offset : BODY_CHUNK;
			offset += piece.len;
		}
		key_body_chunk(&k, o->acc.id, body, i);
		batch_put_borrowed(b, T_BODY, key_bytes(&k), piece);
	}
}

static int
body_put(struct batch *b, const struct add_op *o, uint64_t body,
    struct err *err)
{
	struct body_loc loc = { BODY_IN_TABLE, 0, 0 };
	struct buf value = BUF_INIT;
	struct key k;

	if (o->in_segment) {
		loc = (struct body_loc){ BODY_IN_SEGMENT,
		    (uint32_t)o->m->prefix.len, o->rec.id };
		if (segment_ref(b, &o->rec, err) == -1)
			return -1;
	}
	chunks_put(b, o, body);
	key_account_u64(&k, o->acc.id, body);
	body_loc_row_encode(&loc, &value);
	batch_put(b, T_BODY_LOC, key_bytes(&k), buf_view(&value));
	batch_put_borrowed(b, T_PARSED, key_bytes(&k), o->parsed);
	if (o->m->origin.len > 0)
		batch_put_borrowed(b, T_ORIGIN, key_bytes(&k), o->m->origin);
	body_ref_put(b, o->acc.id, body, &o->ref);
	buf_free(&value);
	return 0;
}

/* Sets the message's slot, so that the message exists. */
static int
slot_fill(struct page_writer *w, const struct msgflags *flags, uint32_t uid,
    struct err *err)
{
	struct flagpage before, after;
	struct page_change c = { .page = UID_PAGE(uid),
	    .mask = UINT64_C(1) << UID_SLOT(uid), .before = &before,
	    .after = &after };

	if (flagpage_read(batch_reader(w->b), w->acc->id, w->mb->id, c.page,
	    &before, err) == -1)
		return -1;
	flagpage_copy(&after, &before);
	flagpage_set(&after, UID_SLOT(uid), flags);
	after.present |= c.mask;
	return page_write(w, &c, err);
}

/* Writes the message's row and slot, with the changes of page_write(). */
static int
message_reveal(struct batch *b, struct add_op *o, struct mailbox *mb,
    struct message m, struct message_added *added, struct err *err)
{
	struct page_writer w = { .s = o->s, .b = b, .acc = &o->acc, .mb = mb,
	    .source = CHANGE_ADDED, .a = &o->a, .tally = &o->tally };
	struct made_message made = { .b = b, .acc = &o->acc, .mb = mb,
	    .m = &m };
	struct named_flags named = { o->m->system_flags, o->m->keywords,
	    o->m->nkeywords, true };
	struct msgflags flags;

	if (mailbox_meaning_need(&o->meanings, o->s, &o->acc, mb,
	    err) == -1 ||
	    mailbox_flags(o->s, &o->a, mb, &named, &flags, err) == -1 ||
	    message_made(o->s, &made, err) == -1)
		return -1;
	message_put(b, o->acc.id, mb->id, &m);
	page_writer_begin(&w);
	if (slot_fill(&w, &flags, m.uid, err) == -1 ||
	    page_writer_end(&w, err) == -1)
		return -1;
	mailbox_put(b, o->acc.id, mb);
	added->mbox = mb->id;
	added->uidvalidity = mb->uidvalidity;
	added->uid = m.uid;
	added->modseq = w.modseq;
	return 0;
}

static int
add_one(struct batch *b, struct add_op *o, struct mailbox *mb,
    struct message *m, struct message_added *added, struct err *err)
{
	struct key k;

	if (mailbox_next_uid(mb, &m->uid, err) == -1)
		return -1;
	mb->bytes += m->size;
	m->mailbox_orig = mb->id;
	if (o->m->token.len > 0) {
		token_key(&k, o, mb->id);
		batch_put(b, T_DELIVERED, key_bytes(&k), o->delivered);
	}
	return message_reveal(b, o, mb, *m, added, err);
}

static int
add_message(struct batch *b, struct add_op *o, unsigned fresh,
    struct err *err)
{
	int64_t now = batch_time(b);
	struct message m = {
		.body = o->acc.next_body++,
		.size = o->ref.len,
		.internal_date = o->m->internal_date == 0 ? now :
		    o->m->internal_date,
		.internal_zone = o->m->internal_zone,
		.save_date = now
	};

	if (account_charge(o->s, &o->acc, o->ref.len * fresh, fresh,
	    err) == -1 || conversation_assign(b, o->acc.id, &o->hashes,
	    m.body, &m.thread_id, err) == -1)
		return -1;
	m.email_id = m.body;
	o->ref.refcount = fresh;
	if (body_put(b, o, m.body, err) == -1)
		return -1;
	for (size_t i = 0; i < o->n; i++) {
		if (o->added[i].repeated || is_repeat(o, i))
			continue;
		if (add_one(b, o, o->mb[i], &m, &o->added[i], err) == -1)
			return -1;
	}
	account_put(b, &o->acc);
	return 0;
}

/* A mailbox named twice gets one message; both elements describe it. */
static void
added_repeats(struct add_op *o)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->added[i].repeated) {
			o->added[i].mbox = o->mb[i]->id;
			o->added[i].uidvalidity = o->mb[i]->uidvalidity;
			o->added[i].uid = 0;
			o->added[i].modseq = 0;
			continue;
		}
		for (size_t j = 0; j < i; j++)
			if (o->mb[j] == o->mb[i])
				o->added[i] = o->added[j];
	}
}

static enum op_result
add_run(struct batch *b, struct op *op)
{
	struct add_op *o = (struct add_op *)op;
	int fresh;

	arena_clear(&o->a);
	if (account_need(b, op->account, &o->acc, &op->err) == -1)
		return op_fail(op);
	if (o->acc.disabled)
		return op_refuse(op, ERR_CODE_DISABLED,
		    "the account is disabled");
	fresh = add_targets(b, o, &op->err);
	if (fresh == -2)
		return OP_BUSY;
	if (fresh == -1 || (fresh > 0 &&
	    add_message(b, o, (unsigned)fresh, &op->err) == -1))
		return op_fail(op);
	added_repeats(o);
	return OP_DONE;
}

/* Prepares everything before the operation is submitted. */
static int
add_begin(struct add_op *o, const char *const *mailboxes, struct arena *a,
    struct buf *parsed, struct err *err)
{
	char name[MAILBOX_NAME_MAX + 1];

	o->op.run = add_run;
	arena_init(&o->a);
	o->names = arena_array(a, o->n, sizeof(*o->names));
	for (size_t i = 0; i < o->n; i++) {
		if (mailbox_name_canonical(bytes_of(mailboxes[i]), name,
		    err) == -1)
			return -1;
		o->names[i] = arena_strdup(a, name);
	}
	return add_prepare(o, a, parsed, err);
}

/* After the commit: counts the arrival. */
static void
add_end(const struct add_op *o)
{
	const struct message_new *m = o->m;

	if (m->client != NULL && m->token.len == ARRIVALS_TOKEN_LEN)
		arrivals_delivered(o->s->arrivals, o->op.account,
		    (const uint8_t *)m->token.data, m->client, text_size(m));
}

static int
message_add(struct add_op *o, const char *const *mailboxes, struct err *err)
{
	struct arena a;
	struct buf parsed = BUF_INIT;
	int rc;

	arena_init(&a);
	rc = add_begin(o, mailboxes, &a, &parsed, err);
	if (rc == 0)
		rc = mailbox_meanings_submit(o->s, &o->op, &o->meanings, err);
	if (rc == 0)
		add_end(o);
	mailbox_meanings_free(&o->meanings);
	incoming_free(&o->own);
	arena_clear(&o->a);
	arena_clear(&a);
	buf_free(&parsed);
	return rc;
}

/* ---- several accounts at a time ---- */

/* Counts the deliveries in progress; the caller waits for the last one. */
struct latch {
	pthread_mutex_t lock;
	pthread_cond_t none;
	size_t left;
};

struct many_op {
	struct add_op add;
	struct latch *latch;		/* borrowed */
	struct arena a;
	struct buf parsed;
	bool is_queued, is_committed;
};

static void
latch_down(struct latch *l)
{
	pthread_mutex_lock(&l->lock);
	if (--l->left == 0)
		pthread_cond_signal(&l->none);
	pthread_mutex_unlock(&l->lock);
}

static void
many_done(struct op *op, bool committed)
{
	struct many_op *o = (struct many_op *)op;

	o->is_committed = committed;
	latch_down(o->latch);
}

static void
many_begin(struct store *s, struct message_delivery *d, struct many_op *o,
    struct latch *l)
{
	o->add.op.account = d->account;
	o->add.op.done = many_done;
	o->add.s = s;
	o->add.m = &d->message;
	o->add.n = d->nmailboxes;
	o->add.create = true;
	o->add.added = d->added;
	o->latch = l;
	arena_init(&o->a);
	if (add_begin(&o->add, d->mailboxes, &o->a, &o->parsed,
	    &d->err) == -1)
		return;
	pthread_mutex_lock(&l->lock);
	l->left++;
	pthread_mutex_unlock(&l->lock);
	o->is_queued = op_submit(&s->db, &o->add.op, &d->err) == 0;
	if (!o->is_queued)
		latch_down(l);
}

/* It lacked what a mailbox means: once more, waiting for it. */
static void
many_again(struct message_delivery *d, struct many_op *o)
{
	o->add.op.done = NULL;
	mailbox_meanings_compute(o->add.s, &o->add.meanings);
	err_clear(&o->add.op.err);
	o->is_committed = mailbox_meanings_submit(o->add.s, &o->add.op,
	    &o->add.meanings, &d->err) == 0;
}

static void
many_end(struct message_delivery *d, struct many_op *o)
{
	if (o->is_queued && !o->is_committed && o->add.meanings.is_missing)
		many_again(d, o);
	else if (o->is_queued && !o->is_committed)
		d->err = o->add.op.err;
	if (o->is_committed)
		add_end(&o->add);
	mailbox_meanings_free(&o->add.meanings);
	incoming_free(&o->add.own);
	arena_clear(&o->add.a);
	arena_clear(&o->a);
	buf_free(&o->parsed);
}

void
message_deliver_all(struct store *s, struct message_delivery *list, size_t n)
{
	struct latch l = { PTHREAD_MUTEX_INITIALIZER,
	    PTHREAD_COND_INITIALIZER, 0 };
	struct many_op *ops = calloc(n + (n == 0), sizeof(*ops));

	if (ops == NULL)
		fatal("out of memory for %zu deliveries", n);
	for (size_t i = 0; i < n; i++) {
		err_clear(&list[i].err);
		many_begin(s, &list[i], &ops[i], &l);
	}
	pthread_mutex_lock(&l.lock);
	while (l.left > 0)
		pthread_cond_wait(&l.none, &l.lock);
	pthread_mutex_unlock(&l.lock);
	for (size_t i = 0; i < n; i++)
		many_end(&list[i], &ops[i]);
	pthread_cond_destroy(&l.none);
	pthread_mutex_destroy(&l.lock);
	free(ops);
}

int
message_deliver(struct store *s, uint64_t account,
    const char *const *mailboxes, size_t nmailboxes,
    const struct message_new *m, struct message_added *added,
    struct err *err)
{
	struct add_op o = {
		.op = { .account = account },
		.s = s,
		.m = m,
		.n = nmailboxes,
		.create = true,
		.added = added
	};

	return message_add(&o, mailboxes, err);
}

int
message_append(struct store *s, uint64_t account, const char *mailbox,
    const struct message_new *m, struct message_added *added,
    struct err *err)
{
	struct add_op o = {
		.op = { .account = account },
		.s = s,
		.m = m,
		.n = 1,
		.added = added
	};

	return message_add(&o, &mailbox, err);
}
