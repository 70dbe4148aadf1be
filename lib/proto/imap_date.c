#include <config.h>

#include "proto/imap_private.h"
#include "proto/imap_write.h"

static const char month_names[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
	"Nov", "Dec"
};

/* Exactly n digits. */
static int
take_digits(struct imap_cursor *c, int n, int *out)
{
	int ch;

	*out = 0;
	for (int i = 0; i < n; i++) {
		ch = imap_peek(c);
		if (ch < '0' || ch > '9')
			return -1;
		*out = *out * 10 + (ch - '0');
		c->pos++;
	}
	return 0;
}

static int
take_month(struct imap_cursor *c, int *out)
{
	struct bytes word;

	if (c->in.len - c->pos < 3)
		return -1;
	word = bytes_make(c->in.data + c->pos, 3);
	for (*out = 1; *out <= 12; (*out)++)
		if (bytes_ieq_str(word, month_names[*out - 1])) {
			c->pos += 3;
			return 0;
		}
	return -1;
}

static int
month_days(int year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01, counting years from March so that leap days end. */
static int32_t
day_of(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1, m = (month + 9) % 12;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 +
	    day - 1 - 719468;
}

/* "Feb-1994" behind a day and its dash. */
static int
take_month_year(struct imap_cursor *c, int day, int32_t *out)
{
	int month, year;

	if (take_month(c, &month) == -1 || !imap_skip(c, '-') ||
	    take_digits(c, 4, &year) == -1 || year == 0 || day == 0 ||
	    day > month_days(year, month))
		return -1;
	*out = day_of(year, month, day);
	return 0;
}

int
imap_parse_date(struct imap_cursor *c, int32_t *day, struct err *err)
{
	size_t start = c->pos;
	bool quoted = imap_skip(c, '"');
	int n;

	if (take_digits(c, 1, &n) == 0) {
		if (imap_peek(c) >= '0' && imap_peek(c) <= '9')
			n = n * 10 + (c->in.data[c->pos++] - '0');
		if (imap_skip(c, '-') && take_month_year(c, n, day) == 0 &&
		    (!quoted || imap_skip(c, '"')))
			return 0;
	}
	c->pos = start;
	return imap_unexpected(c, "a date such as 1-Feb-1994", err);
}

static int
take_time(struct imap_cursor *c, int *seconds)
{
	int h, m, s;

	if (take_digits(c, 2, &h) == -1 || !imap_skip(c, ':') ||
	    take_digits(c, 2, &m) == -1 || !imap_skip(c, ':') ||
	    take_digits(c, 2, &s) == -1 || h > 23 || m > 59 || s > 60)
		return -1;
	*seconds = h * 3600 + m * 60 + s;
	return 0;
}

static int
take_zone(struct imap_cursor *c, int *minutes)
{
	bool west = imap_peek(c) == '-';
	int h, m;

	if ((!imap_skip(c, '-') && !imap_skip(c, '+')) ||
	    take_digits(c, 2, &h) == -1 || take_digits(c, 2, &m) == -1 ||
	    h > 23 || m > 59)
		return -1;
	*minutes = west ? -(h * 60 + m) : h * 60 + m;
	return 0;
}

/* date-day-fixed: " 1" or "01". */
static int
take_day(struct imap_cursor *c, int *day)
{
	return take_digits(c, imap_skip(c, ' ') ? 1 : 2, day);
}

int
imap_parse_datetime(struct imap_cursor *c, struct mail_date *out,
    struct err *err)
{
	size_t start = c->pos;
	int32_t day;
	int n, seconds;

	if (imap_skip(c, '"') && take_day(c, &n) == 0 && imap_skip(c, '-') &&
	    take_month_year(c, n, &day) == 0 && imap_skip(c, ' ') &&
	    take_time(c, &seconds) == 0 && imap_skip(c, ' ') &&
	    take_zone(c, &out->zone_min) == 0 && imap_skip(c, '"')) {
		out->seconds = (int64_t)day * 86400 + seconds -
		    out->zone_min * 60;
		return 0;
	}
	c->pos = start;
	return imap_unexpected(c,
	    "a date and time such as \"17-Jul-1996 02:44:25 -0700\"", err);
}

/* The reverse of day_of(). */
static void
day_split(int64_t day, int *year, int *month, int *mday)
{
	int64_t z = day + 719468, era, doe, yoe, doy, mp;

	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*mday = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

void
imap_write_datetime(struct buf *out, struct mail_date date)
{
	int64_t local, day, time = date.seconds;
	int zone_min = date.zone_min;
	int y, m, d, s, zone = zone_min < 0 ? -zone_min : zone_min;

	/* Four digits for the year is all the grammar has. */
	if (time < -62135510400 || time > 253402214400)
		time = 0;
	local = time + zone_min * 60;
	day = local / 86400 - (local % 86400 < 0);
	s = (int)(local - day * 86400);
	day_split(day, &y, &m, &d);
	buf_printf(out, "\"%2d-%s-%04d %02d:%02d:%02d %c%02d%02d\"", d,
	    month_names[m - 1], y, s / 3600, s / 60 % 60, s % 60,
	    zone_min < 0 ? '-' : '+', zone / 60, zone % 60);
}
