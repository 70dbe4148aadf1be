/* Reading lines from input that arrives in pieces. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/line.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

static const struct {
	enum line_ending ending;
	const char *in;
	size_t len;
	const char *out;		/* the lines; "!" for a bad one */
} line_rows[] = {
#define LINE(ending, in, out)	{ ending, in, sizeof(in) - 1, out }
	LINE(LINE_CRLF, "a\r\nbc\r\n", "a|bc|"),
	LINE(LINE_CRLF, "\r\n\r\n", "||"),
	LINE(LINE_CRLF, "a\nb\r\n", "!b|"),
	LINE(LINE_CRLF, "a\rb\r\nc\r\n", "!c|"),
	LINE(LINE_CRLF, "a\r\r\nc\r\n", "!c|"),
	LINE(LINE_CRLF, "a\0\r\nc\r\n", "!c|"),
	LINE(LINE_CRLF, "12345678\r\nc\r\n", "12345678|c|"),
	LINE(LINE_CRLF, "123456789\r\nc\r\n", "!c|"),
	LINE(LINE_CRLF, "12345678901234567890\r\nc\r\n", "!c|"),
	LINE(LINE_CRLF, "1234567890\nc\r\n", "!c|"),
	LINE(LINE_CRLF, "abc", ""),
	LINE(LINE_LF, "a\nb\r\n\n", "a|b\r||"),
	LINE(LINE_LF, "a\0\nb\n", "!b|"),
	LINE(LINE_ANY, "a\nb\r\nc\r\r\n", "a|b|c\r|"),
};

static void
lines_arrive_in_pieces(void **state)
{
	struct buf out = BUF_INIT, in = BUF_INIT;
	struct err err = ERR_INIT;
	struct line_reader r;
	struct bytes line;
	size_t used, step;
	int rc;

	for (size_t i = 0; i < COUNT(line_rows); i++)
		for (size_t n = 1; n <= line_rows[i].len; n++) {
			r = (struct line_reader){ .max = 10,
			    .ending = line_rows[i].ending };
			buf_clear(&out);
			buf_clear(&in);
			for (size_t k = 0; k < line_rows[i].len; k += step) {
				step = line_rows[i].len - k < n ?
				    line_rows[i].len - k : n;
				buf_add(&in, line_rows[i].in + k, step);
				do {
					rc = line_next(&r, buf_view(&in),
					    &line, &used, &err);
					if (rc == 1) {
						buf_bytes(&out, line);
						buf_byte(&out, '|');
					} else if (rc == -1) {
						buf_byte(&out, '!');
					}
					buf_consume(&in, used);
				} while (rc != 0);
				assert_true(in.len <= 10);
			}
			if (strcmp(buf_cstr(&out), line_rows[i].out) != 0)
				fail_msg("line %zu in %zu: '%s' not '%s'", i,
				    n, buf_cstr(&out), line_rows[i].out);
		}
	buf_free(&in);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_arrive_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
