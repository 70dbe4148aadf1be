/*
 * lmtp - the MTA hands messages over (RFC 2033)
 *
 * One reply per recipient, after all are durable.  Commands are rows of a
 * table; the text of DATA and BDAT goes to an intake as it comes, and the
 * connection parks between pieces.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "proto/line.h"
#include "proto/smtp_reply.h"
#include "imapd/lmtp.h"
#include "imapd/recipient.h"

/* SIZE is announced beside these. */
#define EXTENSIONS	(SMTP_EXT_SIZE | SMTP_EXT_8BITMIME | \
			    SMTP_EXT_SMTPUTF8 | SMTP_EXT_DSN)

#define INPUT_MAX	65536

enum lmtp_state {
	LMTP_COMMAND,
	LMTP_DATA,
	LMTP_BDAT
};

struct session {
	struct imapd *imapd;		/* borrowed */
	struct conn *conn;		/* borrowed */
	struct line_reader reader;
	enum lmtp_state state;
	const char *client;		/* NULL: no LHLO yet; conn's arena */
	unsigned bad_commands;
	unsigned transactions;

	/* Of the transaction. */
	struct arena arena;
	struct smtp_xforward xforward;
	bool has_mail;
	struct smtp_mail mail;
	struct lmtp_rcpt *rcpts;	/* own */
	size_t nrcpts, rcpts_cap;
	struct lmtp_intake *intake;	/* own; NULL: none */
	uint64_t bdat_left;		/* of the chunk that comes */
	bool bdat_is_last;
	bool bdat_is_dropped;		/* refused, but has to be read */
};

static void
reply(struct session *s, int code, const char *enhanced, const char *text)
{
	smtp_reply(conn_out(s->conn), code, enhanced, text);
}

static void
reply_error(struct session *s, const struct smtp_error *e)
{
	reply(s, e->code, e->enhanced, e->text);
}

/* Ends the transaction, if there is one. */
static void
session_reset(struct session *s)
{
	lmtp_intake_free(&s->intake);
	free(s->rcpts);
	s->rcpts = NULL;
	s->nrcpts = s->rcpts_cap = 0;
	s->has_mail = false;
	memset(&s->mail, 0, sizeof(s->mail));
	memset(&s->xforward, 0, sizeof(s->xforward));
	s->bdat_left = 0;
	s->state = LMTP_COMMAND;
	arena_clear(&s->arena);
}

/* ---- commands ---- */

/* What may stand in a header, from somebody's bytes. */
static const char *
header_safe(struct arena *a, struct bytes in)
{
	char *s = arena_memdup(a, in.data, in.len);

	for (size_t i = 0; i < in.len; i++)
		if (s[i] <= ' ' || s[i] > '~' || strchr("()<>;\\\"", s[i]))
			s[i] = '?';
	return in.len == 0 ? "unknown" : s;
}

static bool
lhlo_run(struct session *s, struct bytes args)
{
	const struct settings *st = imapd_settings(s->imapd);
	const struct conn_facts *f = conn_facts(s->conn);
	struct arena *a = conn_arena(s->conn);
	struct buf text = BUF_INIT;
	struct smtp_error e;
	char peer[ADDR_TEXT_MAX];
	struct bytes name;

	if (smtp_parse_hello(args, &name, &e) == -1) {
		reply_error(s, &e);
		return false;
	}
	session_reset(s);
	s->client = arena_printf(a, f->is_unix ? "%s (%s)" : "%s ([%s])",
	    header_safe(a, name), addr_print(&f->peer, peer));
	buf_printf(&text, "%s\nPIPELINING\nSIZE %llu\n8BITMIME\nSMTPUTF8\n"
	    "ENHANCEDSTATUSCODES\nCHUNKING\nDSN\nXFORWARD %s", st->hostname,
	    (unsigned long long)st->message_size_max, smtp_xforward_names);
	reply(s, 250, NULL, buf_cstr(&text));
	buf_free(&text);
	return true;
}

