/* What mailbox names mean by the settings of accounts and of the site. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "directory/junk_meaning.h"

#define NEUTRAL "^(inbox|introbox|neutral|postmaster|dmarc|tlsrpt|rejects)"

static struct junk_settings
settings(const char *junk, const char *neutral, const char *notjunk)
{
	struct junk_settings s = { .is_on = true };

	(void)snprintf(s.expression[0], sizeof(s.expression[0]), "%s", junk);
	(void)snprintf(s.expression[1], sizeof(s.expression[1]), "%s",
	    neutral);
	(void)snprintf(s.expression[2], sizeof(s.expression[2]), "%s",
	    notjunk);
	return s;
}

static struct junk_verdict
ask(const struct junk_settings *s, const char *name)
{
	struct junk_verdict verdict;
	struct junk_rules *rules;
	struct err err = ERR_INIT;

	assert_int_equal(junk_rules_new(s, &rules, &err), 0);
	junk_rules_ask(rules, name, &verdict);
	junk_rules_free(&rules);
	return verdict;
}

static void
test_names(void **state)
{
	static const struct {
		const char *junk, *neutral, *notjunk, *name;
		enum junk_meaning meaning;
		enum junk_reason reason;
	} rows[] = {
		/* The defaults. */
		{ "^(junk|spam)", NEUTRAL, "", "INBOX",
		    MEANS_NEUTRAL, JUNK_BY_EXPRESSION },
		{ "^(junk|spam)", NEUTRAL, "", "INBOX/Work",
		    MEANS_NEUTRAL, JUNK_BY_EXPRESSION },
		{ "^(junk|spam)", NEUTRAL, "", "Introbox",
		    MEANS_NEUTRAL, JUNK_BY_EXPRESSION },
		{ "^(junk|spam)", NEUTRAL, "", "Rejects",
		    MEANS_NEUTRAL, JUNK_BY_EXPRESSION },
		{ "^(junk|spam)", NEUTRAL, "", "SPAM/2024",
		    MEANS_JUNK, JUNK_BY_EXPRESSION },
		{ "^(junk|spam)", NEUTRAL, "", "Lists/spam",
		    MEANS_NOTJUNK, JUNK_BY_REST },
		{ "^(junk|spam)", NEUTRAL, "", "Archive",
		    MEANS_NOTJUNK, JUNK_BY_REST },
		/* The order; unanchored. */
		{ "x", "x", "x", "axb", MEANS_JUNK, JUNK_BY_EXPRESSION },
		{ "y", "x", "x", "axb", MEANS_NEUTRAL, JUNK_BY_EXPRESSION },
		{ "y", "y", "x", "axb", MEANS_NOTJUNK, JUNK_BY_EXPRESSION },
		/* Exactly two of three. */
		{ "a", "", "b", "c", MEANS_NEUTRAL, JUNK_BY_REST },
		{ "", "a", "b", "c", MEANS_JUNK, JUNK_BY_REST },
		{ "a", "b", "", "c", MEANS_NOTJUNK, JUNK_BY_REST },
		{ "a", "b", "d", "c", MEANS_NOTHING, JUNK_BY_NONE },
		{ "a", "", "", "c", MEANS_NOTHING, JUNK_BY_NONE },
		{ "", "", "", "c", MEANS_NOTHING, JUNK_BY_NONE },
		/* Lower case, beyond ASCII. */
		{ "^\xc3\xa4rger$", "", "", "\xc3\x84RGER",
		    MEANS_JUNK, JUNK_BY_EXPRESSION },
		{ "^Junk", "", "", "Junk", MEANS_NOTHING, JUNK_BY_NONE },
		/* Too costly: the ones after it are not asked. */
		{ "^(a+)+$", "a", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
		    MEANS_NOTHING, JUNK_BY_COST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct junk_settings s = settings(rows[i].junk,
		    rows[i].neutral, rows[i].notjunk);
		struct junk_verdict v = ask(&s, rows[i].name);

		if (v.meaning != rows[i].meaning ||
		    v.reason != rows[i].reason)
			fail_msg("row %zu, '%s': %s, %d", i, rows[i].name,
			    junk_meaning_name(v.meaning), v.reason);
		s.is_on = false;
		v = ask(&s, rows[i].name);
		assert_int_equal(v.meaning, MEANS_NOTHING);
		assert_int_equal(v.reason, JUNK_BY_OFF);
	}
}

static void
test_own_settings(void **state)
{
	struct junk_settings site = settings("a", "b", ""), s;
	struct account acc = { .id = 1 };

	(void)state;
	junk_settings_of(&acc, &site, &s);
	assert_memory_equal(&s, &site, sizeof(s));
	acc.junk.on = JUNK_FLAGS_NO;
	acc.junk.is_own[JUNK_EXPRESSION_JUNK] = true;
	acc.junk.is_own[JUNK_EXPRESSION_NOTJUNK] = true;
	(void)snprintf(acc.junk.expression[JUNK_EXPRESSION_NOTJUNK], 8, "c");
	junk_settings_of(&acc, &site, &s);
	assert_false(s.is_on);
	assert_string_equal(s.expression[JUNK_EXPRESSION_JUNK], "");
	assert_string_equal(s.expression[JUNK_EXPRESSION_NEUTRAL], "b");
	assert_string_equal(s.expression[JUNK_EXPRESSION_NOTJUNK], "c");
	acc.junk.on = JUNK_FLAGS_YES;
	site.is_on = false;
	junk_settings_of(&acc, &site, &s);
	assert_true(s.is_on);
}

static void
test_stamps_differ(void **state)
{
	struct junk_settings s[] = {
		settings("a", "b", ""), settings("a", "", "b"),
		settings("ab", "", ""), settings("", "", ""),
		settings("a", "b", "")
	};

	(void)state;
	s[4].is_on = false;
	for (size_t i = 0; i < 5; i++) {
		assert_int_not_equal(junk_settings_stamp(&s[i]), 0);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(junk_settings_stamp(&s[i]),
			    junk_settings_stamp(&s[j]));
	}
}

static void
test_mistake_names_the_setting(void **state)
{
	struct junk_settings s = settings("a", "b(", "");
	struct junk_rules *rules;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(junk_rules_new(&s, &rules, &err), -1);
	assert_non_null(strstr(err.text, "junk-flags-neutral: 'b('"));
}

/* 10,000 mailboxes that are bombs for all three: counted, not timed. */
static void
test_many_costly_names(void **state)
{
	struct junk_settings s = settings("^(a+)+$", "^(a|a)*$", "^(a*)*$");
	struct junk_verdict verdict;
	struct junk_rules *rules;
	struct err err = ERR_INIT;
	char name[128];

	(void)state;
	assert_int_equal(junk_rules_new(&s, &rules, &err), 0);
	for (unsigned i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name),
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%u", i);
		junk_rules_ask(rules, name, &verdict);
		assert_int_equal(verdict.meaning, MEANS_NOTHING);
		assert_int_equal(verdict.reason, JUNK_BY_COST);
	}
	assert_int_equal(junk_rules_costly(rules), JUNK_COSTLY_MAX);
	junk_rules_free(&rules);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_own_settings),
		cmocka_unit_test(test_stamps_differ),
		cmocka_unit_test(test_mistake_names_the_setting),
		cmocka_unit_test(test_many_costly_names),
	};

	return cmocka_run_group_tests_name("junk_meaning", tests, NULL, NULL);
}
