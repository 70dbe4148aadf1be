/*
 * report - sends counts for DMARC reports to imapd
 *
 * Rows are collected.  A thread sends many of them at a time, every
 * dmarc-record-interval and when the program stops, so that no message waits
 * for it.  While imapd is away the rows are kept, up to a limit.  A request
 * whose answer was lost is repeated, and its rows may then count twice.
 */
#ifndef MILTER_REPORT_H
#define MILTER_REPORT_H

#include "auth/verify.h"

struct report;

/* Starts the thread. */
struct report *report_new(void);
/*
 * Sends the remaining rows and ends the thread.  r stays valid, because
 * sessions may still count messages.
 */
void report_stop(struct report *r);

/* Counts a message.  Do not call it for a deferred one, which comes again. */
void report_count(struct report *r, const struct verify_result *result);

#endif
