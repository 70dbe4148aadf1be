/*
 * date - dates as mail writes them
 *
 * A date is seconds since 1970 in UTC, and the zone that it was written in.
 * Years are 1 to 9999; second 60 becomes 59.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdint.h>

#include "base/buf.h"

struct mail_date {
	int64_t seconds;	/* since 1970-01-01 00:00:00 UTC */
	int zone_min;		/* east of UTC; -1439 to 1439 */
};

/*
 * Parses a date by RFC 5322 3.3 and 4.3.  Also accepts what occurs in the wild:
 * no weekday or a wrong one, full names of months, comments, two-digit years,
 * no seconds, zones by name, no zone (then UTC).  Returns 0, or -1 if it is not
 * a date.
 */
int date_parse(struct bytes text, struct mail_date *date);

/* "Wed, 17 Jul 1996 02:44:25 -0700" */
void date_print(struct buf *out, struct mail_date date);

/*
 * IMAP's date-time without the quotes (RFC 3501 9): "17-Jul-1996 02:44:25
 * -0700", with a space or a zero before a day below 10.  Returns 0 or -1.
 */
int date_imap_parse(struct bytes text, struct mail_date *date);
void date_imap_print(struct buf *out, struct mail_date date);

/* Days since 1970-01-01, so that days can be compared. */
int64_t date_day(struct mail_date date);	/* in the zone of the date */

/* Parses IMAP's date, "1-Feb-1994", to such a day.  Returns 0 or -1. */
int date_imap_day_parse(struct bytes text, int64_t *day);

#endif
