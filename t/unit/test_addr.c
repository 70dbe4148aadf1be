/* Internet addresses, with and without ports, and networks. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/addr.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *text, *printed;	/* NULL: refused */
	bool loopback;
} addr_rows[] = {
	{ "192.0.2.1", "192.0.2.1", false },
	{ "127.0.0.1", "127.0.0.1", true },
	{ "127.255.0.9", "127.255.0.9", true },
	{ "128.0.0.1", "128.0.0.1", false },
	{ "::1", "::1", true },
	{ "[::1]", "::1", true },
	{ "2001:DB8:0::1", "2001:db8::1", false },
	{ "::ffff:192.0.2.1", "192.0.2.1", false },
	{ "::ffff:127.0.0.1", "127.0.0.1", true },
	{ "0.0.0.0", "0.0.0.0", false },
	{ "::", "::", false },
	{ "", NULL, false },
	{ "[]", NULL, false },
	{ "[192.0.2.1]", NULL, false },
	{ "192.0.2", NULL, false },
	{ "192.0.2.256", NULL, false },
	{ "192.0.2.1 ", NULL, false },
	{ "2001:db8::1%lo", NULL, false },
	{ "1:2:3:4:5:6:7:8:9", NULL, false },
	{ "host.example", NULL, false },
	{ "1111:1111:1111:1111:1111:1111:1111:1111:1111", NULL, false },
};

static void
addresses_are_parsed_and_printed(void **state)
{
	char out[ADDR_TEXT_MAX];
	struct addr a;

	for (size_t i = 0; i < ROWS(addr_rows); i++) {
		int r = addr_parse(bytes_of(addr_rows[i].text), &a);

		assert_int_equal(r, addr_rows[i].printed == NULL ? -1 : 0);
		if (r == -1)
			continue;
		assert_string_equal(addr_print(&a, out),
		    addr_rows[i].printed);
		assert_int_equal(addr_is_loopback(&a), addr_rows[i].loopback);
	}
	assert_int_equal(addr_parse(bytes_make("1.2.3.4\0", 8), &a), -1);
}

static const struct {
	const char *text, *printed;
} port_rows[] = {
	{ "192.0.2.1:25", "192.0.2.1:25" },
	{ "[2001:db8::1]:65535", "[2001:db8::1]:65535" },
	{ "*:143", "[::]:143" },
	{ "127.0.0.1:0", "127.0.0.1:0" },
	{ "2001:db8::1:25", NULL },
	{ "192.0.2.1", NULL },
	{ "192.0.2.1:", NULL },
	{ "192.0.2.1:65536", NULL },
	{ "192.0.2.1:-1", NULL },
	{ "localhost:25", NULL },
	{ ":25", NULL },
	{ "[::1]25", NULL },
	{ "", NULL },
};

/* Prints the address with ":port", IPv6 in brackets. */
static const char *
print_port(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	char ip[ADDR_TEXT_MAX];

	(void)addr_print(a, ip);
	(void)snprintf(out, ADDR_TEXT_MAX, a->family == ADDR_IPV4 ?
	    "%.45s:%u" : "[%.45s]:%u", ip, a->port);
	return out;
}

static void
addresses_with_ports_are_parsed_and_printed(void **state)
{
	char out[ADDR_TEXT_MAX];
	struct err err = ERR_INIT;
	struct addr a;

	for (size_t i = 0; i < ROWS(port_rows); i++) {
		int r = addr_parse_port(bytes_of(port_rows[i].text), &a,
		    &err);

		assert_int_equal(r, port_rows[i].printed == NULL ? -1 : 0);
		if (r == 0)
			assert_string_equal(print_port(&a, out),
			    port_rows[i].printed);
	}
}

static const struct {
	const char *net, *addr;
	bool has;
} cidr_rows[] = {
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.0/24", "::ffff:192.0.2.7", true },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "192.0.2.128/25", "192.0.2.128", true },
	{ "192.0.2.9", "192.0.2.9", true },
	{ "192.0.2.9", "192.0.2.8", false },
	{ "0.0.0.0/0", "203.0.113.1", true },
	{ "0.0.0.0/0", "::1", false },
	{ "::/0", "::1", true },
	{ "::/0", "192.0.2.1", false },
	{ "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "2001:db8::1/128", "2001:db8::1", true },
};

static void
networks_have_addresses(void **state)
{
	struct err err = ERR_INIT;
	struct cidr net;
	struct addr a;

	for (size_t i = 0; i < ROWS(cidr_rows); i++) {
		assert_int_equal(cidr_parse(bytes_of(cidr_rows[i].net), &net,
		    &err), 0);
		assert_int_equal(addr_parse(bytes_of(cidr_rows[i].addr), &a),
		    0);
		assert_int_equal(cidr_has(&net, &a), cidr_rows[i].has);
	}
}

static void
networks_that_make_no_sense_are_refused(void **state)
{
	static const char *const rows[] = {
		"192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/x",
		"192.0.2.0/-1", "/8", "", "192.0.2.0/24/1", "net.example/8",
		"192.0.2.1/24", "2001:db8::1/64"
	};
	struct err err = ERR_INIT;
	struct cidr net;

	for (size_t i = 0; i < ROWS(rows); i++)
		assert_int_equal(cidr_parse(bytes_of(rows[i]), &net, &err),
		    -1);
	assert_non_null(strstr(err.text, "'2001:db8::/64'"));
}

static void
masks_and_hashes(void **state)
{
	struct addr a, b, m;

	assert_int_equal(addr_parse(BYTES("192.0.2.200"), &a), 0);
	assert_int_equal(addr_parse(BYTES("192.0.2.199"), &b), 0);
	b.port = 25;
	assert_false(addr_eq(&a, &b));
	assert_int_not_equal(addr_hash(&a), addr_hash(&b));
	a = addr_mask(&a, 28);
	m = addr_mask(&b, 28);
	assert_true(addr_eq(&a, &m));
	assert_int_equal(addr_hash(&a), addr_hash(&m));
	assert_int_equal(m.port, 0);
	assert_int_equal(m.ip[3], 192);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_parsed_and_printed),
		cmocka_unit_test(addresses_with_ports_are_parsed_and_printed),
		cmocka_unit_test(networks_have_addresses),
		cmocka_unit_test(networks_that_make_no_sense_are_refused),
		cmocka_unit_test(masks_and_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
