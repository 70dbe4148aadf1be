/* The Dovecot auth protocol: parsing commands, writing replies. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/dovecot_auth.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

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
		cmocka_unit_test(auth_commands_are_parsed),
		cmocka_unit_test(auth_answers_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
