/* DNS lists and the test of their health; reverse names of clients (iprev). */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "net/dns-private.h"
#include "net/dns_data.h"
#include "auth/dnsbl.h"
#include "auth/iprev.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

static const char zone[] =
    "2.0.0.127.bl.example A 127.0.0.2\n"
    "1.2.0.192.bl.example A 127.0.0.4\n"
    "1.2.0.192.bl.example TXT \"see http://bl.example/\\010?\"\n"
    "3.2.0.192.bl.example A 127.255.255.254\n"
    "4.2.0.192.bl.example A 192.0.2.99\n"
    "5.2.0.192.bl.example TIMEOUT\n"
    "6.2.0.192.bl.example A 127.0.0.9\n"
    "6.2.0.192.bl.example A 127.0.0.4\n"
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
    ".bl.example A 127.0.0.2\n"
    "2.0.0.127.wl.example A 127.0.0.2\n"
    "1.2.0.192.wl.example A 127.0.0.3\n"
    "*.all.example A 127.0.0.2\n"
    "empty.example NS ns.example\n"
    "2.0.0.127.mute.example TIMEOUT\n"
    "1.2.0.192.mute.example A 127.0.0.2\n"
    "2.0.0.127.sick.example A 127.255.255.255\n"
    "2.0.0.127.six.example A 127.0.0.2\n"
    "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
    ".six.example A 127.0.0.2\n"
    "1.2.0.192.in-addr.arpa PTR no.example.com\n"
    "1.2.0.192.in-addr.arpa PTR yes.example.com\n"
    "2.2.0.192.in-addr.arpa PTR no.example.com\n"
    "3.2.0.192.in-addr.arpa TIMEOUT\n"
    "4.2.0.192.in-addr.arpa PTR slow.example.com\n"
    "4.2.0.192.in-addr.arpa SECURE\n"
    "6.2.0.192.in-addr.arpa PTR slow.example.com\n"
    "6.2.0.192.in-addr.arpa PTR signed.example.com\n"
    "6.2.0.192.in-addr.arpa SECURE\n"
    "signed.example.com A 192.0.2.6\n"
    "signed.example.com SECURE\n"
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
    ".ip6.arpa PTR yes.example.com\n"
    "slow.example.com TIMEOUT\n"
    "no.example.com A 192.0.2.99\n"
    "yes.example.com A 192.0.2.1\n"
    "yes.example.com AAAA 2001:db8::1\n";

static struct dns_data *data;

static void
source(void *arg, struct arena *a, const struct dns_name *name,
    enum dns_type type, struct dns_answer *answer)
{
	dns_data_answer(data, a, name, type, answer);
}

static struct dnsbl *
lists_of(const char *const *lines, size_t n, struct err *err)
{
	struct dnsbl *lists = NULL;
	struct settings s;

	assert_int_equal(settings_load(NULL, lines, n, &s, err), 0);
	if (dnsbl_new(&s, &lists, err) == -1)
		assert_null(lists);
	settings_free(&s);
	return lists;
}

static const char *const four_lists[] = {
	"dnsbl-zones=bl.example, bl.example.=127.0.0.2/127.0.0.4-7",
	"dnswl-zones=wl.example", "dnsbl-monitor-zones=bl.example"
};

static const struct {
	const char *ip;
	enum dnsbl_status all, some, wl;
	size_t listed, welcome, errors;
} listings[] = {
	{ "192.0.2.1", DNSBL_LISTED, DNSBL_LISTED, DNSBL_LISTED,
	    2, 1, 0 },
	{ "192.0.2.2", DNSBL_NOT_LISTED, DNSBL_NOT_LISTED,
	    DNSBL_NOT_LISTED, 0, 0, 0 },
	{ "192.0.2.3", DNSBL_ERROR, DNSBL_ERROR, DNSBL_NOT_LISTED,
	    0, 0, 3 },
	{ "192.0.2.4", DNSBL_ERROR, DNSBL_ERROR, DNSBL_NOT_LISTED,
	    0, 0, 3 },
	{ "192.0.2.5", DNSBL_UNKNOWN, DNSBL_UNKNOWN,
	    DNSBL_NOT_LISTED, 0, 0, 3 },
	{ "192.0.2.6", DNSBL_LISTED, DNSBL_LISTED, DNSBL_NOT_LISTED,
	    2, 0, 0 },
	{ "2001:db8::1", DNSBL_LISTED, DNSBL_LISTED,
	    DNSBL_NOT_LISTED, 2, 0, 0 },
	{ "2001:db8::2", DNSBL_NOT_LISTED, DNSBL_NOT_LISTED,
	    DNSBL_NOT_LISTED, 0, 0, 0 }
};

static void
test_listings(void **state)
{
	struct err err = ERR_INIT;
	struct dnsbl *lists = lists_of(four_lists, COUNT(four_lists), &err);
	struct dns *dns = dns_of_source(source, NULL);
	struct dnsbl_result r;
	struct addr ip;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(listings); i++) {
		assert_int_equal(addr_parse(bytes_of(listings[i].ip), &ip), 0);
		dnsbl_check(lists, dns, &a, &ip, 0, &r);
		assert_int_equal(r.n, 4);
		if (r.lists[0].status != listings[i].all ||
		    r.lists[1].status != listings[i].some ||
		    r.lists[2].status != listings[i].wl)
			fail_msg("%s: %s %s %s", listings[i].ip,
			    dnsbl_status_name(r.lists[0].status),
			    dnsbl_status_name(r.lists[1].status),
			    dnsbl_status_name(r.lists[2].status));
		assert_int_equal(r.listed, listings[i].listed);
		assert_int_equal(r.welcome, listings[i].welcome);
		assert_int_equal(r.errors, listings[i].errors);
	}
	dnsbl_free(&lists);
	dns_free(&dns);
	arena_clear(&a);
}

