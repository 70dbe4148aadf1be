/*
 * uidset - ascending ranges of UIDs
 *
 * A set is gathered in a buf of struct uid_range, and taken into an arena at
 * the end.
 */
#ifndef STORE_UIDSET_H
#define STORE_UIDSET_H

#include "base/arena.h"
#include "base/buf.h"

/* Ascending, not overlapping ranges of UIDs. */
struct uid_range {
	uint32_t first, last;
};
struct uid_set {
	struct uid_range *range;	/* own or in an arena: see the call */
	size_t n;
};

/* Appends a UID larger than those before. */
void uidset_add(struct buf *ranges, uint32_t uid);
/* Appends the UIDs of a page's slots. */
void uidset_add_mask(struct buf *ranges, uint32_t page, uint64_t mask);
/* A copy in the arena. */
void uidset_take(const struct buf *ranges, struct arena *a,
    struct uid_set *out);
/* The ranges as they lie in the buf. */
struct uid_set uidset_view(const struct buf *ranges);
uint64_t uidset_count(const struct uid_set *set);
bool uidset_has(const struct uid_set *set, uint32_t uid);
/* The UIDs of a set from `first' on; its ranges are in the arena. */
struct uid_set uidset_from(const struct uid_set *set, uint32_t first,
    struct arena *a);

/* Every UID there can be. */
extern const struct uid_set uidset_all;

#endif
