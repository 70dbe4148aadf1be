/* Case folding and searching in text. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/fold.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

static const struct {
	const char *text, *key;
} fold_rows[] = {
	{ "", "" },
	{ "abcXYZ@[`{09 ", "ABCXYZ@[`{09 " },
	{ "abcdefghijklmnopqrstuvwxyz{", "ABCDEFGHIJKLMNOPQRSTUVWXYZ{" },
	{ "\xc3\xbc", "U\xcc\x88" },		/* u with diaeresis */
	{ "\xc3\x9c", "U\xcc\x88" },
	{ "u\xcc\x88", "U\xcc\x88" },
	{ "\xd0\xb9", "\xd0\x98\xcc\x86" },	/* Cyrillic short i */
	{ "\xce\xb1", "\xce\x91" },		/* Greek alpha */
	{ "\xef\xac\x81", "\xef\xac\x81" },	/* a ligature */
	{ "\xe1\xba\x9b\xcc\xa3", "S\xcc\x87\xcc\xa3" },
	{ "\xea\xb0\x81", "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8" },
	{ "\xef\xb7\xba", "\xd8\xb5\xd9\x84\xd9\x89 \xd8\xa7\xd9\x84\xd9\x84"
	    "\xd9\x87 \xd8\xb9\xd9\x84\xd9\x8a\xd9\x87 \xd9\x88\xd8\xb3\xd9"
	    "\x84\xd9\x85" },			/* the longest key there is */
	{ "\xf0\x9d\x90\x80", "A" },		/* beyond U+FFFF */
	{ "a\xff" "b\xc3", "A\xff" "B\xc3" },	/* malformed */
};

static void
keys_have_no_case(void **state)
{
	/* Two texts that contain each other are equal. */
	for (size_t i = 0; i < COUNT(fold_rows); i++)
		if (!fold_contains(bytes_of(fold_rows[i].text),
		    bytes_of(fold_rows[i].key)) ||
		    !fold_contains(bytes_of(fold_rows[i].key),
		    bytes_of(fold_rows[i].text)))
			fail_msg("%zu: %s", i, fold_rows[i].text);
}

static const struct {
	const char *text, *needle;
	bool found;
} search_rows[] = {
	{ "", "", true },
	{ "a", "", true },
	{ "", "a", false },
	{ "Hello World", "lo wo", true },
	{ "Hello World", "low", false },
	{ "aaaaaaab", "AAAB", true },
	{ "abababac", "ababac", true },
	{ "abcabcabd", "abcabd", true },
	{ "GR\xc3\x9c\xc3\x9f" "E", "gr\xc3\xbc\xc3\x9f" "e", true },
	{ "gru\xcc\x88n", "GR\xc3\x9cN", true },
	{ "\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2",
	    "\xd1\x80\xd0\xb8\xd0\xb2", true },
	{ "x\xc3", "\xc3", true },
	{ "x\xf0\x9f\x93", "x\xf0\x9f\x93", true },
	{ "x\xf0\x9f\x93\xa7", "\xf0\x9f\x93\xa7", true },
	{ "ab", "abc", false },
};

static void
texts_are_found(void **state)
{
	struct fold_search *s;
	struct bytes text;
	bool found;

	for (size_t i = 0; i < COUNT(search_rows); i++) {
		text = bytes_of(search_rows[i].text);
		if (fold_contains(text, bytes_of(search_rows[i].needle)) !=
		    search_rows[i].found)
			fail_msg("row %zu", i);
		s = fold_search_new(bytes_of(search_rows[i].needle));
		for (size_t cut = 0; cut <= text.len; cut++) {
			fold_search_reset(s);
			(void)fold_search_feed(s, bytes_make(text.data, cut));
			(void)fold_search_feed(s, bytes_make(text.data + cut,
			    text.len - cut));
			found = fold_search_finish(s);
			if (found != search_rows[i].found)
				fail_msg("row %zu cut at %zu", i, cut);
		}
		fold_search_reset(s);
		for (size_t k = 0; k < text.len; k++)
			(void)fold_search_feed(s, bytes_make(text.data + k,
			    1));
		assert_int_equal(fold_search_finish(s), search_rows[i].found);
		fold_search_free(&s);
	}
}

static void
texts_do_not_touch(void **state)
{
	struct fold_search *s = fold_search_new(BYTES("ab"));

	assert_false(fold_search_feed(s, BYTES("a")));
	assert_false(fold_search_finish(s));
	fold_search_reset(s);
	assert_false(fold_search_feed(s, BYTES("b")));
	assert_true(fold_search_feed(s, BYTES("xab")));
	assert_true(fold_search_feed(s, BYTES("y")));
	fold_search_free(&s);
	fold_search_free(&s);
}

/* Texts of two letters, where a part of the needle matches often. */
static void
searches_agree_with_memmem(void **state)
{
	uint32_t seed = 1;
	char text[64], needle[8];
	size_t n;

	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof(text); k++) {
			seed = seed * 1664525 + 1013904223;
			text[k] = seed >> 31 ? 'A' : 'B';
		}
		n = 1 + (seed >> 8) % sizeof(needle);
		memcpy(needle, text + (seed >> 16) % 50, n);
		needle[n - 1] = seed >> 12 & 1 ? 'A' : 'B';
		assert_int_equal(fold_contains(bytes_make(text + 16, 48),
		    bytes_make(needle, n)),
		    memmem(text + 16, 48, needle, n) != NULL);
	}
}

/* 16 MB of text that makes a simple search quadratic. */
static void
a_search_is_linear(void **state)
{
	struct buf needle = BUF_INIT, text = BUF_INIT;

	memset(buf_reserve(&needle, 500000), 'a', 500000);
	needle.len = 500000;
	needle.data[499999] = 'b';
	memset(buf_reserve(&text, 16 << 20), 'A', 16 << 20);
	text.len = 16 << 20;
	assert_false(fold_contains(buf_view(&text), buf_view(&needle)));
	text.data[text.len - 1] = 'B';
	assert_true(fold_contains(buf_view(&text), buf_view(&needle)));
	buf_free(&needle);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_have_no_case),
		cmocka_unit_test(texts_are_found),
		cmocka_unit_test(texts_do_not_touch),
		cmocka_unit_test(searches_agree_with_memmem),
		cmocka_unit_test(a_search_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
