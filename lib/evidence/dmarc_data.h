/*
 * dmarc_data - counts of messages for reports to domains with a DMARC policy
 *
 * T_DMARC, a table of the site:
 *
 *	u32 day, u8 0		u8 version, u64 rows of the day, u64 messages
 *				that had no room
 *	u32 day, u8 1, row	u8 version, u64 messages
 *
 * with rows as in proto/dmarc_row.h.  The number of rows in a day is limited;
 * messages that would need another row are only counted.  Days that are too
 * old are removed while new rows are added, some rows each time.
 */
#ifndef EVIDENCE_DMARC_DATA_H
#define EVIDENCE_DMARC_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "commit/database.h"

/* Most rows in one dmarc_data_add(). */
#define DMARC_DATA_ADD_MAX	1000

struct dmarc_count {
	uint32_t day;
	uint64_t messages;
	struct bytes row;		/* encoded, and valid */
};

struct dmarc_limits {
	uint64_t rows_max;		/* in one day */
	uint32_t keep_days;		/* including today */
	uint32_t today;			/* 0: by the clock; else for tests */
};

/*
 * Adds the counts in one commit.  Leaves out days that are too old, or that
 * have not begun anywhere on earth.  *dropped gets the number of messages that
 * were left out or had no room.  Returns 0 or -1.
 */
int dmarc_data_add(struct database *db, const struct dmarc_count *counts,
    size_t n, const struct dmarc_limits *limits, uint64_t *dropped,
    struct err *err);

/*
 * Calls fn for each row, starting at the key `from' (empty: the first day); of
 * that day only, unless it is DMARC_ALL_DAYS.  fn returns 0 to continue, 1 to
 * stop, -1 on error.  Returns the same.
 */
#define DMARC_ALL_DAYS	UINT32_MAX
int dmarc_data_each(const struct reader *r, uint32_t day, struct bytes from,
    int (*fn)(void *arg, struct bytes key, const struct dmarc_count *count,
    struct err *err), void *arg, struct err *err);

/* Gets the number of messages of a day that had no room. */
int dmarc_data_dropped(const struct reader *r, uint32_t day, uint64_t *messages,
    struct err *err);

/* ---- rows, for the integrity check ---- */

struct dmarc_sums {
	uint64_t rows, dropped;
};

/* Returns -1 if it is not a key of the table.  If is_sums, row is empty. */
int dmarc_data_key_parse(struct bytes key, uint32_t *day, bool *is_sums,
    struct bytes *row);
int dmarc_sums_decode(struct bytes value, struct dmarc_sums *out,
    struct err *err);
int dmarc_count_decode(struct bytes value, uint64_t *messages,
    struct err *err);

#endif
