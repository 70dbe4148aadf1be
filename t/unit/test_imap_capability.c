/* What CAPABILITY announces and what ENABLE accepts. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "imapd/imap.h"
#include "imapd/imap_capability.h"

enum { ONE = 1 << 0, TWO = 1 << 1 };

static const struct imap_capability table[] = {
	{ "ALWAYS",	IN_ANY,		0, 0 },
	{ "STARTTLS",	IN_HELLO,	IMAP_MAY_STARTTLS, 0 },
	{ "BOTH",	IN_ANY,		IMAP_MAY_STARTTLS |
	    IMAP_REFUSES_PASSWORDS, 0 },
	{ "ONE",	IN_LOGIN,	0, ONE },
	{ "TWO",	IN_LOGIN,	0, TWO },
	{ "EARLY",	IN_HELLO,	0, TWO },
	{ NULL, 0, 0, 0 }
};

static const struct {
	unsigned state, conditions;
	const char *text;
} announced[] = {
	{ IN_HELLO, 0, "ALWAYS EARLY" },
	{ IN_HELLO, IMAP_MAY_STARTTLS, "ALWAYS STARTTLS EARLY" },
	{ IN_HELLO, IMAP_REFUSES_PASSWORDS, "ALWAYS EARLY" },
	{ IN_HELLO, IMAP_MAY_STARTTLS | IMAP_REFUSES_PASSWORDS,
	    "ALWAYS STARTTLS BOTH EARLY" },
	{ IN_AUTH, IMAP_MAY_STARTTLS, "ALWAYS ONE TWO" },
	{ IN_SELECTED, 0, "ALWAYS ONE TWO" },
};

static void
rows_are_announced_when_they_are_true(void **state)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < sizeof(announced) / sizeof(*announced); i++) {
		struct imap_capability_facts facts = { announced[i].state,
		    announced[i].conditions };

		buf_clear(&out);
		imap_capability_write(table, &facts, &out);
		assert_string_equal(buf_cstr(&out), announced[i].text);
	}
	buf_free(&out);
}

static void
what_is_enabled_stays_so_and_is_told_once(void **state)
{
	static const char *const names[] = { "ALWAYS", "TWO", "NONE", "TWO",
	    "EARLY" };
	static const char *const more[] = { "two", "one" };
	const struct imap_capability_facts facts = { IN_AUTH, 0 };
	struct buf out = BUF_INIT;
	unsigned enabled = 0;

	imap_capability_enable(table, &facts, names, 5, &enabled, &out);
	assert_string_equal(buf_cstr(&out), " TWO");
	assert_int_equal(enabled, TWO);
	buf_clear(&out);
	imap_capability_enable(table, &facts, more, 2, &enabled, &out);
	assert_string_equal(buf_cstr(&out), " ONE");
	assert_int_equal(enabled, ONE | TWO);
	buf_free(&out);
}

/* The words before and after a login; t/system/imap.t sees them in use. */
static void
the_servers_own_table(void **state)
{
	const struct imap_capability_facts hello = { IN_HELLO,
	    IMAP_MAY_STARTTLS | IMAP_REFUSES_PASSWORDS };
	const struct imap_capability_facts in = { IN_AUTH, 0 };
	struct buf out = BUF_INIT;

	imap_capability_write(imap_capabilities, &hello, &out);
	assert_string_equal(buf_cstr(&out), "IMAP4rev1 LITERAL+ SASL-IR ID "
	    "ENABLE STARTTLS LOGINDISABLED");
	buf_clear(&out);
	imap_capability_write(imap_capabilities, &in, &out);
	assert_non_null(strstr(buf_cstr(&out), " IDLE UIDPLUS MOVE "));
	assert_null(strstr(buf_cstr(&out), "LOGINDISABLED"));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_announced_when_they_are_true),
		cmocka_unit_test(what_is_enabled_stays_so_and_is_told_once),
		cmocka_unit_test(the_servers_own_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