static bool
xforward_run(struct session *s, struct bytes args)
{
	struct smtp_error e;

	if (smtp_parse_xforward(args, &s->arena, &s->xforward, &e) == -1) {
		reply_error(s, &e);
		return false;
	}
	reply(s, 250, "2.0.0", "ok");
	return true;
}

static bool
mail_run(struct session *s, struct bytes args)
{
	struct smtp_error e;

	if (smtp_parse_mail(args, EXTENSIONS, &s->arena, &s->mail, &e) == -1) {
		reply_error(s, &e);
		return false;
	}
	/* The line is gone with the next one. */
	s->mail.from.text = bytes_dup(&s->arena, s->mail.from.text);
	if (s->mail.has_size && s->mail.size >
	    imapd_settings(s->imapd)->message_size_max) {
		reply(s, 552, "5.3.4", "the message is too large");
		return true;
	}
	s->has_mail = true;
	reply(s, 250, "2.1.0", "ok");
	return true;
}

/*
 * The address of RCPT.  Where a site takes everything, also what is no
 * address: then it is what stands between the brackets, made harmless.
 */
static int
rcpt_address(struct session *s, struct bytes args, struct bytes *out,
    struct smtp_error *e)
{
	const char *lt, *gt;
	struct smtp_rcpt r;
	char *copy;

	if (smtp_parse_rcpt(args, EXTENSIONS, s->mail.smtputf8, &s->arena, &r,
	    e) == 0) {
		*out = bytes_dup(&s->arena, r.to.text);
		return 0;
	}
	if (*imapd_settings(s->imapd)->catch_all_address == '\0' ||
	    strcmp(e->enhanced, "5.1.3") != 0 ||
	    (lt = memchr(args.data, '<', args.len)) == NULL ||
	    (gt = memchr(lt, '>', args.len - (size_t)(lt - args.data))) ==
	    NULL || gt == lt + 1)
		return -1;
	copy = arena_memdup(&s->arena, lt + 1, (size_t)(gt - lt - 1));
	for (char *c = copy; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	*out = bytes_of(copy);
	return 0;
}

/* Looks the address up.  0 with an answer, -1 error. */
static int
rcpt_look_up(struct session *s, struct lmtp_rcpt *r,
    struct recipient_check *check, struct err *err)
{
	struct kv_snap snap;
	int rc;

