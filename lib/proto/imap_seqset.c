#include <config.h>

#include <stdlib.h>

#include "proto/imap_seqset.h"

static int
range_cmp(const void *a, const void *b)
{
	const struct imap_range *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->last < y->last ? -1 : x->last > y->last;
}

/* "*" and turned ranges; drops what an empty mailbox cannot have. */
static void
ranges_settle(struct imap_seqset *set, uint32_t max)
{
	struct imap_range r;
	uint32_t swap;
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++) {
		r = set->ranges[i];
		if (r.first == 0)
			r.first = max;
		if (r.last == 0)
			r.last = max;
		if (r.first == 0 || r.last == 0)
			continue;
		if (r.first > r.last) {
			swap = r.first;
			r.first = r.last;
			r.last = swap;
		}
		set->ranges[n++] = r;
	}
	set->n = n;
}

void
imap_seqset_resolve(struct imap_seqset *set, uint32_t max)
{
	struct imap_range *last;
	size_t n = 0;

	ranges_settle(set, max);
	if (set->n == 0)
		return;
	qsort(set->ranges, set->n, sizeof(*set->ranges), range_cmp);
	for (size_t i = 1; i < set->n; i++) {
		last = &set->ranges[n];
		if (last->last == UINT32_MAX ||
		    set->ranges[i].first <= last->last + 1) {
			if (set->ranges[i].last > last->last)
				last->last = set->ranges[i].last;
		} else {
			set->ranges[++n] = set->ranges[i];
		}
	}
	set->n = n + 1;
}

bool
imap_seqset_has(const struct imap_seqset *set, uint32_t n)
{
	size_t low = 0, high = set->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (n < set->ranges[mid].first)
			high = mid;
		else if (n > set->ranges[mid].last)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

uint64_t
imap_seqset_count(const struct imap_seqset *set)
{
	uint64_t count = 0;

	for (size_t i = 0; i < set->n; i++)
		count += (uint64_t)set->ranges[i].last -
		    set->ranges[i].first + 1;
	return count;
}

uint32_t
imap_seqset_last(const struct imap_seqset *set)
{
	return set->n == 0 ? 0 : set->ranges[set->n - 1].last;
}
