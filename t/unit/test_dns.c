/*
 * The resolver: names, record data, the cache, and libunbound with a server of
 * this test on loopback.
 */
#include <config.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/encode.h"
#include "net/dns-private.h"
#include "net/dns_data.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define LONG_MS		20000u

/* ---- a server -------------------------------------------------------- */

/*
 * Answers TXT questions: "ok" and names below it with one string, "none"
 * without data, "gone" with NXDOMAIN, "fail" with SERVFAIL, "loop" with a
 * CNAME to itself, "chain" with one to "ok", "silent" not at all, "lie" with
 * data whose length leads out of the packet.
 */
struct server {
	int fd;
	uint16_t port;
	pthread_t thread;
	_Atomic unsigned questions;
	_Atomic bool stop;
};

static void
put16(uint8_t *p, size_t *n, unsigned v)
{
	be16_put(p + *n, (uint16_t)v);
	*n += 2;
}

/* Puts a record for the question's name: type, TTL and data. */
static void
put_answer(uint8_t *p, size_t *n, unsigned type, unsigned ttl,
    const void *rdata, size_t len, unsigned claimed)
{
	put16(p, n, 0xc00c);
	put16(p, n, type);
	put16(p, n, 1);
	put16(p, n, 0);
	put16(p, n, ttl);
	put16(p, n, claimed);
	memcpy(p + *n, rdata, len);
	*n += len;
	be16_put(p + 6, (uint16_t)(be16_get(p + 6) + 1));
}

/* Returns the length of the answer, or 0 for no answer. */
static size_t
answer(uint8_t *p, size_t n)
{
	static const uint8_t ok[] = "\2ok\7example\3com";
	size_t end = 12, first = p[12];
	const char *label = (const char *)p + 13;

	while (end < n && p[end] != 0)
		end += p[end] + 1u;
	n = end + 5;
	be16_put(p + 2, 0x8180);
	memset(p + 6, 0, 6);
	if (first == 6 && memcmp(label, "silent", 6) == 0)
		return 0;
	if (first == 4 && memcmp(label, "none", 4) == 0)
		return n;
	if (first == 4 && memcmp(label, "gone", 4) == 0)
		p[3] |= 3;
	else if (first == 4 && memcmp(label, "fail", 4) == 0)
		p[3] |= 2;
	else if (first == 4 && memcmp(label, "loop", 4) == 0)
		put_answer(p, &n, DNS_CNAME, 60, "\xc0\x0c", 2, 2);
	else if (first == 5 && memcmp(label, "chain", 5) == 0)
		put_answer(p, &n, DNS_CNAME, 60, ok, sizeof(ok), sizeof(ok));
	else if (first == 3 && memcmp(label, "lie", 3) == 0)
		put_answer(p, &n, DNS_TXT, 60, "\5short", 6, 600);
	else
		put_answer(p, &n, DNS_TXT, 60, "\5hello\6 world", 13, 13);
	return n;
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
	struct sockaddr_storage from;
	socklen_t len;
	uint8_t p[1500];
	ssize_t n;

	while (!s->stop) {
		if (poll(&pfd, 1, 20) <= 0)
			continue;
		len = sizeof(from);
		n = recvfrom(s->fd, p, 600, 0, (struct sockaddr *)&from,
		    &len);
		if (n < 17)
			continue;
		s->questions++;
		if ((n = (ssize_t)answer(p, (size_t)n)) > 0)
			assert_int_equal(sendto(s->fd, p, (size_t)n, 0,
			    (struct sockaddr *)&from, len), n);
	}
	return NULL;
}

