/*
 * dmarc_tally - counts messages for DMARC reports until the store has them
 *
 * Messages that do not differ in anything a report says (proto/dmarc_row.h) are
 * one row with a number, so that a flood costs little.  Bounded: at most
 * rows_max rows wait; messages that would need more are only counted.
 *
 *	dmarc_tally_add(t, result, time(NULL));		// at each message
 *	...
 *	n = dmarc_tally_take(t, &arena, rows, max);	// now and then
 *	... send them; for those that could not be sent:
 *	dmarc_tally_put(t, rows[i]);
 *
 * May be called from any thread.
 */
#ifndef AUTH_DMARC_TALLY_H
#define AUTH_DMARC_TALLY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "auth/verify.h"

struct dmarc_tally;

struct dmarc_tally *dmarc_tally_new(size_t rows_max);
void dmarc_tally_free(struct dmarc_tally **t);

/* Counts nothing if the domain in From has no policy or the client no IP. */
void dmarc_tally_add(struct dmarc_tally *t, const struct verify_result *r,
    time_t now);

/* Takes rows: u32 day, u64 messages, row, as in FIELD_DMARC_ROW. */
size_t dmarc_tally_take(struct dmarc_tally *t, struct arena *a,
    struct bytes *rows, size_t max);
/* Puts back a row that was taken. */
void dmarc_tally_put(struct dmarc_tally *t, struct bytes row);

/* Messages since the last call that had no room. */
uint64_t dmarc_tally_dropped(struct dmarc_tally *t);

#endif
