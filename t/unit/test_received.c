/* The client that a relay names in its Received field. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "milter/received.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *value, *client, *helo;	/* client NULL: none */
} received_rows[] = {
	{ " from helo.example (name.example [192.0.2.1])\n\tby mx.example "
	    "(Postfix) with ESMTP id 1\n\tfor <a@b.example>; Sat", "192.0.2.1",
	    "helo.example" },
	{ " from helo.example (unknown [IPv6:2001:db8::1])\n\t(using TLSv1.3 "
	    "with cipher X (256/256 bits))\n\t(No client certificate "
	    "requested)\n\tby mx.example", "2001:db8::1", "helo.example" },
	{ " from a (b.example [192.0.2.1] (may be forged)) by c", "192.0.2.1",
	    "a" },
	{ " from name.example ([192.0.2.1] helo=other) by mx", "192.0.2.1",
	    "name.example" },
	{ " from name.example ([192.0.2.1] helo=[9.9.9.9]) by mx",
	    "192.0.2.1", "name.example" },
	{ " from [192.0.2.1] (helo=foo) by mx", "192.0.2.1", "[192.0.2.1]" },
	{ " from [192.0.2.1]:55 (port=55 helo=foo) by mx", "192.0.2.1",
	    "[192.0.2.1]:55" },
	{ " from unknown (HELO foo) (192.0.2.1)\n by mx", "192.0.2.1",
	    "unknown" },
	{ " from unknown (HELO [9.9.9.9]) (user@192.0.2.1) by mx",
	    "192.0.2.1", "unknown" },
	{ " from [9.9.9.9] (name.example [192.0.2.1]) by mx", "192.0.2.1",
	    "[9.9.9.9]" },
	{ "from x (IPv6:2001:db8::2) by mx", "2001:db8::2", "x" },
	{ " FROM a (b [192.0.2.1]) BY c", "192.0.2.1", "a" },
	/* An address after "by" does not count. */
	{ " from localhost by mx ([192.0.2.1])", NULL, NULL },
	{ " by mx.example (Postfix, from userid 0) id 1", NULL, NULL },
	{ " from (x [192.0.2.1]) by mx", NULL, NULL },
	{ " from helo (name [192.0.2]) by mx", NULL, NULL },
	{ " from helo (name [192.0.2.1", NULL, NULL },
	{ " from", NULL, NULL },
	{ "", NULL, NULL },
};

static void
relays_say_whom_they_had_it_from(void **state)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < ROWS(received_rows); i++) {
		struct received r;
		bool is = received_parse(bytes_of(received_rows[i].value),
		    &r);

		assert_int_equal(is, received_rows[i].client != NULL);
		if (!is)
			continue;
		assert_string_equal(addr_print(&r.client, text),
		    received_rows[i].client);
		assert_true(bytes_eq_str(r.helo, received_rows[i].helo));
	}
	(void)state;
}

static void
any_piece_of_received_is_taken(void **state)
{
	struct received r;

	for (size_t i = 0; i < ROWS(received_rows); i++) {
		struct bytes all = bytes_of(received_rows[i].value);

		for (size_t n = 0; n <= all.len; n++) {
			/* A block of the exact size, so that a sanitizer sees
			   its end. */
			char *copy = malloc(n + 1);

			assert_non_null(copy);
			memcpy(copy, all.data, n);
			(void)received_parse(bytes_make(copy, n), &r);
			free(copy);
		}
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relays_say_whom_they_had_it_from),
		cmocka_unit_test(any_piece_of_received_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
