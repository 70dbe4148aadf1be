/*
 * dmarc_tally - messages counted for DMARC reports, until the store has them
 *
 * Messages that are alike in all that a report says (proto/dmarc_row.h) are
 * one row with a number, so that a flood costs little.  Bounded: rows_max
 * rows wait, messages that would make more are only counted.
 *
 *	dmarc_tally_add(t, result, time(NULL));		// at each message
 *	...
 *	n = dmarc_tally_take(t, &arena, rows, max);	// now and then
 *	... send them; those that nobody took:
 *	dmarc_tally_put(t, rows[i]);
 *
 * Any thread may call.
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

/* Nothing when the domain in From has no policy, or the client no address. */
void dmarc_tally_add(struct dmarc_tally *t, const struct verify_result *r,
    time_t now);

/* u32 day, u64 messages, row: as FIELD_DMARC_ROW has it. */
size_t dmarc_tally_take(struct dmarc_tally *t, struct arena *a,
    struct bytes *rows, size_t max);
/* One that was taken comes back. */
void dmarc_tally_put(struct dmarc_tally *t, struct bytes row);

/* Messages that had no room since the last call. */
uint64_t dmarc_tally_dropped(struct dmarc_tally *t);

#endif
