/* SMTP and LMTP replies: writing and reading. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/smtp_reply.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

static void
replies_are_written(void **state)
{
	struct buf out = BUF_INIT;
	char text[1201];

	smtp_reply(&out, 250, "2.1.0", "ok");
	smtp_reply(&out, 250, NULL, "host\nPIPELINING\nSIZE 10");
	smtp_reply(&out, 550, "5.1.1", "<d\xc3\xbc@x>\r unknown\n");
	smtp_replyf(&out, 451, "4.3.0", "try %d", 5);
	smtp_reply(&out, 220, NULL, "");
	assert_string_equal(buf_cstr(&out),
	    "250 2.1.0 ok\r\n"
	    "250-host\r\n250-PIPELINING\r\n250 SIZE 10\r\n"
	    "550 5.1.1 <d??@x>? unknown\r\n"
	    "451 4.3.0 try 5\r\n"
	    "220 \r\n");
	buf_clear(&out);
	memset(text, 'x', sizeof(text) - 1);
	text[1200] = '\0';
	text[400] = text[700] = ' ';
	smtp_reply(&out, 250, "2.0.0", text);
	/* 400 x; 299 x; then 500 and 0 left of the rest without a space */
	assert_true(bytes_has_prefix(buf_view(&out), "250-2.0.0 xxx"));
	for (size_t i = 0, start = 0; i < out.len; i++)
		if (out.data[i] == '\n') {
			assert_true(i - start + 1 <= SMTP_REPLY_LINE_MAX);
			start = i + 1;
		}
	buf_free(&out);
}

/* Text that does not fit goes to the next line, even a single character. */
static void
replies_keep_all_of_the_text(void **state)
{
	struct buf out = BUF_INIT;
	char text[SMTP_REPLY_LINE_MAX + 2];
	size_t letters;

	memset(text, 'x', sizeof(text));
	for (size_t n = 490; n < sizeof(text); n++) {
		text[n] = '\0';
		buf_clear(&out);
		smtp_reply(&out, 250, "2.0.0", text);
		letters = 0;
		for (size_t i = 0; i < out.len; i++)
			letters += out.data[i] == 'x';
		assert_int_equal(letters, n);
		text[n] = 'x';
	}
	buf_free(&out);
}

static const struct {
	const char *in, *out;		/* "code enhanced lines text;" */
} reply_rows[] = {
	{ "250 ok\r\n", "250 [] 1 'ok';" },
	{ "250\r\n", "250 [] 1 '';" },
	{ "200 2.9.99 x\r\n", "200 [2.9.99] 1 'x';" },
	{ "599 5.0.0 x\r\n", "599 [5.0.0] 1 'x';" },
	{ "250-\r\n250 \r\n", "250 [] 2 '\n';" },
	{ "250 2.1.0 ok\n", "250 [2.1.0] 1 'ok';" },
	{ "550-5.7.26 a\r\n550 5.7.26 b\r\n", "550 [5.7.26] 2 'a\nb';" },
	{ "550-5.7.1 a\r\n550 b\r\n", "550 [5.7.1] 2 'a\nb';" },
	{ "550-5.7.1 a\r\n550 5.7.2 b\r\n", "550 [5.7.1] 2 'a\n5.7.2 b';" },
	{ "550 4.7.1 a\r\n", "550 [] 1 '4.7.1 a';" },
	{ "550 5.7.1234 a\r\n", "550 [] 1 '5.7.1234 a';" },
	{ "550 5.7 a\r\n", "550 [] 1 '5.7 a';" },
	{ "550 5.7.1\r\n", "550 [5.7.1] 1 '';" },
	{ "250 a\r\n354 go\r\n", "250 [] 1 'a';354 [] 1 'go';" },
	{ "250-a\r\n251 b\r\n",
	    "!code 251 within a reply that began with 250" },
	{ "25 a\r\n", "!expected a reply with a code of 3 digits" },
	{ "600 a\r\n", "!expected a reply with a code of 3 digits" },
	{ "199 a\r\n", "!expected a reply with a code of 3 digits" },
	{ "250a\r\n", "!expected a reply with a code of 3 digits" },
	{ "\r\n", "!expected a reply with a code of 3 digits" },
};

static void
replies_print(struct buf *out, const char *text, size_t n)
{
	struct buf in = BUF_INIT;
	struct smtp_reply_reader r;
	struct smtp_reply reply;
	struct err err = ERR_INIT;
	size_t used, len = strlen(text), step;
	struct arena a;
	int rc = 0;

	arena_init(&a);
	smtp_reply_reader_init(&r);
	for (size_t k = 0; k < len && rc != -1; k += step) {
		step = len - k < n ? len - k : n;
		buf_add(&in, text + k, step);
		do {
			rc = smtp_reply_read(&r, buf_view(&in), &used, &a,
			    &reply, &err);
			buf_consume(&in, used);
			if (rc == 1)
				buf_printf(out, "%d [%s] %zu '%s';",
				    reply.code, reply.enhanced, reply.nlines,
				    reply.text);
			else if (rc == -1)
				buf_printf(out, "!%s", err.text);
		} while (rc == 1);
	}
	smtp_reply_reader_free(&r);
	buf_free(&in);
	arena_clear(&a);
}

static void
replies_are_read_in_pieces(void **state)
{
	struct buf out = BUF_INIT, many = BUF_INIT;

	for (size_t i = 0; i < COUNT(reply_rows); i++)
		for (size_t n = 1; n <= strlen(reply_rows[i].in); n++) {
			buf_clear(&out);
			replies_print(&out, reply_rows[i].in, n);
			assert_string_equal(buf_cstr(&out),
			    reply_rows[i].out);
		}
	for (int i = 0; i <= SMTP_REPLY_LINES_MAX; i++)
		buf_str(&many, "250-x\r\n");
	buf_clear(&out);
	replies_print(&out, buf_cstr(&many), 1000);
	assert_string_equal(buf_cstr(&out), "!more than 200 lines in a reply");
	buf_free(&many);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_written),
		cmocka_unit_test(replies_keep_all_of_the_text),
		cmocka_unit_test(replies_are_read_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
