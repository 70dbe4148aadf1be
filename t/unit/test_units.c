/* Numbers with units: parsing and printing. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/units.h"

static const struct {
	enum units units;
	const char *text;
	uint64_t n;
	const char *back;	/* NULL: refused */
} rows[] = {
	{ UNITS_NONE, "0", 0, "0" },
	{ UNITS_NONE, "18446744073709551615", UINT64_MAX,
	  "18446744073709551615" },
	{ UNITS_NONE, "18446744073709551616", 0, NULL },
	{ UNITS_NONE, "1K", 0, NULL },
	{ UNITS_NONE, "", 0, NULL },
	{ UNITS_NONE, "-1", 0, NULL },
	{ UNITS_NONE, " 1", 0, NULL },
	{ UNITS_SIZE, "1024", 1024, "1K" },
	{ UNITS_SIZE, "1k", 1024, "1K" },
	{ UNITS_SIZE, "1025", 1025, "1025" },
	{ UNITS_SIZE, "1536K", 1536 * 1024, "1536K" },
	{ UNITS_SIZE, "16777215T", 16777215ull << 40, "16777215T" },
	{ UNITS_SIZE, "16777216T", 0, NULL },
	{ UNITS_SIZE, "K", 0, NULL },
	{ UNITS_SIZE, "1 K", 0, NULL },
	{ UNITS_SIZE, "1KB", 0, NULL },
	{ UNITS_DURATION, "0", 0, "0" },
	{ UNITS_DURATION, "0s", 0, "0" },
	{ UNITS_DURATION, "5", 0, NULL },
	{ UNITS_DURATION, "5m", 0, NULL },
	{ UNITS_DURATION, "5MIN", 300000, "5min" },
	{ UNITS_DURATION, "120min", 7200000, "2h" },
	{ UNITS_DURATION, "14d", 1209600000, "2w" },
	{ UNITS_DURATION, "1001ms", 1001, "1001ms" },
};

static void
units_are_exact(void **state)
{
	struct buf b = BUF_INIT;
	uint64_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].back == NULL) {
			assert_int_equal(units_parse(rows[i].units,
			    rows[i].text, &n), -1);
			continue;
		}
		assert_int_equal(units_parse(rows[i].units, rows[i].text, &n),
		    0);
		assert_true(n == rows[i].n);
		buf_clear(&b);
		units_format(rows[i].units, n, &b);
		assert_string_equal(buf_cstr(&b), rows[i].back);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
