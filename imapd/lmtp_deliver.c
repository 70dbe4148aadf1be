/*
 * Recipients are gathered by account: each account gets one copy, in one
 * operation, however many of its addresses or aliases were named.  A copy is
 * a prefix of its own (Return-Path, Delivered-To, Received) in front of the
 * text that all share; so the tree of parts is moved by the length of the
 * prefix, and nothing is parsed twice.
 *
 * An alias is delivered if all its members got it or never will.  If one of
 * them failed for now, the whole alias fails for now: the MTA tries again,
 * and who has the message already does not get it twice, by its token.
 */
#include <config.h>

#include <string.h>
#include <time.h>

#include "imapd/lmtp.h"
#include "mail/date.h"
#include "proto/parsed.h"
#include "store/account.h"

/* One way from a recipient to a mailbox. */
struct target {
	uint64_t account;
	const char *mailbox;
	size_t rcpt;			/* index */
	bool is_done;
	struct err err;
};

struct delivery {
	struct lmtp_envelope *e;
	struct lmtp_intake *in;
	struct mail_part *root;
	uint64_t shift;			/* of the tree, so far */
	struct bytes text;
	struct buf origin;		/* own */
	struct bytes token;
	struct target *targets;		/* in the arena */
	size_t ntargets;
};

/* ---- where it came from ---- */

/* What LMTP itself was told, for a message without a seal. */
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
	struct err err = ERR_INIT;
	struct origin o;

	if (origin_open(imapd_origin_keys(e->imapd), e->arena, f->origin,
	    f->origins, time(NULL), (unsigned)(s->delivered_keep_ms / 1000),
	    &o, &err) == 0) {
		if (o.queue_id.len == 0)
			o.queue_id = e->xforward->values[
			    SMTP_XFORWARD_IDENT];
		origin_encode(&o, &dl->origin);
		dl->token = bytes_make(dl->origin.data, ORIGIN_TOKEN_LEN);
		return;
	}
	if (f->origins > 0)
		log_warn(e->log, "the message's origin does not open, it is "
		    "stored as unjudged", KV_ERR(&err));
	origin_unsealed(e, &o);
	origin_encode(&o, &dl->origin);
}

/* ---- loops ---- */

/* Was it delivered to this very address before? */
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
			    "fields", f->received);
		else if (is_loop(f, e->rcpts[i].given))
			err_code(&e->rcpts[i].err, ERR_REFUSED,
			    ERR_CODE_LOOP, "the message loops: it was "
			    "delivered to this address before");
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
}

/* ---- one account's copy ---- */

static void
prefix_write(struct buf *out, const struct delivery *dl, uint64_t account)
{
	const struct lmtp_envelope *e = dl->e;
	struct mail_date now = { (int64_t)time(NULL), 0 };
	size_t last = SIZE_MAX;

	buf_printf(out, "Return-Path: <" BYTES_FMT ">\r\n",
	    BYTES_ARG(e->mail_from));
	for (size_t i = 0; i < dl->ntargets; i++) {
		const struct target *t = &dl->targets[i];

		/* Targets of one recipient follow one another. */
		if (t->account != account || t->rcpt == last)
			continue;
		last = t->rcpt;
		buf_printf(out, "Delivered-To: " BYTES_FMT "\r\n",
		    BYTES_ARG(e->rcpts[last].given));
	}
	buf_printf(out, "Received: from %s\r\n\tby %s with %s id %s;\r\n\t",
	    e->client, imapd_settings(e->imapd)->hostname,
	    e->smtputf8 ? "UTF8LMTP" : "LMTP", e->id);
	date_print(out, now);
	buf_str(out, "\r\n");
}

/* Moves the tree so that its message begins with n more bytes of header. */
static void
tree_shift(struct delivery *dl, uint64_t n)
{
	uint64_t by = n - dl->shift;	/* may wrap around, and back */

	dl->root->header_len += by;
	dl->root->body_offset += by;
	for (struct mail_part *p = mail_part_walk(dl->root); p != NULL;
	    p = mail_part_walk(p)) {
		p->header_offset += by;
		p->body_offset += by;
	}
	dl->shift = n;
}

/* The mailboxes of this account, from the i-th target on. */
static size_t
mailboxes_list(const struct delivery *dl, size_t i, const char **list)
{
	uint64_t account = dl->targets[i].account;
	size_t n = 0;

	for (; i < dl->ntargets; i++)
		if (dl->targets[i].account == account)
			list[n++] = dl->targets[i].mailbox;
	return n;
}

