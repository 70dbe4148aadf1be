/*
 * lmtp_deliver - delivers a complete message to its recipients
 *
 * Recipients are grouped by account: each account gets one copy, in one
 * operation, however many of its addresses or aliases were named.  Each copy
 * has a prefix of its own (Return-Path, Delivered-To, Received) before the
 * common text.  So the tree of parts is shifted by the length of the prefix,
 * and nothing is parsed twice.
 *
 * An alias succeeds if each member got the message or never will.  If delivery
 * to a member failed temporarily, the whole alias fails temporarily.  The MTA
 * tries again, and the token of the message keeps it from being delivered twice
 * to members that already have it.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mail/date.h"
#include "proto/parsed.h"
#include "directory/account.h"
#include "imapd/lmtp.h"
#include "imapd/recipient.h"

/* Copies delivered at a time; each may hold a chunk of a body in memory. */
#define COPIES_MAX	32

/*
 * Bytes of Delivered-To fields in one copy.  If a catch-all gets a thousand
 * recipients, only the first ones are listed.
 */
#define DELIVERED_LEN_MAX	16384

/* A mailbox that a recipient leads to. */
struct target {
	uint64_t account;
	const char *mailbox;
	size_t rcpt;			/* index */
	const struct err *err;		/* in the arena; NULL: delivered */
};

struct delivery {
	struct lmtp_envelope *e;
	struct lmtp_intake *in;
	struct mail_part *root;
	uint64_t shift;			/* current shift of the tree */
	struct buf origin;		/* own */
	struct bytes token;
	struct addr client;		/* for limits, if has_client */
	bool has_client;
	struct target *targets;		/* in order of recipients; arena */
	struct target **by_account;	/* the same, sorted; arena */
	size_t ntargets;
};

/* Targets of one account: adjacent in by_account. */
struct run {
	struct target **first;
	size_t n;
};

/* ---- where it came from ---- */

/* The origin from LMTP itself, for a message without a seal. */
static void
origin_unsealed(const struct lmtp_envelope *e, struct origin *o)
{
	const struct bytes *x = e->xforward->values;

	memset(o, 0, sizeof(*o));
	o->client_ip = x[SMTP_XFORWARD_ADDR];
	o->client_name = x[SMTP_XFORWARD_NAME];
	o->helo = x[SMTP_XFORWARD_HELO];
	o->queue_id = x[SMTP_XFORWARD_IDENT];
	o->mail_from = e->mail_from;
	o->has_mail_from = true;
}

static void
origin_take(struct delivery *dl)
{
	const struct lmtp_envelope *e = dl->e;
	const struct lmtp_filter *f = &dl->in->filter;
	const struct settings *s = imapd_settings(e->imapd);
	struct origin_lines lines = { f->origin, f->origins, time(NULL),
	    (unsigned)(s->delivered_keep_ms / 1000) };
	struct err err = ERR_INIT;
	struct origin o;

	if (origin_open(imapd_origin_keys(e->imapd), &lines, e->arena, &o,
	    &err) == 0) {
		if (o.queue_id.len == 0)
			o.queue_id = e->xforward->values[
			    SMTP_XFORWARD_IDENT];
		origin_encode(&o, &dl->origin);
		dl->token = bytes_make(dl->origin.data, ORIGIN_TOKEN_LEN);
		dl->has_client = recipient_client(e->imapd, o.client_ip,
		    o.auth_user, &dl->client);
		return;
	}
	if (f->origins > 0)
		log_warn(e->log, "cannot open the sealed origin, message "
		    "stored as unjudged", KV_ERR(&err));
	origin_unsealed(e, &o);
	origin_encode(&o, &dl->origin);
}

/* ---- loops ---- */

/* Was the message already delivered to this address? */
static bool
is_loop(const struct lmtp_filter *f, struct bytes address)
{
	unsigned n = f->delivered < LMTP_DELIVERED_MAX ? f->delivered :
	    LMTP_DELIVERED_MAX;

	for (unsigned i = 0; i < n; i++)
		if (bytes_ieq(f->delivered_to[i], address))
			return true;
	return false;
}

