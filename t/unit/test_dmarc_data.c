/*
 * Counts for DMARC reports: row formats, days, limits, and what verify finds.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proto/dmarc_row.h"
#include "evidence/dmarc_data.h"
#include "store_fixture.h"

#define TODAY	20000u

/* ---- rows ------------------------------------------------------------ */

static struct bytes
row_of(struct arena *a, const char *from, const char *ip)
{
	struct dmarc_row row;
	struct buf out = BUF_INIT;
	struct bytes copy;

	memset(&row, 0, sizeof(row));
	row.field[DMARC_ROW_FROM] = bytes_of(from);
	row.field[DMARC_ROW_SOURCE_IP] = bytes_of(ip);
	row.field[DMARC_ROW_DKIM] = BYTES("pass x.test s");
	dmarc_row_encode(&row, &out);
	copy = bytes_dup(a, buf_view(&out));
	buf_free(&out);
	return copy;
}

static void
test_row(void **state)
{
	struct dmarc_row row, again;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	static char big[500];

	memset(&row, 0, sizeof(row));
	dmarc_row_encode(&row, &out);
	assert_int_equal(out.len, DMARC_ROW_FIELDS);
	assert_int_equal(dmarc_row_decode(buf_view(&out), &again, &err), 0);
	memset(big, 'x', sizeof(big));
	memcpy(big + sizeof(big) - 4, ".end", 4);
	for (int i = 0; i < DMARC_ROW_FIELDS; i++)
		row.field[i] = bytes_make(big, sizeof(big));
	row.field[DMARC_ROW_POLICY] = BYTES("a\nb\0c\177");
	buf_clear(&out);
	dmarc_row_encode(&row, &out);
	assert_true(out.len <= DMARC_ROW_MAX);
	assert_int_equal(dmarc_row_decode(buf_view(&out), &again, &err), 0);
	assert_int_equal(again.field[DMARC_ROW_FROM].len, 255);
	assert_memory_equal(again.field[DMARC_ROW_ENVELOPE].data + 96, ".end",
	    4);
	assert_true(bytes_eq_str(again.field[DMARC_ROW_POLICY], "a?b?c?"));
	for (size_t n = 0; n < out.len; n++)
		assert_int_equal(dmarc_row_decode(bytes_make(out.data, n),
		    &again, &err), -1);
	buf_byte(&out, '\0');
	assert_int_equal(dmarc_row_decode(buf_view(&out), &again, &err), -1);
	buf_clear(&out);
	for (int i = 0; i < 300; i++)
		buf_byte(&out, 'a');
	for (int i = 0; i < DMARC_ROW_FIELDS; i++)
		buf_byte(&out, '\0');
	assert_int_equal(dmarc_row_decode(buf_view(&out), &again, &err), -1);
	buf_free(&out);
}

static void
test_day(void **state)
{
	static const char *const wrong[] = { "", "2026-02-30", "2026-13-01",
	    "2026-00-10", "1969-12-31", "2026-1-01", "20260101", "2026-01-01x",
	    "xxxx-01-01", "2026/01/01" };
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	uint32_t day;

	assert_int_equal(dmarc_day(86399), 0);
	assert_int_equal(dmarc_day(86400), 1);
	assert_int_equal(dmarc_day(-1), 0);
	assert_int_equal(dmarc_day_parse(BYTES("2024-02-29"), &day, &err), 0);
	assert_int_equal(day, 19782);
	dmarc_day_print(day, &out);
	assert_string_equal(buf_cstr(&out), "2024-02-29");
	buf_clear(&out);
	dmarc_day_print(UINT32_MAX, &out);
	buf_free(&out);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (dmarc_day_parse(bytes_of(wrong[i]), &day, &err) == 0)
			fail_msg("'%s'", wrong[i]);
}

/* ---- the store ------------------------------------------------------- */

static uint64_t
add(struct fixture *f, const char *from, uint32_t day, uint64_t messages,
    uint64_t rows_max, uint32_t keep, uint32_t today)
{
	struct dmarc_count c = { day, messages,
	    row_of(&f->a, from, "192.0.2.1") };
	struct dmarc_limits limits = { rows_max, keep, today };
	struct err err = ERR_INIT;
	uint64_t dropped;

	must(dmarc_data_add(&f->s->db, &c, 1, &limits, &dropped, &err));
	return dropped;
}

static int
print_step(void *arg, struct bytes key, const struct dmarc_count *c,
    struct err *err)
{
	struct dmarc_row row;

	assert_int_equal(dmarc_row_decode(c->row, &row, err), 0);
	buf_printf(arg, "%u:" BYTES_FMT "=%llu ", c->day,
	    BYTES_ARG(row.field[DMARC_ROW_FROM]),
	    (unsigned long long)c->messages);
	return 0;
}

static void
assert_rows(struct fixture *f, uint32_t day, const char *want)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct kv_snap snap;

	must(store_snap(f->s, &snap, &err));
	assert_int_equal(dmarc_data_each(&snap.reader, day, BYTES(""),
	    print_step, &out, &err), 0);
	kv_snap_end(&snap);
	assert_string_equal(buf_cstr(&out), want);
	buf_free(&out);
}

static uint64_t
dropped_of(struct fixture *f, uint32_t day)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	uint64_t n;

	must(store_snap(f->s, &snap, &err));
	must(dmarc_data_dropped(&snap.reader, day, &n, &err));
	kv_snap_end(&snap);
	return n;
}

