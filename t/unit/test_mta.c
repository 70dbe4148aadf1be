/* What an MTA asks: socketmap and the Dovecot auth protocol. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/dovecot_auth.h"
#include "proto/socketmap.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

/* ---- socketmap ------------------------------------------------------- */

static const struct {
	const char *in;
	size_t len;
	const char *out;	/* "map|key|used", or "!text" */
} request_rows[] = {
#define REQUEST(in, out)	{ in, sizeof(in) - 1, out }
	REQUEST("26:transport bounce1@far.test,",
	    "transport|bounce1@far.test|30"),
	REQUEST("15:sdd s@acct.test,", "sdd|s@acct.test|19"),
	REQUEST("3:a b,4:", "a|b|6"),
	REQUEST("5:a b c,", "a|b c|8"),
	REQUEST("4:a  b,", "a| b|7"),
	REQUEST("0:,", "!expected a map name, a space and a key"),
	REQUEST("1:a,", "!expected a map name, a space and a key"),
	REQUEST("2:a ,", "!expected a map name, a space and a key"),
	REQUEST("2: a,", "!expected a map name, a space and a key"),
	REQUEST("5:a b\0c,", "!request with a NUL"),
	REQUEST("3:a bc", "!expected ',' behind a netstring of 3 bytes"),
	REQUEST("03:a b,", "!netstring with a leading zero"),
	REQUEST("x", "!expected the length of a netstring and ':'"),
	REQUEST(":", "!expected the length of a netstring and ':'"),
	REQUEST("3 :a b,", "!expected the length of a netstring and ':'"),
	REQUEST("-3:a b,", "!expected the length of a netstring and ':'"),
	REQUEST("10001:", "!netstring longer than 10000 bytes"),
	REQUEST("99999999999999999999999:",
	    "!netstring longer than 10000 bytes"),
};

static void
requests_arrive_in_pieces(void **state)
{
	struct socketmap_request req;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t used;
	char *copy;
	int rc;

	for (size_t i = 0; i < COUNT(request_rows); i++) {
		buf_clear(&out);
		for (size_t n = 0; n <= request_rows[i].len; n++) {
			assert_non_null(copy = malloc(n + (n == 0)));
			memcpy(copy, request_rows[i].in, n);
			rc = socketmap_request_parse(bytes_make(copy, n),
			    &req, &used, &err);
			if (rc == 1 && out.len == 0)
				buf_printf(&out, BYTES_FMT "|" BYTES_FMT
				    "|%zu", BYTES_ARG(req.map),
				    BYTES_ARG(req.key), used);
			else if (rc == -1 && out.len == 0)
				buf_printf(&out, "!%s", err.text);
			/* Once decided, more bytes change nothing. */
			assert_int_equal(rc == 0, out.len == 0);
			free(copy);
		}
		assert_string_equal(buf_cstr(&out), request_rows[i].out);
	}
	buf_free(&out);
}

static void
replies_are_netstrings(void **state)
{
	struct buf out = BUF_INIT, text = BUF_INIT, expected = BUF_INIT;
	size_t max = SOCKETMAP_REPLY_MAX - 3;

	socketmap_reply(&out, SOCKETMAP_OK, BYTES("lmtp:unix:x"));
	socketmap_reply(&out, SOCKETMAP_NOTFOUND, BYTES(""));
	socketmap_reply(&out, SOCKETMAP_TEMP, BYTES("busy"));
	socketmap_reply(&out, SOCKETMAP_TIMEOUT, BYTES("x"));
	socketmap_reply(&out, SOCKETMAP_PERM, BYTES("no"));
	assert_string_equal(buf_cstr(&out), "14:OK lmtp:unix:x,9:NOTFOUND ,"
	    "9:TEMP busy,9:TIMEOUT x,7:PERM no,");

	/* A long text is cut. */
	while (text.len < max - 1)
		buf_byte(&text, 'x');
	for (; text.len <= max + 2; buf_byte(&text, 'x')) {
		buf_clear(&out);
		socketmap_reply(&out, SOCKETMAP_OK, buf_view(&text));
		buf_clear(&expected);
		buf_printf(&expected, "%zu:OK ", text.len < max ?
		    text.len + 3 : SOCKETMAP_REPLY_MAX);
		buf_add(&expected, text.data, text.len < max ? text.len : max);
		buf_byte(&expected, ',');
		assert_true(bytes_eq(buf_view(&out), buf_view(&expected)));
	}
	buf_free(&expected);
	buf_free(&text);
	buf_free(&out);
}

/* ---- the auth protocol ----------------------------------------------- */

static void
word_print(struct buf *out, const char *name, struct bytes b)
{
	if (b.data != NULL)
		buf_printf(out, " %s='" BYTES_FMT "'", name, BYTES_ARG(b));
}

static void
command_print(struct buf *out, struct bytes line)
{
	static const char *const kinds[] = {
		"version", "cpid", "auth", "cont", "cancel", "other"
	};
	struct dovecot_command c;
	struct err err = ERR_INIT;
	struct arena a;

	arena_init(&a);
	if (dovecot_command_parse(line, &a, &c, &err) == -1) {
		buf_printf(out, "!%s", err.text);
	} else {
		buf_printf(out, "%s %u", kinds[c.kind], c.id);
		if (c.kind == DOVECOT_VERSION)
			buf_printf(out, " %u.%u", c.major, c.minor);
		word_print(out, "mech", c.mechanism);
		word_print(out, "service", c.service);
		word_print(out, "lip", c.local_ip);
		word_print(out, "rip", c.remote_ip);
		word_print(out, "lport", c.local_port);
		word_print(out, "rport", c.remote_port);
		word_print(out, "name", c.local_name);
		word_print(out, "session", c.session);
		if (c.secured)
			buf_str(out, " secured");
		if (c.has_response || c.kind == DOVECOT_CONT)
			buf_printf(out, " resp='" BYTES_FMT "'",
			    BYTES_ARG(c.response));
	}
	arena_clear(&a);
}

