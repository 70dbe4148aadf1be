/* The filter of a message's top header, fed cut at every place. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "imapd/lmtp_filter.h"

#define O	"Postern-Origin: v1 AAAA\r\n"

static const struct {
	const char *name, *in, *out;
	const char *origins;		/* values, each followed by | */
	const char *delivered;		/* the same */
	unsigned received;
} rows[] = {
	{ "nothing", "", "", "", "", 0 },
	{ "only a body", "\r\nPostern-Origin: v1 x\r\n",
	    "\r\nPostern-Origin: v1 x\r\n", "", "", 0 },
	{ "first", O "A: b\r\n\r\nx", "A: b\r\n\r\nx", "v1 AAAA|", "", 0 },
	{ "in the middle", "A: b\r\n" O "C: d\r\n\r\nx",
	    "A: b\r\nC: d\r\n\r\nx", "v1 AAAA|", "", 0 },
	{ "last", "A: b\r\n" O "\r\nx", "A: b\r\n\r\nx", "v1 AAAA|", "", 0 },
	{ "alone, without end", "Postern-Origin: v1 AA", "", "v1 AA|", "",
	    0 },
	{ "twice", O "A: b\r\n" O "\r\n", "A: b\r\n\r\n",
	    "v1 AAAA|v1 AAAA|", "", 0 },
	{ "any case", "POSTERN-origin: v1 x\r\n\r\n", "\r\n", "v1 x|", "",
	    0 },
	{ "space before the colon", "Postern-Origin \t : v1 x\r\n\r\n",
	    "\r\n", "v1 x|", "", 0 },
	{ "much space before the colon",
	    "Postern-Origin                    : v1 x\r\nA: b\r\n\r\n",
	    "A: b\r\n\r\n", ": v1 x|", "", 0 },
	{ "folded", "Postern-Origin: v1\r\n x\r\n\ty\r\nA: b\r\n\r\n",
	    "A: b\r\n\r\n", "v1\r\n x\r\n\ty|", "", 0 },
	{ "LF alone", "Postern-Origin: v1 x\nA: b\n\nx\n", "A: b\n\nx\n",
	    "v1 x|", "", 0 },
	{ "empty value", "Postern-Origin:\r\n\r\n", "\r\n", "|", "", 0 },
	{ "names that only begin so",
	    "Postern-Origins: a\r\nPostern-Origi: b\r\nX-Postern-Origin: c"
	    "\r\nPostern-Originnnnnnnnnnnnnn: d\r\n\r\n",
	    "Postern-Origins: a\r\nPostern-Origi: b\r\nX-Postern-Origin: c"
	    "\r\nPostern-Originnnnnnnnnnnnnn: d\r\n\r\n", "", "", 0 },
	{ "no field, then one", "hello world\r\n" O "\r\n",
	    "hello world\r\n\r\n", "v1 AAAA|", "", 0 },
	{ "no field, long, then one",
	    "hello world hello world hello world\r\n" O "\r\n",
	    "hello world hello world hello world\r\n\r\n", "v1 AAAA|", "",
	    0 },
	{ "a fold first", " folded\r\n" O "\r\n", " folded\r\n\r\n",
	    "v1 AAAA|", "", 0 },
	{ "a blank line of spaces is a fold", "A: b\r\n \r\n" O "\r\n",
	    "A: b\r\n \r\n\r\n", "v1 AAAA|", "", 0 },
	{ "a CR in a name", "A\rPostern-Origin: x\r\n\r\n",
	    "A\rPostern-Origin: x\r\n\r\n", "", "", 0 },
	{ "counted fields",
	    "Received: a\r\nreceived : b\r\n c\r\nReceiver: d\r\n"
	    "Delivered-To: x@y\r\nDELIVERED-TO:\r\n z@y \r\n\r\n"
	    "Received: e\r\n",
	    "Received: a\r\nreceived : b\r\n c\r\nReceiver: d\r\n"
	    "Delivered-To: x@y\r\nDELIVERED-TO:\r\n z@y \r\n\r\n"
	    "Received: e\r\n", "", "x@y|z@y|", 2 },
	{ "delivered at the end", "Delivered-To: x@y", "Delivered-To: x@y",
	    "", "x@y|", 0 },
	{ "a name cut off", "Postern-Or", "Postern-Or", "", "", 0 },
	{ "a CR cut off", "A: b\r\n\r", "A: b\r\n\r", "", "", 0 },
};

