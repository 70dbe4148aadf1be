/* Words, pairs of words and 4-grams of a text. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "junk/token.h"

static const unsigned char key[KEYED_HASH_KEY_SIZE] = "token";

/* Words and pairs in order, between bars. */
static void
words_print(struct buf *out, const char *text, bool pairs, size_t max)
{
	struct token_context at = { FEATURE_BODY_WORDS, 0, BYTES(""), pairs };
	struct features *f = features_new(true);
	struct keyed_hash h;

	keyed_hash_init(&h, key);
	(void)token_words(f, &h, &at, bytes_of(text), max);
	buf_clear(out);
	for (uint32_t i = 0; i < f->shown_count[at.group]; i++) {
		const struct feature_text *t = &f->shown[at.group][i];

		assert_int_equal(t->index, i);
		buf_add(out, f->text.data + t->offset, t->len);
		buf_byte(out, '|');
	}
	features_free(&f);
}

static const struct {
	const char *text;
	bool pairs;
	size_t max;
	const char *words;
} rows[] = {
	{ "", true, 9, "" },
	{ " ,;: ", true, 9, "" },
	{ "one", true, 9, "one|" },
	{ "one two three", true, 9, "one|two|one two|three|two three|" },
	{ "one two three", false, 9, "one|two|three|" },
	{ "one two three", true, 2, "one|two|one two|" },
	{ "www.example.com/x?y=1", false, 9, "www.example.com/x?y=1|" },
	{ "http://www.example.com/x y", true, 9,
	    "http|//www.example.com/x|http //www.example.com/x|"
	    "www.example.com|y|//www.example.com/x y|" },
	{ "//a.example //b.example?c", false, 9,
	    "//a.example|a.example|//b.example?c|b.example|" },
	{ "// ///a", false, 9, "//|///a|" },
	{ "user@example.com", false, 9, "user|example.com|" },
	{ "only $9.99!", false, 9, "only|$9.99!|" },
	{ "(\"a\",<b>)", false, 9, "a|b|" },
	{ "caf\xc3\xa9", false, 9, "caf\xc3\xa9|" },
	/* Ideographs are words, and so pairs of them are looked at. */
	{ "\xe4\xb8\xad\xe6\x96\x87x", true, 9,
	    "\xe4\xb8\xad|\xe6\x96\x87|\xe4\xb8\xad \xe6\x96\x87|x|"
	    "\xe6\x96\x87 x|" },
	{ "a\xe4\xb8\xad", false, 9, "a|\xe4\xb8\xad|" },
	{ "\xe4\xb8", false, 9, "\xe4\xb8|" },
};

static void
text_is_split_into_words(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		words_print(&out, rows[i].text, rows[i].pairs, rows[i].max);
		assert_string_equal(buf_cstr(&out), rows[i].words);
	}
	buf_free(&out);
}

static void
every_run_of_four_bytes_counts(void **state)
{
	struct features *f = features_new(false);
	struct feature_list *list = &f->group[FEATURE_TEXT_GRAMS];
	struct keyed_hash h;

	(void)state;
	keyed_hash_init(&h, key);
	token_grams(f, &h, FEATURE_TEXT_GRAMS, 1, BYTES("abc"));
	assert_int_equal(list->count, 0);
	token_grams(f, &h, FEATURE_TEXT_GRAMS, 1, BYTES("abcdef"));
	assert_int_equal(list->count, 3);
	assert_int_equal(list->hash[0], keyed_hash_gram(&h, 1, 0x61626364));
	assert_int_equal(list->hash[2], keyed_hash_gram(&h, 1, 0x63646566));
	features_free(&f);
}

static void
a_full_group_takes_no_more(void **state)
{
	static char text[3 * FEATURE_GROUP_MAX];
	struct features *f = features_new(false);
	struct keyed_hash h;

	(void)state;
	keyed_hash_init(&h, key);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 3; i++)
		token_grams(f, &h, FEATURE_TEXT_GRAMS, 1,
		    bytes_make(text, FEATURE_GROUP_MAX / 2 + 100));
	assert_int_equal(f->group[FEATURE_TEXT_GRAMS].count,
	    FEATURE_GROUP_MAX);
	features_add(f, FEATURE_TEXT_GRAMS, 1);
	assert_int_equal(f->group[FEATURE_TEXT_GRAMS].count,
	    FEATURE_GROUP_MAX);
	features_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_split_into_words),
		cmocka_unit_test(every_run_of_four_bytes_counts),
		cmocka_unit_test(a_full_group_takes_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
