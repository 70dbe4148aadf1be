/*
 * dmarc_data - counts of messages for reports to domains with a DMARC policy
 *
 * T_DMARC, a table of the site:
 *
 *	u32 day, u8 0		u8 version, u64 rows of the day, u64 messages
 *				that had no room
 *	u32 day, u8 1, row	u8 version, u64 messages
 *
 * with rows as proto/dmarc_row.h has them.  A day has so many rows at most;
 * what would be one more is only counted.  Days older than those kept go as
 * new rows come, some of them each time.
 */
#ifndef EVIDENCE_DMARC_DATA_H
#define EVIDENCE_DMARC_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "commit/database.h"

/* Rows of one dmarc_data_add(). */
#define DMARC_DATA_ADD_MAX	1000

struct dmarc_count {
	uint32_t day;
	uint64_t messages;
	struct bytes row;		/* encoded, and valid */
};

struct dmarc_limits {
	uint64_t rows_max;		/* of one day */
	uint32_t keep_days;		/* with today */
	uint32_t today;			/* 0: by the clock (else a test's) */
};

/*
 * Adds the counts, in one commit.  Days that are not kept, or not begun
 * anywhere on earth yet, are left out.  dropped: messages that had no room,
 * or no day.  0 or -1.
 */
int dmarc_data_add(struct database *db, const struct dmarc_count *counts,
    size_t n, const struct dmarc_limits *limits, uint64_t *dropped,
    struct err *err);

/*
 * Calls fn for each row from the key `from' on (empty: from the first day),
 * of that day alone unless it is DMARC_ALL_DAYS.  fn returns 0 to go on, 1
 * to stop, -1.  Returns likewise.
 */
#define DMARC_ALL_DAYS	UINT32_MAX
int dmarc_data_each(const struct reader *r, uint32_t day, struct bytes from,
    int (*fn)(void *arg, struct bytes key, const struct dmarc_count *count,
    struct err *err), void *arg, struct err *err);

/* Messages of a day that had no room. */
int dmarc_data_dropped(const struct reader *r, uint32_t day, uint64_t *messages,
    struct err *err);

/* ---- rows, for --verify ---- */

struct dmarc_sums {
	uint64_t rows, dropped;
};

/* -1: not a key of the table.  is_sums: row is empty. */
int dmarc_data_key_parse(struct bytes key, uint32_t *day, bool *is_sums,
    struct bytes *row);
int dmarc_sums_decode(struct bytes value, struct dmarc_sums *out,
    struct err *err);
void dmarc_sums_encode(const struct dmarc_sums *s, struct buf *out);
int dmarc_count_decode(struct bytes value, uint64_t *messages,
    struct err *err);
void dmarc_count_encode(uint64_t messages, struct buf *out);

#endif
