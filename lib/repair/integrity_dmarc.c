/*
 * integrity_dmarc - checks the counts for DMARC reports: every row can be
 * decoded, and each day has as many rows as its sums say.
 */
#include <config.h>

#include <inttypes.h>

#include "proto/dmarc_row.h"
#include "segment/tables.h"
#include "evidence/dmarc_data.h"
#include "repair/integrity-private.h"

struct check {
	struct integrity *v;
	bool has_day;
	uint32_t day;
	bool has_sums;
	struct dmarc_sums sums;
	uint64_t rows;			/* counted for this day */
};

static void
day_end(struct check *c)
{
	if (!c->has_day)
		return;
	if (!c->has_sums)
		integrity_fault(c->v, "DMARC day %" PRIu32 " has no sums",
		    c->day);
	else if (c->sums.rows != c->rows)
		integrity_fault(c->v, "DMARC day %" PRIu32 " has %" PRIu64
		    " rows, but its sums say %" PRIu64, c->day, c->rows,
		    c->sums.rows);
}

static void
day_begin(struct check *c, uint32_t day)
{
	if (c->has_day && c->day == day)
		return;
	day_end(c);
	c->has_day = true;
	c->day = day;
	c->has_sums = false;
	c->rows = 0;
}

static int
check_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct check *c = arg;
	struct err why = ERR_INIT;
	struct dmarc_row fields;
	struct bytes row;
	uint64_t messages;
	uint32_t day;
	bool is_sums;
	int rc;

	if (dmarc_data_key_parse(key, &day, &is_sums, &row) == -1) {
		integrity_fault(c->v, "table dmarc has an invalid key of %zu "
		    "bytes", key.len);
		return 0;
	}
	day_begin(c, day);
	if (is_sums) {
		rc = dmarc_sums_decode(value, &c->sums, &why);
		c->has_sums = rc == 0;
	} else {
		c->rows++;
		rc = dmarc_row_decode(row, &fields, &why);
		if (rc == 0)
			rc = dmarc_count_decode(value, &messages, &why);
	}
	if (rc == -1)
		integrity_fault(c->v, "DMARC day %" PRIu32 ": %s", day,
		    why.text);
	return 0;
}

int
integrity_dmarc(struct integrity *v, struct err *err)
{
	struct check c = { .v = v };

	integrity_progress(v, store_tables[T_DMARC].name);
	if (reader_scan(v->r, T_DMARC, BYTES(""), BYTES(""), check_step, &c,
	    err) == -1)
		return -1;
	day_end(&c);
	return 0;
}