static int
sink(void *arg, struct bytes piece, struct err *err)
{
	buf_bytes(arg, piece);
	return 0;
}

static void
values_check(const char *name, const struct bytes *v, unsigned n,
    const char *want)
{
	struct buf b = BUF_INIT;

	for (unsigned i = 0; i < n; i++) {
		buf_bytes(&b, v[i]);
		buf_byte(&b, '|');
	}
	if (strcmp(buf_cstr(&b), want) != 0)
		fail_msg("%s: values '%s', want '%s'", name, b.data, want);
	buf_free(&b);
}

/* Feeds it in two pieces, or byte by byte if cut is SIZE_MAX. */
static void
row_check(size_t i, size_t cut)
{
	struct bytes in = bytes_of(rows[i].in);
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;
	struct lmtp_filter f;
	struct arena a;

	arena_init(&a);
	lmtp_filter_init(&f, &a, sink, &out);
	for (size_t at = 0, n; at < in.len; at += n) {
		n = cut == SIZE_MAX ? 1 : at < cut ? cut - at : in.len - at;
		assert_int_equal(lmtp_filter_feed(&f,
		    bytes_make(in.data + at, n), &err), 0);
	}
	assert_int_equal(lmtp_filter_end(&f, &err), 0);
	if (strcmp(buf_cstr(&out), rows[i].out) != 0)
		fail_msg("%s, cut at %zu: '%s'", rows[i].name, cut, out.data);
	values_check(rows[i].name, f.origin, f.origins, rows[i].origins);
	values_check(rows[i].name, f.delivered_to, f.delivered,
	    rows[i].delivered);
	assert_int_equal(f.received, rows[i].received);
	buf_free(&out);
	arena_clear(&a);
}

static void
headers_cut_everywhere(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t cut = 0; cut <= strlen(rows[i].in); cut++)
			row_check(i, cut);
		row_check(i, SIZE_MAX);
	}
}

static void
what_is_kept_is_bounded(void **state)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct err err = ERR_INIT;
	struct lmtp_filter f;
	struct arena a;

	arena_init(&a);
	lmtp_filter_init(&f, &a, sink, &out);
	for (int i = 0; i < 1000; i++) {
		buf_str(&in, "Postern-Origin: ");
		for (int k = 0; k < 200; k++)
			buf_str(&in, "0123456789");
		buf_str(&in, "\r\nDelivered-To: ");
		for (int k = 0; k < 200; k++)
			buf_str(&in, "0123456789");
		buf_str(&in, "\r\n");
	}
	assert_int_equal(lmtp_filter_feed(&f, buf_view(&in), &err), 0);
	assert_int_equal(lmtp_filter_end(&f, &err), 0);
	assert_int_equal(f.origins, ORIGIN_LINES_MAX);
	assert_int_equal(f.delivered, 1000);
	assert_in_range(a.used, 1, 200 * (LMTP_VALUE_MAX + 32));
	assert_null(memmem(out.data, out.len, "Postern", 7));
	buf_free(&in);
	buf_free(&out);
	arena_clear(&a);
}

static int
failing_sink(void *arg, struct bytes piece, struct err *err)
{
	int *left = arg;

	return (*left)-- > 0 ? 0 :
	    err_code(err, ERR_REFUSED, ERR_CODE_TOO_LARGE, "full");
}

static void
errors_of_the_sink_come_through(void **state)
{
	struct err err = ERR_INIT;
	struct lmtp_filter f;
	struct arena a;

	for (int good = 0; good < 6; good++) {
		int left = good, rc;

		arena_init(&a);
		lmtp_filter_init(&f, &a, failing_sink, &left);
		rc = lmtp_filter_feed(&f, BYTES("A: b\r\nC: d\r\n\r\nx"),
		    &err);
		if (rc == 0)
			rc = lmtp_filter_end(&f, &err);
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, ERR_CODE_TOO_LARGE);
		arena_clear(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_cut_everywhere),
		cmocka_unit_test(what_is_kept_is_bounded),
		cmocka_unit_test(errors_of_the_sink_come_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
