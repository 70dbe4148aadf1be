/*
 * lmtp - receives messages from the MTA (RFC 2033)
 *
 * There is one reply per recipient, sent when all copies are durable.  Commands
 * are rows of a table.  The text of DATA and BDAT goes to an intake as it
 * arrives, and the connection parks between pieces.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "proto/line.h"
#include "proto/smtp_reply.h"
#include "imapd/lmtp.h"
#include "imapd/recipient.h"

/* SIZE is announced in addition. */
#define EXTENSIONS	(SMTP_EXT_SIZE | SMTP_EXT_8BITMIME | \
			    SMTP_EXT_SMTPUTF8 | SMTP_EXT_DSN)

#define INPUT_MAX	65536

enum lmtp_state {
	/* The next input is a command. */
	LMTP_GREETED,		/* no LHLO yet */
	LMTP_READY,		/* after LHLO, outside a transaction */
	LMTP_MAIL,		/* MAIL was accepted */
	LMTP_CHUNKS,		/* BDAT chunks were accepted, not yet the
				   last */
	/* The next input is text. */
	LMTP_DATA,		/* of DATA, up to the dot */
	LMTP_CHUNK,		/* of BDAT */
	LMTP_LAST_CHUNK,
	LMTP_REFUSED_CHUNK,	/* of BDAT without recipients: discard */
	/* No input is read. */
	LMTP_DELIVERING
};

static const char *const state_names[] = {
	[LMTP_GREETED] = "greeted",
	[LMTP_READY] = "ready",
	[LMTP_MAIL] = "mail",
	[LMTP_CHUNKS] = "chunks",
	[LMTP_DATA] = "data",
	[LMTP_CHUNK] = "chunk",
	[LMTP_LAST_CHUNK] = "last-chunk",
	[LMTP_REFUSED_CHUNK] = "refused-chunk",
	[LMTP_DELIVERING] = "delivering",
};

struct session {
	struct imapd *imapd;		/* borrowed */
	struct conn *conn;		/* borrowed */
	struct line_reader reader;
	enum lmtp_state state;		/* changed by session_set_state() */
	enum lmtp_state before_chunk;	/* with LMTP_REFUSED_CHUNK */
	const char *client;		/* from LHLO; in the connection's
					   arena */
	unsigned bad_commands;
	unsigned transactions;

	/* Of the transaction. */
	struct arena arena;
	struct smtp_xforward xforward;
	struct smtp_mail mail;
	struct lmtp_rcpt *rcpts;	/* own */
	size_t nrcpts, rcpts_cap;
	struct lmtp_intake *intake;	/* own; NULL: none */
	uint64_t bdat_left;		/* octets left of the chunk */
};

static void
session_set_state(struct session *s, enum lmtp_state state)
{
	if (state == s->state)
		return;
	log_trace(conn_log(s->conn), "session state changes",
	    KV_STR("from", state_names[s->state]),
	    KV_STR("to", state_names[state]));
	s->state = state;
}

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

/* Frees the transaction, if there is one. */
static void
transaction_clear(struct session *s)
{
	lmtp_intake_free(&s->intake);
	free(s->rcpts);
	s->rcpts = NULL;
	s->nrcpts = s->rcpts_cap = 0;
	memset(&s->mail, 0, sizeof(s->mail));
	memset(&s->xforward, 0, sizeof(s->xforward));
	s->bdat_left = 0;
	arena_clear(&s->arena);
}

/* Ends the transaction, if there is one.  The state set by LHLO stays. */
static void
session_reset(struct session *s)
{
	transaction_clear(s);
	session_set_state(s, s->client == NULL ? LMTP_GREETED : LMTP_READY);
}

/* ---- commands ---- */

/* Returns the bytes as a word that is safe in a header field. */
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
	s->client = arena_printf(a, f->is_unix ? "%s (%s)" : "%s ([%s])",
	    header_safe(a, name), addr_print(&f->peer, peer));
	session_reset(s);
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
	/* The next line overwrites this one. */
	s->mail.from.text = bytes_dup(&s->arena, s->mail.from.text);
	if (s->mail.has_size && s->mail.size >
	    imapd_settings(s->imapd)->message_size_max) {
		reply(s, 552, "5.3.4", "the message is too large "
		    "(setting message-size-max)");
		return true;
	}
	session_set_state(s, LMTP_MAIL);
	reply(s, 250, "2.1.0", "ok");
	return true;
}

/*
 * Parses the address of RCPT.  If the site has a catch-all, also accepts what
 * is not an address: then it is the text between the brackets, with control
 * characters replaced.
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

/* Looks the address up.  Returns 0 with the answer in check, -1 on error. */
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
		reply(s, 452, "4.5.3", "too many recipients "
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
		reply(s, 451, "4.3.0", "the mail store is not available, "
		    "try again later");
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
	s->intake = lmtp_intake_new(s->imapd);
	session_set_state(s, LMTP_DATA);
	reply(s, 354, NULL, "end with a dot on a line by itself");
	return true;
}

/*
 * The octets of the chunk follow whatever the reply is, so they must be read.
 */
static bool
bdat_run(struct session *s, struct bytes args)
{
	struct smtp_error e;
	bool is_last;

	if (smtp_parse_bdat(args, &s->bdat_left, &is_last, &e) == -1) {
		reply_error(s, &e);
		return false;
	}
	if (s->nrcpts == 0) {
		s->before_chunk = s->state;
		session_set_state(s, LMTP_REFUSED_CHUNK);
		return true;
	}
	if (s->intake == NULL)
		s->intake = lmtp_intake_new(s->imapd);
	session_set_state(s, is_last ? LMTP_LAST_CHUNK : LMTP_CHUNK);
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
	reply(s, 252, "2.5.0", "cannot verify the address, use RCPT");
	return true;
}

