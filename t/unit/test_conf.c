/* The syntax of the configuration file: what it means, and what is refused. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/conf.h"

/* Prints the items as "name=a|b;" and "kind(title){...}". */
static void
show(struct buf *out, const struct conf_item *item)
{
	for (; item != NULL; item = item->next) {
		buf_str(out, item->name);
		if (item->is_section) {
			buf_printf(out, "(%s){", item->word_count == 0 ? "" :
			    item->words[0].text);
			show(out, item->children);
			buf_byte(out, '}');
			continue;
		}
		for (size_t i = 0; i < item->word_count; i++)
			buf_printf(out, "%s%s", i == 0 ? "=" : "|",
			    item->words[i].text);
		buf_byte(out, ';');
	}
}

/* Three files that include each other in various ways. */
static int
read_made_up(void *ctx, struct arena *a, const char *path, struct bytes *text,
    struct err *err)
{
	if (strcmp(path, "/d/one") == 0)
		*text = BYTES("b = 2\n");
	else if (strcmp(path, "/d/loop") == 0)
		*text = BYTES("include loop2\n");
	else if (strcmp(path, "/d/loop2") == 0)
		*text = BYTES("\n include \"/d/loop\"\n");
	else if (strcmp(path, "/d/open") == 0)
		*text = BYTES("s {\n");
	else if (strcmp(path, "/d/close") == 0)
		*text = BYTES("}\n");
	else
		return err_set(err, ERR_TEMP, "no file '%s'", path);
	return 0;
}

static const struct {
	const char *text;
	const char *items;	/* NULL: refused */
	const char *error;
} rows[] = {
	{ "", "", NULL },
	{ "\n# only\n   # comments", "", NULL },
	{ "a = 1", "a=1;", NULL },
	{ "a=1\r\nb=2\r\n", "a=1;b=2;", NULL },
	{ "a = 1 # why\nb=2", "a=1;b=2;", NULL },
	{ "a = x, y,z", "a=x|y|z;", NULL },
	{ "a = x, # first\n\n  y\nb=1", "a=x|y;b=1;", NULL },
	{ "a = \"x, # y\"", "a=x, # y;", NULL },
	{ "a = \"\\\"\\\\\\n\\t\\x41\"", "a=\"\\\n\tA;", NULL },
	{ "a = \"\"", "a=;", NULL },
	{ "a = [::1]:143, /x/y.z", "a=[::1]:143|/x/y.z;", NULL },
	{ "a = gr\xc3\xbc\xc3\x9f", "a=gr\xc3\xbc\xc3\x9f;", NULL },
	{ "s { a = 1\n b = 2\n}\nc = 3", "s(){a=1;b=2;}c=3;", NULL },
	{ "s t {\n}", "s(t){}", NULL },
	{ "s \"a b\" {\n u {\n x = 1\n }\n}", "s(a b){u(){x=1;}}", NULL },
	{ "include one\nc = 3", "b=2;c=3;", NULL },
	{ "s {\n include \"one\"\n}", "s(){b=2;}", NULL },
	{ "include = 4", "include=4;", NULL },

	{ "= 1", NULL, "/d/f:1:1: expected the name of a setting or "
	    "section, found '='" },
	{ "a = 1\n  b 2\n", NULL, "/d/f:2:6: expected '{' (a setting is "
	    "written: name = value), found the end of the line" },
	{ "a =", NULL, "/d/f:1:4: expected a value, found the end of the "
	    "file" },
	{ "a =\nb = 1", NULL, "/d/f:1:4: expected a value, found the end of "
	    "the line" },
	{ "a = x,", NULL, "/d/f:1:7: expected a value, found the end of the "
	    "file" },
	{ "a = x y", NULL, "/d/f:1:7: expected ',' or the end of the line "
	    "(a value with spaces needs quotes), found 'y'" },
	{ "a = \"x\nb = 1", NULL, "/d/f:1:5: the string that begins here "
	    "has no closing quote on its line" },
	{ "a = \"\\q\"", NULL, "/d/f:1:7: expected one of \\\" \\\\ \\n \\t "
	    "\\xNN, found 'q'" },
	{ "a = \"\\x4\"", NULL, "/d/f:1:9: expected two hexadecimal digits, "
	    "found '\"'" },
	{ "a = \"\\x00\"", NULL, "/d/f:1:9: a NUL byte is not allowed" },
	{ "a = \x01", NULL, "/d/f:1:5: expected a value, found a byte 0x01" },
	{ "s {\n a = 1\n", NULL, "/d/f:3:1: expected '}', found the end of "
	    "the file: section 's' began on line 1" },
	{ "s", NULL, "/d/f:1:2: expected '=', a title or '{', found the end "
	    "of the file" },
	{ "}", NULL, "/d/f:1:1: expected a setting or a section, found '}'" },
	{ "s {\n} a = 1", NULL, "/d/f:2:3: expected the end of the line, "
	    "found 'a'" },
	{ "a{a{a{a{a{", NULL, "/d/f:1:9: sections are nested deeper than 4" },
	{ "include none", NULL, "/d/f:1:9: no file '/d/none'" },
	{ "include loop", NULL, "/d/loop2:2:2: '/d/loop' includes itself" },
	{ "include f", NULL, "/d/f:1:1: '/d/f' includes itself" },
	{ "include", NULL, "/d/f:1:8: expected a file name, found the end "
	    "of the file" },
	{ "include open\n}", NULL, "/d/open:2:1: expected '}', found the end "
	    "of the file: section 's' began on line 1" },
	{ "s {\ninclude close\n", NULL, "/d/close:1:1: expected a setting, a "
	    "section or the end of the file, found '}'" },
};

