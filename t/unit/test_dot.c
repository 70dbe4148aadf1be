/* The text of DATA: adding and removing dots. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/dot.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

static const struct {
	const char *in, *out, *rest;
	bool bare_cr, bare_lf;
} dot_rows[] = {
	{ ".\r\nQUIT", "", "QUIT", false, false },
	{ "a\r\n.\r\n", "a\r\n", "", false, false },
	{ "a\r\n..\r\n.\r\n", "a\r\n.\r\n", "", false, false },
	{ "..a\r\n.b\r\n...\r\n.\r\n", ".a\r\nb\r\n..\r\n", "", false,
	    false },
	{ "a.\r\nb\r\n.\r\n", "a.\r\nb\r\n", "", false, false },
	{ "\r\n.\r\n.\r\n", "\r\n", ".\r\n", false, false },
	/* not the end of the text (SMTP smuggling) */
	{ "a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", "", false, true },
	{ "a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", "", false, true },
	{ "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", "", false, true },
	{ "a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n", "", true, false },
	{ "a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", "", true, false },
	{ "a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", "", true, false },
	{ "a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n", "", true, false },
	{ "a\r\r\n.\r\n", "a\r\r\n", "", true, false },
	{ "\n\r.\r\n\r\n.\r\n", "\n\r.\r\n\r\n", "", true, true },
};

static void
dots_are_taken_off_in_pieces(void **state)
{
	struct buf out = BUF_INIT;
	struct dot d;
	size_t len, used, step, k;
	int rc;

	for (size_t i = 0; i < COUNT(dot_rows); i++) {
		len = strlen(dot_rows[i].in);
		for (size_t n = 1; n <= len; n++) {
			d = (struct dot)DOT_INIT;
			buf_clear(&out);
			rc = 0;
			for (k = 0; k < len && rc == 0; k += used) {
				step = len - k < n ? len - k : n;
				rc = dot_feed(&d, bytes_make(dot_rows[i].in +
				    k, step), &used, &out);
			}
			assert_int_equal(rc, 1);
			assert_string_equal(buf_cstr(&out), dot_rows[i].out);
			assert_string_equal(dot_rows[i].in + k,
			    dot_rows[i].rest);
			assert_int_equal(d.bare_cr, dot_rows[i].bare_cr);
			assert_int_equal(d.bare_lf, dot_rows[i].bare_lf);
		}
	}
	buf_free(&out);
}

static void
dots_are_put_on_and_taken_off(void **state)
{
	static const char *const texts[] = {
		"", "a\r\n", ".\r\n", "a\r\n.b\r\n..\r\n", "a", "a\r\n.",
		"a\n.\nb\r\n", ".\r\n.\r\n", "\r\n.\r\n", "a\r.\r\n", "a\r",
		"\n.\r\n", "\rx.\r\n"
	};
	struct buf coded = BUF_INIT, plain = BUF_INIT, text = BUF_INIT;
	struct dot d, back;
	size_t len, used;

	for (size_t i = 0; i < COUNT(texts); i++) {
		len = strlen(texts[i]);
		for (size_t cut = 0; cut <= len; cut++) {
			d = back = (struct dot)DOT_INIT;
			buf_clear(&coded);
			buf_clear(&plain);
			buf_clear(&text);
			dot_stuff(&d, bytes_make(texts[i], cut), &coded);
			dot_stuff(&d, bytes_make(texts[i] + cut, len - cut),
			    &coded);
			dot_stuff_end(&d, &coded);
			assert_int_equal(dot_feed(&back, buf_view(&coded),
			    &used, &plain), 1);
			assert_int_equal(used, coded.len);
			buf_str(&text, texts[i]);
			if (len > 0 && !(len > 1 &&
			    memcmp(texts[i] + len - 2, "\r\n", 2) == 0))
				buf_str(&text, "\r\n");
			assert_string_equal(buf_cstr(&plain),
			    buf_cstr(&text));
		}
	}
	buf_free(&coded);
	buf_free(&plain);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dots_are_taken_off_in_pieces),
		cmocka_unit_test(dots_are_put_on_and_taken_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
