/*
 * smtp_client - SMTP and LMTP sessions: connecting, EHLO, STARTTLS, AUTH, QUIT.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "smtp/smtp_client-private.h"

#define READ_SIZE	4096

static const char *const stage_names[SMTP_STAGE_COUNT] = {
	"connect", "greeting", "EHLO", "STARTTLS", "AUTH", "MAIL FROM",
	"RCPT TO", "DATA", "sending the message", "end of message", "QUIT"
};

const char *
smtp_stage_name(enum smtp_stage stage)
{
	return stage_names[stage];
}

/* ---- lines and replies ---- */

void
client_stage(struct smtp_client *c, enum smtp_stage stage)
{
	c->stage = stage;
	c->deadline_ms = clock_mono_ms() + c->config->timeout_ms[stage];
}

static void
trace(const struct smtp_client *c, char side, struct bytes line)
{
	if (c->config->trace != NULL)
		c->config->trace(c->config->trace_arg, side, line);
}

void
client_put(struct smtp_client *c, const char *line, const char *shown)
{
	trace(c, 'C', bytes_of(shown == NULL ? line : shown));
	buf_str(&c->out, line);
	buf_str(&c->out, "\r\n");
}

int
client_fail(struct smtp_client *c, struct err *err)
{
	c->broken = true;
	return err_wrap(err, "%s", smtp_stage_name(c->stage));
}

static int
client_refused(struct smtp_client *c, const struct smtp_reply *reply,
    struct err *err)
{
	enum err_kind kind = reply->code >= 500 ? ERR_REFUSED : ERR_TEMP;

	(void)err_set(err, kind, "the server said: %d%s%s %s", reply->code,
	    reply->enhanced[0] == '\0' ? "" : " ", reply->enhanced,
	    reply->text);
	return err_wrap(err, "%s", smtp_stage_name(c->stage));
}

int
client_flush(struct smtp_client *c, struct err *err)
{
	int rc = stream_write(c->stream, c->out.data, c->out.len,
	    c->deadline_ms, err);

	buf_clear(&c->out);
	return rc == -1 ? client_fail(c, err) : 0;
}

static void
trace_reply(const struct smtp_client *c, const struct smtp_reply *reply)
{
	struct buf line = BUF_INIT;

	if (c->config->trace == NULL)
		return;
	buf_printf(&line, "%d%s%s %s", reply->code,
	    reply->enhanced[0] == '\0' ? "" : " ", reply->enhanced,
	    reply->text);
	trace(c, 'S', buf_view(&line));
	buf_free(&line);
}

int
client_reply(struct smtp_client *c, struct smtp_reply *reply, struct err *err)
{
	size_t used;
	ssize_t n;
	int rc;

	for (;;) {
		rc = smtp_reply_read(&c->reader, buf_view(&c->in), &used,
		    &c->arena, reply, err);
		buf_consume(&c->in, used);
		if (rc == 1) {
			trace_reply(c, reply);
			return 0;
		}
		if (rc == -1)
			return client_fail(c, err);
		n = stream_read(c->stream, buf_reserve(&c->in, READ_SIZE),
		    READ_SIZE, c->deadline_ms, err);
		if (n == 0)
			(void)err_set(err, ERR_TEMP,
			    "the server closed the connection");
		if (n <= 0)
			return client_fail(c, err);
		c->in.len += (size_t)n;
	}
}

/* Sends one command and reads its reply. */
static int
command(struct smtp_client *c, const char *line, const char *shown,
    struct smtp_reply *reply, struct err *err)
{
	client_put(c, line, shown);
	if (client_flush(c, err) == -1)
		return -1;
	return client_reply(c, reply, err);
}

/* ---- EHLO ---- */

static bool
take_word(struct bytes *line, struct bytes *word)
{
	size_t n = 0;

	*line = bytes_trim(*line);
	while (n < line->len && line->data[n] != ' ')
		n++;
	*word = bytes_make(line->data, n);
	*line = bytes_from(*line, n);
	return n > 0;
}

static void
take_auth(struct smtp_client *c, struct bytes mechanisms)
{
	struct bytes word;

	while (take_word(&mechanisms, &word))
		if (bytes_ieq_str(word, "PLAIN"))
			c->extensions |= CLIENT_EXT_AUTH_PLAIN;
}

