/*
 * number_set - sets of numbers (UIDs, sequence numbers) as ascending ranges
 *
 * The ranges of a set ascend and neither overlap nor touch, so every set has
 * exactly one form and is searched in logarithmic time.  A set only points to
 * its ranges: the function that made it says who owns them.
 *
 * A set is collected in a buf of ranges and then used in place, or copied to
 * an arena:
 *
 *	struct buf ranges = BUF_INIT;
 *	number_set_add(&ranges, 7); ...
 *	set = number_set_view(&ranges);
 *	number_set_take(&ranges, arena, &set);
 *
 * A range takes eight bytes.  If ranges come from outside, the caller must
 * limit their number before adding them (IMAP_RANGES_MAX in
 * proto/imap_sequence_set.h).
 */
#ifndef BASE_NUMBER_SET_H
#define BASE_NUMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct number_range {
	uint32_t first, last;		/* inclusive; first <= last */
};

struct number_set {
	struct number_range *range;	/* borrowed: a buf or an arena */
	size_t n;
};

/* Every number but 0, which is neither a UID nor a sequence number. */
extern const struct number_set number_set_all;

/* ---- collecting ---- */

/*
 * Adds to a buf of ranges.  Ascending numbers make a set; after any other order
 * call number_set_sort().
 */
void number_set_add(struct buf *ranges, uint32_t number);
void number_set_add_range(struct buf *ranges, struct number_range range);
/* Adds base + i for each bit i of the mask. */
void number_set_add_mask(struct buf *ranges, uint32_t base, uint64_t mask);
/* Sorts ranges, and joins those that overlap or touch. */
void number_set_sort(struct number_set *set);
void number_set_sort_buf(struct buf *ranges);

/* Returns the ranges in the buf; valid until it changes. */
struct number_set number_set_view(const struct buf *ranges);
/* Copies the ranges to the arena. */
void number_set_take(const struct buf *ranges, struct arena *a,
    struct number_set *out);

/* ---- queries ---- */

/* Index of the first range that ends at or above number; n if none does. */
size_t number_set_find(const struct number_set *set, uint32_t number);
bool number_set_has(const struct number_set *set, uint32_t number);
/* How many numbers the set has. */
uint64_t number_set_count(const struct number_set *set);
/* The largest number; 0 if the set is empty. */
uint32_t number_set_last(const struct number_set *set);
/* Returns the numbers from `first' on, as a copy in the arena. */
struct number_set number_set_from(const struct number_set *set,
    uint32_t first, struct arena *a);

#endif
