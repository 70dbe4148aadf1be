/* The milter's own configuration: sender lists, networks, keys. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "milter/config.h"

static struct addr
ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(bytes_of(text), &a), 0);
	return a;
}

static void
exempt_senders_are_addresses_and_domains(void **state)
{
	const char *words[] = { "a@x.example", "@y.example" };
	const struct settings_list list = { words, 2 };

	assert_true(list_has_sender(&list, BYTES("a@x.example")));
	assert_true(list_has_sender(&list, BYTES("A@X.example")));
	assert_false(list_has_sender(&list, BYTES("b@x.example")));
	assert_true(list_has_sender(&list, BYTES("b@y.example")));
	assert_false(list_has_sender(&list, BYTES("b@z.y.example")));
	assert_false(list_has_sender(&list, BYTES("y.example")));
	assert_false(list_has_sender(&list, BYTES("")));
	(void)state;
}

static struct settings *
settings_of(const char *setting)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct err err = ERR_INIT;

	assert_non_null(s);
	assert_int_equal(settings_load(NULL, &setting, 1, s, &err), 0);
	return s;
}

static void
networks_are_read(void **state)
{
	struct addr in = ip("::ffff:192.0.2.9"), out = ip("192.0.3.1");
	struct err err = ERR_INIT;
	struct config *c;

	assert_int_equal(config_new(settings_of(
	    "own-networks=192.0.2.0/24, ::1"), &c, &err), 0);
	assert_true(networks_have(&c->own, &in));
	assert_false(networks_have(&c->own, &out));
	config_free(&c);
	assert_int_equal(config_new(settings_of("trusted-relays=a/b"), &c,
	    &err), -1);
	assert_string_equal(err.text, "setting trusted-relays: 'a/b' is not "
	    "an address or network");
	(void)state;
}

/*
 * As happens at each SIGHUP when a file has a mistake.  LeakSanitizer checks.
 */
static void
nothing_stays_of_a_configuration_that_fails(void **state)
{
	char path[] = "/tmp/postern-milter-key.XXXXXX", text[80];
	struct err err = ERR_INIT;
	struct config *c;
	int fd = mkstemp(path);

	assert_int_not_equal(fd, -1);
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(text, sizeof(text), "origin-key-file=%s", path);
	assert_int_equal(config_new(settings_of(text), &c, &err), 0);
	assert_int_equal(config_read_keys(c, &err), 0);
	config_free(&c);
	assert_null(c);
	assert_int_equal(unlink(path), 0);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exempt_senders_are_addresses_and_domains),
		cmocka_unit_test(networks_are_read),
		cmocka_unit_test(nothing_stays_of_a_configuration_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
