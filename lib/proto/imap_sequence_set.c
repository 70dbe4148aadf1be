/* imap_sequence_set - turns a sequence-set of a client into a number set. */
#include <config.h>

#include "proto/imap_sequence_set.h"

void
imap_sequence_set_resolve(struct imap_sequence_set *set, uint32_t max)
{
	struct number_set *numbers = &set->numbers;
	struct number_range r;
	uint32_t swap;
	size_t n = 0;

	for (size_t i = 0; i < numbers->n; i++) {
		r = numbers->range[i];
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
		numbers->range[n++] = r;
	}
	numbers->n = n;
	number_set_sort(numbers);
}
