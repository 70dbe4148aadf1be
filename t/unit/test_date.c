/* Dates of RFC 5322 and of IMAP. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/date.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define NONE		INT64_MIN

static const struct {
	const char *text;
	int64_t seconds;	/* NONE: not a date */
	int zone_min;
} rows[] = {
	{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360 },
	{ "Thu, 13 Feb 1969 23:32:54 -0330", -27723426, -210 },
	{ "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
	    "               -0330 (Newfoundland Time)", -27723480, -210 },
	{ "21 Nov 97 09:55:06 GMT", 880106106, 0 },
	{ "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880127706,
	    -360 },
	{ "1 Jan 1970 00:00:00 +0000", 0, 0 },
	{ "1 Jan 70 0:00 UT", 0, 0 },
	{ "31 Dec 1969 23:59:59 Z", -1, 0 },
	{ "29 Feb 2000 12:00:00 EST", 951843600, -300 },
	{ "29 Feb 2024 12:00:00 PDT", 1709233200, -420 },
	{ "1 Jan 100 00:00 GMT", 946684800, 0 },
	{ "1 Jan 49 00:00 GMT", 2493072000, 0 },
	{ "1 Jan 50 00:00 GMT", -631152000, 0 },
	{ "31 Dec 1998 23:59:60 +0000", 915148799, 0 },
	{ "Wednesday, 17 July 1996 02:23:25 -0700", 837595405, -420 },
	{ "Wed Jul 17 02:23:25 1996", 837570205, 0 },
	{ "Wed Jul 17 02:23:25 1996 -0700", 837595405, -420 },
	{ "17-Jul-1996 02:23:25 -0700", 837595405, -420 },
	{ "17 Jul 1996", 837561600, 0 },
	{ "17 Jul 1996 02:23:25", 837570205, 0 },
	{ "17 Jul 1996 02:23:25 GMT+0200", 837563005, 120 },
	{ "17 Jul 1996 02:23:25 +02:00", 837563005, 120 },
	{ "17 Jul 1996 02:23:25 X", 837570205, 0 },
	{ "17 Jul 1996 02:23:25 +9999", 837570205, 0 },
	{ "17 Jul 1996 02:23:25 -07", 837570205, 0 },
	{ "17 Jul 1996 02:23:25 -0700 junk", 837595405, -420 },
	{ "", NONE, 0 },
	{ "x", NONE, 0 },
	{ "Wed,", NONE, 0 },
	{ "30 Feb 1996 00:00:00 GMT", NONE, 0 },
	{ "29 Feb 1900 00:00:00 GMT", NONE, 0 },
	{ "0 Jan 1996 00:00:00 GMT", NONE, 0 },
	{ "1 Foo 1996 00:00:00 GMT", NONE, 0 },
	{ "1 Jan 1996 24:00:00 GMT", NONE, 0 },
	{ "1 Jan 1996 00:60:00 GMT", NONE, 0 },
	{ "1 Jan 1996 00:00:61 GMT", NONE, 0 },
	{ "1 Jan 0000 00:00:00 GMT", NONE, 0 },
	{ "1 Jan 12345 00:00:00 GMT", NONE, 0 },
	{ "1 Jan 1996 00:", NONE, 0 },
	{ "99999999999999999999 Jan 1996", NONE, 0 },
};

static void
dates_are_parsed(void **state)
{
	struct mail_date d;
	int rc;

	for (size_t i = 0; i < COUNT(rows); i++) {
		rc = date_parse(bytes_of(rows[i].text), &d);
		if ((rc == 0) != (rows[i].seconds != NONE))
			fail_msg("'%s' gives %d", rows[i].text, rc);
		if (rc == 0 && (d.seconds != rows[i].seconds ||
		    d.zone_min != rows[i].zone_min))
			fail_msg("'%s' gives %lld %d", rows[i].text,
			    (long long)d.seconds, d.zone_min);
		/* Nothing is read beyond the end. */
		for (size_t n = 0; n < strlen(rows[i].text); n++)
			(void)date_parse(bytes_make(rows[i].text, n), &d);
	}
}

static const struct {
	const char *text;
	int64_t seconds;
	int zone_min;
} imap_rows[] = {
	{ "17-Jul-1996 02:44:25 -0700", 837596665, -420 },
	{ " 1-Jan-1970 00:00:00 +0000", 0, 0 },
	{ "01-Jan-1970 00:00:00 +0000", 0, 0 },
	{ "31-Dec-9999 23:59:59 +0000", 253402300799, 0 },
	{ "01-Jan-0001 00:00:00 +0000", -62135596800, 0 },
	{ "17-jul-1996 02:44:25 -0700", 837596665, -420 },
	{ "17-Jul-96 02:44:25 -0700", NONE, 0 },
	{ "17-Jul-1996 2:44:25 -0700", NONE, 0 },
	{ "17-Jul-1996 02:44 -0700", NONE, 0 },
	{ "17-Jul-1996 02:44:25", NONE, 0 },
	{ "17-Jul-1996 02:44:25 GMT", NONE, 0 },
	{ "17 Jul 1996 02:44:25 -0700", NONE, 0 },
	{ "32-Jul-1996 02:44:25 -0700", NONE, 0 },
	{ "17-Jul-1996 02:44:25 -0700 ", NONE, 0 },
	{ "", NONE, 0 },
};

