/* Sliding windows over networks: each limit at its edge. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "net/window.h"

#define MINUTE		(60 * 1000)
#define HOUR		(60 * MINUTE)
#define ROWS(a)		(sizeof(a) / sizeof((a)[0]))

static const uint64_t none[3] = { 0, 0, 0 };

static struct addr
ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(bytes_of(text), &a), 0);
	return a;
}

static int
add(struct window *w, const char *text, const uint64_t limits[3],
    uint64_t now)
{
	struct addr a = ip(text);

	return window_add(w, &a, 1, limits, now);
}

/* The present count: one less than the smallest limit at which another fits. */
static uint32_t
count_of(struct window *w, const struct addr *a, unsigned level,
    uint64_t now)
{
	uint64_t limits[WINDOW_LEVELS] = { 0 };

	do {
		limits[level]++;
	} while (window_full(w, a, 1, limits, now) >= 0);
	return (uint32_t)limits[level] - 1;
}

static uint32_t
count(struct window *w, const char *text, unsigned level, uint64_t now)
{
	struct addr a = ip(text);

	return count_of(w, &a, level, now);
}

/* For each level: two addresses that it counts together, and one that it does
   not. */
static const struct {
	const char *first, *same, *other;
	unsigned level;
} networks[] = {
	{ "192.0.2.1", "192.0.2.1", "192.0.2.2", 0 },
	{ "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.0", 0 },
	{ "192.0.2.1", "192.0.2.63", "192.0.2.64", 1 },
	{ "192.0.2.64", "192.0.2.127", "192.0.2.63", 1 },
	{ "10.0.0.1", "10.0.7.255", "10.0.8.0", 2 },
	{ "10.0.8.0", "10.0.15.255", "10.0.7.255", 2 },
	{ "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff",
	    "2001:db8:0:1::1", 0 },
	{ "2001:db8:0:1::", "2001:db8:0:ffff::", "2001:db8:1::", 1 },
	{ "2001:db8::", "2001:db8:ffff:ffff::", "2001:db9::", 2 },
	/* The same bits in the other family. */
	{ "1.2.3.4", "1.2.3.4", "102:304::", 0 },
	{ "1.2.3.4", "1.2.3.4", "102:304::", 1 },
	{ "1.2.3.4", "1.2.3.4", "102:304::", 2 },
};

static void
networks_are_counted_together(void **state)
{
	for (size_t i = 0; i < ROWS(networks); i++) {
		struct window *w = window_new(MINUTE, 10);
		uint64_t limits[3] = { 0, 0, 0 };

		limits[networks[i].level] = 2;
		assert_int_equal(add(w, networks[i].first, limits, 0), -1);
		assert_int_equal(add(w, networks[i].same, limits, 0), -1);
		assert_int_equal(add(w, networks[i].same, limits, 0),
		    networks[i].level);
		assert_int_equal(add(w, networks[i].other, limits, 0), -1);
		window_free(&w);
	}
	(void)state;
}

static void
networks_have_their_text(void **state)
{
	static const struct {
		const char *addr, *text[3];
	} rows[] = {
		{ "192.0.2.200", { "192.0.2.200/32", "192.0.2.192/26",
		    "192.0.0.0/21" } },
		{ "2001:db8:1:2:3::4", { "2001:db8:1:2::/64",
		    "2001:db8:1::/48", "2001:db8::/32" } },
	};
	char host[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 8];

	for (size_t i = 0; i < ROWS(rows); i++)
		for (unsigned l = 0; l < 3; l++) {
			struct addr a = ip(rows[i].addr);
			struct cidr net = window_network(&a, l);

			(void)snprintf(text, sizeof(text), "%s/%u",
			    addr_print(&net.base, host), net.bits);
			assert_string_equal(text, rows[i].text[l]);
		}
	(void)state;
}

/* The defaults of the settings, and when each has room again. */
static const struct {
	uint64_t limits[3], length;
} defaults[] = {
	{ { 300, 900, 2700 }, MINUTE },
	{ { 20, 60, 180 }, HOUR },
};

/* How many fit if they come from enough addresses of one network. */
static uint64_t
fill(struct window *w, unsigned level, const uint64_t limits[3],
    uint64_t now, int *full)
{
	struct addr a = ip("10.1.0.1");
	uint64_t n = 0;

	for (;; n++) {
		if (level == 1)
			a.ip[3] = (uint8_t)(n % 4);
		if (level == 2) {
			a.ip[2] = (uint8_t)(n % 8);
			a.ip[3] = (uint8_t)(n / 8 % 4 * 64);
		}
		*full = window_add(w, &a, 1, limits, now);
		if (*full >= 0)
			return n;
	}
}