/* The reason of a listing, and the counters. */
static void
test_reasons_and_counters(void **state)
{
	static const char *const ips[] = {
		"192.0.2.3", "192.0.2.2", "192.0.2.1"
	};
	struct err err = ERR_INIT;
	struct dnsbl *lists = lists_of(four_lists, COUNT(four_lists), &err);
	struct dns *dns = dns_of_source(source, NULL);
	struct dnsbl_result r;
	struct dnsbl_stat stat;
	struct addr ip;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(ips); i++) {
		assert_int_equal(addr_parse(bytes_of(ips[i]), &ip), 0);
		dnsbl_check(lists, dns, &a, &ip, 0, &r);
	}
	assert_string_equal(r.lists[1].zone, "bl.example");
	assert_int_equal(r.lists[1].code.ip[3], 4);
	assert_string_equal(r.lists[1].reason, "see http://bl.example/??");
	assert_null(r.lists[2].reason);
	dnsbl_stat(lists, 3, &stat);
	assert_int_equal(stat.kind, DNSBL_MONITOR);
	assert_true(stat.healthy);
	assert_int_equal(stat.asked, 3);
	assert_int_equal(stat.listed, 1);
	assert_int_equal(stat.errors, 1);
	dnsbl_free(&lists);
	dns_free(&dns);
	arena_clear(&a);
}

static void
test_health(void **state)
{
	static const char *const lines[] = {
		"dnsbl-zones=all.example, empty.example, nowhere.example, "
		"mute.example, sick.example, six.example"
	};
	static const char *const why[] = {
		"it lists 127.0.0.1", "it does not list 127.0.0.2",
		"it does not list 127.0.0.2", NULL, "it answers with an error",
		"it lists ::ffff:7f00:1"
	};
	struct err err = ERR_INIT;
	struct dnsbl *lists = lists_of(lines, 1, &err);
	struct dns *dns = dns_of_source(source, NULL);
	struct dnsbl_result r;
	struct dnsbl_stat stat;
	struct addr ip;
	struct arena a;

	arena_init(&a);
	assert_int_equal(addr_parse(bytes_of("192.0.2.1"), &ip), 0);
	for (int round = 0; round < 2; round++) {
		dnsbl_check(lists, dns, &a, &ip, 0, &r);
		for (size_t i = 0; i < COUNT(why); i++) {
			dnsbl_stat(lists, i, &stat);
			assert_int_equal(stat.healthy, why[i] == NULL);
			assert_int_equal(r.lists[i].status == DNSBL_UNHEALTHY,
			    why[i] != NULL);
			if (why[i] != NULL)
				assert_string_equal(stat.why, why[i]);
		}
		/* A list that could not be tested is asked. */
		assert_int_equal(r.lists[3].status, DNSBL_LISTED);
		assert_int_equal(r.listed, 1);
		assert_int_equal(r.errors, 5);
	}
	dnsbl_free(&lists);
	dns_free(&dns);
	arena_clear(&a);
}

static void
test_settings(void **state)
{
	static const char *const wrong[] = {
		"dnsbl-zones=a..b", "dnsbl-zones=.", "dnsbl-zones=a=",
		"dnsbl-zones=a=1.2.3.4", "dnsbl-zones=a=127.0.0.4-3",
		"dnsbl-zones=a=127.0.0.4-256", "dnsbl-zones=a=127.0.0.4/",
		"dnsbl-zones=a=127.0.0.4/x", "dnswl-zones==127.0.0.2",
		"dnsbl-zones=a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,"
		"a,a,a,a,a,a,a,a,a"
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT(wrong); i++)
		if (lists_of(&wrong[i], 1, &err) != NULL)
			fail_msg("%s is taken", wrong[i]);
}

static void
test_iprev(void **state)
{
	static const struct {
		const char *ip;
		enum iprev_status status;
		const char *name;
		bool secure;
	} rows[] = {
		{ "192.0.2.1", IPREV_PASS, "yes.example.com", false },
		{ "2001:db8::1", IPREV_PASS, "yes.example.com", false },
		{ "192.0.2.2", IPREV_FAIL, "no.example.com", false },
		{ "192.0.2.3", IPREV_TEMPERROR, NULL, false },
		{ "192.0.2.4", IPREV_TEMPERROR, "slow.example.com", false },
		{ "192.0.2.5", IPREV_PERMERROR, NULL, false },
		{ "192.0.2.6", IPREV_PASS, "signed.example.com", true }
	};
	struct dns *dns = dns_of_source(source, NULL);
	struct iprev_result r;
	struct addr ip;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(addr_parse(bytes_of(rows[i].ip), &ip), 0);
		iprev_start(dns, &ip);
		iprev_check(dns, &a, &ip, 0, &r);
		if (r.status != rows[i].status)
			fail_msg("%s: %s", rows[i].ip,
			    iprev_status_name(r.status));
		assert_int_equal(r.secure, rows[i].secure);
		if (rows[i].name == NULL)
			assert_null(r.name);
		else
			assert_string_equal(r.name, rows[i].name);
	}
	/* Only the names in the DNS answer are kept. */
	assert_true(a.used <= COUNT(rows) * 32);
	ip = (struct addr){ .family = ADDR_UNIX };
	iprev_check(dns, &a, &ip, 0, &r);
	assert_int_equal(r.status, IPREV_PERMERROR);
	dns_free(&dns);
	arena_clear(&a);
}

static int
setup(void **state)
{
	struct err err = ERR_INIT;

	return dns_data_parse("zone", BYTES(zone), &data, &err);
}

static int
teardown(void **state)
{
	dns_data_free(&data);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listings),
		cmocka_unit_test(test_reasons_and_counters),
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_iprev)
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