static const struct conf_includes made_up = { read_made_up, NULL };

static void
text_becomes_items(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct conf_item *items;
		struct err err = ERR_INIT;
		struct buf out = BUF_INIT;
		struct arena a;
		int rc;

		arena_init(&a);
		rc = conf_parse(&a, "/d/f", bytes_of(rows[i].text),
		    &made_up, &items, &err);
		if (rc == 0)
			show(&out, items);
		if (rows[i].items == NULL) {
			assert_string_equal(err.text, rows[i].error);
			assert_int_equal(rc, -1);
			assert_int_equal(err.kind, ERR_SYNTAX);
		} else {
			assert_string_equal(err.text, "");
			assert_string_equal(buf_cstr(&out), rows[i].items);
		}
		buf_free(&out);
		arena_clear(&a);
	}
}

/* Cut at every byte: no crash, and each error has a position. */
static void
cut_anywhere(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t n = 0; n < strlen(rows[i].text); n++) {
			struct conf_item *items;
			struct err err = ERR_INIT;
			struct arena a;
			char *exact = malloc(n + 1);

			assert_non_null(exact);
			memcpy(exact, rows[i].text, n);
			arena_init(&a);
			if (conf_parse(&a, "/d/f", bytes_make(exact, n),
			    &made_up, &items, &err) == -1)
				assert_true(strncmp(err.text, "/d/", 3) == 0);
			arena_clear(&a);
			free(exact);
		}
}

static void
limits_hold(void **state)
{
	struct conf_item *items;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct arena a;

	arena_init(&a);
	buf_str(&b, "a = ");
	for (int i = 0; i <= CONF_WORD_MAX; i++)
		buf_byte(&b, 'x');
	assert_int_equal(conf_parse(&a, "f", buf_view(&b), NULL, &items, &err), -1);
	assert_string_equal(err.text,
	    "f:1:5: the value is longer than 4096 bytes");
	buf_clear(&b);
	for (int i = 0; i <= CONF_STATEMENTS_MAX; i++)
		buf_str(&b, "a=1\n");
	assert_int_equal(conf_parse(&a, "f", buf_view(&b), NULL, &items, &err), -1);
	assert_string_equal(err.text, "f:20001:1: more than 20000 statements");
	assert_int_equal(conf_parse(&a, "f", bytes_make("a=1\0", 4), NULL,
	    &items, &err), -1);
	assert_string_equal(err.text,
	    "f: a NUL byte at offset 3: not a text file");
	buf_free(&b);
	arena_clear(&a);
}

static void
words_are_written_back(void **state)
{
	static const char *const texts[] = {
		"plain", "", "a b", "a,b", "#x", "q\"\\", "\n\t\x01", "{}",
		"[::1]:1", "gr\xc3\xbc\xc3\x9f"
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct conf_item *items;
		struct err err = ERR_INIT;
		struct buf b = BUF_INIT;
		struct arena a;

		arena_init(&a);
		buf_str(&b, "a = ");
		conf_word_format(&b, texts[i]);
		assert_int_equal(conf_parse(&a, "f", buf_view(&b), NULL,
		    &items, &err), 0);
		assert_int_equal(items->word_count, 1);
		assert_string_equal(items->words[0].text, texts[i]);
		buf_free(&b);
		arena_clear(&a);
	}
}

static const char *
candidate(const void *ctx, size_t i)
{
	static const char *const names[] = {
		"log-level", "log-format", "imap-listen", "imaps-listen",
		"lmtp-listen", NULL
	};

	return names[i];
}

static void
suggestions_are_near(void **state)
{
	static const struct {
		const char *typed, *meant;
	} typos[] = {
		{ "loglevel", "log-level" }, { "log-levle", "log-level" },
		{ "imap-listn", "imap-listen" }, { "iamp-listen", "imap-listen" },
		{ "imaps_listen", "imaps-listen" }, { "log-formats", "log-format" },
		{ "x", NULL }, { "quota", NULL }, { "message-size", NULL },
		{ "", NULL }
	};

	for (size_t i = 0; i < sizeof(typos) / sizeof(*typos); i++) {
		const char *got = conf_suggest(typos[i].typed, candidate, NULL);

		assert_string_equal(got == NULL ? "(none)" : got,
		    typos[i].meant == NULL ? "(none)" : typos[i].meant);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_items),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(words_are_written_back),
		cmocka_unit_test(suggestions_are_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
