/* dmarc_data - adds to, reads and expires the counts for DMARC reports. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "proto/dmarc_row.h"
#include "kv/key.h"
#include "kv/row.h"
#include "commit/batch.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "evidence/dmarc_data.h"

#define ROW_VERSION	1

/* Old rows that one operation removes; more than one adds. */
#define EXPIRE_MAX	(2 * DMARC_DATA_ADD_MAX)

enum row_kind {
	KIND_SUMS,
	KIND_ROW
};

_Static_assert(4 + 1 + DMARC_ROW_MAX <= KEY_MAX, "a row is a key");

/* ---- rows ---- */

static void
day_key(struct key *k, uint32_t day, enum row_kind kind, struct bytes row)
{
	key_init(k);
	key_u32(k, day);
	key_u8(k, (uint8_t)kind);
	key_rest(k, row);
}

int
dmarc_data_key_parse(struct bytes key, uint32_t *day, bool *is_sums,
    struct bytes *row)
{
	if (key.len < 5 || (uint8_t)key.data[4] > KIND_ROW)
		return -1;
	*day = be32_get(key.data);
	*is_sums = key.data[4] == KIND_SUMS;
	*row = bytes_from(key, 5);
	return *is_sums && row->len > 0 ? -1 : 0;
}

int
dmarc_sums_decode(struct bytes value, struct dmarc_sums *out,
    struct err *err)
{
	struct row r;

	row_begin_version(&r, value, ROW_VERSION);
	out->rows = row_u64(&r);
	out->dropped = row_u64(&r);
	return row_end(&r, "DMARC sums", err);
}

static void
dmarc_sums_encode(const struct dmarc_sums *s, struct buf *out)
{
	row_put_u8(out, ROW_VERSION);
	row_put_u64(out, s->rows);
	row_put_u64(out, s->dropped);
}

int
dmarc_count_decode(struct bytes value, uint64_t *messages, struct err *err)
{
	struct row r;

	row_begin_version(&r, value, ROW_VERSION);
	*messages = row_u64(&r);
	return row_end(&r, "DMARC count", err);
}

static void
dmarc_count_encode(uint64_t messages, struct buf *out)
{
	row_put_u8(out, ROW_VERSION);
	row_put_u64(out, messages);
}

/* Gets the sums; zeroes if there is no row.  Returns 0 or -1. */
static int
sums_get(const struct reader *r, uint32_t day, struct dmarc_sums *out,
    struct err *err)
{
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	memset(out, 0, sizeof(*out));
	day_key(&k, day, KIND_SUMS, BYTES(""));
	rc = reader_get(r, T_DMARC, key_bytes(&k), &value, err);
	if (rc == 1)
		rc = dmarc_sums_decode(buf_view(&value), out, err);
	buf_free(&value);
	return rc;
}

/* ---- adding ---- */

struct add_op {
	struct op op;
	const struct dmarc_count *counts;
	size_t n;
	const struct dmarc_limits *limits;
	uint64_t dropped;
};