static void
copy_log(const struct delivery *dl, uint64_t account,
    const struct message_added *added, const struct err *err)
{
	const struct lmtp_envelope *e = dl->e;
	struct bytes queue_id = e->xforward->values[SMTP_XFORWARD_IDENT];

	if (err->kind == ERR_NONE)
		log_info(e->log, "message delivered", KV_STR("id", e->id),
		    KV_BYTES("queue-id", queue_id),
		    KV_BYTES("from", e->mail_from),
		    KV_HEX("account", account),
		    KV_UINT("mailbox", added->mbox),
		    KV_UINT("uid", added->uid),
		    KV_UINT("size", dl->text.len),
		    KV_BOOL("repeated", added->repeated));
	else
		log_at(err->kind >= ERR_TEMP ? LOG_LEVEL_ERROR :
		    LOG_LEVEL_INFO, e->log, "message not delivered",
		    KV_STR("id", e->id), KV_BYTES("queue-id", queue_id),
		    KV_BYTES("from", e->mail_from),
		    KV_HEX("account", account), KV_ERR(err));
}

/* Delivers the copy of the i-th target's account; all its targets hear. */
static void
copy_deliver(struct delivery *dl, size_t i)
{
	uint64_t account = dl->targets[i].account;
	struct buf prefix = BUF_INIT, parsed = BUF_INIT;
	struct message_added *added;
	struct err err = ERR_INIT;
	struct message_new m;
	const char **list;
	size_t n;

	list = arena_array(dl->e->arena, dl->ntargets, sizeof(*list));
	n = mailboxes_list(dl, i, list);
	added = arena_array(dl->e->arena, n, sizeof(*added));
	prefix_write(&prefix, dl, account);
	tree_shift(dl, prefix.len);
	parsed_encode(dl->root, &parsed);
	memset(&m, 0, sizeof(m));
	m.prefix = buf_view(&prefix);
	m.text = dl->text;
	m.parsed = buf_view(&parsed);
	m.origin = buf_view(&dl->origin);
	m.token = dl->token;
	if (message_deliver(dl->e->imapd->store, account, list, n, &m, added,
	    &err) == 0)
		err_clear(&err);
	copy_log(dl, account, &added[0], &err);
	for (; i < dl->ntargets; i++)
		if (dl->targets[i].account == account) {
			dl->targets[i].is_done = true;
			dl->targets[i].err = err;
		}
	buf_free(&prefix);
	buf_free(&parsed);
}

/* ---- what becomes of a recipient ---- */

/* The outcome of one recipient, from those of its targets. */
static void
rcpt_decide(struct delivery *dl, size_t rcpt)
{
	struct err *out = &dl->e->rcpts[rcpt].err;
	const struct err *temp = NULL, *never = NULL;
	bool is_there = false;

	for (size_t i = 0; i < dl->ntargets; i++) {
		const struct target *t = &dl->targets[i];

		if (t->rcpt != rcpt)
			continue;
		if (t->err.kind == ERR_NONE)
			is_there = true;
		else if (t->err.kind >= ERR_TEMP ||
		    t->err.code == ERR_CODE_OVER_QUOTA)
			temp = &t->err;
		else
			never = &t->err;
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
refuse_all(struct lmtp_envelope *e, const struct err *err)
{
	for (size_t i = 0; i < e->nrcpts; i++)
		e->rcpts[i].err = *err;
}

void
lmtp_deliver(struct lmtp_envelope *e, struct lmtp_intake *in)
{
	struct delivery dl = { .e = e, .in = in };

	if (in->is_refused ||
	    lmtp_filter_end(&in->filter, &in->err) == -1 ||
	    spool_view(in->spool, &dl.text, &in->err) == -1) {
		refuse_all(e, &in->err);
		return;
	}
	dl.root = mail_parser_finish(in->parser);
	origin_take(&dl);
	loops_refuse(&dl);
	targets_make(&dl);
	for (size_t i = 0; i < dl.ntargets; i++)
		if (!dl.targets[i].is_done)
			copy_deliver(&dl, i);
	for (size_t i = 0; i < e->nrcpts; i++)
		if (e->rcpts[i].err.kind == ERR_NONE)
			rcpt_decide(&dl, i);
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
		    "the message is too large" },
		{ ERR_CODE_DISABLED, 550, "5.2.1", "the mailbox is disabled" },
		{ ERR_CODE_FULL, 452, "4.3.1", "the disk is full" },
		{ ERR_CODE_LOOP, 554, "5.4.6", "mail loop" },
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
		*text = "the mail store has a problem, try again later";
	}
}