static void
server_start(struct server *s)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);

	*s = (struct server){ .fd = socket(AF_INET, SOCK_DGRAM, 0) };
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sin, &len),
	    0);
	s->port = ntohs(sin.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
server_stop(struct server *s)
{
	s->stop = true;
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* ---- a resolver ------------------------------------------------------ */

static void
settings_of(struct settings *s, const char *const *lines, size_t n)
{
	struct err err = ERR_INIT;

	if (settings_load(NULL, lines, n, s, &err) == -1)
		fail_msg("%s", err.text);
}

static struct dns *
dns_at(const struct server *server, const char *option)
{
	char resolver[64];
	const char *lines[] = { resolver, "dns-cache-error=1h", option };
	struct err err = ERR_INIT;
	struct settings s;
	struct dns *dns;

	(void)snprintf(resolver, sizeof(resolver), "resolver=127.0.0.1@%u",
	    server->port);
	settings_of(&s, lines, option == NULL ? 2 : 3);
	if (dns_new(&s, &dns, &err) == -1)
		fail_msg("%s", err.text);
	settings_free(&s);
	return dns;
}

static struct dns_answer
ask(struct dns *dns, struct arena *a, const char *name, uint64_t ms)
{
	struct dns_answer answer;

	dns_lookup(dns, a, name, DNS_TXT, clock_mono_ms() + ms, &answer);
	return answer;
}

static void
test_libunbound(void **state)
{
	static const struct {
		const char *name;
		enum dns_status status;
	} rows[] = {
		{ "ok.example.com", DNS_OK },
		{ "OK.Example.COM.", DNS_OK },
		{ "chain.example.com", DNS_OK },
		{ "none.example.com", DNS_NODATA },
		{ "gone.example.com", DNS_NXDOMAIN },
		{ "fail.example.com", DNS_SERVFAIL },
		{ "loop.example.com", DNS_SERVFAIL },
		{ "lie.example.com", DNS_SERVFAIL },
		{ "a\\.b\\032c.ok.example.com", DNS_OK },
		{ "a..b", DNS_NXDOMAIN }
	};
	struct dns_answer answer;
	struct server server;
	struct bytes text;
	struct arena a;
	struct dns *dns;

	server_start(&server);
	dns = dns_at(&server, NULL);
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++)
		dns_start(dns, rows[i].name, DNS_TXT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		answer = ask(dns, &a, rows[i].name, LONG_MS);
		if (answer.status != rows[i].status)
			fail_msg("%s: %s", rows[i].name,
			    dns_status_name(answer.status));
		assert_false(answer.secure);
		if (answer.status != DNS_OK)
			continue;
		assert_int_equal(answer.n, 1);
		assert_int_equal(dns_txt(&a, answer.rdata[0], &text), 0);
		assert_true(bytes_eq_str(text, "hello world"));
		assert_in_range(answer.ttl, 50, 60);
	}
	dns_free(&dns);
	arena_clear(&a);
	server_stop(&server);
}

static void
test_cache(void **state)
{
	struct dns_answer answer;
	struct server server;
	struct arena a;
	struct dns *dns;
	unsigned asked;

	server_start(&server);
	dns = dns_at(&server, NULL);
	arena_init(&a);
	assert_int_equal(ask(dns, &a, "ok.example.com", LONG_MS).status,
	    DNS_OK);
	asked = server.questions;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(dns, &a, "oK.example.com",
		    LONG_MS).status, DNS_OK);
	assert_int_equal(server.questions, asked);
	/* The answer is in our cache, not only in libunbound's. */
	assert_true(dns_lookup_now(dns, &a, "ok.example.com", DNS_TXT,
	    &answer));
	assert_false(dns_lookup_now(dns, &a, "ok.example.com", DNS_A,
	    &answer));
	dns_free(&dns);
	arena_clear(&a);
	server_stop(&server);
}

/*
 * First the caller's deadline passes, then the query's own; there is no answer.
 */
static void
test_deadline(void **state)
{
	struct dns_answer answer;
	struct server server;
	struct arena a;
	struct dns *dns;
	uint64_t begin;

	server_start(&server);
	dns = dns_at(&server, "dns-deadline=3s");
	arena_init(&a);
	begin = clock_mono_ms();
	assert_int_equal(ask(dns, &a, "silent.example.com", 50).status,
	    DNS_TIMEOUT);
	assert_true(clock_mono_ms() - begin >= 50);
	/* The query itself goes on. */
	assert_false(dns_lookup_now(dns, &a, "silent.example.com", DNS_TXT,
	    &answer));
	assert_int_equal(ask(dns, &a, "silent.example.com", LONG_MS).status,
	    DNS_TIMEOUT);
	assert_true(clock_mono_ms() - begin >= 3000);
	/* The failure is cached: the query is not repeated. */
	assert_true(dns_lookup_now(dns, &a, "silent.example.com", DNS_TXT,
	    &answer));
	assert_int_equal(answer.status, DNS_TIMEOUT);
	dns_free(&dns);
	arena_clear(&a);
	server_stop(&server);
}

/* The resolver is freed while queries are in progress. */
static void
test_free_early(void **state)
{
	struct server server;
	struct dns *dns;
	uint64_t begin = clock_mono_ms();

	server_start(&server);
	dns = dns_at(&server, "dns-deadline=2min");
	dns_start(dns, "silent.example.com", DNS_TXT);
	dns_start(dns, "silent.example.com", DNS_A);
	dns_free(&dns);
	assert_null(dns);
	/* Freeing did not wait for the answers. */
	assert_true(clock_mono_ms() - begin < 60000);
	server_stop(&server);
}

