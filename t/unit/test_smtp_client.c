/* The SMTP and LMTP client against servers that follow a script. */
#include <config.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "smtp/smtp_client.h"
#include "t/unit/line_service.h"
#include "t/unit/smtp_script.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define RCPTS_MAX	60

static char tls_dir[] = "/tmp/smtp-client.XXXXXX";

/* A client's settings and the result as text: "250 2.0.0|550 5.1.1" or "error:
   ...". */
struct run {
	struct smtp_client_config config;
	struct smtp_envelope envelope;
	const char *message;
	size_t piece;	/* bytes per write; 0: everything at once */
	struct buf got;
};

static void
run_init(struct run *r)
{
	static const struct bytes one[] = { { "you@b.example", 13 } };

	memset(r, 0, sizeof(*r));
	r->config = (struct smtp_client_config)SMTP_CLIENT_CONFIG;
	r->config.helo = "me.example";
	r->envelope.from = BYTES("me@a.example");
	r->envelope.recipients = one;
	r->envelope.nrecipients = 1;
	r->message = "Subject: x\r\n\r\nhello\r\n";
}

static void
note_error(struct run *r, const struct err *err)
{
	buf_clear(&r->got);
	buf_printf(&r->got, "%s: %s", err_kind_name(err->kind), err->text);
}

static int
send_message(struct run *r, struct smtp_client *c, struct err *err)
{
	struct bytes all = bytes_of(r->message);
	size_t n = r->piece == 0 ? all.len : r->piece;

	for (; all.len > 0; all = bytes_from(all, n))
		if (smtp_client_write(c, bytes_make(all.data,
		    n < all.len ? n : all.len), err) == -1)
			return -1;
	return 0;
}

static int
transact(struct run *r, struct smtp_client *c, struct err *err)
{
	struct smtp_reply replies[RCPTS_MAX], overall;
	int rc;

	rc = smtp_client_begin(c, &r->envelope, replies, &overall, err);
	if (rc == 1)
		rc = send_message(r, c, err) == -1 ? -1 :
		    smtp_client_end(c, &r->envelope, replies, &overall, err);
	if (rc == -1)
		return -1;
	for (size_t i = 0; i < r->envelope.nrecipients; i++)
		buf_printf(&r->got, "%s%d %s", i == 0 ? "" : "|",
		    replies[i].code, replies[i].enhanced);
	return 0;
}

/* Runs the client against the script.  The client's results go to r->got;
   returns the message that the server received. */
static struct buf
run_script(struct run *r, const char *const *script)
{
	struct smtp_script server;
	struct smtp_client *c;
	struct err err = ERR_INIT;

	smtp_script_start(script, tls_dir, &server);
	if (smtp_client_open(server.where, &r->config, &c, &err) == -1) {
		note_error(r, &err);
	} else {
		if (transact(r, c, &err) == -1)
			note_error(r, &err);
		smtp_client_close(&c);
	}
	smtp_script_end(&server);
	return server.message;
}

static void
expect_run(struct run *r, const char *const *script, const char *want)
{
	struct buf message = run_script(r, script);

	if (strstr(buf_cstr(&r->got), want) == NULL)
		fail_msg("expected '%s', got '%s'", want, buf_cstr(&r->got));
	buf_free(&message);
	buf_free(&r->got);
}

#define SCRIPT(...)	((const char *const[]){ __VA_ARGS__, NULL })
#define HELLO		"S 220 hi", "C EHLO me.example"
#define PLAIN_HELLO	HELLO, "S 250 b.example"

/* ---- transactions ---- */

static void
a_message_goes_step_by_step(void **state)
{
	struct run r;
	struct buf message;

	run_init(&r);
	message = run_script(&r, SCRIPT(PLAIN_HELLO,
	    "C MAIL FROM:<me@a.example>", "S 250 ok",
	    "C RCPT TO:<you@b.example>", "S 250 ok",
	    "C DATA", "S 354 go", "D", "S 250 2.6.0 queued",
	    "C QUIT", "S 221 bye"));
	assert_string_equal(buf_cstr(&r.got), "250 2.6.0");
	assert_string_equal(buf_cstr(&message), r.message);
	buf_free(&message);
	buf_free(&r.got);
}

