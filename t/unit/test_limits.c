/* The milter's limits for clients, each at its edge. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "milter/limits.h"

static struct addr
ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(bytes_of(text), &a), 0);
	return a;
}

/* A client at a certain time; s and mem are the test's variables. */
#define AT(addr, ms)	(&(struct limits_client){ &s, (addr), (ms), &mem })

static struct settings
limits_settings(void)
{
	return (struct settings){
		.connection_rate_limit = { { 3, 5, 100 } },
		.connection_rate_window_ms = 60000,
		.open_connections_limit = { { 2, 3, 100 } },
		.unknown_recipients_limit = { { 2, 3, 4 } },
		.unknown_recipients_window_ms = 3600000,
		.window_addresses_max = 1000,
	};
}

static void
the_limit_decides_and_twice_the_limit_ends(void **state)
{
	struct settings s = limits_settings();
	struct limits *l = limits_new(&s);
	struct addr a = ip("192.0.2.1");
	enum limits_lease lease;
	struct refusal why;
	struct arena mem;

	arena_init(&mem);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(limits_connect(l, AT(&a, 0), &lease,
		    &why), LIMITS_OK);
		limits_close(l, &a, lease);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(limits_connect(l, AT(&a, 1), &lease,
		    &why), LIMITS_REFUSE);
		assert_string_equal(why.setting, "connection-rate-limit");
		assert_string_equal(why.text, "more than 3 connections in 1 "
		    "minute from your address 192.0.2.1, try again later");
		limits_close(l, &a, lease);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(limits_connect(l, AT(&a, 2), &lease,
		    &why), LIMITS_REFUSE_NOW);
		limits_close(l, &a, lease);
	}
	/* Refused connections were not counted. */
	assert_int_equal(limits_connect(l, AT(&a, 60002), &lease, &why),
	    LIMITS_OK);
	limits_close(l, &a, lease);
	arena_clear(&mem);
	limits_free(&l);
	(void)state;
}

static void
open_connections_are_few(void **state)
{
	struct settings s = limits_settings();
	struct limits *l = limits_new(&s);
	enum limits_lease leases[8];
	struct addr a = ip("192.0.2.1"), b = ip("192.0.2.2");
	struct refusal why;
	struct arena mem;

	arena_init(&mem);
	memset(s.connection_rate_limit.v, 0,
	    sizeof(s.connection_rate_limit.v));
	for (int i = 0; i < 2; i++)
		assert_int_equal(limits_connect(l, AT(&a, 0),
		    &leases[i], &why), LIMITS_OK);
	for (int i = 2; i < 4; i++)
		assert_int_equal(limits_connect(l, AT(&a, 0),
		    &leases[i], &why), LIMITS_REFUSE);
	assert_string_equal(why.setting, "open-connections-limit");
	assert_string_equal(why.text, "more than 2 simultaneous "
	    "connections from your address 192.0.2.1, try again later");
	assert_int_equal(limits_connect(l, AT(&a, 0), &leases[4], &why),
	    LIMITS_REFUSE_NOW);
	assert_int_equal(limits_connect(l, AT(&b, 0), &leases[5], &why),
	    LIMITS_OK);
	assert_int_equal(limits_connect(l, AT(&b, 0), &leases[6], &why),
	    LIMITS_REFUSE);
	assert_string_equal(why.text, "more than 3 simultaneous "
	    "connections from your network 192.0.2.0/26, try again later");
	for (int i = 0; i < 7; i++)
		limits_close(l, i < 5 ? &a : &b, leases[i]);
	for (int i = 0; i < 2; i++)
		assert_int_equal(limits_connect(l, AT(&a, 0),
		    &leases[i], &why), LIMITS_OK);
	arena_clear(&mem);
	limits_free(&l);
	(void)state;
}

static void
unknown_recipients_are_few(void **state)
{
	struct settings s = limits_settings();
	struct limits *l = limits_new(&s);
	struct addr a = ip("2001:db8::1"), b = ip("2001:db8::2:1");
	struct refusal why;
	struct arena mem;

	arena_init(&mem);
	assert_true(limits_unknown(l, AT(&a, 0), 0, &why));
	assert_true(limits_unknown(l, AT(&a, 0), 1, &why));
	assert_true(limits_unknown(l, AT(&b, 0), 1, &why));
	assert_false(limits_unknown(l, AT(&a, 0), 1, &why));
	assert_false(limits_unknown(l, AT(&b, 0), 0, &why));
	assert_string_equal(why.setting, "unknown-recipients-limit");
	assert_string_equal(why.text, "more than 2 unknown recipients in 1 "
	    "hour from your network 2001:db8::/64, try again later");
	assert_true(why.slows);
	assert_true(limits_unknown(l, AT(&a, 3600100), 0, &why));
	/* More than fit: the window is full, not unchanged. */
	assert_false(limits_unknown(l, AT(&a, 3600100), 3, &why));
	assert_false(limits_unknown(l, AT(&a, 3600100), 0, &why));
	arena_clear(&mem);
	limits_free(&l);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_decides_and_twice_the_limit_ends),
		cmocka_unit_test(open_connections_are_few),
		cmocka_unit_test(unknown_recipients_are_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