static void
take_extension(struct smtp_client *c, struct bytes line)
{
	static const struct {
		const char *name;
		unsigned flag;
	} known[] = {
		{ "SIZE", SMTP_EXT_SIZE },
		{ "8BITMIME", SMTP_EXT_8BITMIME },
		{ "SMTPUTF8", SMTP_EXT_SMTPUTF8 },
		{ "DSN", SMTP_EXT_DSN },
		{ "AUTH", SMTP_EXT_AUTH },
		{ "PIPELINING", CLIENT_EXT_PIPELINING },
		{ "STARTTLS", CLIENT_EXT_STARTTLS },
		{ "XCLIENT", CLIENT_EXT_XCLIENT }
	};
	struct bytes word, number;
	unsigned flag = 0;

	if (!take_word(&line, &word))
		return;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (bytes_ieq_str(word, known[i].name))
			flag = known[i].flag;
	c->extensions |= flag;
	if (flag == SMTP_EXT_AUTH)
		take_auth(c, line);
	if (flag == SMTP_EXT_SIZE && take_word(&line, &number) &&
	    decimal_parse(number, UINT64_MAX, &c->size_max) == -1)
		c->size_max = 0;
}

/* Parses the lines after the first of the reply to EHLO. */
static void
take_extensions(struct smtp_client *c, const struct smtp_reply *reply)
{
	const char *line = strchr(reply->text, '\n'), *end;

	c->extensions = 0;
	c->size_max = 0;
	while (line != NULL) {
		line++;
		end = strchr(line, '\n');
		take_extension(c, bytes_make(line, end == NULL ?
		    strlen(line) : (size_t)(end - line)));
		line = end;
	}
}

static int
greet(struct smtp_client *c, const char *helo, struct err *err)
{
	struct smtp_reply reply;
	char *line;

	client_stage(c, SMTP_STAGE_EHLO);
	line = arena_printf(&c->arena, "%s %s",
	    c->config->lmtp ? "LHLO" : "EHLO", helo);
	if (command(c, line, NULL, &reply, err) == -1)
		return -1;
	/* RFC 5321 3.2: an old server.  421 does not mean "unknown command". */
	if (reply.code >= 500 && !c->config->lmtp) {
		line = arena_printf(&c->arena, "HELO %s", helo);
		if (command(c, line, NULL, &reply, err) == -1)
			return -1;
		reply.text = "";
	}
	if (reply.code / 100 != 2)
		return client_refused(c, &reply, err);
	take_extensions(c, &reply);
	return 0;
}

static int
take_greeting(struct smtp_client *c, struct err *err)
{
	struct smtp_reply reply;

	client_stage(c, SMTP_STAGE_GREETING);
	if (client_reply(c, &reply, err) == -1)
		return -1;
	return reply.code / 100 == 2 ? 0 : client_refused(c, &reply, err);
}

/* ---- TLS and AUTH ---- */

static int
handshake(struct smtp_client *c, struct err *err)
{
	if (stream_starttls(c->stream, &c->config->tls_config,
	    c->deadline_ms, err) == -1)
		return client_fail(c, err);
	return 0;
}

static int
starttls(struct smtp_client *c, struct err *err)
{
	bool must = c->config->tls == SMTP_TLS_MUST;
	struct smtp_reply reply;

	client_stage(c, SMTP_STAGE_STARTTLS);
	if ((c->extensions & CLIENT_EXT_STARTTLS) == 0) {
		if (!must)
			return 0;
		(void)err_set(err, ERR_REFUSED,
		    "the server does not offer STARTTLS, but TLS is required");
		return client_fail(c, err);
	}
	if (command(c, "STARTTLS", NULL, &reply, err) == -1)
		return -1;
	if (reply.code / 100 != 2)
		return must ? client_refused(c, &reply, err) : 0;
	/* What came before TLS was not protected by it. */
	if (c->in.len > 0) {
		(void)err_set(err, ERR_REFUSED,
		    "the server sent more in the clear after its reply");
		return client_fail(c, err);
	}
	if (handshake(c, err) == -1)
		return -1;
	return greet(c, c->config->helo, err);
}

