/* transaction - one message: MAIL, RCPT, DATA, the text, and the replies. */
#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "smtp/smtp_client-private.h"

/*
 * RCPTs sent before their replies are read: few enough that the buffers of
 * neither side can fill while both write.
 */
#define PIPELINE_MAX	50
/* Bytes of a message that are collected before they are sent. */
#define WRITE_SIZE	32768

static void
set_all(const struct smtp_envelope *e, struct smtp_reply *replies,
    const struct smtp_reply *reply)
{
	for (size_t i = 0; i < e->nrecipients; i++)
		replies[i] = *reply;
}

static bool
is_taken(const struct smtp_reply *r)
{
	return r->code / 100 == 2;
}

/* ---- what cannot be sent to this server ---- */

static void
own_reply(struct smtp_reply *r, int code, const char *enhanced,
    const char *text)
{
	memset(r, 0, sizeof(*r));
	r->code = code;
	(void)snprintf(r->enhanced, sizeof(r->enhanced), "%s", enhanced);
	r->text = text;
	r->nlines = 1;
}

/* Has it nothing that could end the command or, outside quotes, the path? */
static bool
is_path(struct bytes address)
{
	bool quoted = false, escaped = false;
	char ch;

	if (address.len > SMTP_LINE_MAX / 2)
		return false;
	for (size_t i = 0; i < address.len; i++) {
		ch = address.data[i];
		if ((unsigned char)ch < ' ' || ch == 0x7f ||
		    (!quoted && (ch == '<' || ch == '>')))
			return false;
		if (ch == '"' && !escaped)
			quoted = !quoted;
		escaped = quoted && ch == '\\' && !escaped;
	}
	return !quoted;
}

static bool
needs_utf8(const struct smtp_envelope *e)
{
	if (e->is_utf8 || !bytes_is_ascii(e->from))
		return true;
	for (size_t i = 0; i < e->nrecipients; i++)
		if (!bytes_is_ascii(e->recipients[i]))
			return true;
	return false;
}

/* Returns true, with a reply that says why, if the message cannot be sent. */
static bool
cannot_send(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *reply)
{
	bool paths = is_path(e->from);

	for (size_t i = 0; paths && i < e->nrecipients; i++)
		paths = is_path(e->recipients[i]);
	if (!paths)
		own_reply(reply, 501, "5.1.3",
		    "an address contains characters that are not allowed");
	else if (c->size_max > 0 && e->size > c->size_max)
		own_reply(reply, 552, "5.3.4", arena_printf(&c->arena,
		    "the server accepts at most %" PRIu64 " bytes, but this "
		    "message has %" PRIu64, c->size_max, e->size));
	else if (needs_utf8(e) && (c->extensions & SMTP_EXT_SMTPUTF8) == 0)
		own_reply(reply, 553, "5.6.7", "the server does not accept "
		    "addresses or headers in UTF-8 (SMTPUTF8)");
	else
		return false;
	return true;
}

/* ---- envelope ---- */

static void
put_mail(struct smtp_client *c, const struct smtp_envelope *e)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "MAIL FROM:<" BYTES_FMT ">", BYTES_ARG(e->from));
	if (e->size > 0 && (c->extensions & SMTP_EXT_SIZE) != 0)
		buf_printf(&line, " SIZE=%" PRIu64, e->size);
	/*
	 * A server without 8BITMIME gets the bytes unchanged: all servers
	 * accept 8 bits, and converting would break signatures.
	 */
	if (e->is_8bit && (c->extensions & SMTP_EXT_8BITMIME) != 0)
		buf_str(&line, " BODY=8BITMIME");
	if (needs_utf8(e) && (c->extensions & SMTP_EXT_SMTPUTF8) != 0)
		buf_str(&line, " SMTPUTF8");
	client_put(c, buf_cstr(&line), NULL);
	buf_free(&line);
}

static void
put_rcpt(struct smtp_client *c, struct bytes recipient)
{
	client_put(c, arena_printf(&c->arena, "RCPT TO:<" BYTES_FMT ">",
	    BYTES_ARG(recipient)), NULL);
}

/* Reads the next reply, after sending any commands in out. */
static int
next_reply(struct smtp_client *c, struct smtp_reply *reply, struct err *err)
{
	if (c->out.len > 0 && client_flush(c, err) == -1)
		return -1;
	return client_reply(c, reply, err);
}

/* Reads the replies to n RCPTs that were sent (and DATA after the last). */
static int
rcpt_replies(struct smtp_client *c, struct smtp_reply *replies, size_t n,
    struct err *err)
{
	client_stage(c, SMTP_STAGE_RCPT);
	for (size_t i = 0; i < n; i++)
		if (next_reply(c, &replies[i], err) == -1)
			return -1;
	return 0;
}

/*
 * Sends MAIL, and the RCPTs in groups.  With SMTP, DATA goes with the last
 * group.  Returns 1 if it was sent, 0 if not, -1 on error.
 */
static int
pipelined(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *mail, struct smtp_reply *replies, struct err *err)
{
	size_t done = 0, n;
	bool with_data = false;

	client_stage(c, SMTP_STAGE_MAIL);
	put_mail(c, e);
	do {
		n = e->nrecipients - done;
		n = n < PIPELINE_MAX ? n : PIPELINE_MAX;
		for (size_t i = 0; i < n; i++)
			put_rcpt(c, e->recipients[done + i]);
		/* With LMTP, DATA without recipients has no final reply. */
		with_data = done + n == e->nrecipients && !c->config->lmtp;
		if (with_data)
			client_put(c, "DATA", NULL);
		if (done == 0 && next_reply(c, mail, err) == -1)
			return -1;
		if (rcpt_replies(c, &replies[done], n, err) == -1)
			return -1;
		done += n;
	} while (done < e->nrecipients && is_taken(mail));
	return with_data;
}

