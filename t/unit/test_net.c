/* Addresses, listeners, the small client, the job pool. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/addr.h"
#include "net/dial.h"
#include "net/jobpool.h"
#include "net/listen.h"

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

/* With ":port", IPv6 in brackets. */
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

static char dir[] = "/tmp/postern-net-XXXXXX";

static int
make_dir(void **state)
{
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	return rmdir(dir);
}

static void
refused(const char *where, const char *says)
{
	struct listen_spec spec = { .where = where, .setting = "x-listen" };
	struct err err = ERR_INIT;
	int fd;

	assert_int_equal(listen_open(&spec, &fd, &err), -1);
	if (strstr(err.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, says);
	assert_non_null(strstr(err.text, "x-listen"));
}

static void
tcp_port_in_use_is_said(void **state)
{
	struct listen_spec spec = { .where = "127.0.0.1:0" };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char where[ADDR_TEXT_MAX];
	struct err err = ERR_INIT;
	struct addr a;
	int fd;

	assert_int_equal(listen_open(&spec, &fd, &err), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	addr_from_sockaddr(&a, (struct sockaddr *)&ss);
	refused(print_port(&a, where), "in use by another program");
	refused("192.0.2.77:0", "does not have that address");
	refused("127.0.0.1:imap", "no valid port");
	(void)close(fd);
}

static void
unix_sockets_replace_stale_ones_only(void **state)
{
	char path[128], missing[160], file[128];
	struct listen_spec spec = { .where = path, .mode = 0660 };
	struct err err = ERR_INIT;
	struct stat st;
	FILE *f;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/s", dir);
	(void)snprintf(missing, sizeof(missing), "%s/no/s", dir);
	(void)snprintf(file, sizeof(file), "%s/file", dir);
	assert_int_equal(listen_open(&spec, &fd, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	refused(path, "in use by another program");
	(void)close(fd);
	/* Nobody listens any more, the name is still there. */
	assert_int_equal(listen_open(&spec, &fd, &err), 0);
	(void)close(fd);
	(void)unlink(path);
	refused(missing, "the folder does not exist");
	assert_non_null(f = fopen(file, "w"));
	assert_int_equal(fclose(f), 0);
	refused(file, "exists");
	assert_int_equal(unlink(file), 0);
	memset(missing, 'a', sizeof(missing) - 1);
	missing[0] = '/';
	missing[sizeof(missing) - 1] = '\0';
	refused(missing, "1 to 107 bytes");
	spec.group = "no-such-group";
	assert_int_equal(listen_open(&spec, &fd, &err), -1);
	assert_non_null(strstr(err.text, "no group 'no-such-group'"));
	assert_int_equal(access(path, F_OK), -1);
}

static void
dialling_ends_at_the_deadline(void **state)
{
	char path[128], got[8];
	struct listen_spec spec = { .where = path };
	struct err err = ERR_INIT;
	uint64_t begin = clock_mono_ms();
	int lfd, fd;

	(void)snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(dial_connect(path, begin + 100, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_int_equal(dial_connect("neither", begin + 100, &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_int_equal(listen_open(&spec, &lfd, &err), 0);
	fd = dial_connect(path, begin + 5000, &err);
	assert_true(fd >= 0);
	begin = clock_mono_ms();
	assert_int_equal(dial_read(fd, got, sizeof(got), begin + 50, &err),
	    -1);
	assert_true(clock_mono_ms() >= begin + 50);
	(void)close(lfd);
	assert_int_equal(unlink(path), 0);
	(void)close(fd);
	/* Nobody listens there, or the machine has no such name: both name it. */
	fd = dial_connect("localhost:1", clock_mono_ms() + 2000, &err);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(err.text, "localhost"));
}

/* --- job pool ------------------------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_open;
static int started;
static char order[64];

/* Waits for the gate, then writes down its name. */
static void
job(void *arg)
{
	pthread_mutex_lock(&lock);
	started++;
	pthread_cond_broadcast(&changed);
	while (!is_open)
		pthread_cond_wait(&changed, &lock);
	order[strlen(order)] = *(const char *)arg;
	pthread_mutex_unlock(&lock);
}

static int
submit(struct jobpool *pool, uint64_t key, const char *name)
{
	return jobpool_submit(pool, key, job, (void *)(uintptr_t)name);
}

static void
job_pool_is_fair_and_bounded(void **state)
{
	struct jobpool_config config = {
		.threads = 1, .queue_max = 6, .key_max = 4
	};
	struct jobpool *pool = jobpool_new(&config);

	is_open = false;
	/* One runs, so that the others queue. */
	assert_int_equal(submit(pool, 0, "r"), 0);
	pthread_mutex_lock(&lock);
	while (started == 0)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 4; i++)
		assert_int_equal(submit(pool, 1, "a"), 0);
	assert_int_equal(submit(pool, 1, "a"), -1);
	assert_int_equal(submit(pool, 2, "b"), 0);
	assert_int_equal(submit(pool, 3, "c"), 0);
	assert_int_equal(submit(pool, 4, "d"), -1);
	pthread_mutex_lock(&lock);
	is_open = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	/* What is queued is run. */
	jobpool_free(&pool);
	assert_null(pool);
	assert_string_equal(order, "rabcaaa");
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
		cmocka_unit_test(tcp_port_in_use_is_said),
		cmocka_unit_test_setup_teardown(
		    unix_sockets_replace_stale_ones_only, make_dir,
		    remove_dir),
		cmocka_unit_test_setup_teardown(dialling_ends_at_the_deadline,
		    make_dir, remove_dir),
		cmocka_unit_test(job_pool_is_fair_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