static int
authenticate(struct smtp_client *c, struct err *err)
{
	const struct smtp_client_config *config = c->config;
	struct buf plain = BUF_INIT, line = BUF_INIT;
	struct smtp_reply reply;
	int rc;

	client_stage(c, SMTP_STAGE_AUTH);
	if ((c->extensions & CLIENT_EXT_AUTH_PLAIN) == 0)
		(void)err_set(err, ERR_REFUSED,
		    "the server does not offer AUTH PLAIN");
	else if (!stream_has_tls(c->stream) && !config->auth_without_tls)
		(void)err_set(err, ERR_REFUSED,
		    "the password would be sent in the clear, without TLS");
	else
		goto begin;
	return client_fail(c, err);
begin:
	/* RFC 4616: authorization id (none) NUL user NUL password */
	buf_byte(&plain, '\0');
	buf_str(&plain, config->login);
	buf_byte(&plain, '\0');
	buf_str(&plain, config->password);
	buf_str(&line, "AUTH PLAIN ");
	base64_encode(&line, buf_view(&plain));
	rc = command(c, buf_cstr(&line), "AUTH PLAIN ***", &reply, err);
	explicit_bzero(plain.data, plain.len);
	explicit_bzero(line.data, line.len);
	buf_free(&plain);
	buf_free(&line);
	if (rc == -1)
		return -1;
	return reply.code / 100 == 2 ? 0 : client_refused(c, &reply, err);
}

/* ---- sessions ---- */

static int
session_begin(struct smtp_client *c, struct err *err)
{
	const struct smtp_client_config *config = c->config;

	if (config->tls == SMTP_TLS_WRAPPED) {
		client_stage(c, SMTP_STAGE_STARTTLS);
		if (handshake(c, err) == -1)
			return -1;
	}
	if (take_greeting(c, err) == -1 ||
	    greet(c, config->helo, err) == -1)
		return -1;
	if ((config->tls == SMTP_TLS_MAY || config->tls == SMTP_TLS_MUST) &&
	    starttls(c, err) == -1)
		return -1;
	return config->login == NULL ? 0 : authenticate(c, err);
}

int
smtp_client_start(struct stream *stream,
    const struct smtp_client_config *config, struct smtp_client **out,
    struct err *err)
{
	struct smtp_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory");
	c->stream = stream;
	c->config = config;
	arena_init(&c->arena);
	smtp_reply_reader_init(&c->reader);
	if (session_begin(c, err) == -1) {
		smtp_client_close(&c);
		return -1;
	}
	*out = c;
	return 0;
}

int
smtp_client_open(const char *where, const struct smtp_client_config *config,
    struct smtp_client **out, struct err *err)
{
	struct stream *stream;

	if (stream_open(where, clock_mono_ms() +
	    config->timeout_ms[SMTP_STAGE_CONNECT], &stream, err) == -1)
		return -1;
	if (smtp_client_start(stream, config, out, err) == -1)
		return err_wrap(err, "'%s'", where);
	return 0;
}

int
smtp_client_xclient(struct smtp_client *c, const char *attributes,
    const char *helo, struct err *err)
{
	struct smtp_reply reply;
	char *line;

	client_stage(c, SMTP_STAGE_GREETING);
	if ((c->extensions & CLIENT_EXT_XCLIENT) == 0)
		return err_set(err, ERR_REFUSED, "the server does not let us "
		    "act as another client (no XCLIENT)");
	line = arena_printf(&c->arena, "XCLIENT %s", attributes);
	if (command(c, line, NULL, &reply, err) == -1)
		return -1;
	if (reply.code / 100 != 2)
		return client_refused(c, &reply, err);
	return greet(c, helo, err);
}

unsigned
smtp_client_extensions(const struct smtp_client *c)
{
	return c->extensions;
}

uint64_t
smtp_client_size_max(const struct smtp_client *c)
{
	return c->size_max;
}

const struct stream *
smtp_client_stream(const struct smtp_client *c)
{
	return c->stream;
}

void
smtp_client_close(struct smtp_client **cp)
{
	struct smtp_client *c = *cp;
	struct err ignored = ERR_INIT;

	if (c == NULL)
		return;
	*cp = NULL;
	/* The answer is not waited for, because nothing depends on it. */
	if (!c->broken && c->stage != SMTP_STAGE_MESSAGE) {
		client_stage(c, SMTP_STAGE_QUIT);
		client_put(c, "QUIT", NULL);
		(void)client_flush(c, &ignored);
	}
	stream_close(&c->stream);
	smtp_reply_reader_free(&c->reader);
	buf_free(&c->in);
	buf_free(&c->out);
	arena_clear(&c->arena);
	free(c);
}