static int
one_by_one(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *mail, struct smtp_reply *replies, struct err *err)
{
	client_stage(c, SMTP_STAGE_MAIL);
	put_mail(c, e);
	if (next_reply(c, mail, err) == -1)
		return -1;
	for (size_t i = 0; i < e->nrecipients && is_taken(mail); i++) {
		put_rcpt(c, e->recipients[i]);
		if (rcpt_replies(c, &replies[i], 1, err) == -1)
			return -1;
	}
	return 0;
}

/* Ends the transaction, at the server too. */
static int
reset(struct smtp_client *c, struct err *err)
{
	struct smtp_reply ignored;

	client_stage(c, SMTP_STAGE_RCPT);
	client_put(c, "RSET", NULL);
	return next_reply(c, &ignored, err);
}

/*
 * RFC 2920 3.1: DATA was sent in advance and the server asks for the message,
 * although it accepted no recipient.  Sends an empty one.
 */
static int
send_nothing(struct smtp_client *c, struct err *err)
{
	struct smtp_reply ignored;

	client_stage(c, SMTP_STAGE_END);
	client_put(c, ".", NULL);
	return next_reply(c, &ignored, err);
}

static bool
any_taken(const struct smtp_envelope *e, const struct smtp_reply *replies)
{
	for (size_t i = 0; i < e->nrecipients; i++)
		if (is_taken(&replies[i]))
			return true;
	return false;
}

/* Returns 1 if the server asks for the message, 0 if not, -1 on error. */
static int
data_answer(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *replies, struct smtp_reply *overall, struct err *err)
{
	struct smtp_reply data;

	client_stage(c, SMTP_STAGE_DATA);
	if (next_reply(c, &data, err) == -1)
		return -1;
	/* RFC 5321 4.3.2; as a recipient's reply a 2xx would mean success. */
	if (data.code < 400 && data.code != 354) {
		(void)err_set(err, ERR_SYNTAX,
		    "expected a 354 or a refusal, got %d", data.code);
		return client_fail(c, err);
	}
	if (!any_taken(e, replies))
		return data.code == 354 ? send_nothing(c, err) : 0;
	if (data.code == 354) {
		c->dot = (struct dot)DOT_INIT;
		c->after_cr = false;
		client_stage(c, SMTP_STAGE_MESSAGE);
		return 1;
	}
	*overall = data;
	for (size_t i = 0; i < e->nrecipients; i++)
		if (is_taken(&replies[i]))
			replies[i] = data;
	return 0;
}

int
smtp_client_begin(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *replies, struct smtp_reply *overall, struct err *err)
{
	int rc;

	assert(e->nrecipients > 0);
	arena_clear(&c->arena);
	if (cannot_send(c, e, overall)) {
		set_all(e, replies, overall);
		return 0;
	}
	memset(replies, 0, e->nrecipients * sizeof(*replies));
	rc = (c->extensions & CLIENT_EXT_PIPELINING) != 0 ?
	    pipelined(c, e, overall, replies, err) :
	    one_by_one(c, e, overall, replies, err);
	if (rc == -1)
		return -1;
	if (is_taken(overall))
		*overall = replies[e->nrecipients - 1];
	else
		set_all(e, replies, overall);
	if (rc == 0 && !any_taken(e, replies))
		return reset(c, err);
	if (rc == 0)
		client_put(c, "DATA", NULL);
	return data_answer(c, e, replies, overall, err);
}

/* ---- the message ---- */

static int
send_gathered(struct smtp_client *c, struct err *err)
{
	client_stage(c, SMTP_STAGE_MESSAGE);
	return client_flush(c, err);
}

/* Length up to the next CR or LF. */
static size_t
run_length(struct bytes b)
{
	size_t i = 0;

	while (i < b.len && b.data[i] != '\r' && b.data[i] != '\n')
		i++;
	return i;
}

/* Takes a CR and an LF, even from two pieces, or one of them alone. */
static size_t
take_line_end(struct smtp_client *c, struct bytes b)
{
	if (c->after_cr) {
		c->after_cr = false;
		dot_stuff(&c->dot, BYTES("\r\n"), &c->out);
		return b.data[0] == '\n' ? 1 : 0;
	}
	if (b.data[0] == '\r')
		c->after_cr = true;
	else
		dot_stuff(&c->dot, BYTES("\r\n"), &c->out);
	return 1;
}

int
smtp_client_write(struct smtp_client *c, struct bytes piece, struct err *err)
{
	size_t n;

	while (piece.len > 0) {
		n = c->after_cr ? 0 : run_length(piece);
		if (n > WRITE_SIZE)
			n = WRITE_SIZE;
		if (n > 0)
			dot_stuff(&c->dot, bytes_make(piece.data, n),
			    &c->out);
		else
			n = take_line_end(c, piece);
		piece = bytes_from(piece, n);
		if (c->out.len >= WRITE_SIZE && send_gathered(c, err) == -1)
			return -1;
	}
	return 0;
}

int
smtp_client_end(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *replies, struct smtp_reply *overall, struct err *err)
{
	bool first = true;

	if (c->after_cr)
		dot_stuff(&c->dot, BYTES("\r\n"), &c->out);
	dot_stuff_end(&c->dot, &c->out);
	client_stage(c, SMTP_STAGE_END);
	for (size_t i = 0; i < e->nrecipients; i++) {
		if (!is_taken(&replies[i]))
			continue;
		/* RFC 2033 4.2: with LMTP one reply for each. */
		if ((first || c->config->lmtp) &&
		    next_reply(c, overall, err) == -1)
			return -1;
		first = false;
		replies[i] = *overall;
	}
	return 0;
}