static void
what_the_server_offers_is_used(void **state)
{
	struct run r;

	run_init(&r);
	r.envelope.size = 22;
	r.envelope.is_8bit = true;
	r.envelope.is_utf8 = true;
	/* The server does not answer before it has got all commands. */
	expect_run(&r, SCRIPT(HELLO, "S 250-b.example", "S 250-pipelining",
	    "S 250-SIZE 1000", "S 250-8BITMIME", "S 250 SMTPUTF8",
	    "C MAIL FROM:<me@a.example> SIZE=22 BODY=8BITMIME SMTPUTF8",
	    "C RCPT TO:<you@b.example>", "C DATA",
	    "S 250 ok", "S 250 ok", "S 354 go", "D", "S 250 ok",
	    "C QUIT", "S 221 bye"), "250");
}

static void
each_recipient_has_its_answer(void **state)
{
	static const struct bytes three[] = { { "a@b", 3 }, { "b@b", 3 },
	    { "c@b", 3 } };
	struct run r;

	run_init(&r);
	r.envelope.recipients = three;
	r.envelope.nrecipients = 3;
	expect_run(&r, SCRIPT(PLAIN_HELLO, "C MAIL FROM:<me@a.example>", "S 250 ok",
	    "C RCPT TO:<a@b>", "S 250 ok",
	    "C RCPT TO:<b@b>", "S 550 5.1.1 who?",
	    "C RCPT TO:<c@b>", "S 250 ok",
	    "C DATA", "S 354 go", "D", "S 250 2.0.0 ok",
	    "C QUIT", "S 221 bye"), "250 2.0.0|550 5.1.1|250 2.0.0");
	/* With LMTP the final replies are per recipient too. */
	run_init(&r);
	r.config.lmtp = true;
	r.envelope.recipients = three;
	r.envelope.nrecipients = 3;
	expect_run(&r, SCRIPT("S 220 hi", "C LHLO me.example",
	    "S 250-b.example", "S 250 PIPELINING",
	    "C MAIL FROM:<me@a.example>", "C RCPT TO:<a@b>",
	    "C RCPT TO:<b@b>", "C RCPT TO:<c@b>",
	    "S 250 ok", "S 250 ok", "S 550 5.1.1 who?", "S 250 ok",
	    "C DATA", "S 354 go", "D", "S 250 2.0.0 ok", "S 452 4.2.2 full",
	    "C QUIT", "S 221 bye"), "250 2.0.0|550 5.1.1|452 4.2.2");
}

static void
nobody_takes_it(void **state)
{
	struct run r;

	run_init(&r);
	expect_run(&r, SCRIPT(PLAIN_HELLO, "C MAIL FROM:<me@a.example>",
	    "S 550 5.7.1 not you", "C RSET", "S 250 ok",
	    "C QUIT", "S 221 bye"), "550 5.7.1");
	run_init(&r);
	expect_run(&r, SCRIPT(PLAIN_HELLO, "C MAIL FROM:<me@a.example>", "S 250 ok",
	    "C RCPT TO:<you@b.example>", "S 451 4.3.0 later",
	    "C RSET", "S 250 ok", "C QUIT", "S 221 bye"), "451 4.3.0");
	run_init(&r);
	expect_run(&r, SCRIPT(PLAIN_HELLO, "C MAIL FROM:<me@a.example>", "S 250 ok",
	    "C RCPT TO:<you@b.example>", "S 250 ok",
	    "C DATA", "S 554 5.5.0 no", "C QUIT", "S 221 bye"), "554 5.5.0");
	/* RFC 2920 3.1: a 354 without an accepted recipient is answered with a
	   dot. */
	run_init(&r);
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 PIPELINING",
	    "C MAIL FROM:<me@a.example>", "C RCPT TO:<you@b.example>",
	    "C DATA", "S 250 ok", "S 550 5.1.1 who?", "S 354 go",
	    "C .", "S 554 no recipients", "C QUIT", "S 221 bye"),
	    "550 5.1.1");
}