	check->size = s->mail.has_size ? s->mail.size : 0;
	recipient_nobody(check);
	if (store_snap(s->imapd->store, &snap, err) == -1)
		return -1;
	r->addr = arena_alloc(&s->arena, sizeof(*r->addr));
	rc = recipient_resolve(s->imapd, &snap.reader, r->given, &s->arena,
	    r->addr, err);
	if (rc == 1)
		rc = recipient_status(s->imapd, &snap.reader, r->addr, check,
		    err);
	else if (rc == -1 && err->kind == ERR_SYNTAX)
		rc = 0;
	kv_snap_end(&snap);
	return rc;
}

static void
rcpt_add(struct session *s, const struct lmtp_rcpt *r)
{
	size_t cap;

	if (s->nrcpts == s->rcpts_cap) {
		cap = s->rcpts_cap == 0 ? 4 : s->rcpts_cap * 2;
		s->rcpts = reallocarray(s->rcpts, cap, sizeof(*s->rcpts));
		if (s->rcpts == NULL)
			fatal("out of memory for recipients");
		s->rcpts_cap = cap;
	}
	s->rcpts[s->nrcpts++] = *r;
}

static bool
rcpt_run(struct session *s, struct bytes args)
{
	struct recipient_check check = { .size = 0 };
	struct err err = ERR_INIT;
	struct smtp_error e;
	struct lmtp_rcpt r;

	memset(&r, 0, sizeof(r));
	if (s->nrcpts >= imapd_settings(s->imapd)->recipients_max) {
		reply(s, 452, "4.5.3", "too many recipients at a time "
		    "(setting recipients-max)");
		return true;
	}
	if (rcpt_address(s, args, &r.given, &e) == -1) {
		reply_error(s, &e);
		return false;
	}
	if (rcpt_look_up(s, &r, &check, &err) == -1) {
		log_error(conn_log(s->conn), "recipient not looked up",
		    KV_BYTES("rcpt", r.given), KV_ERR(&err));
		reply(s, 451, "4.3.0", "the mail store has a problem, try "
		    "again later");
		return true;
	}
	if (check.status == RECIPIENT_KNOWN)
		rcpt_add(s, &r);
	else
		log_info(conn_log(s->conn), "recipient refused",
		    KV_BYTES("rcpt", r.given),
		    KV_STR("status", recipient_status_name(check.status)));
	reply_error(s, &check.reply);
	return true;
}

static bool
data_run(struct session *s, struct bytes args)
{
	if (s->nrcpts == 0) {
		reply(s, 503, "5.5.1", "no valid recipients");
		return true;
	}
	if (s->intake != NULL) {
		reply(s, 503, "5.5.1", "DATA cannot follow BDAT");
		return false;
	}
	s->intake = lmtp_intake_new(s->imapd);
	s->state = LMTP_DATA;
	reply(s, 354, NULL, "end with a dot on a line of its own");
	return true;
}

/* Its octets follow whatever the answer is, so they have to be read. */
static bool
bdat_run(struct session *s, struct bytes args)
{
	struct smtp_error e;

	if (smtp_parse_bdat(args, &s->bdat_left, &s->bdat_is_last, &e) == -1) {
		reply_error(s, &e);
		return false;
	}
	s->bdat_is_dropped = s->nrcpts == 0;
	if (!s->bdat_is_dropped && s->intake == NULL)
		s->intake = lmtp_intake_new(s->imapd);
	s->state = LMTP_BDAT;
	return true;
}

static bool
rset_run(struct session *s, struct bytes args)
{
	session_reset(s);
	reply(s, 250, "2.0.0", "ok");
	return true;
}

static bool
noop_run(struct session *s, struct bytes args)
{
	reply(s, 250, "2.0.0", "ok");
	return true;
}

static bool
vrfy_run(struct session *s, struct bytes args)
{
	reply(s, 252, "2.5.0", "try RCPT");
	return true;
}

static bool
help_run(struct session *s, struct bytes args)
{
	reply(s, 214, "2.0.0", "LMTP as in RFC 2033");
	return true;
}

static bool
helo_run(struct session *s, struct bytes args)
{
	reply(s, 500, "5.5.1", "this is LMTP: say LHLO");
	return false;
}

/* When a command is allowed. */
enum {
	AFTER_LHLO = 1,
	NO_MAIL = 2,		/* outside a transaction */
	AFTER_MAIL = 4,
	NO_ARGS = 8,
	NO_BDAT = 16		/* not between chunks */
};

static const struct command {
	enum smtp_verb verb;
	/* Replies; false: it was a wrong command. */
	bool (*run)(struct session *s, struct bytes args);
	unsigned when;
} commands[] = {
	{ SMTP_LHLO,	lhlo_run,	0 },
	{ SMTP_HELO,	helo_run,	0 },
	{ SMTP_EHLO,	helo_run,	0 },
	{ SMTP_XFORWARD, xforward_run,	AFTER_LHLO | NO_MAIL },
	{ SMTP_MAIL,	mail_run,	AFTER_LHLO | NO_MAIL },
	{ SMTP_RCPT,	rcpt_run,	AFTER_MAIL | NO_BDAT },
	{ SMTP_DATA,	data_run,	AFTER_MAIL | NO_ARGS },
	{ SMTP_BDAT,	bdat_run,	0 },
	{ SMTP_RSET,	rset_run,	NO_ARGS },
	{ SMTP_NOOP,	noop_run,	0 },
	{ SMTP_VRFY,	vrfy_run,	0 },
	{ SMTP_HELP,	help_run,	0 },
};

/* Replies if the command may not come now. */
static bool
command_may_run(struct session *s, const struct command *c,
    const struct smtp_command *cmd)
{
	struct smtp_error e;

	if ((c->when & AFTER_LHLO) && s->client == NULL)
		reply(s, 503, "5.5.1", "say LHLO first");
	else if ((c->when & NO_MAIL) && s->has_mail)
		reply(s, 503, "5.5.1", "not within a transaction");
	else if ((c->when & AFTER_MAIL) && !s->has_mail)
		reply(s, 503, "5.5.1", "say MAIL first");
	else if ((c->when & NO_BDAT) && s->intake != NULL)
		reply(s, 503, "5.5.1", "not between the chunks of BDAT");
	else if ((c->when & NO_ARGS) &&
	    smtp_parse_none(c->verb, cmd->args, &e) == -1)
		reply_error(s, &e);
	else
		return true;
	return false;
}

static bool
command_run(struct session *s, const struct smtp_command *cmd)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (commands[i].verb == cmd->verb)
			return command_may_run(s, &commands[i], cmd) &&
			    commands[i].run(s, cmd->args);
	reply(s, cmd->verb == SMTP_UNKNOWN ? 500 : 502, "5.5.1",
	    cmd->verb == SMTP_UNKNOWN ? "unknown command" :
	    "not done here");
	return false;
}

