/*
 * LMTP: lines, commands and the text of DATA, in pieces and whole, which must
 * agree; and the same bytes as replies to a client.
 */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "base/encode.h"
#include "proto/dot.h"
#include "proto/line.h"
#include "proto/smtp_command.h"
#include "proto/smtp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ALL_EXT	(SMTP_EXT_SIZE | SMTP_EXT_8BITMIME | SMTP_EXT_SMTPUTF8 | \
	SMTP_EXT_DSN | SMTP_EXT_AUTH)

struct session {
	struct line_reader lines;
	struct dot dot;
	struct buf in, log;
	bool in_data;
	uint64_t chunk;			/* bytes of BDAT still expected */
};

static void
path_check(const struct smtp_path *p)
{
	struct buf out = BUF_INIT;
	struct mail_address again;
	struct err err = ERR_INIT;
	struct arena a;

	if (p->null || p->address.domain.len == 0)
		return;
	arena_init(&a);
	address_print(&out, &p->address);
	assert(address_parse(&a, buf_view(&out), &again, &err) == 0);
	assert(bytes_eq(p->address.localpart, again.localpart));
	assert(bytes_eq(p->address.domain, again.domain));
	arena_clear(&a);
	buf_free(&out);
}

static int
command_take(struct session *s, const struct smtp_command *c,
    struct arena *a, struct smtp_error *e)
{
	struct smtp_xforward xforward = { 0 };
	struct smtp_mail mail;
	struct smtp_rcpt rcpt;
	struct bytes name;
	bool last;
	int rc;

	switch (c->verb) {
	case SMTP_HELO:
	case SMTP_EHLO:
	case SMTP_LHLO:
		return smtp_parse_hello(c->args, &name, e);
	case SMTP_MAIL:
		rc = smtp_parse_mail(c->args, ALL_EXT, a, &mail, e);
		if (rc == 0)
			path_check(&mail.from);
		return rc;
	case SMTP_RCPT:
		rc = smtp_parse_rcpt(c->args, ALL_EXT, c->args.len % 2 == 0,
		    a, &rcpt, e);
		if (rc == 0)
			path_check(&rcpt.to);
		return rc;
	case SMTP_BDAT:
		return smtp_parse_bdat(c->args, &s->chunk, &last, e);
	case SMTP_XFORWARD:
		return smtp_parse_xforward(c->args, a, &xforward, e);
	case SMTP_DATA:
		s->dot = (struct dot)DOT_INIT;
		s->in_data = true;
		return smtp_parse_none(c->verb, c->args, e);
	default:
		return smtp_parse_none(c->verb, c->args, e);
	}
}

static void
line_take(struct session *s, struct bytes line)
{
	struct smtp_error e = { 0 };
	struct smtp_command c;
	struct arena a;

	arena_init(&a);
	if (smtp_command_parse(line, &c, &e) == -1 ||
	    command_take(s, &c, &a, &e) == -1) {
		assert(e.code >= 500 && e.code < 600);
		smtp_reply(&s->log, e.code, e.enhanced, e.text);
		s->in_data = false;
	} else {
		smtp_reply(&s->log, 250, "2.0.0", "ok");
	}
	arena_clear(&a);
}

/* Returns false if it needs more input. */
static bool
session_step(struct session *s)
{
	struct err err = ERR_INIT;
	struct bytes line;
	size_t used;
	int rc;

	if (s->in_data) {
		rc = dot_feed(&s->dot, buf_view(&s->in), &used, &s->log);
		s->in_data = rc == 0;
		if (rc == 1)
			buf_printf(&s->log, "[%d%d]", s->dot.bare_cr,
			    s->dot.bare_lf);
	} else if (s->chunk > 0) {
		used = s->in.len < s->chunk ? s->in.len : (size_t)s->chunk;
		s->chunk -= used;
		rc = s->chunk == 0;
	} else {
		rc = line_next(&s->lines, buf_view(&s->in), &line, &used,
		    &err);
		if (rc == 1)
			line_take(s, line);
		else if (rc == -1)
			buf_printf(&s->log, "[%s]", err.text);
	}
	assert(used <= s->in.len);
	buf_consume(&s->in, used);
	return rc != 0;
}

static void
session_run(struct session *s, struct bytes all, size_t piece)
{
	size_t n;

	s->lines.max = 200;
	s->lines.ending = LINE_CRLF;
	for (size_t i = 0; i < all.len; i += n) {
		n = all.len - i < piece ? all.len - i : piece;
		buf_add(&s->in, all.data + i, n);
		while (session_step(s))
			;
	}
	buf_free(&s->in);
}

static void
replies_run(struct buf *log, struct bytes all, size_t piece)
{
	struct smtp_reply_reader r;
	struct smtp_reply reply;
	struct buf in = BUF_INIT;
	struct err err = ERR_INIT;
	struct arena a;
	size_t n, used;
	int rc = 0;

	arena_init(&a);
	smtp_reply_reader_init(&r);
	for (size_t i = 0; i < all.len && rc != -1; i += n) {
		n = all.len - i < piece ? all.len - i : piece;
		buf_add(&in, all.data + i, n);
		do {
			rc = smtp_reply_read(&r, buf_view(&in), &used, &a,
			    &reply, &err);
			assert(used <= in.len);
			buf_consume(&in, used);
			if (rc == 1)
				buf_printf(log, "%d %s %s;", reply.code,
				    reply.enhanced, reply.text);
		} while (rc == 1);
	}
	buf_printf(log, "[%d]", rc);
	smtp_reply_reader_free(&r);
	buf_free(&in);
	arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session pieces = { 0 }, whole = { 0 };
	struct bytes all;
	size_t piece;

	if (size < 2)
		return 0;
	all = bytes_make(data + 1, size - 1);
	piece = (size_t)(data[0] & 31) + 1;
	session_run(&pieces, all, piece);
	session_run(&whole, all, all.len);
	assert(bytes_eq(buf_view(&pieces.log), buf_view(&whole.log)));
	buf_clear(&pieces.log);
	buf_clear(&whole.log);
	replies_run(&pieces.log, all, piece);
	replies_run(&whole.log, all, all.len);
	assert(bytes_eq(buf_view(&pieces.log), buf_view(&whole.log)));
	buf_free(&pieces.log);
	buf_free(&whole.log);
	return 0;
}
