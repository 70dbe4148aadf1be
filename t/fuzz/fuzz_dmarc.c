/*
 * DMARC records, and the rows of the counters.  Each line of the input is tried
 * as both.  Results are within their limits, and a row that decodes is encoded
 * to the same bytes.
 */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "proto/dmarc_row.h"
#include "auth/dmarc-private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
record_try(struct bytes text)
{
	struct dmarc_record r;

	if (dmarc_record_parse(text, &r) != 1)
		return;
	assert(r.pct <= 100);
	assert(r.p <= DMARC_POLICY_REJECT && r.sp <= DMARC_POLICY_REJECT &&
	    r.np <= DMARC_POLICY_REJECT);
	assert(r.rua.len <= text.len && r.ruf.len <= text.len);
}

static void
row_try(struct bytes in)
{
	struct buf again = BUF_INIT;
	struct err err = ERR_INIT;
	struct dmarc_row row;
	struct dmarc_row whole = { .field[DMARC_ROW_FROM] = in,
	    .field[DMARC_ROW_DKIM] = in };

	if (dmarc_row_decode(in, &row, &err) == 0) {
		dmarc_row_encode(&row, &again);
		assert(again.len == in.len);
	}
	buf_clear(&again);
	dmarc_row_encode(&whole, &again);
	assert(again.len <= DMARC_ROW_MAX);
	assert(dmarc_row_decode(buf_view(&again), &row, &err) == 0);
	buf_free(&again);
}

static void
walk_try(struct bytes domain)
{
	struct bytes steps[DMARC_WALK_MAX];
	size_t n = dmarc_walk_steps(domain, steps);

	assert(n <= DMARC_WALK_MAX);
	for (size_t i = 0; i < n; i++)
		assert(steps[i].len > 0 && steps[i].data + steps[i].len ==
		    domain.data + domain.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size), line;
	struct err err = ERR_INIT;
	ptrdiff_t at;
	uint32_t day;

	row_try(in);
	while (in.len > 0) {
		at = bytes_index(in, '\n');
		line = bytes_make(in.data, at < 0 ? in.len : (size_t)at);
		in = bytes_from(in, line.len + (at >= 0));
		record_try(line);
		walk_try(line);
		(void)dmarc_day_parse(line, &day, &err);
	}
	return 0;
}