/* One line.  CONN_READ: go on; CONN_CLOSE: that was the last one. */
static enum conn_next
line_take(struct session *s, struct bytes line)
{
	struct smtp_command cmd;
	struct smtp_error e;
	bool is_good = false;

	log_trace_bytes(conn_log(s->conn), 'C', LOG_SHOW, line);
	if (smtp_command_parse(line, &cmd, &e) == -1)
		reply_error(s, &e);
	else if (cmd.verb == SMTP_QUIT) {
		reply(s, 221, "2.0.0", "bye");
		return CONN_CLOSE;
	} else
		is_good = command_run(s, &cmd);
	s->bad_commands = is_good ? 0 : s->bad_commands + 1;
	if (s->bad_commands < imapd_settings(s->imapd)->bad_commands_max)
		return CONN_READ;
	reply(s, 421, "4.7.0", "too many wrong commands "
	    "(setting bad-commands-max)");
	return CONN_CLOSE;
}

/* ---- the message ---- */

/* It is all here: deliver it, one reply per recipient. */
static void
message_end(struct session *s)
{
	const char *enhanced, *text;
	struct lmtp_envelope e = {
		.imapd = s->imapd,
		.arena = &s->arena,
		.log = conn_log(s->conn),
		.client = s->client,
		.smtputf8 = s->mail.smtputf8,
		.mail_from = s->mail.from.text,
		.xforward = &s->xforward,
		.rcpts = s->rcpts,
		.nrcpts = s->nrcpts,
	};
	int code;

	e.id = arena_printf(&s->arena, "%s.%u", conn_facts(s->conn)->cid_text,
	    ++s->transactions);
	lmtp_deliver(&e, s->intake);
	for (size_t i = 0; i < s->nrcpts; i++) {
		const struct lmtp_rcpt *r = &s->rcpts[i];

		if (r->err.kind == ERR_NONE) {
			smtp_replyf(conn_out(s->conn), 250, "2.0.0",
			    "<" BYTES_FMT "> saved, id=%s",
			    BYTES_ARG(r->given), e.id);
			continue;
		}
		lmtp_error_code(&r->err, &code, &enhanced, &text);
		smtp_replyf(conn_out(s->conn), code, enhanced,
		    "<" BYTES_FMT "> %s, id=%s", BYTES_ARG(r->given), text,
		    e.id);
	}
	session_reset(s);
}

/* A piece of DATA.  Returns whether there was anything to do. */
static bool
data_take(struct session *s)
{
	struct bytes in = conn_input(s->conn);
	size_t used;
	int rc;

	if (in.len == 0)
		return false;
	rc = lmtp_intake_dots(s->intake, in, &used);
	conn_consume(s->conn, used);
	if (rc == 1)
		message_end(s);
	return true;
}

