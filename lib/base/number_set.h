/*
 * number_set - sets of numbers (UIDs, sequence numbers) as ascending ranges
 *
 * The ranges of a set ascend and neither overlap nor touch, so every set has
 * exactly one form and is searched in logarithmic time.  A set only points to
 * its ranges: the call that made it says whose they are.
 *
 * A set is gathered in a buf of ranges and then looked at where it lies, or
 * copied into an arena:
 *
 *	struct buf ranges = BUF_INIT;
 *	number_set_add(&ranges, 7); ...
 *	set = number_set_view(&ranges);
 *	number_set_take(&ranges, arena, &set);
 *
 * Eight bytes a range.  Whoever takes ranges from outside bounds their number
 * before they are added (IMAP_RANGES_MAX in proto/imap_sequence_set.h).
 */
#ifndef BASE_NUMBER_SET_H
#define BASE_NUMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct number_range {
	uint32_t first, last;		/* both in it; first <= last */
};

struct number_set {
	struct number_range *range;	/* borrowed: a buf or an arena */
	size_t n;
};

/* Every number but 0, which is neither a UID nor a sequence number. */
extern const struct number_set number_set_all;

/* ---- gathering ---- */

/*
 * Adds to a buf of ranges.  Numbers that ascend make a set; after any other
 * order number_set_sort() has to make it one.
 */
void number_set_add(struct buf *ranges, uint32_t number);
void number_set_add_range(struct buf *ranges, struct number_range range);
/* base + i for each bit i of the mask. */
void number_set_add_mask(struct buf *ranges, uint32_t base, uint64_t mask);
/* Sorts ranges in any order, and joins those that overlap or touch. */
void number_set_sort(struct number_set *set);
void number_set_sort_buf(struct buf *ranges);

/* The ranges as they lie in the buf, valid until it changes. */
struct number_set number_set_view(const struct buf *ranges);
/* A copy in the arena. */
void number_set_take(const struct buf *ranges, struct arena *a,
    struct number_set *out);

/* ---- asking ---- */

/* Index of the first range that ends at or above number; n if none does. */
size_t number_set_find(const struct number_set *set, uint32_t number);
bool number_set_has(const struct number_set *set, uint32_t number);
/* How many numbers are in it. */
uint64_t number_set_count(const struct number_set *set);
/* The largest, 0 of an empty set. */
uint32_t number_set_last(const struct number_set *set);
/* The numbers from `first' on; a copy in the arena. */
struct number_set number_set_from(const struct number_set *set,
    uint32_t first, struct arena *a);

#endif