static const struct {
	const char *in, *out;
} command_rows[] = {
	{ "VERSION\t1\t0", "version 0 1.0" },
	{ "VERSION\t2\t0", "!protocol version 2, expected 1" },
	{ "VERSION\t1", "!expected a number as word 3 of VERSION" },
	{ "VERSION\tx\t1", "!expected a number as word 2 of VERSION" },
	{ "CPID\t14817", "cpid 14817" },
	{ "CPID", "!expected a number as word 2 of CPID" },
	{ "AUTH\t1\tPLAIN\tservice=smtp\tnologin\tlip=127.0.0.1"
	    "\trip=::1\tsecured\tresp=AGFs",
	    "auth 1 mech='PLAIN' service='smtp' lip='127.0.0.1' rip='::1' "
	    "secured resp='AGFs'" },
	{ "AUTH\t4294967295\tLOGIN\tlport=25\trport=26\tlocal_name=x"
	    "\tsession=y\tsecured=tls\tfoo=bar\tresp=",
	    "auth 4294967295 mech='LOGIN' lport='25' rport='26' name='x' "
	    "session='y' secured resp=''" },
	{ "AUTH\t1\tPLAIN\tservice=a\001tb\0011c\001nd\001r",
	    "auth 1 mech='PLAIN' service='a\tb\001c\nd\r'" },
	{ "AUTH\t1\tPLAIN\tservice=a\001x",
	    "!word 4 ends with a broken escape" },
	{ "AUTH\t1\tPLAIN\001", "!word 3 ends with a broken escape" },
	{ "AUTH\t4294967296\tPLAIN", "!expected a number as word 2 of AUTH" },
	{ "AUTH\t1\tPLAIN", "auth 1 mech='PLAIN'" },
	{ "AUTH\t1", "!expected a mechanism as word 3 of AUTH" },
	{ "AUTH\t1\t", "!expected a mechanism as word 3 of AUTH" },
	{ "CONT\t6\tYQ==", "cont 6 resp='YQ=='" },
	{ "CONT\t6\t", "cont 6 resp=''" },
	{ "CONT\t6", "cont 6 resp=''" },
	{ "CONT", "!expected a number as word 2 of CONT" },
	{ "CANCEL\t3", "cancel 3" },
	{ "", "other 0" },
	{ "FOO\tbar", "other 0" },
};

static void
auth_commands_are_parsed(void **state)
{
	struct buf out = BUF_INIT, many = BUF_INIT;
	struct bytes in;
	char *copy;

	for (size_t i = 0; i < COUNT(command_rows); i++) {
		in = bytes_of(command_rows[i].in);
		for (size_t n = 0; n <= in.len; n++) {
			assert_non_null(copy = malloc(n + (n == 0)));
			memcpy(copy, in.data, n);
			buf_clear(&out);
			command_print(&out, bytes_make(copy, n));
			free(copy);
		}
		assert_string_equal(buf_cstr(&out), command_rows[i].out);
	}
	for (int i = 0; i < DOVECOT_WORDS_MAX; i++)
		buf_str(&many, "X\t");
	buf_clear(&out);
	command_print(&out, buf_view(&many));
	assert_string_equal(buf_cstr(&out), "!more than 64 words in a line");
	buf_free(&many);
	buf_free(&out);
}

static void
auth_answers_are_written(void **state)
{
	static const struct dovecot_mechanism mechanisms[] = {
		{ "PLAIN", "plaintext" }, { "CRAM-MD5", "dictionary active" }
	};
	static const char expected[] =
	    "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\n"
	    "MECH\tCRAM-MD5\tdictionary\tactive\nSPID\t7\nCUID\t3\n"
	    "COOKIE\t000102030405060708090a0b0c0d0e0f\nDONE\n"
	    "OK\t1\tuser=a\001tb\n"
	    "FAIL\t2\n"
	    "FAIL\t3\tuser=x\treason=no\001nway\n"
	    "CONT\t5\tVXNlcm5hbWU6\n"
	    "CONT\t6\t\n";
	uint8_t cookie[DOVECOT_COOKIE_LEN];
	struct buf out = BUF_INIT;

	for (uint8_t i = 0; i < sizeof(cookie); i++)
		cookie[i] = i;
	dovecot_write_greeting(&out, mechanisms, 2, 7, 3, cookie);
	dovecot_write_ok(&out, 1, BYTES("a\tb"));
	dovecot_write_fail(&out, 2, BYTES(""), BYTES(""));
	dovecot_write_fail(&out, 3, BYTES("x"), BYTES("no\nway"));
	dovecot_write_cont(&out, 5, BYTES("Username:"));
	dovecot_write_cont(&out, 6, BYTES(""));
	assert_string_equal(buf_cstr(&out), expected);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_arrive_in_pieces),
		cmocka_unit_test(replies_are_netstrings),
		cmocka_unit_test(auth_commands_are_parsed),
		cmocka_unit_test(auth_answers_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
