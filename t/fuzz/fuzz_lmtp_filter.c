/*
 * The filter of a message's top header.  In whatever pieces the message comes,
 * the output is the same and has no origin in its top header.
 */
#include <config.h>

#include <stdint.h>

#include "mail/header.h"
#include "imapd/lmtp_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
sink(void *arg, struct bytes piece, struct err *err)
{
	buf_bytes(arg, piece);
	return 0;
}

static void
filter(struct bytes in, size_t step, struct arena *a, struct buf *out)
{
	struct err err = ERR_INIT;
	struct lmtp_filter f;
	size_t n;

	lmtp_filter_init(&f, a, sink, out);
	while (in.len > 0) {
		n = in.len < step ? in.len : step;
		if (lmtp_filter_feed(&f, bytes_make(in.data, n), &err) == -1)
			abort();
		in = bytes_from(in, n);
	}
	if (lmtp_filter_end(&f, &err) == -1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct buf whole = BUF_INIT, cut = BUF_INIT;
	struct header_field field;
	struct arena a;

	arena_init(&a);
	filter(in, size + 1, &a, &whole);
	filter(in, 1, &a, &cut);
	if (!bytes_eq(buf_view(&whole), buf_view(&cut)))
		abort();
	if (header_find(buf_view(&whole), ORIGIN_HEADER, &field))
		abort();
	buf_free(&whole);
	buf_free(&cut);
	arena_clear(&a);
	return 0;
}