static void
sums_put(struct batch *b, uint32_t day, const struct dmarc_sums *s)
{
	struct buf value = BUF_INIT;
	struct key k;

	day_key(&k, day, KIND_SUMS, BYTES(""));
	dmarc_sums_encode(s, &value);
	batch_put(b, T_DMARC, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

/* Returns 0 or -1. */
static int
count_add(struct batch *b, struct add_op *o, const struct dmarc_count *c)
{
	struct buf value = BUF_INIT;
	struct dmarc_sums sums;
	uint64_t before = 0;
	struct key k;
	int found;

	day_key(&k, c->day, KIND_ROW, c->row);
	found = reader_get(batch_reader(b), T_DMARC, key_bytes(&k), &value,
	    &o->op.err);
	if (found == -1 || (found == 1 && dmarc_count_decode(
	    buf_view(&value), &before, &o->op.err) == -1) ||
	    sums_get(batch_reader(b), c->day, &sums, &o->op.err) == -1) {
		buf_free(&value);
		return -1;
	}
	if (found == 1 || sums.rows < o->limits->rows_max) {
		buf_clear(&value);
		dmarc_count_encode(before + c->messages, &value);
		batch_put(b, T_DMARC, key_bytes(&k), buf_view(&value));
		sums.rows += found == 0;
	} else {
		sums.dropped += c->messages;
		o->dropped += c->messages;
	}
	if (found == 0)
		sums_put(b, c->day, &sums);
	buf_free(&value);
	return 0;
}

/* ---- removing old days ---- */

struct expiry {
	struct batch *batch;
	uint32_t first_kept;
	size_t left;			/* rows that may still be removed */
	bool has_day, is_cut;
	uint32_t day;			/* the one being removed */
	uint64_t removed;		/* rows of that day */
};

/* The sums are removed last; until then they say how many rows are left. */
static int
expire_day_end(struct expiry *e, bool whole, struct err *err)
{
	struct dmarc_sums sums;
	struct key k;

	if (!e->has_day)
		return 0;
	if (whole) {
		day_key(&k, e->day, KIND_SUMS, BYTES(""));
		batch_del(e->batch, T_DMARC, key_bytes(&k));
		return 0;
	}
	if (sums_get(batch_reader(e->batch), e->day, &sums, err) == -1)
		return -1;
	sums.rows -= e->removed < sums.rows ? e->removed : sums.rows;
	sums_put(e->batch, e->day, &sums);
	return 0;
}

static int
expire_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct expiry *e = arg;
	struct bytes row;
	uint32_t day;
	bool is_sums;

	if (dmarc_data_key_parse(key, &day, &is_sums, &row) == -1)
		return 0;
	if (day >= e->first_kept)
		return 1;
	if (!e->has_day || e->day != day) {
		if (expire_day_end(e, true, err) == -1)
			return -1;
		e->has_day = true;
		e->day = day;
		e->removed = 0;
	}
	if (is_sums)
		return 0;
	if (e->left == 0) {
		e->is_cut = true;
		return 1;
	}
	e->left--;
	e->removed++;
	batch_del(e->batch, T_DMARC, key);
	return 0;
}

static int
expire(struct batch *b, uint32_t first_kept, struct err *err)
{
	struct expiry e = { .batch = b, .first_kept = first_kept,
	    .left = EXPIRE_MAX };

	if (reader_scan(batch_reader(b), T_DMARC, BYTES(""), BYTES(""),
	    expire_step, &e, err) == -1)
		return -1;
	return expire_day_end(&e, !e.is_cut, err);
}

static enum op_result
add_run(struct batch *b, struct op *op)
{
	struct add_op *o = (struct add_op *)op;
	uint32_t today = o->limits->today != 0 ? o->limits->today :
	    dmarc_day((time_t)batch_time(b));
	const struct dmarc_count *c;
	uint32_t first_kept = 0;

	o->dropped = 0;
	if (today >= o->limits->keep_days)
		first_kept = today - o->limits->keep_days + 1;
	for (size_t i = 0; i < o->n; i++) {
		c = &o->counts[i];
		/* The clocks of two hosts may differ a little. */
		if (c->day < first_kept || c->day > today + 1)
			o->dropped += c->messages;
		else if (count_add(b, o, c) == -1)
			return op_fail(op);
	}
	return expire(b, first_kept, &op->err) == -1 ? op_fail(op) : OP_DONE;
}

int
dmarc_data_add(struct database *db, const struct dmarc_count *counts, size_t n,
    const struct dmarc_limits *limits, uint64_t *dropped, struct err *err)
{
	struct add_op o = {
		.op = { .run = add_run, .payload = n * 100 },
		.counts = counts, .n = n, .limits = limits
	};
	int rc;

	if (n > DMARC_DATA_ADD_MAX)
		return err_set(err, ERR_REFUSED, "more than %d DMARC rows",
		    DMARC_DATA_ADD_MAX);
	rc = op_submit(db, &o.op, err);
	*dropped = o.dropped;
	return rc;
}

/* ---- reading ---- */

struct walk {
	int (*fn)(void *arg, struct bytes key, const struct dmarc_count *count,
	    struct err *err);
	void *arg;
};

static int
walk_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct walk *w = arg;
	struct dmarc_count c;
	bool is_sums;

	if (dmarc_data_key_parse(key, &c.day, &is_sums, &c.row) == -1)
		return err_set(err, ERR_INTERNAL,
		    "damaged key in table dmarc");
	if (is_sums)
		return 0;
	if (dmarc_count_decode(value, &c.messages, err) == -1)
		return -1;
	return w->fn(w->arg, key, &c, err);
}

int
dmarc_data_each(const struct reader *r, uint32_t day, struct bytes from,
    int (*fn)(void *arg, struct bytes key, const struct dmarc_count *count,
    struct err *err), void *arg, struct err *err)
{
	struct walk w = { fn, arg };
	struct key first;

	key_init(&first);
	if (day != DMARC_ALL_DAYS)
		key_u32(&first, day);
	return reader_scan(r, T_DMARC, from.len > 0 ? from :
	    key_bytes(&first), key_bytes(&first), walk_step, &w, err);
}

int
dmarc_data_dropped(const struct reader *r, uint32_t day, uint64_t *messages,
    struct err *err)
{
	struct dmarc_sums sums;
	int rc = sums_get(r, day, &sums, err);

	*messages = sums.dropped;
	return rc;
}
