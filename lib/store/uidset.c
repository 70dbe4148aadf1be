/* uidset - gathering, counting and searching ranges of UIDs */
#include <config.h>

#include <string.h>

#include "store/flagpage.h"
#include "store/uidset.h"

static struct uid_range every_uid = { 1, UINT32_MAX };
const struct uid_set uidset_all = { &every_uid, 1 };

void
uidset_add(struct buf *ranges, uint32_t uid)
{
	struct uid_range range = { uid, uid };
	struct uid_range *last;

	if (ranges->len > 0) {
		last = (struct uid_range *)(void *)(ranges->data +
		    ranges->len - sizeof(*last));
		if (last->last + 1 == uid) {
			last->last = uid;
			return;
		}
	}
	buf_add(ranges, &range, sizeof(range));
}

void
uidset_add_mask(struct buf *ranges, uint32_t page, uint64_t mask)
{
	for (; mask != 0; mask &= mask - 1)
		uidset_add(ranges, PAGE_UID(page, __builtin_ctzll(mask)));
}

void
uidset_take(const struct buf *ranges, struct arena *a, struct uid_set *out)
{
	out->n = ranges->len / sizeof(*out->range);
	out->range = arena_array(a, out->n, sizeof(*out->range));
	if (out->n > 0)
		memcpy(out->range, ranges->data, ranges->len);
}

struct uid_set
uidset_view(const struct buf *ranges)
{
	struct uid_set set = {
		(struct uid_range *)(void *)ranges->data,
		ranges->len / sizeof(struct uid_range)
	};

	return set;
}

uint64_t
uidset_count(const struct uid_set *set)
{
	uint64_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += (uint64_t)set->range[i].last - set->range[i].first + 1;
	return n;
}

bool
uidset_has(const struct uid_set *set, uint32_t uid)
{
	size_t low = 0, high = set->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (set->range[mid].last < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < set->n && set->range[low].first <= uid;
}

struct uid_set
uidset_from(const struct uid_set *set, uint32_t first, struct arena *a)
{
	struct uid_set from = { NULL, 0 };
	size_t i = 0;

	while (i < set->n && set->range[i].last < first)
		i++;
	if (i == set->n)
		return from;
	from.n = set->n - i;
	from.range = arena_array(a, from.n, sizeof(*from.range));
	memcpy(from.range, set->range + i, from.n * sizeof(*from.range));
	if (from.range[0].first < first)
		from.range[0].first = first;
	return from;
}