/* A 2xx is not a valid reply to DATA and must not be taken for the reply to the
   message. */
static void
an_answer_that_data_cannot_have_is_no_answer(void **state)
{
	struct run r;

	run_init(&r);
	expect_run(&r, SCRIPT(PLAIN_HELLO, "C MAIL FROM:<me@a.example>",
	    "S 250 ok", "C RCPT TO:<you@b.example>", "S 250 ok",
	    "C DATA", "S 250 ok", "W"), "syntax: DATA: ");
	run_init(&r);
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 PIPELINING",
	    "C MAIL FROM:<me@a.example>", "C RCPT TO:<you@b.example>",
	    "C DATA", "S 250 ok", "S 250 ok", "S 300 hm", "W"),
	    "syntax: DATA: ");
}

static void
many_recipients_go_in_groups(void **state)
{
	struct bytes many[RCPTS_MAX];
	const char *script[200];
	struct run r;
	size_t n = 0;

	run_init(&r);
	for (size_t i = 0; i < RCPTS_MAX; i++)
		many[i] = BYTES("you@b.example");
	r.envelope.recipients = many;
	r.envelope.nrecipients = RCPTS_MAX;
	script[n++] = "S 220 hi";
	script[n++] = "C EHLO me.example";
	script[n++] = "S 250-b";
	script[n++] = "S 250 PIPELINING";
	script[n++] = "C MAIL FROM:<me@a.example>";
	for (size_t i = 0; i < 50; i++)
		script[n++] = "C RCPT TO:<you@b.example>";
	script[n++] = "N 51 250 ok";
	for (size_t i = 50; i < RCPTS_MAX; i++)
		script[n++] = "C RCPT TO:<you@b.example>";
	script[n++] = "C DATA";
	script[n++] = "N 10 250 ok";
	script[n++] = "S 354 go";
	script[n++] = "D";
	script[n++] = "S 250 2.0.0 all";
	script[n++] = "C QUIT";
	script[n++] = "S 221 bye";
	script[n] = NULL;
	expect_run(&r, script, "250 2.0.0|250 2.0.0|250 2.0.0");
}

/* ---- the text ---- */

static void
text_is_stuffed_and_has_whole_line_ends(void **state)
{
	static const struct {
		const char *message, *sent;
	} rows[] = {
		{ "a\r\n.b\r\n..\r\n.", "a\r\n..b\r\n...\r\n..\r\n" },
		/* No sequence that some server might take for the end of the
		   text. */
		{ "a\n.\nb\r.\rc\r\n", "a\r\n..\r\nb\r\n..\r\nc\r\n" },
		{ "a\r\r\nb\n\r\n", "a\r\n\r\nb\r\n\r\n" },
		{ "no end", "no end\r\n" },
		{ "\r", "\r\n" },
		{ "", "" }
	};
	struct buf message;
	struct run r;

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t piece = 0; piece < 4; piece++) {
			run_init(&r);
			r.message = rows[i].message;
			r.piece = piece;
			message = run_script(&r, SCRIPT(PLAIN_HELLO,
			    "C MAIL FROM:<me@a.example>", "S 250 ok",
			    "C RCPT TO:<you@b.example>", "S 250 ok",
			    "C DATA", "S 354 go", "D", "S 250 ok",
			    "C QUIT", "S 221 bye"));
			assert_string_equal(buf_cstr(&message), rows[i].sent);
			buf_free(&message);
			buf_free(&r.got);
		}
}

/* ---- what can't go ---- */

