/* Decoding of transfer encodings. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/decode.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

static const struct {
	const char *name;
	enum mail_encoding encoding;
	const char *body, *text;
	int rc;
} decode_rows[] = {
	{ "nothing", MAIL_ENCODING_NONE, "", "", 0 },
	{ "7bit", MAIL_ENCODING_NONE, "a=3D\r\n", "a=3D\r\n", 0 },
	{ "unknown", MAIL_ENCODING_UNKNOWN, "a\r\n", "a\r\n", -1 },
	{ "base64", MAIL_ENCODING_BASE64, "Zm9v\r\nYmFy\r\n", "foobar", 0 },
	{ "padding", MAIL_ENCODING_BASE64, "Zm9vYg==", "foob", 0 },
	{ "padding of one", MAIL_ENCODING_BASE64, "Zm9vYmE=\r\n", "fooba",
	    0 },
	{ "no padding", MAIL_ENCODING_BASE64, "Zm9vYmE", "fooba", 0 },
	{ "two behind each other", MAIL_ENCODING_BASE64, "Zg==Zg==", "ff",
	    0 },
	{ "half a byte", MAIL_ENCODING_BASE64, "Zm9vY", "foo", -1 },
	{ "junk in base64", MAIL_ENCODING_BASE64, "Zm9v-!\x80YmFy", "foobar",
	    -1 },
	{ "RFC 2045 6.7", MAIL_ENCODING_QUOTED_PRINTABLE,
	    "Now's the time =\r\nfor all folk to come=\r\n to the aid of "
	    "their country.", "Now's the time for all folk to come to the "
	    "aid of their country.", 0 },
	{ "hexadecimal", MAIL_ENCODING_QUOTED_PRINTABLE, "=C3=bc=3D", "\xc3"
	    "\xbc=", 0 },
	{ "LF", MAIL_ENCODING_QUOTED_PRINTABLE, "a=\nb\nc", "ab\nc", 0 },
	{ "white space at an end", MAIL_ENCODING_QUOTED_PRINTABLE,
	    "a \t\r\nb c=20 \r\n", "a\r\nb c \r\n", 0 },
	{ "white space behind '='", MAIL_ENCODING_QUOTED_PRINTABLE,
	    "a= \t\r\nb", "ab", 0 },
	{ "not hexadecimal", MAIL_ENCODING_QUOTED_PRINTABLE, "a=XYb=4Z",
	    "a=XYb=4Z", -1 },
	{ "'=' twice", MAIL_ENCODING_QUOTED_PRINTABLE, "a==3D", "a==", -1 },
	{ "'=' at the end", MAIL_ENCODING_QUOTED_PRINTABLE, "a=", "a", 0 },
	{ "one digit at the end", MAIL_ENCODING_QUOTED_PRINTABLE, "a=4",
	    "a=4", -1 },
	{ "CR alone behind '='", MAIL_ENCODING_QUOTED_PRINTABLE, "a=\rb",
	    "ab", 0 },
};

/* Feeds the body in pieces of n bytes. */
static void
decode_check(size_t row, struct bytes charset, size_t n)
{
	struct bytes body = bytes_of(decode_rows[row].body);
	struct mail_decoder *d;
	struct buf b = BUF_INIT;
	int rc;

	d = mail_decoder_new(decode_rows[row].encoding, charset);
	for (size_t i = 0; i < body.len; i += n)
		mail_decoder_feed(d, bytes_make(body.data + i,
		    body.len - i < n ? body.len - i : n), &b);
	rc = mail_decoder_finish(d, &b);
	mail_decoder_free(&d);
	if (rc != decode_rows[row].rc ||
	    strcmp(buf_cstr(&b), decode_rows[row].text) != 0)
		fail_msg("%s by %zu: %d %s", decode_rows[row].name, n, rc,
		    b.data);
	buf_free(&b);
}

static void
bodies_are_decoded(void **state)
{
	for (size_t i = 0; i < COUNT(decode_rows); i++)
		for (size_t n = 1; n <= 20; n++) {
			decode_check(i, bytes_make(NULL, 0), n);
			decode_check(i, BYTES("utf-8"), n);
		}
}

static void
long_bodies_are_decoded(void **state)
{
	struct mail_decoder *d;
	struct buf body = BUF_INIT, out = BUF_INIT;

	for (int i = 0; i < 20000; i++)
		buf_str(&body, "=FC   ");
	d = mail_decoder_new(MAIL_ENCODING_QUOTED_PRINTABLE,
	    BYTES("iso-8859-1"));
	mail_decoder_feed(d, buf_view(&body), &out);
	assert_int_equal(mail_decoder_finish(d, &out), 0);
	assert_int_equal(out.len, 20000 * 5 - 3);
	mail_decoder_free(&d);
	mail_decoder_free(&d);
	buf_clear(&body);
	buf_clear(&out);
	buf_printf(&body, "a%5000sb", "");
	d = mail_decoder_new(MAIL_ENCODING_QUOTED_PRINTABLE,
	    bytes_make(NULL, 0));
	mail_decoder_feed(d, buf_view(&body), &out);
	assert_true(bytes_eq(buf_view(&body), buf_view(&out)));
	mail_decoder_free(&d);
	buf_free(&body);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_decoded),
		cmocka_unit_test(long_bodies_are_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
