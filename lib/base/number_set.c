/* number_set - collects, sorts and searches sets of numbers. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/number_set.h"

static struct number_range every_number = { 1, UINT32_MAX };
const struct number_set number_set_all = { &every_number, 1 };

/* ---- collecting ---- */

/* Joins b to a if it begins within a or right after it. */
static bool
range_join(struct number_range *a, struct number_range b)
{
	if (b.first < a->first || (a->last != UINT32_MAX &&
	    b.first > a->last + 1))
		return false;
	if (b.last > a->last)
		a->last = b.last;
	return true;
}

void
number_set_add_range(struct buf *ranges, struct number_range range)
{
	struct number_set set = number_set_view(ranges);

	if (set.n == 0 || !range_join(&set.range[set.n - 1], range))
		buf_add(ranges, &range, sizeof(range));
}

void
number_set_add(struct buf *ranges, uint32_t number)
{
	number_set_add_range(ranges, (struct number_range){ number, number });
}

void
number_set_add_mask(struct buf *ranges, uint32_t base, uint64_t mask)
{
	for (; mask != 0; mask &= mask - 1)
		number_set_add(ranges, base + (uint32_t)__builtin_ctzll(mask));
}

static int
range_compare(const void *x, const void *y)
{
	const struct number_range *a = x, *b = y;

	return a->first < b->first ? -1 : a->first > b->first;
}

void
number_set_sort(struct number_set *set)
{
	size_t kept = 0;

	if (set->n == 0)
		return;
	qsort(set->range, set->n, sizeof(*set->range), range_compare);
	for (size_t i = 1; i < set->n; i++)
		if (!range_join(&set->range[kept], set->range[i]))
			set->range[++kept] = set->range[i];
	set->n = kept + 1;
}

void
number_set_sort_buf(struct buf *ranges)
{
	struct number_set set = number_set_view(ranges);

	number_set_sort(&set);
	ranges->len = set.n * sizeof(*set.range);
}

struct number_set
number_set_view(const struct buf *ranges)
{
	struct number_set set = {
		(struct number_range *)(void *)ranges->data,
		ranges->len / sizeof(struct number_range)
	};

	return set;
}

void
number_set_take(const struct buf *ranges, struct arena *a,
    struct number_set *out)
{
	struct number_set set = number_set_view(ranges);

	*out = number_set_from(&set, 0, a);
}

/* ---- queries ---- */

size_t
number_set_find(const struct number_set *set, uint32_t number)
{
	size_t low = 0, high = set->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (set->range[mid].last < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
number_set_has(const struct number_set *set, uint32_t number)
{
	size_t i = number_set_find(set, number);

	return i < set->n && set->range[i].first <= number;
}

uint64_t
number_set_count(const struct number_set *set)
{
	uint64_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += (uint64_t)set->range[i].last - set->range[i].first + 1;
	return n;
}

uint32_t
number_set_last(const struct number_set *set)
{
	return set->n == 0 ? 0 : set->range[set->n - 1].last;
}

struct number_set
number_set_from(const struct number_set *set, uint32_t first,
    struct arena *a)
{
	size_t i = number_set_find(set, first);
	struct number_set from = { NULL, set->n - i };

	if (from.n == 0)
		return from;
	from.range = arena_array(a, from.n, sizeof(*from.range));
	memcpy(from.range, set->range + i, from.n * sizeof(*from.range));
	if (from.range[0].first < first)
		from.range[0].first = first;
	return from;
}
