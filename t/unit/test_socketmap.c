/* Requests and replies of socketmap. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/socketmap.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

static const struct {
	const char *in;
	size_t len;
	const char *out;	/* "map|key|used", or "!text" */
} request_rows[] = {
#define REQUEST(in, out)	{ in, sizeof(in) - 1, out }
	REQUEST("26:transport bounce1@far.test,",
	    "transport|bounce1@far.test|30"),
	REQUEST("15:sdd s@acct.test,", "sdd|s@acct.test|19"),
	REQUEST("3:a b,4:", "a|b|6"),
	REQUEST("5:a b c,", "a|b c|8"),
	REQUEST("4:a  b,", "a| b|7"),
	REQUEST("0:,", "!expected a map name, a space and a key"),
	REQUEST("1:a,", "!expected a map name, a space and a key"),
	REQUEST("2:a ,", "!expected a map name, a space and a key"),
	REQUEST("2: a,", "!expected a map name, a space and a key"),
	REQUEST("5:a b\0c,", "!request with a NUL"),
	REQUEST("3:a bc", "!expected ',' after a netstring of 3 bytes"),
	REQUEST("03:a b,", "!netstring with a leading zero"),
	REQUEST("x", "!expected the length of a netstring and ':'"),
	REQUEST(":", "!expected the length of a netstring and ':'"),
	REQUEST("3 :a b,", "!expected the length of a netstring and ':'"),
	REQUEST("-3:a b,", "!expected the length of a netstring and ':'"),
	REQUEST("10001:", "!netstring longer than 10000 bytes"),
	REQUEST("99999999999999999999999:",
	    "!netstring longer than 10000 bytes"),
};

static void
requests_arrive_in_pieces(void **state)
{
	struct socketmap_request req;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t used;
	char *copy;
	int rc;

	for (size_t i = 0; i < COUNT(request_rows); i++) {
		buf_clear(&out);
		for (size_t n = 0; n <= request_rows[i].len; n++) {
			assert_non_null(copy = malloc(n + (n == 0)));
			memcpy(copy, request_rows[i].in, n);
			rc = socketmap_request_parse(bytes_make(copy, n),
			    &req, &used, &err);
			if (rc == 1 && out.len == 0)
				buf_printf(&out, BYTES_FMT "|" BYTES_FMT
				    "|%zu", BYTES_ARG(req.map),
				    BYTES_ARG(req.key), used);
			else if (rc == -1 && out.len == 0)
				buf_printf(&out, "!%s", err.text);
			/* Once it is decided, more bytes change nothing. */
			assert_int_equal(rc == 0, out.len == 0);
			free(copy);
		}
		assert_string_equal(buf_cstr(&out), request_rows[i].out);
	}
	buf_free(&out);
}

static void
replies_are_netstrings(void **state)
{
	struct buf out = BUF_INIT, text = BUF_INIT, expected = BUF_INIT;
	size_t max = SOCKETMAP_REPLY_MAX - 3;

	socketmap_reply(&out, SOCKETMAP_OK, BYTES("lmtp:unix:x"));
	socketmap_reply(&out, SOCKETMAP_NOTFOUND, BYTES(""));
	socketmap_reply(&out, SOCKETMAP_TEMP, BYTES("busy"));
	socketmap_reply(&out, SOCKETMAP_TIMEOUT, BYTES("x"));
	socketmap_reply(&out, SOCKETMAP_PERM, BYTES("no"));
	assert_string_equal(buf_cstr(&out), "14:OK lmtp:unix:x,9:NOTFOUND ,"
	    "9:TEMP busy,9:TIMEOUT x,7:PERM no,");

	/* A text that is too long is cut. */
	while (text.len < max - 1)
		buf_byte(&text, 'x');
	for (; text.len <= max + 2; buf_byte(&text, 'x')) {
		buf_clear(&out);
		socketmap_reply(&out, SOCKETMAP_OK, buf_view(&text));
		buf_clear(&expected);
		buf_printf(&expected, "%zu:OK ", text.len < max ?
		    text.len + 3 : SOCKETMAP_REPLY_MAX);
		buf_add(&expected, text.data, text.len < max ? text.len : max);
		buf_byte(&expected, ',');
		assert_true(bytes_eq(buf_view(&out), buf_view(&expected)));
	}
	buf_free(&expected);
	buf_free(&text);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_arrive_in_pieces),
		cmocka_unit_test(replies_are_netstrings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
