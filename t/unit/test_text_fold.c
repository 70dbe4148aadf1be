/* Text as a reader sees it: white space, invisible characters, look-alikes. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "junk/text_fold.h"

static const struct {
	const char *in, *out;
} rows[] = {
	{ "", "" },
	{ "Free Money", "free money" },
	{ "a \t\r\n b", "a b" },
	{ "\x01" "a\x7f" "b", " a b" },
	{ "a\xc2\xa0\xe2\x80\x83" "b", "a b" },		/* U+00A0 U+2003 */
	{ "vi\xe2\x80\x8b" "ag\xc2\xad" "ra", "viagra" }, /* U+200B U+AD */
	{ "\xef\xbb\xbf" "a\xe2\x81\xa0", "a" },	/* U+FEFF U+2060 */
	{ "V\xc3\xac" "\xc3\xa1gr\xc3\xa0", "viagra" },
	{ "\xd0\xa0\xd0\xb0ypal", "paypal" },		/* Cyrillic Er, a */
	{ "\xce\x91pple", "apple" },			/* Greek Alpha */
	{ "\xef\xbc\xa6\xef\xbd\x92\xef\xbd\x85\xef\xbd\x85", "free" },
	{ "\xf0\x9d\x90\x85\xf0\x9d\x97\x8b", "fr" },	/* U+1D405 U+1D5CB */
	{ "\xf0\x9d\x9f\x9b", "3" },			/* U+1D7DB */
	{ "it\xe2\x80\x99s", "it's" },
	{ "\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87" },
	{ "\xd0\xb6", "\xd0\xb6" },			/* Cyrillic zhe */
	{ "\xf0\x9f\x92\xb0", "\xf0\x9f\x92\xb0" },
	/* Not UTF-8: stays. */
	{ "a\xff" "B", "a\xff" "b" },
	{ "\xe2\x80", "\xe2\x80" },
	{ "\xc0\x80X", "\xc0\x80x" },
};

static void
text_is_folded(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_clear(&out);
		text_fold(&out, bytes_of(rows[i].in));
		assert_string_equal(buf_cstr(&out), rows[i].out);
		assert_true(out.len <= strlen(rows[i].in));
	}
	buf_free(&out);
}

static void
nul_is_white_space(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	text_fold(&out, bytes_make("a\0\0b", 4));
	assert_string_equal(buf_cstr(&out), "a b");
	buf_free(&out);
}

/* Every character of every plane, cut after each byte. */
static void
nothing_grows(void **state)
{
	struct buf out = BUF_INIT;
	unsigned char c[4];

	(void)state;
	for (unsigned a = 0xc0; a < 0x100; a++)
		for (unsigned b = 0x7f; b < 0xc1; b++)
			for (size_t n = 1; n <= 4; n++) {
				c[0] = (unsigned char)a;
				c[1] = (unsigned char)b;
				c[2] = c[3] = 0x80;
				buf_clear(&out);
				text_fold(&out, bytes_make(c, n));
				assert_true(out.len <= n);
			}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_folded),
		cmocka_unit_test(nul_is_white_space),
		cmocka_unit_test(nothing_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
