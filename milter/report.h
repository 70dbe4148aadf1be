/*
 * report - counts for DMARC reports, on their way to imapd
 *
 * Rows are gathered, and a thread hands them over every dmarc-record-interval
 * and at the end, many at a time, so that no message waits for it.  While
 * imapd is away they are kept, up to a limit.  A request whose answer was lost
 * is repeated, and its rows may then count twice.
 */
#ifndef MILTER_REPORT_H
#define MILTER_REPORT_H

#include "auth/verify.h"

struct report;

/* Starts the thread. */
struct report *report_new(void);
/*
 * Hands over what is there, and ends the thread.  r stays valid: sessions may
 * still count.
 */
void report_stop(struct report *r);

/* Counts a message.  Not for one that was deferred: it will come again. */
void report_count(struct report *r, const struct verify_result *result);

#endif