static void
test_too_many(void **state)
{
	struct server server;
	struct arena a;
	struct dns *dns;

	server_start(&server);
	dns = dns_at(&server, "dns-questions-max=1");
	arena_init(&a);
	dns_start(dns, "silent.example.com", DNS_TXT);
	assert_int_equal(ask(dns, &a, "ok.example.com", LONG_MS).status,
	    DNS_SERVFAIL);
	dns_free(&dns);
	arena_clear(&a);
	server_stop(&server);
}

/* ---- the cache, with time in hand ------------------------------------ */

static _Atomic uint64_t fake_now;

static uint64_t
fake_clock(void)
{
	return fake_now;
}

static void
test_expiry(void **state)
{
	struct server server;
	struct dns_answer answer;
	struct arena a;
	struct dns *dns;

	fake_now = clock_mono_ms();
	dns_now = fake_clock;
	server_start(&server);
	dns = dns_at(&server, "dns-cache-ttl-max=30s");
	arena_init(&a);
	(void)ask(dns, &a, "ok.example.com", LONG_MS);
	fake_now += 20000;
	answer = ask(dns, &a, "ok.example.com", LONG_MS);
	assert_int_equal(answer.ttl, 10);
	fake_now += 10000;
	assert_false(dns_lookup_now(dns, &a, "ok.example.com", DNS_TXT,
	    &answer));
	answer = ask(dns, &a, "ok.example.com", LONG_MS);
	assert_in_range(answer.ttl, 11, 30);
	dns_free(&dns);
	dns_now = clock_mono_ms;
	arena_clear(&a);
	server_stop(&server);
}

static void
test_bound(void **state)
{
	struct dns_answer answer;
	unsigned cached = 0;
	char name[64];
	struct server server;
	struct arena a;
	struct dns *dns;

	server_start(&server);
	dns = dns_at(&server, "dns-cache-size=64K");
	arena_init(&a);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "%d.ok.example.com", i);
		assert_int_equal(ask(dns, &a, name, LONG_MS).status, DNS_OK);
	}
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "%d.ok.example.com", i);
		cached += dns_lookup_now(dns, &a, name, DNS_TXT, &answer);
	}
	/* Each takes about 250 bytes. */
	assert_in_range(cached, 32, 300);
	dns_free(&dns);
	arena_clear(&a);
	server_stop(&server);
}

/* ---- reload ---------------------------------------------------------- */

struct asker {
	struct dns *dns;
	_Atomic bool stop;
	_Atomic unsigned wrong;
};

static void *
ask_on(void *arg)
{
	struct asker *k = arg;
	enum dns_status status;
	struct arena a;
	char name[64];

	arena_init(&a);
	for (unsigned i = 0; !k->stop; i++) {
		(void)snprintf(name, sizeof(name), "%u.ok.example.com",
		    i % 500);
		status = ask(k->dns, &a, name, LONG_MS).status;
		k->wrong += status != DNS_OK && status != DNS_NXDOMAIN;
		arena_clear(&a);
	}
	return NULL;
}

/* Threads ask while the resolver switches to data and back. */
static void
test_reload(void **state)
{
	char resolver[64], path[] = "/tmp/test_dns.XXXXXX", data[64];
	const char *lines[] = { resolver, data };
	struct asker k = { NULL, false, 0 };
	struct err err = ERR_INIT;
	struct server server;
	struct settings s;
	pthread_t threads[3];
	struct arena a;
	int fd = mkstemp(path);

	assert_int_equal(write(fd, "ok.example.com. TXT old\n", 24), 24);
	close(fd);
	server_start(&server);
	k.dns = dns_at(&server, NULL);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_on,
		    &k), 0);
	(void)snprintf(resolver, sizeof(resolver), "resolver=127.0.0.1@%u",
	    server.port);
	(void)snprintf(data, sizeof(data), "dns-data=%s", path);
	for (size_t i = 0; i < 20; i++) {
		settings_of(&s, lines, 1 + i % 2);
		assert_int_equal(dns_reload(k.dns, &s, &err), 0);
		settings_free(&s);
	}
	k.stop = true;
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(k.wrong, 0);
	/* The data is in use now; a bad file changes nothing. */
	arena_init(&a);
	assert_int_equal(ask(k.dns, &a, "ok.example.com", 0).status, DNS_OK);
	assert_int_equal(truncate(path, 15), 0);
	settings_of(&s, lines, 2);
	assert_int_equal(dns_reload(k.dns, &s, &err), -1);
	settings_free(&s);
	assert_non_null(strstr(err.text, ":1: "));
	assert_int_equal(ask(k.dns, &a, "ok.example.com", 0).status, DNS_OK);
	arena_clear(&a);
	dns_free(&k.dns);
	server_stop(&server);
	unlink(path);
}