static void
each_limit_has_its_edge(void **state)
{
	int full;

	for (size_t i = 0; i < ROWS(defaults); i++)
		for (unsigned l = 0; l < 3; l++) {
			const uint64_t *limits = defaults[i].limits;
			uint64_t length = defaults[i].length, t = 1000000;
			struct window *w = window_new(length, 100);

			/* Not aligned: just before the end of a minute. */
			t = t / length * length + length - 10;
			assert_int_equal(fill(w, l, limits, t, &full),
			    limits[l]);
			assert_int_equal(full, l);
			assert_int_equal(fill(w, l, limits, t + 20, &full), 0);
			assert_int_equal(fill(w, l, limits,
			    t + length - length / 1000, &full), 0);
			assert_int_equal(fill(w, l, limits, t + length + 2,
			    &full), limits[l]);
			window_free(&w);
		}
	(void)state;
}

static void
nothing_is_counted_when_one_level_is_full(void **state)
{
	const uint64_t limits[3] = { 2, 3, 100 };
	struct window *w = window_new(MINUTE, 10);

	assert_int_equal(add(w, "192.0.2.1", limits, 0), -1);
	assert_int_equal(add(w, "192.0.2.1", limits, 0), -1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(add(w, "192.0.2.1", limits, 0), 0);
	assert_int_equal(count(w, "192.0.2.1", 1, 0), 2);
	assert_int_equal(count(w, "192.0.2.1", 2, 0), 2);
	assert_int_equal(add(w, "192.0.2.2", limits, 0), -1);
	assert_int_equal(add(w, "192.0.2.3", limits, 0), 1);
	assert_int_equal(count(w, "192.0.2.3", 0, 0), 0);
	assert_int_equal(count(w, "192.0.2.3", 2, 0), 3);
	/* Asking counts nothing. */
	for (int i = 0; i < 10; i++) {
		struct addr a = ip("192.0.9.1");

		assert_int_equal(window_full(w, &a, 1, limits, 0), -1);
		assert_int_equal(window_full(w, &a, 3, limits, 0), 0);
	}
	assert_int_equal(count(w, "192.0.9.1", 0, 0), 0);
	window_free(&w);
	(void)state;
}

/* Against a list of all events: the window never counts too few. */
static void
a_stream_is_never_counted_short(void **state)
{
	static uint64_t times[20000];
	struct window *w = window_new(MINUTE, 10);
	size_t n = 0;
	uint64_t t = 12345, seed = 1;

	while (n < ROWS(times)) {
		size_t inside = 0, nearly = 0;
		uint32_t have;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		/* Bursts, steady streams, and sometimes a long silence. */
		t += (seed >> 60) == 0 ? (seed >> 40) % 70000 :
		    (seed >> 40) % 400;
		have = count(w, "192.0.2.1", 0, t);
		for (size_t i = n; i > 0 && t - times[i - 1] <
		    MINUTE + MINUTE / 5 + 4; i--) {
			inside += t - times[i - 1] < MINUTE - 2;
			nearly++;
		}
		assert_true(have >= inside);
		assert_true(have <= nearly);
		assert_int_equal(add(w, "192.0.2.1", none, t), -1);
		times[n++] = t;
	}
	window_free(&w);
	(void)state;
}

static void
time_that_goes_back_is_now(void **state)
{
	const uint64_t limits[3] = { 1, 0, 0 };
	struct window *w = window_new(MINUTE, 10);

	assert_int_equal(add(w, "192.0.2.1", limits, 10 * MINUTE), -1);
	assert_int_equal(add(w, "192.0.2.1", limits, 0), 0);
	assert_int_equal(add(w, "192.0.2.2", limits, 0), -1);
	assert_int_equal(add(w, "192.0.2.2", limits, 10 * MINUTE + 30000), 0);
	/* Much later the past is forgotten. */
	assert_int_equal(add(w, "192.0.2.1", limits,
	    (uint64_t)1 << 40), -1);
	window_free(&w);
	(void)state;
}

static void
open_things_are_counted_until_they_go(void **state)
{
	const uint64_t limits[3] = { 2, 3, 4 };
	struct window *w = window_new(0, 10);
	struct addr a = ip("192.0.2.1"), b = ip("192.0.2.2");

	assert_int_equal(window_add(w, &a, 1, limits, 0), -1);
	assert_int_equal(window_add(w, &a, 1, limits, HOUR), -1);
	assert_int_equal(window_add(w, &a, 1, limits, 100 * HOUR), 0);
	assert_int_equal(window_add(w, &b, 1, limits, 0), -1);
	assert_int_equal(window_add(w, &b, 1, limits, 0), 1);
	window_remove(w, &a, 1);
	assert_int_equal(window_add(w, &b, 1, limits, 0), -1);
	window_remove(w, &a, 1);
	window_remove(w, &b, 2);
	assert_int_equal(count_of(w, &a, 2, 0), 0);
	window_remove(w, &b, 1);
	assert_int_equal(count_of(w, &b, 0, 0), 0);
	window_free(&w);
	(void)state;
}

static void
other_families_are_not_counted(void **state)
{
	const uint64_t limits[3] = { 1, 1, 1 };
	struct addr unix_socket = { .family = ADDR_UNIX };
	struct window *w = window_new(MINUTE, 10);

	for (int i = 0; i < 5; i++)
		assert_int_equal(window_add(w, &unix_socket, 1, limits, 0),
		    -1);
	window_free(&w);
	(void)state;
}

static struct addr
numbered(uint32_t n)
{
	struct addr a = { .family = ADDR_IPV6 };

	/* A different network at each level. */
	be32_put(a.ip, n * 2654435761u);
	return a;
}

static void
the_oldest_goes_when_all_are_in_use(void **state)
{
	struct window *w = window_new(HOUR, 1000);
	struct addr a;

	for (uint32_t i = 0; i < 1000; i++) {
		a = numbered(i);
		assert_int_equal(window_add(w, &a, 1, none, i), -1);
	}
	a = numbered(0);
	assert_int_equal(window_add(w, &a, 1, none, 1000), -1);
	a = numbered(5000);
	assert_int_equal(window_add(w, &a, 1, none, 1001), -1);
	a = numbered(0);
	assert_int_equal(count_of(w, &a, 2, 1001), 2);
	a = numbered(1);
	assert_int_equal(count_of(w, &a, 0, 1001), 0);
	assert_int_equal(count_of(w, &a, 2, 1001), 0);
	a = numbered(2);
	assert_int_equal(count_of(w, &a, 0, 1001), 1);
	window_free(&w);
	(void)state;
}

static void
what_left_the_window_takes_no_memory(void **state)
{
	struct window *w = window_new(MINUTE, 1005);
	struct addr a;

	/*
	 * There are a thousand within any minute.  If the others still held
	 * records, those in the window would be dropped.
	 */
	for (uint32_t i = 0; i < 100000; i++) {
		a = numbered(i);
		assert_int_equal(window_add(w, &a, 1, none,
		    (uint64_t)i * 60), -1);
		if (i < 990)
			continue;
		a = numbered(i - 990);
		assert_int_equal(count_of(w, &a, 0, (uint64_t)i * 60), 1);
	}
	window_free(&w);
	(void)state;
}

/* Resident memory in kilobytes. */
static long
resident_kb(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");
	long kb = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "VmRSS: %ld", &kb);
	fclose(f);
	return kb;
}