static void
test_counts_add_up(void **state)
{
	struct fixture *f = fixture_new(NULL);

	assert_rows(f, DMARC_ALL_DAYS, "");
	assert_int_equal(add(f, "b.test", TODAY, 1, 10, 30, TODAY), 0);
	assert_int_equal(add(f, "a.test", TODAY, 2, 10, 30, TODAY), 0);
	assert_int_equal(add(f, "b.test", TODAY, 3, 10, 30, TODAY), 0);
	assert_int_equal(add(f, "b.test", TODAY - 1, 5, 10, 30, TODAY), 0);
	assert_int_equal(add(f, "ab.test", TODAY + 1, 7, 10, 30, TODAY), 0);
	fixture_reopen(f);
	assert_rows(f, DMARC_ALL_DAYS, "19999:b.test=5 20000:a.test=2 "
	    "20000:b.test=4 20001:ab.test=7 ");
	assert_rows(f, TODAY, "20000:a.test=2 20000:b.test=4 ");
	assert_rows(f, TODAY - 5, "");
	fixture_free(&f);
}

static void
test_rows_are_bounded(void **state)
{
	struct fixture *f = fixture_new(NULL);

	assert_int_equal(add(f, "a.test", TODAY, 1, 2, 30, TODAY), 0);
	assert_int_equal(add(f, "b.test", TODAY, 1, 2, 30, TODAY), 0);
	assert_int_equal(add(f, "c.test", TODAY, 5, 2, 30, TODAY), 5);
	/* Existing rows go on counting; another day has its own limit. */
	assert_int_equal(add(f, "b.test", TODAY, 1, 2, 30, TODAY), 0);
	assert_int_equal(add(f, "c.test", TODAY - 1, 1, 2, 30, TODAY), 0);
	assert_rows(f, TODAY, "20000:a.test=1 20000:b.test=2 ");
	assert_int_equal(dropped_of(f, TODAY), 5);
	assert_int_equal(dropped_of(f, TODAY - 1), 0);
	fixture_free(&f);
}

static void
test_old_days_go(void **state)
{
	struct fixture *f = fixture_new(NULL);

	assert_int_equal(add(f, "a.test", TODAY, 1, 9, 30, TODAY), 0);
	assert_int_equal(add(f, "b.test", TODAY + 1, 1, 9, 30, TODAY + 1), 0);
	/* The thirtieth day is kept; one day later it is removed. */
	assert_int_equal(add(f, "c.test", TODAY + 29, 1, 9, 30, TODAY + 29),
	    0);
	assert_rows(f, TODAY, "20000:a.test=1 ");
	assert_int_equal(add(f, "c.test", TODAY + 30, 1, 9, 30, TODAY + 30),
	    0);
	assert_rows(f, DMARC_ALL_DAYS, "20001:b.test=1 20029:c.test=1 "
	    "20030:c.test=1 ");
	/* Neither days long past nor far in the future are written. */
	assert_int_equal(add(f, "d.test", TODAY, 4, 9, 30, TODAY + 30), 4);
	assert_int_equal(add(f, "d.test", TODAY + 32, 4, 9, 30, TODAY + 30),
	    4);
	assert_rows(f, TODAY + 32, "");
	fixture_free(&f);
}

/* The removal takes several operations; what is left is consistent. */
static void
test_old_days_go_in_slices(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct dmarc_limits limits = { 100000, 30, TODAY };
	struct dmarc_count *c = calloc(DMARC_DATA_ADD_MAX + 1, sizeof(*c));
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct buf out = BUF_INIT;
	uint64_t dropped;
	char name[40];

	assert_non_null(c);
	for (unsigned k = 0; k < 3; k++) {
		for (unsigned i = 0; i < DMARC_DATA_ADD_MAX; i++) {
			(void)snprintf(name, sizeof(name), "%u-%u.test", k, i);
			c[i] = (struct dmarc_count){ TODAY, 1,
			    row_of(&f->a, name, "::1") };
		}
		must(dmarc_data_add(&f->s->db, c, DMARC_DATA_ADD_MAX, &limits,
		    &dropped, &err));
		assert_int_equal(dropped, 0);
	}
	assert_int_equal(dmarc_data_add(&f->s->db, c, DMARC_DATA_ADD_MAX + 1,
	    &limits, &dropped, &err), -1);
	assert_int_equal(add(f, "x.test", TODAY + 40, 1, 9, 30, TODAY + 40),
	    0);
	must(store_snap(f->s, &snap, &err));
	assert_int_equal(dmarc_data_each(&snap.reader, TODAY, BYTES(""),
	    print_step, &out, &err), 0);
	kv_snap_end(&snap);
	assert_true(out.len > 0);
	/*
	 * The store must be consistent when half of the rows are removed, too.
	 */
	fixture_check(f);
	assert_int_equal(add(f, "x.test", TODAY + 40, 1, 9, 30, TODAY + 40),
	    0);
	assert_rows(f, DMARC_ALL_DAYS, "20040:x.test=2 ");
	buf_free(&out);
	free(c);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_day),
		cmocka_unit_test(test_counts_add_up),
		cmocka_unit_test(test_rows_are_bounded),
		cmocka_unit_test(test_old_days_go),
		cmocka_unit_test(test_old_days_go_in_slices),
	};

	return cmocka_run_group_tests_name("dmarc_data", tests, NULL, NULL);
}