static void
test_settings(void **state)
{
	static const char *const wrong[] = {
		"resolver=localhost", "resolver=127.0.0.1@", "resolver=",
		"resolver=127.0.0.1@123456", "resolver=127.0.0.1@x",
		"dns-data=/nonexistent", "trust-anchor=/nonexistent"
	};
	struct err err = ERR_INIT;
	struct settings s;
	struct dns *dns;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		settings_of(&s, &wrong[i], 1);
		if (dns_new(&s, &dns, &err) != -1)
			fail_msg("%s is taken", wrong[i]);
		assert_true(err.text[0] != '\0');
		settings_free(&s);
	}
}

/* ---- names and record data ------------------------------------------- */

static void
test_names(void **state)
{
	static const struct {
		const char *text, *again;
	} rows[] = {
		{ "example.com", NULL }, { "example.com.", "example.com" },
		{ ".", NULL }, { "", "." }, { "a", NULL },
		{ "a\\.b.c", NULL }, { "a\\032b", NULL },
		{ "a b", "a\\032b" }, { "\\065.\\\\", "A.\\\\" },
		{ "\\@x\\\"", NULL }, { "\xc3\xa4.de", "\\195\\164.de" }
	};
	static const char *const wrong[] = {
		"..", ".a", "a..b", "a.b..", "\\", "\\1", "\\25", "\\256",
		"\\2a3"
	};
	struct dns_name name;
	struct arena a;
	char text[300];

	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(dns_name_parse(bytes_of(rows[i].text),
		    &name), 0);
		assert_string_equal(dns_name_text(&a, &name),
		    rows[i].again == NULL ? rows[i].text : rows[i].again);
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (dns_name_parse(bytes_of(wrong[i]), &name) != -1)
			fail_msg("%s", wrong[i]);
	/* 63 and 64 bytes in a label, 255 and 256 on the wire. */
	memset(text, 'a', sizeof(text));
	assert_int_equal(dns_name_parse(bytes_make(text, 63), &name), 0);
	assert_int_equal(dns_name_parse(bytes_make(text, 64), &name), -1);
	for (size_t i = 1; i < sizeof(text); i += 2)
		text[i] = '.';
	assert_int_equal(dns_name_parse(bytes_make(text, 253), &name), 0);
	assert_int_equal(name.len, 255);
	assert_int_equal(dns_name_parse(bytes_make(text, 254), &name), 0);
	assert_int_equal(dns_name_parse(bytes_make(text, 255), &name), -1);
	arena_clear(&a);
}

static void
test_record_data(void **state)
{
	struct addr ip, again;
	uint16_t preference;
	struct bytes text;
	struct arena a;
	char *name;

	arena_init(&a);
	assert_int_equal(dns_txt(&a, BYTES("\1a\0\2bc"), &text), 0);
	assert_true(bytes_eq_str(text, "abc"));
	assert_int_equal(dns_txt(&a, BYTES("\0"), &text), 0);
	assert_int_equal(text.len, 0);
	assert_int_equal(dns_txt(&a, BYTES(""), &text), -1);
	assert_int_equal(dns_txt(&a, BYTES("\3ab"), &text), -1);
	assert_int_equal(dns_txt(&a, BYTES("\1a\377"), &text), -1);
	assert_int_equal(dns_mx(&a, BYTES("\1\2\1a\0"), &preference, &name),
	    0);
	assert_int_equal(preference, 258);
	assert_string_equal(name, "a");
	assert_int_equal(dns_mx(&a, BYTES("\0\0\0"), &preference, &name), 0);
	assert_string_equal(name, ".");
	assert_int_equal(dns_mx(&a, BYTES("\0\0"), &preference, &name), -1);
	assert_int_equal(dns_target(&a, BYTES("\1a"), &name), -1);
	assert_int_equal(dns_target(&a, BYTES("\1a\0\0"), &name), -1);
	assert_int_equal(dns_target(&a, BYTES("\5a\0"), &name), -1);
	assert_int_equal(dns_target(&a, BYTES("\300\14"), &name), -1);
	assert_int_equal(addr_parse(bytes_of("192.0.2.1"), &ip), 0);
	assert_string_equal(dns_reverse_name(&a, &ip, NULL),
	    "1.2.0.192.in-addr.arpa");
	assert_string_equal(dns_reverse_name(&a, &ip, "bl.example"),
	    "1.2.0.192.bl.example");
	assert_int_equal(dns_addr(BYTES("\300\0\2\1"), &again), 0);
	assert_true(addr_eq(&ip, &again));
	assert_int_equal(dns_addr(BYTES("abc"), &again), -1);
	assert_int_equal(addr_parse(bytes_of("2001:db8::1"), &ip), 0);
	assert_string_equal(dns_reverse_name(&a, &ip, NULL),
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
	    ".ip6.arpa");
	arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_record_data),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_libunbound),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_free_early),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_reload)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