static void
a_million_addresses_are_bounded(void **state)
{
	const uint64_t limits[3] = { 2, 0, 0 };
	struct window *w = window_new(HOUR, 1000000);
	long before = resident_kb(), took;
	struct addr a;

	for (uint32_t i = 0; i < 1100000; i++) {
		a = numbered(i);
		assert_int_equal(window_add(w, &a, 1, limits, 1), -1);
	}
	took = resident_kb() - before;
	print_message("# 1,100,000 addresses: %ld MB\n", took / 1024);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(took < 190 * 1000);
#endif
	/* The last million are still known: one more puts each at its limit. */
	for (uint32_t i = 100000; i < 1100000; i += 997) {
		a = numbered(i);
		assert_int_equal(window_add(w, &a, 1, limits, 2), -1);
		assert_int_equal(window_add(w, &a, 1, limits, 2), 0);
	}
	window_free(&w);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_are_counted_together),
		cmocka_unit_test(networks_have_their_text),
		cmocka_unit_test(each_limit_has_its_edge),
		cmocka_unit_test(nothing_is_counted_when_one_level_is_full),
		cmocka_unit_test(a_stream_is_never_counted_short),
		cmocka_unit_test(time_that_goes_back_is_now),
		cmocka_unit_test(open_things_are_counted_until_they_go),
		cmocka_unit_test(other_families_are_not_counted),
		cmocka_unit_test(the_oldest_goes_when_all_are_in_use),
		cmocka_unit_test(what_left_the_window_takes_no_memory),
		cmocka_unit_test(a_million_addresses_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
