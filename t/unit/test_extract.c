/* What of a message becomes a feature, and that no message takes long. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "base/encode.h"
#include "junk/extract.h"

static const unsigned char key[KEYED_HASH_KEY_SIZE] = "extract";
static const unsigned char other_key[KEYED_HASH_KEY_SIZE] = "other";

/* With sanitizers, on a machine that does other things. */
#define SECONDS_MAX	2.0

#define HW	FEATURE_HEADER_WORDS
#define BW	FEATURE_BODY_WORDS
#define MK	FEATURE_MARKUP

static bool
is_shown(const struct features *f, enum feature_group g, const char *text)
{
	for (uint32_t i = 0; i < f->shown_count[g]; i++)
		if (bytes_eq_str(bytes_make(f->text.data +
		    f->shown[g][i].offset, f->shown[g][i].len), text))
			return true;
	return false;
}

static void
extract_text(struct features *f, struct bytes message)
{
	struct extract *x = extract_new(key);

	extract_message(x, message, f);
	extract_free(&x);
}

static const struct {
	const char *message;
	enum feature_group group;
	const char *word;
	bool shown;
} rows[] = {
	/* Header fields. */
	{ "Subject: Free Money\n\n", HW, "subject: money", true },
	{ "Subject: Free Money\n\n", HW, "subject: free money", true },
	{ "Subject: Free Money\n\n", BW, "free money", true },
	{ "Subject: a\n b\n\n", HW, "subject: a b", true },
	{ "Subject: =?utf-8?B?RnJlZQ==?=\n\n", HW, "subject: free", true },
	{ "Subject: =?iso-8859-1?Q?caf=E9?=\n\n", BW, "cafe", true },
	{ "Subject: =?utf-8?Q?fr=E2=80=8Bee?=\n\n", BW, "free", true },
	{ "From: \"A B\" <c@d.example>\n\n", HW, "from: d.example", true },
	{ "X-Foo: bar\n\n", HW, "x-foo: bar", true },
	/* Verdicts and marks of others, and ours. */
	{ "X-Spam-Status: Yes\n\n", HW, "x-spam-status: yes", false },
	{ "x-SPAM-flag: YES\n\n", HW, "x-spam-flag: yes", false },
	{ "X-Junk: yes\n\n", HW, "x-junk: yes", false },
	{ "Status: RO\n\n", HW, "status: ro", false },
	{ "X-Mozilla-Status: 1\n\n", HW, "x-mozilla-status: 1", false },
	{ "Postern-Reason: junk\n\n", HW, "postern-reason: junk", false },
	{ "X-Bogosity: Spam\n\n", HW, "x-bogosity: spam", false },
	{ "From x@example.com Thu\nA: b\n\n", HW, "a: b", true },
	/* Bodies. */
	{ "\nhello world\n", BW, "hello world", true },
	{ "hello world\n", BW, "hello world", false },
	{ "A: b\n\n<html><b>hel</b>lo</html>", BW, "hello", true },
	{ "A: b\n\n<html><b>hel</b>lo</html>", MK, "<>: html", true },
	{ "Content-Type: text/plain\n\n1 <b> 2", BW, "b", true },
	{ "Content-Type: text/html\n\na<p style='display:none'>zz</p>b", BW,
	    "zz", false },
	{ "Content-Type: text/html\n\na<p style='display:none'>zz</p>b", MK,
	    "<>: zz", true },
	{ "Content-Type: text/html\n\n<a href='http://x.example/'>y</a>", MK,
	    "<>: //x.example/'", true },
	{ "Content-Transfer-Encoding: base64\n\naGVsbG8gd29ybGQ=\n", BW,
	    "hello world", true },
	{ "Content-Type: text/plain; charset=iso-8859-1\n"
	    "Content-Transfer-Encoding: quoted-printable\n\nca=\nf=E9\n", BW,
	    "cafe", true },
	{ "Content-Type: text/plain; charset=utf-16le\n\n"
	    "", BW, "x", false },
	{ "Content-Type: text/plain; charset=nosuch\n\nhello\n", BW, "hello",
	    true },
	{ "Content-Type: text/plain; charset=utf-8\n\nhello \xff\xfe you\n",
	    BW, "you", true },
	{ "Content-Type: image/png\n\nhello\n", BW, "hello", false },
	/* Parts. */
	{ "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n"
	    "Content-Type: application/pdf; name=\"Invoice.PDF\"\n"
	    "Content-Disposition: attachment\n\ndata\n--x--\n", BW,
	    "part: invoice.pdf", true },
	{ "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n"
	    "Content-Type: application/pdf\n\ndata\n--x--\n", BW,
	    "part: application pdf", true },
	{ "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n"
	    "Content-Type: application/pdf\n\ndata\n--x--\n", BW, "data",
	    false },
	{ "Content-Type: multipart/alternative; boundary=x\n\n--x\n\none\n"
	    "--x\nContent-Type: text/html\n\n<p>two\n--x--\n", BW, "two",
	    true },
	/* A boundary is missing: the body counts as text. */
	{ "Content-Type: multipart/mixed\n\n--x\n\none\n", BW, "one", true },
	{ "Content-Type: message/rfc822\n\nSubject: x\n\ninner text\n", BW,
	    "inner text", true },
};

static void
a_message_has_the_words_that_a_reader_sees(void **state)
{
	struct features *f = features_new(true);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		extract_text(f, bytes_of(rows[i].message));
		if (is_shown(f, rows[i].group, rows[i].word) != rows[i].shown)
			fail_msg("row %zu: '%s'", i, rows[i].word);
	}
	features_free(&f);
}

