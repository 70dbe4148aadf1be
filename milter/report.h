/*
 * report - what is counted for DMARC reports goes to imapd
 *
 * Rows are gathered, and handed over every dmarc-record-interval and at the
 * end by a thread, in calls of many rows: counting costs a message nothing.
 * While imapd is away they wait, as many as fit.  A call whose answer was
 * lost is repeated, so that its rows may count twice.
 */
#ifndef MILTER_REPORT_H
#define MILTER_REPORT_H

#include "auth/verify.h"

struct report;

/* Starts the thread. */
struct report *report_new(void);
/* Hands over what is there, and ends the thread; the rest stays. */
void report_stop(struct report *r);

/* A message that was not deferred (it would come again). */
void report_count(struct report *r, const struct verify_result *result);

#endif