static void
imap_dates_are_parsed(void **state)
{
	struct mail_date d;
	int rc;

	for (size_t i = 0; i < COUNT(imap_rows); i++) {
		rc = date_imap_parse(bytes_of(imap_rows[i].text), &d);
		if ((rc == 0) != (imap_rows[i].seconds != NONE))
			fail_msg("'%s' gives %d", imap_rows[i].text, rc);
		if (rc == 0 && (d.seconds != imap_rows[i].seconds ||
		    d.zone_min != imap_rows[i].zone_min))
			fail_msg("'%s' gives %lld %d", imap_rows[i].text,
			    (long long)d.seconds, d.zone_min);
	}
}

static void
dates_are_printed(void **state)
{
	struct mail_date d = { 837596665, -420 };
	struct buf b = BUF_INIT;

	date_print(&b, d);
	assert_string_equal(buf_cstr(&b), "Wed, 17 Jul 1996 02:44:25 -0700");
	buf_clear(&b);
	date_imap_print(&b, d);
	assert_string_equal(buf_cstr(&b), "17-Jul-1996 02:44:25 -0700");
	buf_clear(&b);
	d = (struct mail_date){ -1, 90 };
	date_print(&b, d);
	assert_string_equal(buf_cstr(&b), "Thu, 01 Jan 1970 01:29:59 +0130");
	buf_clear(&b);
	date_imap_print(&b, d);
	assert_string_equal(buf_cstr(&b), " 1-Jan-1970 01:29:59 +0130");
	buf_clear(&b);
	/* A date whose year does not have four digits becomes the nearest one
	   that does. */
	d = (struct mail_date){ (int64_t)1 << 40, 0 };
	date_imap_print(&b, d);
	assert_string_equal(buf_cstr(&b), "31-Dec-9999 00:00:00 +0000");
	buf_clear(&b);
	d.seconds = -d.seconds;
	date_imap_print(&b, d);
	assert_string_equal(buf_cstr(&b), " 1-Jan-0001 00:00:00 +0000");
	buf_free(&b);
}

/* Each day of ten thousand years is converted and converted back. */
static void
days_come_back(void **state)
{
	struct mail_date d = { -62135596800 + 86399, 0 }, back;
	struct buf b = BUF_INIT;
	int64_t day;

	for (; d.seconds < 253402300800; d.seconds += 86400 * 37) {
		d.zone_min = (int)(d.seconds / 86400 % 1000);
		buf_clear(&b);
		date_print(&b, d);
		if (date_parse(buf_view(&b), &back) == -1 ||
		    back.seconds != d.seconds || back.zone_min != d.zone_min)
			break;
		buf_clear(&b);
		date_imap_print(&b, d);
		if (date_imap_parse(buf_view(&b), &back) == -1 ||
		    back.seconds != d.seconds)
			break;
		if (b.data[0] == ' ')
			b.data[0] = '0';
		if (date_imap_day_parse(bytes_make(b.data, 11), &day) == -1 ||
		    day != date_day(d))
			break;
	}
	/* With its zone, one of the last days may be past the end. */
	assert_true(d.seconds >= 253402300800 - 2 * 86400);
	buf_free(&b);
}

static void
days_are_those_of_the_zone(void **state)
{
	int64_t day;

	assert_int_equal(date_imap_day_parse(BYTES("1-Jan-1970"), &day), 0);
	assert_int_equal(day, 0);
	assert_int_equal(date_imap_day_parse(BYTES("31-Dec-1969"), &day), 0);
	assert_int_equal(day, -1);
	assert_int_equal(date_imap_day_parse(BYTES("31-Dec-196"), &day), -1);
	assert_int_equal(date_imap_day_parse(BYTES("31-Dec-1969 "), &day), -1);
	assert_int_equal(date_imap_day_parse(BYTES(""), &day), -1);
	assert_int_equal(date_day((struct mail_date){ 86399, 0 }), 0);
	assert_int_equal(date_day((struct mail_date){ 86399, 1 }), 1);
	assert_int_equal(date_day((struct mail_date){ 0, -1 }), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_parsed),
		cmocka_unit_test(imap_dates_are_parsed),
		cmocka_unit_test(dates_are_printed),
		cmocka_unit_test(days_come_back),
		cmocka_unit_test(days_are_those_of_the_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
