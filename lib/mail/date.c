/* date - reads and writes the dates of mail and of IMAP. */
#include <config.h>

#include <stdbool.h>

#include "mail/chars.h"
#include "mail/date.h"

#define DAY_SECONDS	86400

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "SunMonTueWedThuFriSat";

/* RFC 5322 4.3; other names mean nothing and count as UTC. */
static const struct {
	const char *name;
	int zone_min;
} zones[] = {
	{ "EDT", -240 }, { "EST", -300 }, { "CDT", -300 }, { "CST", -360 },
	{ "MDT", -360 }, { "MST", -420 }, { "PDT", -420 }, { "PST", -480 },
};

/* The parts of a date, as a parser fills them. */
struct parts {
	unsigned year, month, day;	/* month from 1 */
	unsigned hour, minute, second;
	int zone_min;
};

struct scan {
	const char *p, *end;
};

static struct scan
scan_of(struct bytes text)
{
	struct scan s = { "", NULL };

	if (text.len > 0)
		s.p = text.data;
	s.end = s.p + text.len;
	return s;
}

/* ---- days ------------------------------------------------------------ */

static bool
is_leap_year(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned
month_days(unsigned year, unsigned month)
{
	static const unsigned char days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	return days[month - 1] + (month == 2 && is_leap_year(year));
}

/*
 * Days since 1970-01-01.  Here a year begins with March, so that the leap day
 * is its last day; five months from March on have 153 days.
 */
static int64_t
day_number(unsigned year, unsigned month, unsigned day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t m = (month + 9) % 12;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 +
	    day - 1 - 719468;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The reverse of day_number(), for years from 0 on. */
static void
day_split(int64_t number, struct parts *d)
{
	int64_t n = number + 719468;
	int64_t era = floor_div(n, 146097), in_era = n - era * 146097;
	int64_t y = (in_era - in_era / 1460 + in_era / 36524 -
	    in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;

	d->day = (unsigned)(in_year - (153 * m + 2) / 5 + 1);
	d->month = (unsigned)(m < 10 ? m + 3 : m - 9);
	d->year = (unsigned)(era * 400 + y + (d->month <= 2));
}

static int
parts_finish(struct parts *d, struct mail_date *date)
{
	if (d->year < 1 || d->year > 9999 || d->month < 1 || d->month > 12 ||
	    d->day < 1 || d->day > month_days(d->year, d->month) ||
	    d->hour > 23 || d->minute > 59 || d->second > 60)
		return -1;
	if (d->second == 60)
		d->second = 59;
	date->zone_min = d->zone_min;
	date->seconds = day_number(d->year, d->month, d->day) * DAY_SECONDS +
	    d->hour * 3600 + d->minute * 60 + d->second -
	    d->zone_min * 60;
	return 0;
}

static void
parts_of(struct mail_date date, struct parts *d)
{
	int64_t local = date.seconds + date.zone_min * 60;
	int64_t second;

	/* A year that does not have four digits is clamped. */
	if (local < day_number(1, 1, 1) * DAY_SECONDS)
		local = day_number(1, 1, 1) * DAY_SECONDS;
	if (local >= day_number(9999, 12, 31) * DAY_SECONDS + DAY_SECONDS)
		local = day_number(9999, 12, 31) * DAY_SECONDS;
	day_split(floor_div(local, DAY_SECONDS), d);
	second = local - floor_div(local, DAY_SECONDS) * DAY_SECONDS;
	d->hour = (unsigned)(second / 3600);
	d->minute = (unsigned)(second / 60 % 60);
	d->second = (unsigned)(second % 60);
	d->zone_min = date.zone_min;
}

/* ---- parts ----------------------------------------------------------- */

static void
space_skip(struct scan *s)
{
	s->p += char_cfws_length(s->p, (size_t)(s->end - s->p));
}

static bool
char_take(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Reads a number of min to max digits.  Returns how many, or 0. */
static unsigned
number_take(struct scan *s, unsigned min, unsigned max, unsigned *out)
{
	unsigned n = 0, v = 0;

	while (s->p + n < s->end && n <= max && char_is_digit(s->p[n]))
		v = v * 10 + (unsigned)(s->p[n++] - '0');
	if (n < min || n > max)
		return 0;
	s->p += n;
	*out = v;
	return n;
}

static struct bytes
letters_take(struct scan *s)
{
	struct bytes b = { s->p, 0 };

	while (s->p < s->end && char_is_alpha(*s->p))
		s->p++;
	b.len = (size_t)(s->p - b.data);
	return b;
}

/* Returns the number, from 1, of the name with these first three letters; 0 if
   there is none. */
static unsigned
name_find(const char *names, struct bytes word)
{
	if (word.len < 3)
		return 0;
	word.len = 3;
	for (unsigned i = 0; names[3 * i] != '\0'; i++)
		if (bytes_ieq(word, bytes_make(names + 3 * i, 3)))
			return i + 1;
	return 0;
}

/* "-0700"; some write a colon in it. */
static int
offset_take(struct scan *s, int *zone_min)
{
	bool west = s->p < s->end && *s->p == '-';
	unsigned hour, minute;

	if (!char_take(s, '-') && !char_take(s, '+'))
		return -1;
	if (s->end - s->p < 4 || s->p[2] == ':') {
		if (number_take(s, 2, 2, &hour) == 0 || !char_take(s, ':') ||
		    number_take(s, 2, 2, &minute) == 0)
			return -1;
	} else {
		if (number_take(s, 4, 4, &hour) == 0)
			return -1;
		minute = hour % 100;
		hour /= 100;
	}
	if (hour > 23 || minute > 59)
		return -1;
	*zone_min = (int)(hour * 60 + minute) * (west ? -1 : 1);
	return 0;
}

static void
zone_take(struct scan *s, int *zone_min)
{
	struct bytes name;

	*zone_min = 0;
	space_skip(s);
	name = letters_take(s);
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++)
		if (bytes_ieq_str(name, zones[i].name))
			*zone_min = zones[i].zone_min;
	/* "GMT+0200" */
	space_skip(s);
	(void)offset_take(s, zone_min);
}

static int
clock_take(struct scan *s, struct parts *d)
{
	space_skip(s);
	if (number_take(s, 1, 2, &d->hour) == 0)
		return -1;
	space_skip(s);
	if (!char_take(s, ':'))
		return -1;
	space_skip(s);
	if (number_take(s, 1, 2, &d->minute) == 0)
		return -1;
	space_skip(s);
	if (!char_take(s, ':'))
		return 0;
	space_skip(s);
	return number_take(s, 1, 2, &d->second) == 0 ? -1 : 0;
}

static int
year_take(struct scan *s, unsigned *year)
{
	unsigned digits;

	space_skip(s);
	if ((digits = number_take(s, 2, 4, year)) == 0)
		return -1;
	/* RFC 5322 4.3 */
	if (digits == 2)
		*year += *year < 50 ? 2000 : 1900;
	else if (digits == 3)
		*year += 1900;
	return 0;
}

/* "17 Jul 1996 02:44", "17-Jul-96" */
static int
day_first_take(struct scan *s, struct parts *d)
{
	if (number_take(s, 1, 2, &d->day) == 0)
		return -1;
	space_skip(s);
	(void)char_take(s, '-');
	space_skip(s);
	if ((d->month = name_find(months, letters_take(s))) == 0)
		return -1;
	(void)char_take(s, '.');
	space_skip(s);
	(void)char_take(s, '-');
	if (year_take(s, &d->year) == -1)
		return -1;
	space_skip(s);
	(void)char_take(s, ',');
	space_skip(s);
	if (s->p < s->end && char_is_digit(*s->p))
		return clock_take(s, d);
	return 0;
}

/* "Jul 17 02:44:25 1996" as from asctime(); the month was already read. */
static int
month_first_take(struct scan *s, struct parts *d)
{
	space_skip(s);
	if (number_take(s, 1, 2, &d->day) == 0 || clock_take(s, d) == -1)
		return -1;
	return year_take(s, &d->year);
}

int
date_parse(struct bytes text, struct mail_date *date)
{
	struct scan s = scan_of(text);
	struct parts d = { 0 };
	struct bytes word;
	int rc;

	/* Ignore the weekday, which may be wrong or in any language. */
	for (;;) {
		space_skip(&s);
		word = letters_take(&s);
		if (word.len == 0 || (d.month = name_find(months, word)) > 0)
			break;
		(void)char_take(&s, '.');
		space_skip(&s);
		(void)char_take(&s, ',');
	}
	rc = d.month > 0 ? month_first_take(&s, &d) : day_first_take(&s, &d);
	if (rc == -1)
		return -1;
	zone_take(&s, &d.zone_min);
	return parts_finish(&d, date);
}

static void
zone_print(struct buf *out, int zone_min)
{
	unsigned m = (unsigned)(zone_min < 0 ? -zone_min : zone_min);

	buf_printf(out, " %c%02u%02u", zone_min < 0 ? '-' : '+', m / 60,
	    m % 60);
}

void
date_print(struct buf *out, struct mail_date date)
{
	int64_t weekday = (date_day(date) % 7 + 11) % 7;
	struct parts d;

	parts_of(date, &d);
	buf_printf(out, "%.3s, %02u %.3s %04u %02u:%02u:%02u",
	    weekdays + 3 * weekday, d.day, months + 3 * (d.month - 1),
	    d.year, d.hour, d.minute, d.second);
	zone_print(out, d.zone_min);
}

/* ---- IMAP ------------------------------------------------------------ */

/* "17-Jul-1996" (RFC 3501 9; date-day-fixed allows " 7"). */
static int
imap_day_take(struct scan *s, struct parts *d)
{
	if (number_take(s, 1, 2, &d->day) == 0 || !char_take(s, '-') ||
	    (d->month = name_find(months, letters_take(s))) == 0 ||
	    !char_take(s, '-') || number_take(s, 4, 4, &d->year) == 0)
		return -1;
	return 0;
}

int
date_imap_parse(struct bytes text, struct mail_date *date)
{
	struct scan s = scan_of(text);
	struct parts d = { 0 };

	if (text.len > 0 && text.data[0] == ' ')
		s.p++;
	if (imap_day_take(&s, &d) == -1 || !char_take(&s, ' ') ||
	    number_take(&s, 2, 2, &d.hour) == 0 || !char_take(&s, ':') ||
	    number_take(&s, 2, 2, &d.minute) == 0 || !char_take(&s, ':') ||
	    number_take(&s, 2, 2, &d.second) == 0 || !char_take(&s, ' ') ||
	    offset_take(&s, &d.zone_min) == -1 || s.p != s.end)
		return -1;
	return parts_finish(&d, date);
}

void
date_imap_print(struct buf *out, struct mail_date date)
{
	struct parts d;

	parts_of(date, &d);
	buf_printf(out, "%2u-%.3s-%04u %02u:%02u:%02u", d.day,
	    months + 3 * (d.month - 1), d.year, d.hour, d.minute, d.second);
	zone_print(out, d.zone_min);
}

int64_t
date_day(struct mail_date date)
{
	return floor_div(date.seconds + date.zone_min * 60, DAY_SECONDS);
}

int
date_imap_day_parse(struct bytes text, int64_t *day)
{
	struct scan s = scan_of(text);
	struct parts d = { 0 };
	struct mail_date date;

	if (imap_day_take(&s, &d) == -1 || s.p != s.end ||
	    parts_finish(&d, &date) == -1)
		return -1;
	*day = date_day(date);
	return 0;
}
