/* Special localparts, which make the milter answer with a certain code. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "milter/special.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *address;
	unsigned code;			/* 0: not special; 1: timeout */
	enum special_stage stage;
} special_rows[] = {
	{ "temperror@x.example", 451, SPECIAL_AT_DATA },
	{ "you.temperror@x.example", 451, SPECIAL_AT_DATA },
	{ "youTempError@x.example", 451, SPECIAL_AT_DATA },
	{ "permerror@x.example", 550, SPECIAL_AT_DATA },
	{ "mailfrompermerror@x.example", 550, SPECIAL_AT_MAIL },
	{ "mailfrom-x-permerror@x.example", 550, SPECIAL_AT_MAIL },
	{ "RCPTTO-temperror@x.example", 451, SPECIAL_AT_RCPT },
	{ "timeout@x.example", 1, SPECIAL_AT_DATA },
	{ "rcpttotimeout@x.example", 1, SPECIAL_AT_RCPT },
	{ "452@x.example", 452, SPECIAL_AT_DATA },
	{ "mailfrom554@x.example", 554, SPECIAL_AT_MAIL },
	{ "rcptto-554@x.example", 554, SPECIAL_AT_RCPT },
	{ "a-400@x.example", 400, SPECIAL_AT_DATA },
	{ "a.599@x.example", 599, SPECIAL_AT_DATA },
	{ "a+421@x.example", 421, SPECIAL_AT_DATA },
	{ "452", 452, SPECIAL_AT_DATA },
	{ "\"a@b-452\"@x.example", 0, SPECIAL_AT_DATA },
	{ "399@x.example", 0, SPECIAL_AT_DATA },
	{ "600@x.example", 0, SPECIAL_AT_DATA },
	{ "a_452@x.example", 0, SPECIAL_AT_DATA },
	{ "u0400@x.example", 0, SPECIAL_AT_DATA },
	{ "a452@x.example", 0, SPECIAL_AT_DATA },
	{ "452a@x.example", 0, SPECIAL_AT_DATA },
	{ "a-45@x.example", 0, SPECIAL_AT_DATA },
	{ "a-4x2@x.example", 0, SPECIAL_AT_DATA },
	{ "temperrors@x.example", 0, SPECIAL_AT_DATA },
	{ "mailfrom@x.example", 0, SPECIAL_AT_MAIL },
	{ "you@timeout", 0, SPECIAL_AT_DATA },
	{ "you@452", 0, SPECIAL_AT_DATA },
	{ "", 0, SPECIAL_AT_DATA },
	{ "@x.example", 0, SPECIAL_AT_DATA },
};

static void
special_localparts_are_told(void **state)
{
	for (size_t i = 0; i < ROWS(special_rows); i++) {
		struct special s;
		bool is = special_find(bytes_of(special_rows[i].address), &s);

		assert_int_equal(is, special_rows[i].code != 0);
		if (!is)
			continue;
		assert_int_equal(s.stage, special_rows[i].stage);
		assert_int_equal(s.timeout, special_rows[i].code == 1);
		assert_int_equal(s.code, s.timeout ? 451 :
		    special_rows[i].code);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(special_localparts_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