static void
what_the_server_cannot_take_is_not_sent(void **state)
{
	static const struct bytes utf8[] = { { "j\xc3\xb6@b", 5 } };
	static const struct bytes evil[] = { { "a@b>\r\nDATA", 10 },
	    { "\"a\"@b> SIZE=1 <", 15 }, { "\"\\\"\"> SIZE=1 <", 14 },
	    { "\"a@b", 4 }, { "\"a@b\\\"", 6 } };
	static const struct bytes good[] = { { "\"<\\\">\"@b", 8 } };
	struct run r;

	run_init(&r);
	r.envelope.size = 1001;
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 SIZE 1000", "C QUIT",
	    "S 221 bye"), "552 5.3.4");
	run_init(&r);
	r.envelope.recipients = utf8;
	expect_run(&r, SCRIPT(PLAIN_HELLO, "C QUIT", "S 221 bye"), "553 5.6.7");
	for (size_t i = 0; i < COUNT(evil); i++) {
		run_init(&r);
		r.envelope.recipients = &evil[i];
		expect_run(&r, SCRIPT(PLAIN_HELLO, "C QUIT", "S 221 bye"),
		    "501 5.1.3");
	}
	run_init(&r);
	r.envelope.recipients = good;
	expect_run(&r, SCRIPT(PLAIN_HELLO, "C MAIL FROM:<me@a.example>",
	    "S 250 ok", "C RCPT TO:<\"<\\\">\"@b>", "S 550 5.1.1 who?",
	    "C RSET", "S 250 ok", "C QUIT", "S 221 bye"), "550 5.1.1");
}

/* ---- sessions ---- */

static void
an_old_server_is_told_helo(void **state)
{
	struct run r;

	run_init(&r);
	expect_run(&r, SCRIPT(HELLO, "S 502 what?", "C HELO me.example",
	    "S 250-b", "S 250 PIPELINING", "C MAIL FROM:<me@a.example>",
	    "S 250 ok", "C RCPT TO:<you@b.example>", "S 250 ok", "C DATA",
	    "S 354 go", "D", "S 250 2.0.0 ok", "C QUIT", "S 221 bye"),
	    "250 2.0.0");
}

static void
refusals_and_broken_servers_are_told_apart(void **state)
{
	const struct {
		const char *const *script;
		const char *want;
	} rows[] = {
		{ SCRIPT("S 554 5.7.1 no mail here", "W"),
		    "refused: '" },
		{ SCRIPT("S 421 4.3.2 busy", "W"), "temporary: '" },
		{ SCRIPT("S 554 5.7.1 no mail here", "W"),
		    "greeting: the server said: 554 5.7.1 no mail here" },
		{ SCRIPT("S hello", "W"), "greeting: expected a reply" },
		{ SCRIPT("s 220 half a line"),
		    "greeting: the server closed the connection" },
		{ SCRIPT("N 300 220-more", "W"), "more than 200 lines" },
		{ SCRIPT(HELLO, "S 250-b", "S 550 c", "W"), "EHLO: code 550" },
		{ SCRIPT(PLAIN_HELLO, "C MAIL FROM:<me@a.example>"),
		    "temporary: MAIL FROM: the server closed" },
		{ SCRIPT(PLAIN_HELLO, "C MAIL FROM:<me@a.example>",
		    "S 250 ok", "C RCPT TO:<you@b.example>", "S 250 ok",
		    "C DATA", "S 354 go", "D"),
		    "temporary: end of message: the server closed" }
	};
	struct run r;

	for (size_t i = 0; i < COUNT(rows); i++) {
		run_init(&r);
		expect_run(&r, rows[i].script, rows[i].want);
	}
}

static void
each_stage_has_a_deadline(void **state)
{
	struct run r;

	run_init(&r);
	r.config.timeout_ms[SMTP_STAGE_GREETING] = 30;
	expect_run(&r, SCRIPT("s 220", "W"), "greeting: cannot receive");
	run_init(&r);
	r.config.timeout_ms[SMTP_STAGE_END] = 30;
	expect_run(&r, SCRIPT(PLAIN_HELLO, "C MAIL FROM:<me@a.example>",
	    "S 250 ok", "C RCPT TO:<you@b.example>", "S 250 ok", "C DATA",
	    "S 354 go", "W"), "end of message: cannot receive");
}

/* ---- TLS and AUTH ---- */

#define MESSAGE_ROWS	"C MAIL FROM:<me@a.example>", "S 250 ok",	\
	"C RCPT TO:<you@b.example>", "S 250 ok", "C DATA", "S 354 go",	\
	"D", "S 250 2.0.0 ok", "C QUIT", "S 221 bye"

