/* Sets of numbers: each set has one form, in whatever order its numbers were
   added. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/number_set.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

#define TOP	UINT32_MAX

/* "1:3,5" */
static void
set_print(struct buf *out, const struct number_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		buf_printf(out, "%s%u:%u", i == 0 ? "" : ",",
		    set->range[i].first, set->range[i].last);
}

static void
set_is(const struct number_set *set, const char *expected)
{
	struct buf out = BUF_INIT;

	set_print(&out, set);
	assert_string_equal(buf_cstr(&out), expected);
	buf_free(&out);
}

static const struct {
	struct number_range in[4];	/* ended by first 0 */
	const char *sorted;
} sort_rows[] = {
	{ { { 0, 0 } }, "" },
	{ { { 5, 5 } }, "5:5" },
	{ { { 1, 2 }, { 3, 4 } }, "1:4" },
	{ { { 3, 4 }, { 1, 2 } }, "1:4" },
	{ { { 1, 2 }, { 4, 5 } }, "1:2,4:5" },
	{ { { 4, 5 }, { 1, 2 } }, "1:2,4:5" },
	{ { { 1, 9 }, { 2, 3 } }, "1:9" },
	{ { { 2, 3 }, { 1, 9 } }, "1:9" },
	{ { { 7, 7 }, { 1, 2 }, { 4, 4 } }, "1:2,4:4,7:7" },
	{ { { 1, 5 }, { 3, 9 }, { 1, 2 } }, "1:9" },
	{ { { TOP, TOP }, { TOP - 1, TOP - 1 } }, "4294967294:4294967295" },
	{ { { 1, TOP }, { TOP, TOP }, { 7, 8 } }, "1:4294967295" },
	{ { { TOP, TOP }, { 1, 1 } }, "1:1,4294967295:4294967295" },
};

static void
ranges_in_any_order_make_one_set(void **state)
{
	struct buf ranges = BUF_INIT;
	struct number_set set;

	for (size_t i = 0; i < COUNT(sort_rows); i++) {
		buf_clear(&ranges);
		for (size_t k = 0; k < 4 && sort_rows[i].in[k].first != 0; k++)
			number_set_add_range(&ranges, sort_rows[i].in[k]);
		number_set_sort_buf(&ranges);
		set = number_set_view(&ranges);
		set_is(&set, sort_rows[i].sorted);
	}
	buf_free(&ranges);
}

static void
ascending_numbers_need_no_sorting(void **state)
{
	struct buf ranges = BUF_INIT;
	struct number_set set;
	struct arena a;

	arena_init(&a);
	number_set_add(&ranges, 1);
	number_set_add(&ranges, 2);
	number_set_add_mask(&ranges, 64, UINT64_C(0x8000000000000003));
	number_set_add_mask(&ranges, 128, 1);
	number_set_add_mask(&ranges, 192, 0);
	number_set_add(&ranges, TOP);
	set = number_set_view(&ranges);
	set_is(&set, "1:2,64:65,127:128,4294967295:4294967295");
	number_set_take(&ranges, &a, &set);
	buf_free(&ranges);
	set_is(&set, "1:2,64:65,127:128,4294967295:4294967295");
	assert_true(number_set_count(&set) == 7);
	number_set_take(&ranges, &a, &set);
	assert_int_equal(set.n, 0);
	arena_clear(&a);
}

static void
every_number_but_zero(void **state)
{
	assert_true(number_set_count(&number_set_all) == TOP);
	assert_false(number_set_has(&number_set_all, 0));
	assert_true(number_set_has(&number_set_all, 1));
	assert_true(number_set_has(&number_set_all, TOP));
}

/* ---- against a table of booleans ---- */

#define NUMBERS	256

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

static void
gather(struct buf *ranges, bool *is_in, uint32_t *seed)
{
	struct number_range r;

	memset(is_in, 0, NUMBERS * sizeof(*is_in));
	for (uint32_t n = next_random(seed) % 20; n > 0; n--) {
		r.first = 1 + next_random(seed) % (NUMBERS - 1);
		r.last = r.first + next_random(seed) % 8;
		if (r.last >= NUMBERS)
			r.last = NUMBERS - 1;
		number_set_add_range(ranges, r);
		for (uint32_t i = r.first; i <= r.last; i++)
			is_in[i] = true;
	}
	number_set_sort_buf(ranges);
}

static void
set_compare(const struct number_set *set, const bool *is_in, uint32_t from)
{
	uint64_t count = 0;
	uint32_t last = 0;

	for (uint32_t i = 0; i < NUMBERS; i++) {
		assert_int_equal(number_set_has(set, i),
		    is_in[i] && i >= from);
		if (is_in[i] && i >= from) {
			count++;
			last = i;
		}
	}
	assert_true(number_set_count(set) == count);
	assert_int_equal(number_set_last(set), last);
	for (size_t i = 1; i < set->n; i++)
		assert_true(set->range[i - 1].last + 1 < set->range[i].first);
}

static void
a_set_holds_what_was_added(void **state)
{
	struct buf ranges = BUF_INIT;
	struct number_set set, part;
	bool is_in[NUMBERS];
	uint32_t seed = 1;
	struct arena a;

	for (int round = 0; round < 300; round++) {
		arena_init(&a);
		buf_clear(&ranges);
		gather(&ranges, is_in, &seed);
		set = number_set_view(&ranges);
		set_compare(&set, is_in, 0);
		for (uint32_t from = 0; from < NUMBERS; from += 5) {
			part = number_set_from(&set, from, &a);
			set_compare(&part, is_in, from);
		}
		/* The parts were copied. */
		set_compare(&set, is_in, 0);
		arena_clear(&a);
	}
	buf_free(&ranges);
}

/* As many ranges as a client may send in one command, in the worst order. */
static void
many_ranges_are_sorted(void **state)
{
	enum { N = 65536 };
	struct buf ranges = BUF_INIT;
	struct number_set set;

	for (uint32_t i = N; i > 0; i--)
		number_set_add(&ranges, 2 * i);
	number_set_sort_buf(&ranges);
	set = number_set_view(&ranges);
	assert_int_equal(set.n, N);
	for (uint32_t i = 0; i <= 2 * N; i++)
		assert_int_equal(number_set_has(&set, i), i > 0 && i % 2 == 0);
	/* Filling the gaps joins all ranges. */
	for (uint32_t i = N; i > 0; i--)
		number_set_add(&ranges, 2 * i - 1);
	number_set_sort_buf(&ranges);
	set = number_set_view(&ranges);
	set_is(&set, "1:131072");
	buf_free(&ranges);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_in_any_order_make_one_set),
		cmocka_unit_test(ascending_numbers_need_no_sorting),
		cmocka_unit_test(every_number_but_zero),
		cmocka_unit_test(a_set_holds_what_was_added),
		cmocka_unit_test(many_ranges_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
