/* dmarc_row - encodes and decodes the rows of DMARC data, and their days. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "proto/dmarc_row.h"

#define DAY_S	86400

const struct dmarc_row_info dmarc_row_infos[DMARC_ROW_FIELDS] = {
	[DMARC_ROW_FROM] = { "from-domain", 255 },
	[DMARC_ROW_SOURCE_IP] = { "source-ip", 45 },
	[DMARC_ROW_ENVELOPE] = { "envelope-domain", 100 },
	[DMARC_ROW_RECORD] = { "record-domain", 255 },
	[DMARC_ROW_POLICY] = { "policy", 60 },
	[DMARC_ROW_DISPOSITION] = { "disposition", 10 },
	[DMARC_ROW_DKIM_ALIGNED] = { "dkim-aligned", 4 },
	[DMARC_ROW_SPF_ALIGNED] = { "spf-aligned", 4 },
	[DMARC_ROW_OVERRIDE] = { "override", 40 },
	[DMARC_ROW_SPF] = { "spf", 120 },
	[DMARC_ROW_DKIM] = { "dkim", 160 },
};

_Static_assert(255 + 45 + 100 + 255 + 60 + 10 + 4 + 4 + 40 + 120 + 160 +
    DMARC_ROW_FIELDS == DMARC_ROW_MAX, "DMARC_ROW_MAX is their sum");

void
dmarc_row_encode(const struct dmarc_row *row, struct buf *out)
{
	struct bytes f;
	char c;

	for (size_t i = 0; i < DMARC_ROW_FIELDS; i++) {
		f = row->field[i];
		if (f.len > dmarc_row_infos[i].max)
			f = bytes_from(f, f.len - dmarc_row_infos[i].max);
		for (size_t k = 0; k < f.len; k++) {
			c = f.data[k];
			buf_byte(out, (unsigned char)c < ' ' || c == 127 ?
			    '?' : c);
		}
		buf_byte(out, '\0');
	}
}

int
dmarc_row_decode(struct bytes in, struct dmarc_row *row, struct err *err)
{
	ptrdiff_t end;

	for (size_t i = 0; i < DMARC_ROW_FIELDS; i++) {
		end = bytes_index(in, '\0');
		if (end < 0 || (size_t)end > dmarc_row_infos[i].max)
			return err_set(err, ERR_SYNTAX, "the field '%s' of a "
			    "DMARC row is %s", dmarc_row_infos[i].name,
			    end < 0 ? "missing" : "too long");
		row->field[i] = bytes_make(in.data, (size_t)end);
		in = bytes_from(in, (size_t)end + 1);
	}
	if (in.len > 0)
		return err_set(err, ERR_SYNTAX,
		    "a DMARC row has extra bytes at its end");
	return 0;
}

uint32_t
dmarc_day(time_t t)
{
	return t < 0 ? 0 : (uint32_t)(t / DAY_S);
}

void
dmarc_day_print(uint32_t day, struct buf *out)
{
	time_t t = (time_t)day * DAY_S;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	buf_printf(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday);
}

/* Reads n digits at text[at]. */
static int
digits(struct bytes text, size_t at, size_t n, int *out)
{
	uint64_t v;

	if (decimal_parse(bytes_make(text.data + at, n), 9999, &v) == -1)
		return -1;
	*out = (int)v;
	return 0;
}

int
dmarc_day_parse(struct bytes text, uint32_t *day, struct err *err)
{
	struct tm tm = { .tm_isdst = 0 };
	struct buf again = BUF_INIT;
	bool same = false;
	time_t t;

	if (text.len == 10 && digits(text, 0, 4, &tm.tm_year) == 0 &&
	    digits(text, 5, 2, &tm.tm_mon) == 0 &&
	    digits(text, 8, 2, &tm.tm_mday) == 0 && tm.tm_year >= 1970) {
		tm.tm_year -= 1900;
		tm.tm_mon--;
		t = timegm(&tm);
		*day = dmarc_day(t);
		/* timegm() turns February 30 into another day. */
		dmarc_day_print(*day, &again);
		same = bytes_eq(buf_view(&again), text);
		buf_free(&again);
	}
	return same ? 0 : err_set(err, ERR_SYNTAX, "'" BYTES_FMT "' is not a "
	    "date such as 2026-01-31", BYTES_ARG(text));
}