/* A chunk is complete. */
static void
chunk_end(struct session *s)
{
	s->state = LMTP_COMMAND;
	if (s->bdat_is_dropped) {
		reply(s, 503, "5.5.1", "no valid recipients");
		return;
	}
	if (s->bdat_is_last) {
		message_end(s);
		return;
	}
	reply(s, 250, "2.0.0", "chunk taken");
}

static bool
bdat_take(struct session *s)
{
	struct bytes in = conn_input(s->conn);

	if (s->bdat_left > 0 && in.len == 0)
		return false;
	if (in.len > s->bdat_left)
		in.len = (size_t)s->bdat_left;
	if (!s->bdat_is_dropped)
		lmtp_intake_plain(s->intake, in);
	conn_consume(s->conn, in.len);
	s->bdat_left -= in.len;
	if (s->bdat_left == 0)
		chunk_end(s);
	return true;
}

/* ---- callbacks ---- */

/* The next line, if there is one.  CONN_WAIT stands for "none yet". */
static enum conn_next
command_take(struct session *s)
{
	enum conn_next next = CONN_READ;
	struct err err = ERR_INIT;
	struct bytes line;
	size_t used;
	int rc;

	rc = line_next(&s->reader, conn_input(s->conn), &line, &used, &err);
	if (rc == 1)
		next = line_take(s, line);
	else if (rc == -1) {
		smtp_replyf(conn_out(s->conn), 500, "5.5.2", "%s", err.text);
		if (++s->bad_commands >=
		    imapd_settings(s->imapd)->bad_commands_max)
			next = CONN_CLOSE;
	}
	conn_consume(s->conn, used);
	return rc == 0 ? CONN_WAIT : next;
}

static enum conn_next
lmtp_input(struct conn *c)
{
	struct session *s = conn_data(c);
	enum conn_next next;

	for (;;) {
		if (s->state == LMTP_DATA) {
			if (!data_take(s))
				return CONN_READ;
		} else if (s->state == LMTP_BDAT) {
			if (!bdat_take(s))
				return CONN_READ;
		} else if ((next = command_take(s)) == CONN_WAIT)
			return CONN_READ;
		else if (next == CONN_CLOSE)
			return CONN_CLOSE;
		if (conn_out_is_full(c))
			return CONN_WRITE;
		if (conn_should_yield(c))
			return CONN_AGAIN;
	}
}

static enum conn_next
lmtp_open(struct conn *c)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for a session");
	s->imapd = conn_service_arg(c);
	s->conn = c;
	s->reader.max = SMTP_LINE_MAX;
	s->reader.ending = LINE_CRLF;
	arena_init(&s->arena);
	conn_set_data(c, s);
	smtp_replyf(conn_out(c), 220, NULL, "%s LMTP",
	    imapd_settings(s->imapd)->hostname);
	return CONN_READ;
}

static enum conn_next
lmtp_timeout(struct conn *c)
{
	smtp_reply(conn_out(c), 421, "4.4.2", "nothing came for too long "
	    "(setting lmtp-timeout)");
	return CONN_CLOSE;
}

static void
lmtp_bye(struct conn *c)
{
	smtp_reply(conn_out(c), 421, "4.3.2", "the server stops");
}

static void
lmtp_close(struct conn *c)
{
	struct session *s = conn_data(c);

	if (s == NULL)
		return;
	session_reset(s);
	free(s);
}

const struct service lmtp_service_template = {
	.name = "lmtp",
	.class = CONN_BULK,
	.input_max = INPUT_MAX,
	.too_many = "421 4.3.2 ",
	.open = lmtp_open,
	.input = lmtp_input,
	.pump = lmtp_input,
	.timeout = lmtp_timeout,
	.bye = lmtp_bye,
	.close = lmtp_close,
};
