/* request_dmarc - records and reads what the milter counts for DMARC */
#include <config.h>

#include "base/encode.h"
#include "proto/dmarc_row.h"
#include "evidence/dmarc_data.h"
#include "imapd/request_call.h"

#define DAY_MS	86400000

/* ---- dmarc-record ---- */

/* Decodes a blob: u32 day, u64 messages, row. */
static int
count_take(struct bytes blob, struct dmarc_count *out, struct err *err)
{
	struct dmarc_row row;

	if (blob.len < 12)
		return err_set(err, ERR_SYNTAX, "a DMARC row is truncated");
	out->day = be32_get(blob.data);
	out->messages = be64_get(blob.data + 4);
	out->row = bytes_from(blob, 12);
	return dmarc_row_decode(out->row, &row, err);
}

static int
dmarc_record_run(struct request_call *c, struct err *err)
{
	const struct settings *s = imapd_settings(c->imapd);
	const struct dmarc_limits limits = {
		.rows_max = s->dmarc_rows_max,
		.keep_days = (uint32_t)(s->dmarc_keep_ms / DAY_MS)
	};
	const struct request_value *at = NULL;
	struct dmarc_count *counts;
	struct request_writer w;
	uint64_t dropped;
	size_t n = 0;

	counts = arena_array(c->arena, c->request.n + 1, sizeof(*counts));
	while ((at = request_next_value(&c->request, FIELD_DMARC_ROW,
	    at)) != NULL)
		if (count_take(at->bytes, &counts[n++], err) == -1)
			return -1;
	if (dmarc_data_add(&c->imapd->store->db, counts, n, &limits, &dropped,
	    err) == -1)
		return -1;
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_u64(&w, FIELD_DROPPED, dropped);
	return request_frame_end(&w, err);
}

/* ---- dmarc-data ---- */

struct listing {
	struct request_call *c;
	uint32_t day;
	struct request_slice slice;
};

static int
data_row(void *arg, struct bytes key, const struct dmarc_count *count,
    struct err *err)
{
	struct listing *l = arg;
	struct buf day = BUF_INIT;
	struct request_writer w;
	struct dmarc_row row;

	if (request_slice_is_over(l->c, &l->slice, key))
		return 1;
	if (dmarc_row_decode(count->row, &row, err) == -1)
		return -1;
	dmarc_day_print(count->day, &day);
	request_answer_begin(l->c, &w, FRAME_ROW);
	request_put_text(&w, FIELD_DAY, buf_view(&day));
	request_put_u64(&w, FIELD_COUNT, count->messages);
	for (uint16_t i = 0; i < DMARC_ROW_FIELDS; i++)
		request_put_cut(&w, (uint16_t)(FIELD_FROM_DOMAIN + i),
		    row.field[i]);
	buf_free(&day);
	return request_frame_end(&w, err);
}

static int
data_done(struct listing *l, const struct reader *r, struct err *err)
{
	struct request_writer w;
	uint64_t dropped;

	if (l->day == DMARC_ALL_DAYS)
		return request_answer_done(l->c, err);
	if (dmarc_data_dropped(r, l->day, &dropped, err) == -1)
		return -1;
	request_answer_begin(l->c, &w, FRAME_DONE);
	request_put_u64(&w, FIELD_DROPPED, dropped);
	return request_frame_end(&w, err);
}

static int
data_rows(struct request_call *c, const struct reader *r, struct err *err)
{
	struct listing *l = c->state;
	int rc;

	rc = dmarc_data_each(r, l->day, l->slice.next, data_row, l, err);
	return rc == 0 ? data_done(l, r, err) : rc;
}

static int
dmarc_data_more(struct request_call *c, struct err *err)
{
	struct listing *l = c->state;

	return request_slice_run(c, &l->slice, data_rows, err);
}

static int
dmarc_data_run(struct request_call *c, struct err *err)
{
	struct listing *l = arena_zalloc(c->arena, sizeof(*l));
	struct bytes day = request_bytes(&c->request, FIELD_DAY);

	l->c = c;
	l->day = DMARC_ALL_DAYS;
	if (day.len > 0 && dmarc_day_parse(day, &l->day, err) == -1)
		return -1;
	c->state = l;
	c->more = dmarc_data_more;
	return dmarc_data_more(c, err);
}

const struct request_handler dmarc_requests[] = {
	{ REQUEST_DMARC_RECORD,	dmarc_record_run },
	{ REQUEST_DMARC_DATA,		dmarc_data_run },
	{ 0, NULL }
};