static void
loops_refuse(struct delivery *dl)
{
	struct lmtp_envelope *e = dl->e;
	const struct lmtp_filter *f = &dl->in->filter;
	unsigned max = (unsigned)imapd_settings(e->imapd)->received_max;

	for (size_t i = 0; i < e->nrcpts; i++) {
		if (f->received > max || f->delivered > LMTP_DELIVERED_MAX)
			err_code(&e->rcpts[i].err, ERR_REFUSED,
			    ERR_CODE_LOOP, "the message loops: %u Received "
			    "fields (setting received-max)", f->received);
		else if (is_loop(f, e->rcpts[i].given))
			err_code(&e->rcpts[i].err, ERR_REFUSED,
			    ERR_CODE_LOOP, "the message loops: it was "
			    "already delivered to this address");
	}
}

/* ---- targets ---- */

static size_t
targets_count(const struct lmtp_envelope *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->nrcpts; i++)
		n += e->rcpts[i].addr->kind == ADDRESS_ALIAS ?
		    e->rcpts[i].addr->nmembers : 1;
	return n;
}

static void
target_add(struct delivery *dl, uint64_t account, const char *mailbox,
    size_t rcpt)
{
	struct target *t = &dl->targets[dl->ntargets++];

	t->account = account;
	t->mailbox = mailbox;
	t->rcpt = rcpt;
}