static bool
help_run(struct session *s, struct bytes args)
{
	reply(s, 214, "2.0.0", "this is LMTP, see RFC 2033");
	return true;
}

static bool
helo_run(struct session *s, struct bytes args)
{
	reply(s, 500, "5.5.1", "this is LMTP, send LHLO");
	return false;
}

/* The states in which a command is allowed. */
#define IN(state)	(1u << (state))
#define IN_ANY		(IN(LMTP_GREETED) | IN(LMTP_READY) | \
			    IN(LMTP_MAIL) | IN(LMTP_CHUNKS))

static const struct command {
	enum smtp_verb verb;
	/* Sends the reply.  Returns false for a bad command. */
	bool (*run)(struct session *s, struct bytes args);
	unsigned states;	/* IN() */
	bool has_args;
} commands[] = {
	{ SMTP_LHLO,	lhlo_run,	IN_ANY,		true },
	{ SMTP_HELO,	helo_run,	IN_ANY,		true },
	{ SMTP_EHLO,	helo_run,	IN_ANY,		true },
	{ SMTP_XFORWARD, xforward_run,	IN(LMTP_READY),	true },
	{ SMTP_MAIL,	mail_run,	IN(LMTP_READY),	true },
	{ SMTP_RCPT,	rcpt_run,	IN(LMTP_MAIL),	true },
	{ SMTP_DATA,	data_run,	IN(LMTP_MAIL),	false },
	{ SMTP_BDAT,	bdat_run,	IN_ANY,		true },
	{ SMTP_RSET,	rset_run,	IN_ANY,		false },
	{ SMTP_NOOP,	noop_run,	IN_ANY,		true },
	{ SMTP_VRFY,	vrfy_run,	IN_ANY,		true },
	{ SMTP_HELP,	help_run,	IN_ANY,		true },
};

/* Why a command is not allowed in a state. */
static const char *const refusals[] = {
	[LMTP_GREETED] = "send LHLO first",
	[LMTP_READY] = "send MAIL first",
	[LMTP_MAIL] = "not allowed within a transaction",
	[LMTP_CHUNKS] = "not allowed between BDAT chunks",
};

/* Checks whether the command is allowed now; replies if not. */
static bool
command_may_run(struct session *s, const struct command *c,
    const struct smtp_command *cmd)
{
	struct smtp_error e;

	if ((c->states & IN(s->state)) == 0)
		reply(s, 503, "5.5.1", refusals[s->state]);
	else if (!c->has_args &&
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
	    "command not supported");
	return false;
}

/*
 * Handles one line.  Returns CONN_READ to go on, CONN_CLOSE after the last
 * command.
 */
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
	reply(s, 421, "4.7.0", "too many bad commands "
	    "(setting bad-commands-max)");
	return CONN_CLOSE;
}

/* ---- the message ---- */

/* The message is complete: delivers it and sends one reply per recipient. */
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

	session_set_state(s, LMTP_DELIVERING);
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

/* Takes a piece of DATA.  Returns whether there was any input. */
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
	switch (s->state) {
	case LMTP_REFUSED_CHUNK:
		session_set_state(s, s->before_chunk);
		reply(s, 503, "5.5.1", "no valid recipients");
		break;
	case LMTP_LAST_CHUNK:
		message_end(s);
		break;
	default:
		session_set_state(s, LMTP_CHUNKS);
		reply(s, 250, "2.0.0", "chunk accepted");
	}
}

static bool
bdat_take(struct session *s)
{
	struct bytes in = conn_input(s->conn);

	if (s->bdat_left > 0 && in.len == 0)
		return false;
	if (in.len > s->bdat_left)
		in.len = (size_t)s->bdat_left;
	if (s->state != LMTP_REFUSED_CHUNK)
		lmtp_intake_plain(s->intake, in);
	conn_consume(s->conn, in.len);
	s->bdat_left -= in.len;
	if (s->bdat_left == 0)
		chunk_end(s);
	return true;
}

/* ---- callbacks ---- */

/* Takes the next line.  Returns CONN_WAIT if there is none yet. */
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

/*
 * Takes the available input, depending on the state.  Returns CONN_WAIT if
 * there is none yet.
 */
static enum conn_next
input_take(struct session *s)
{
	switch (s->state) {
	case LMTP_DATA:
		return data_take(s) ? CONN_READ : CONN_WAIT;
	case LMTP_CHUNK:
	case LMTP_LAST_CHUNK:
	case LMTP_REFUSED_CHUNK:
		return bdat_take(s) ? CONN_READ : CONN_WAIT;
	default:
		return command_take(s);
	}
}

static enum conn_next
lmtp_input(struct conn *c)
{
	struct session *s = conn_data(c);
	enum conn_next next;

	while ((next = input_take(s)) == CONN_READ) {
		if (conn_out_is_full(c))
			return CONN_WRITE;
		if (conn_should_yield(c))
			return CONN_AGAIN;
	}
	return next == CONN_WAIT ? CONN_READ : next;
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
	smtp_reply(conn_out(c), 421, "4.4.2", "idle for too long "
	    "(setting lmtp-timeout)");
	return CONN_CLOSE;
}

static void
lmtp_bye(struct conn *c)
{
	smtp_reply(conn_out(c), 421, "4.3.2", "the server is shutting down");
}

static void
lmtp_close(struct conn *c)
{
	struct session *s = conn_data(c);

	if (s == NULL)
		return;
	transaction_clear(s);
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