static void
starttls_comes_before_the_rest(void **state)
{
	const char *const *script = SCRIPT(HELLO, "S 250-b",
	    "S 250 STARTTLS", "C STARTTLS", "S 220 go", "T",
	    "C EHLO me.example", "S 250 b", MESSAGE_ROWS);
	struct run r;

	run_init(&r);
	r.config.tls = SMTP_TLS_MAY;
	expect_run(&r, script, "250 2.0.0");
	run_init(&r);
	r.config.tls = SMTP_TLS_MUST;
	expect_run(&r, script, "250 2.0.0");
	run_init(&r);
	r.config.tls = SMTP_TLS_WRAPPED;
	expect_run(&r, SCRIPT("T", PLAIN_HELLO, MESSAGE_ROWS), "250 2.0.0");
	/* TLS is not offered, or not done. */
	run_init(&r);
	r.config.tls = SMTP_TLS_MAY;
	expect_run(&r, SCRIPT(PLAIN_HELLO, MESSAGE_ROWS), "250 2.0.0");
	run_init(&r);
	r.config.tls = SMTP_TLS_MUST;
	expect_run(&r, SCRIPT(PLAIN_HELLO, "W"), "STARTTLS: the server does not");
	run_init(&r);
	r.config.tls = SMTP_TLS_MUST;
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 STARTTLS", "C STARTTLS",
	    "S 454 4.7.0 later", "W"), "454 4.7.0");
}

/* Text that an attacker appends to the 220 is not taken for the server's. */
static void
nothing_in_the_clear_passes_for_tls(void **state)
{
	struct run r;

	run_init(&r);
	r.config.tls = SMTP_TLS_MAY;
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 STARTTLS", "C STARTTLS",
	    "s 220 go\r\n250 AUTH PLAIN\r\n", "W"), "in the clear");
}

static void
the_certificate_is_verified_when_asked_for(void **state)
{
	static const struct {
		const char *name, *ca, *want;
	} rows[] = {
		{ "server", "ca.crt", "250 2.0.0" },
		{ "other.example", "ca.crt", "refused: '" },
		{ "other.example", "ca.crt",
		    "cannot verify the certificate of 'other.example'" },
		{ "server", "client.crt", "cannot verify the certificate" }
	};
	char path[100];
	struct run r;

	for (size_t i = 0; i < COUNT(rows); i++) {
		run_init(&r);
		r.config.tls = SMTP_TLS_MUST;
		(void)snprintf(path, sizeof(path), "%s/%s", tls_dir,
		    rows[i].ca);
		r.config.tls_config = (struct stream_tls){
			STREAM_VERIFY_NAME, rows[i].name, path };
		expect_run(&r, i == 0 ? SCRIPT(HELLO, "S 250-b", "S 250 STARTTLS",
		    "C STARTTLS", "S 220 go", "T", "C EHLO me.example",
		    "S 250 b", MESSAGE_ROWS) :
		    SCRIPT(HELLO, "S 250-b", "S 250 STARTTLS", "C STARTTLS",
		    "S 220 go", "T", "W"), rows[i].want);
	}
}

static void
passwords_go_when_offered_and_safe(void **state)
{
	struct run r;

	run_init(&r);
	r.config.login = "me";
	r.config.password = "secret";
	r.config.auth_without_tls = true;
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 AUTH LOGIN PLAIN",
	    "C AUTH PLAIN AG1lAHNlY3JldA==", "S 235 2.7.0 ok", MESSAGE_ROWS),
	    "250 2.0.0");
	r.config.auth_without_tls = false;
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 AUTH PLAIN", "W"),
	    "would be sent in the clear");
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 AUTH LOGIN", "W"),
	    "does not offer AUTH PLAIN");
	r.config.auth_without_tls = true;
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 AUTH PLAIN",
	    "C AUTH PLAIN AG1lAHNlY3JldA==", "S 535 5.7.8 no", "C QUIT",
	    "S 221 bye"), "AUTH: the server said: 535 5.7.8 no");
}