/* Sorts by account, then in the order of the recipients. */
static int
target_compare(const void *a, const void *b)
{
	const struct target *x = *(struct target *const *)a;
	const struct target *y = *(struct target *const *)b;

	if (x->account != y->account)
		return x->account < y->account ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void
targets_sort(struct delivery *dl)
{
	dl->by_account = arena_array(dl->e->arena, dl->ntargets,
	    sizeof(struct target *));
	for (size_t i = 0; i < dl->ntargets; i++)
		dl->by_account[i] = &dl->targets[i];
	if (dl->ntargets > 0)
		qsort(dl->by_account, dl->ntargets, sizeof(struct target *),
		    target_compare);
}

/* Returns the run that begins at the i-th of the sorted targets. */
static struct run
run_at(const struct delivery *dl, size_t i)
{
	struct run r = { &dl->by_account[i], 1 };

	while (i + r.n < dl->ntargets &&
	    r.first[r.n]->account == r.first[0]->account)
		r.n++;
	return r;
}

static void
targets_make(struct delivery *dl)
{
	struct lmtp_envelope *e = dl->e;
	const struct address *a;

	dl->targets = arena_array(e->arena, targets_count(e),
	    sizeof(*dl->targets));
	for (size_t i = 0; i < e->nrcpts; i++) {
		a = e->rcpts[i].addr;
		if (e->rcpts[i].err.kind != ERR_NONE)
			continue;
		if (a->kind == ADDRESS_ACCOUNT)
			target_add(dl, a->account, a->mailbox[0] == '\0' ?
			    "INBOX" : a->mailbox, i);
		else
			for (size_t k = 0; k < a->nmembers; k++)
				target_add(dl, a->members[k], "INBOX", i);
	}
	targets_sort(dl);
}

/* ---- one account's copy ---- */

static void
prefix_write(struct buf *out, const struct delivery *dl, struct run run)
{
	const struct lmtp_envelope *e = dl->e;
	struct mail_date now = { (int64_t)time(NULL), 0 };

	buf_printf(out, "Return-Path: <" BYTES_FMT ">\r\n",
	    BYTES_ARG(e->mail_from));
	for (size_t i = 0; i < run.n && out->len < DELIVERED_LEN_MAX; i++) {
		size_t rcpt = run.first[i]->rcpt;

		/* An alias may list an account twice. */
		if (i > 0 && run.first[i - 1]->rcpt == rcpt)
			continue;
		buf_printf(out, "Delivered-To: " BYTES_FMT "\r\n",
		    BYTES_ARG(e->rcpts[rcpt].given));
	}
	buf_printf(out, "Received: from %s\r\n\tby %s with %s id %s;\r\n\t",
	    e->client, imapd_settings(e->imapd)->hostname,
	    e->smtputf8 ? "UTF8LMTP" : "LMTP", e->id);
	date_print(out, now);
	buf_str(out, "\r\n");
}

/* Shifts the tree to a message that begins with n more bytes of header. */
static void
tree_shift(struct delivery *dl, uint64_t n)
{
	uint64_t by = n - dl->shift;	/* may wrap around */

	dl->root->header_len += by;
	dl->root->body_offset += by;
	for (struct mail_part *p = mail_part_walk(dl->root); p != NULL;
	    p = mail_part_walk(p)) {
		p->header_offset += by;
		p->body_offset += by;
	}
	dl->shift = n;
}

static void
copy_log(const struct delivery *dl, const struct message_delivery *d)
{
	const struct lmtp_envelope *e = dl->e;
	struct bytes queue_id = e->xforward->values[SMTP_XFORWARD_IDENT];

	if (d->err.kind == ERR_NONE)
		log_info(e->log, "message delivered", KV_STR("id", e->id),
		    KV_BYTES("queue-id", queue_id),
		    KV_BYTES("from", e->mail_from),
		    KV_HEX("account", d->account),
		    KV_UINT("mailbox", d->added[0].mbox),
		    KV_UINT("uid", d->added[0].uid),
		    KV_UINT("size", incoming_size(dl->in->incoming)),
		    KV_BOOL("repeated", d->added[0].repeated));
	else
		/* The store logs a full disk once. */
		log_at(d->err.code == ERR_CODE_FULL ? LOG_LEVEL_DEBUG :
		    d->err.kind >= ERR_TEMP ? LOG_LEVEL_ERROR :
		    LOG_LEVEL_INFO, e->log, "message not delivered",
		    KV_STR("id", e->id), KV_BYTES("queue-id", queue_id),
		    KV_BYTES("from", e->mail_from),
		    KV_HEX("account", d->account), KV_ERR(&d->err));
}

/* A copy for one account, with its own memory. */
struct copy {
	struct run run;
	struct buf prefix, parsed;
};

/* Prepares the copy for the store. */
static void
copy_make(struct delivery *dl, struct copy *c, struct message_delivery *d)
{
	struct arena *a = dl->e->arena;
	const char **list = arena_array(a, c->run.n, sizeof(*list));

	for (size_t i = 0; i < c->run.n; i++)
		list[i] = c->run.first[i]->mailbox;
	buf_init(&c->prefix);
	buf_init(&c->parsed);
	prefix_write(&c->prefix, dl, c->run);
	tree_shift(dl, c->prefix.len);
	parsed_encode(dl->root, &c->parsed);
	memset(d, 0, sizeof(*d));
	d->account = c->run.first[0]->account;
	d->mailboxes = list;
	d->nmailboxes = c->run.n;
	d->added = arena_array(a, c->run.n, sizeof(*d->added));
	d->message.prefix = buf_view(&c->prefix);
	d->message.incoming = dl->in->incoming;
	d->message.parsed = buf_view(&c->parsed);
	d->message.origin = buf_view(&dl->origin);
	d->message.token = dl->token;
	d->message.client = dl->has_client ? &dl->client : NULL;
}

/* Passes the result of a copy on to its targets. */
static void
copy_end(struct delivery *dl, struct copy *c,
    const struct message_delivery *d)
{
	struct err *err = NULL;

	copy_log(dl, d);
	if (d->err.kind != ERR_NONE) {
		err = arena_alloc(dl->e->arena, sizeof(*err));
		*err = d->err;
	}
	for (size_t i = 0; i < c->run.n; i++)
		c->run.first[i]->err = err;
	buf_free(&c->prefix);
	buf_free(&c->parsed);
}

/* Delivers a copy to each account, a bounded number at a time. */
static void
copies_deliver(struct delivery *dl)
{
	struct message_delivery *list;
	struct copy copies[COPIES_MAX];
	size_t at = 0, n;

	list = arena_array(dl->e->arena, COPIES_MAX, sizeof(*list));
	while (at < dl->ntargets) {
		for (n = 0; n < COPIES_MAX && at < dl->ntargets; n++) {
			copies[n].run = run_at(dl, at);
			at += copies[n].run.n;
			copy_make(dl, &copies[n], &list[n]);
		}
		message_deliver_all(dl->e->imapd->store, list, n);
		for (size_t i = 0; i < n; i++)
			copy_end(dl, &copies[i], &list[i]);
	}
}

/* ---- the result for each recipient ---- */

/*
 * Decides the result for a recipient from those of its n targets at t.
 */
static void
rcpt_decide(struct err *out, const struct target *t, size_t n)
{
	const struct err *temp = NULL, *never = NULL;
	bool is_there = false;

	for (size_t i = 0; i < n; i++) {
		const struct err *err = t[i].err;

		if (err == NULL)
			is_there = true;
		else if (err->kind >= ERR_TEMP ||
		    err->code == ERR_CODE_OVER_QUOTA)
			temp = err;
		else
			never = err;
	}
	if (temp != NULL)
		*out = *temp;
	else if (!is_there && never != NULL)
		*out = *never;
	else if (!is_there)
		err_code(out, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "the alias has no members");
}

static void
rcpts_decide(struct delivery *dl)
{
	size_t at = 0, n;

	for (size_t i = 0; i < dl->e->nrcpts; i++) {
		for (n = 0; at + n < dl->ntargets &&
		    dl->targets[at + n].rcpt == i; n++)
			continue;
		if (dl->e->rcpts[i].err.kind == ERR_NONE)
			rcpt_decide(&dl->e->rcpts[i].err, &dl->targets[at],
			    n);
		at += n;
	}
}

static void
refuse_all(struct lmtp_envelope *e, const struct err *err)
{
	for (size_t i = 0; i < e->nrcpts; i++)
		e->rcpts[i].err = *err;
}

void
lmtp_deliver(struct lmtp_envelope *e, struct lmtp_intake *in)
{
	struct delivery dl = { .e = e, .in = in };

	if (in->err.kind != ERR_NONE ||
	    lmtp_filter_end(&in->filter, &in->err) == -1) {
		refuse_all(e, &in->err);
		return;
	}
	dl.root = mail_parser_finish(in->parser);
	origin_take(&dl);
	loops_refuse(&dl);
	targets_make(&dl);
	copies_deliver(&dl);
	rcpts_decide(&dl);
	buf_free(&dl.origin);
}

void
lmtp_error_code(const struct err *err, int *code, const char **enhanced,
    const char **text)
{
	static const struct {
		enum err_code err;
		int code;
		const char *enhanced, *text;
	} rows[] = {
		{ ERR_CODE_NOT_FOUND, 550, "5.1.1",
		    "there is no such mailbox here" },
		{ ERR_CODE_OVER_QUOTA, 452, "4.2.2", "the mailbox is full" },
		{ ERR_CODE_TOO_LARGE, 552, "5.3.4",
		    "the message is too large (setting message-size-max)" },
		{ ERR_CODE_DISABLED, 550, "5.2.1", "the mailbox is disabled" },
		{ ERR_CODE_FULL, 452, "4.3.1", "the server's disk is full" },
		{ ERR_CODE_LOOP, 554, "5.4.6", "mail loop detected" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (err->code == rows[i].err) {
			*code = rows[i].code;
			*enhanced = rows[i].enhanced;
			*text = rows[i].text;
			return;
		}
	if (err->kind == ERR_SYNTAX) {
		*code = 554;
		*enhanced = "5.6.0";
		*text = err->text;
	} else if (err->kind == ERR_REFUSED) {
		*code = 554;
		*enhanced = "5.0.0";
		*text = "the message cannot be stored";
	} else {
		*code = 451;
		*enhanced = "4.3.0";
		*text = "the mail store is not available, try again later";
	}
}
