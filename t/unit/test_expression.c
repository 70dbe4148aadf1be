/* Regular expressions and their limits. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/expression.h"

static enum expression_result
match(const char *text, const char *subject)
{
	struct err err = ERR_INIT;
	struct expression *e;
	enum expression_result result;

	if (expression_compile(text, &e, &err) == -1)
		fail_msg("%s: %s", text, err.text);
	result = expression_match(e, bytes_of(subject));
	expression_free(&e);
	assert_null(e);
	return result;
}

static void
test_matches(void **state)
{
	static const struct {
		const char *text, *subject;
		enum expression_result want;
	} rows[] = {
		{ "^(junk|spam)", "spam/2024", EXPRESSION_FOUND },
		{ "^(junk|spam)", "not spam", EXPRESSION_ABSENT },
		{ "spam", "not spam", EXPRESSION_FOUND },
		{ "Spam", "spam", EXPRESSION_ABSENT },
		{ "(?i)Spam", "spam", EXPRESSION_FOUND },
		{ "", "", EXPRESSION_FOUND },
		{ "^.$", "\xc3\xa4", EXPRESSION_FOUND },
		{ "\\p{Greek}", "\xce\xb1", EXPRESSION_FOUND },
		{ "a", "a\xff", EXPRESSION_ABSENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (match(rows[i].text, rows[i].subject) != rows[i].want)
			fail_msg("'%s' on '%s'", rows[i].text,
			    rows[i].subject);
}

static void
test_mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "^(junk", "missing closing parenthesis at offset 6" },
		{ "a**", "quantifier does not follow a repeatable item at "
		    "offset 2" },
		{ "\\Ca", "using \\C is disabled" },
		{ "\xff", "UTF-8 error" },
	};
	char deep[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(expression_check(rows[i].text, &err), -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("'%s' has no '%s'", err.text, rows[i].want);
	}
	memset(deep, '(', 100);
	memset(deep + 100, ')', 100);
	deep[200] = '\0';
	assert_int_equal(expression_check(deep, &(struct err)ERR_INIT), -1);
}

static void
test_length(void **state)
{
	char text[EXPRESSION_MAX + 2];
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[EXPRESSION_MAX] = '\0';
	assert_int_equal(expression_check(text, &err), 0);
	text[EXPRESSION_MAX] = 'a';
	text[EXPRESSION_MAX + 1] = '\0';
	assert_int_equal(expression_check(text, &err), -1);
	assert_non_null(strstr(err.text, "at most 255 bytes"));
}

/* Each would take longer than the universe has; the limit is on steps. */
static void
test_bombs_end(void **state)
{
	static const char *const bombs[] = {
		"^(a+)+$", "^(a|a)*$", "^(a*)*$", "^(a|aa)+$",
		"(x+x+)+y|^(([a-z])+.)+[A-Z]([a-z])+$", "^(?:a?){99}a{99}$",
		"^(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)z$",
		"^(?<r>a(?&r)*)*$"
	};
	char subject[201];

	(void)state;
	memset(subject, 'a', 199);
	memcpy(subject + 199, "!", 2);
	for (size_t i = 0; i < sizeof(bombs) / sizeof(*bombs); i++)
		if (match(bombs[i], subject) == EXPRESSION_FOUND)
			fail_msg("'%s' matched", bombs[i]);
	assert_int_equal(match(bombs[0], subject), EXPRESSION_TOO_COSTLY);
	/* An expression cannot raise its limit. */
	assert_int_equal(match("(*LIMIT_MATCH=4000000000)^(a+)+$", subject),
	    EXPRESSION_TOO_COSTLY);
}

/* Repeats within repeats make large programs: PCRE2 refuses them. */
static void
test_large_programs(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(expression_check("(((a{1,999}){1,999}){1,999})",
	    &err), -1);
	assert_non_null(strstr(err.text, "too large"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_mistakes_are_named),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_bombs_end),
		cmocka_unit_test(test_large_programs),
	};

	return cmocka_run_group_tests_name("expression", tests, NULL, NULL);
}