static void
trace_line(void *arg, char side, struct bytes line)
{
	buf_printf(arg, "%c " BYTES_FMT "\n", side, BYTES_ARG(line));
}

static void
a_trace_has_no_passwords(void **state)
{
	struct buf seen = BUF_INIT;
	struct run r;

	run_init(&r);
	r.config.login = "me";
	r.config.password = "secret";
	r.config.auth_without_tls = true;
	r.config.trace = trace_line;
	r.config.trace_arg = &seen;
	expect_run(&r, SCRIPT(HELLO, "S 250-b", "S 250 AUTH PLAIN",
	    "C AUTH PLAIN AG1lAHNlY3JldA==", "S 235 ok", MESSAGE_ROWS),
	    "250 2.0.0");
	assert_non_null(strstr(buf_cstr(&seen), "C AUTH PLAIN ***\n"));
	assert_non_null(strstr(buf_cstr(&seen), "S 354 go\n"));
	assert_null(strstr(buf_cstr(&seen), "AG1l"));
	assert_null(strstr(buf_cstr(&seen), "hello"));
	buf_free(&seen);
}

static void
another_client_can_be_played(void **state)
{
	struct smtp_client_config config = SMTP_CLIENT_CONFIG;
	struct smtp_script server;
	struct smtp_client *c;
	struct err err = ERR_INIT;

	config.helo = "me.example";
	smtp_script_start(SCRIPT(HELLO, "S 250-b", "S 250 XCLIENT NAME ADDR",
	    "C XCLIENT ADDR=192.0.2.1", "S 220 b", "C EHLO it.example",
	    "S 250-b", "S 250 SIZE 77", "C QUIT", "S 221 bye"), NULL,
	    &server);
	assert_int_equal(smtp_client_open(server.where, &config, &c, &err), 0);
	assert_int_equal(smtp_client_xclient(c, "ADDR=192.0.2.1",
	    "it.example", &err), 0);
	assert_int_equal(smtp_client_size_max(c), 77);
	assert_int_equal(smtp_client_extensions(c), SMTP_EXT_SIZE);
	/* After XCLIENT this server does not allow it again. */
	assert_int_equal(smtp_client_xclient(c, "ADDR=192.0.2.2", "x", &err),
	    -1);
	smtp_client_close(&c);
	assert_null(c);
	smtp_script_end(&server);
}

static int
make_certificates(void **state)
{
	(void)signal(SIGPIPE, SIG_IGN);
	assert_non_null(mkdtemp(tls_dir));
	cert_write(tls_dir, "ca", NULL);
	cert_write(tls_dir, "server", "ca");
	cert_write(tls_dir, "client", NULL);
	return 0;
}

static int
remove_certificates(void **state)
{
	static const char *const names[] = { "ca", "server", "client" };
	char path[100];

	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.crt", tls_dir,
		    names[i]);
		(void)unlink(path);
		(void)snprintf(path, sizeof(path), "%s/%s.key", tls_dir,
		    names[i]);
		(void)unlink(path);
	}
	return rmdir(tls_dir);
}

#define T(name)	cmocka_unit_test(name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_message_goes_step_by_step),
		T(what_the_server_offers_is_used),
		T(each_recipient_has_its_answer),
		T(nobody_takes_it),
		T(an_answer_that_data_cannot_have_is_no_answer),
		T(many_recipients_go_in_groups),
		T(text_is_stuffed_and_has_whole_line_ends),
		T(what_the_server_cannot_take_is_not_sent),
		T(an_old_server_is_told_helo),
		T(refusals_and_broken_servers_are_told_apart),
		T(each_stage_has_a_deadline),
		T(starttls_comes_before_the_rest),
		T(nothing_in_the_clear_passes_for_tls),
		T(the_certificate_is_verified_when_asked_for),
		T(passwords_go_when_offered_and_safe),
		T(a_trace_has_no_passwords),
		T(another_client_can_be_played)
	};

	return cmocka_run_group_tests(tests, make_certificates,
	    remove_certificates);
}