static void
lists_are_equal(const struct features *a, const struct features *b)
{
	for (int g = 0; g < FEATURE_GROUPS; g++) {
		assert_int_equal(a->group[g].count, b->group[g].count);
		assert_memory_equal(a->group[g].hash, b->group[g].hash,
		    a->group[g].count * sizeof(*a->group[g].hash));
	}
}

static void
a_message_leaves_nothing_to_the_next(void **state)
{
	struct features *first = features_new(false);
	struct features *f = features_new(false);
	struct extract *x = extract_new(key);

	(void)state;
	extract_message(x, bytes_of(rows[0].message), first);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		extract_message(x, bytes_of(rows[i].message), f);
	extract_message(x, bytes_of(rows[0].message), f);
	lists_are_equal(first, f);
	extract_free(&x);
	features_free(&f);
	features_free(&first);
}

static void
lists_under_two_keys_correspond(void **state)
{
	struct features *a = features_new(false), *b = features_new(false);
	struct extract *x = extract_new(key), *y = extract_new(other_key);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		extract_message(x, bytes_of(rows[i].message), a);
		extract_message(y, bytes_of(rows[i].message), b);
		for (int g = 0; g < FEATURE_GROUPS; g++)
			assert_int_equal(a->group[g].count, b->group[g].count);
	}
	extract_free(&x);
	extract_free(&y);
	features_free(&a);
	features_free(&b);
}

/* ---- bad input -------------------------------------------------------- */

static void
empty(struct buf *b)
{
	(void)b;
}

static void
zeroes(struct buf *b)
{
	memset(buf_reserve(b, 1000000), 0, 1000000);
	b->len = 1000000;
}

static void
one_header_line(struct buf *b)
{
	buf_str(b, "Subject: ");
	while (b->len < 1024 * 1024)
		buf_str(b, "=?utf-8?Q?=FF=FE?= word ");
	buf_str(b, "\n\nbody\n");
}

static void
many_header_lines(struct buf *b)
{
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(b, "X-%u: %u\n", i, i);
}

static void
nested_parts(struct buf *b)
{
	buf_str(b, "Content-Type: multipart/mixed; boundary=b0\n\n");
	for (unsigned i = 0; i < 1000; i++)
		buf_printf(b, "--b%u\nContent-Type: multipart/mixed; "
		    "boundary=b%u\n\n", i, i + 1);
	buf_str(b, "--b1000\n\ntext\n");
}

static void
many_parts(struct buf *b)
{
	buf_str(b, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (unsigned i = 0; i < 50000; i++)
		buf_str(b, "--b\nContent-Type: text/html\n\n<p>\n");
}

static void
nested_messages(struct buf *b)
{
	for (unsigned i = 0; i < 20000; i++)
		buf_str(b, "Content-Type: message/rfc822\n\n");
}

static void
large_base64(struct buf *b)
{
	buf_str(b, "Content-Transfer-Encoding: base64\n\n");
	while (b->len < 20 * 1024 * 1024)
		buf_str(b, "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQg\n");
}

static void
open_tags(struct buf *b)
{
	buf_str(b, "Content-Type: text/html\n\n");
	while (b->len < 4 * 1024 * 1024)
		buf_str(b, "<p style='display:none'");
}

static void
many_charsets(struct buf *b)
{
	buf_str(b, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (unsigned i = 0; i < 5000; i++)
		buf_printf(b, "--b\nContent-Type: text/plain; charset=x-%u\n"
		    "\n\xff\n", i);
}

static const struct {
	const char *name;
	void (*make)(struct buf *b);
} bad_rows[] = {
	{ "empty", empty },
	{ "zeroes", zeroes },
	{ "one header line", one_header_line },
	{ "many header lines", many_header_lines },
	{ "nested parts", nested_parts },
	{ "many parts", many_parts },
	{ "nested messages", nested_messages },
	{ "large base64", large_base64 },
	{ "open tags", open_tags },
	{ "many charsets", many_charsets },
};

static double
cpu(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == -1)
		abort();
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
no_message_takes_long(void **state)
{
	struct features *f = features_new(true);
	double began;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(*bad_rows); i++) {
		struct buf b = BUF_INIT;

		bad_rows[i].make(&b);
		began = cpu();
		extract_text(f, buf_view(&b));
		if (cpu() - began > SECONDS_MAX)
			fail_msg("%s: %.1f s", bad_rows[i].name,
			    cpu() - began);
		buf_free(&b);
	}
	features_free(&f);
}

/* Word salad in the header leaves room for the text. */
static void
a_long_header_does_not_push_out_the_text(void **state)
{
	struct features *f = features_new(true);
	struct buf b = BUF_INIT;

	(void)state;
	for (unsigned i = 0; i < 3000; i++)
		buf_printf(&b, "X-%u: salad\n", i);
	buf_str(&b, "\n");
	for (unsigned i = 0; i < EXTRACT_WORDS_MAX - EXTRACT_HEADER_WORDS - 1;
	    i++)
		buf_str(&b, "word ");
	buf_str(&b, "last beyond");
	extract_text(f, buf_view(&b));
	assert_true(is_shown(f, BW, "last"));
	assert_false(is_shown(f, BW, "beyond"));
	assert_int_equal(f->group[HW].count, EXTRACT_HEADER_WORDS);
	buf_free(&b);
	features_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_the_words_that_a_reader_sees),
		cmocka_unit_test(a_message_leaves_nothing_to_the_next),
		cmocka_unit_test(lists_under_two_keys_correspond),
		cmocka_unit_test(no_message_takes_long),
		cmocka_unit_test(a_long_header_does_not_push_out_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
