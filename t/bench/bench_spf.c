/*
 * bench_spf - evaluations of SPF records per second
 *
 *	bench_spf [SECONDS [THREADS [WORD]]]
 *
 * What many domains publish (an include of a record with networks, a, mx,
 * and a softfail), every answer cached.  Two forms: answers from data, and
 * from the cache in front of libunbound, which a server in this process has
 * filled.  What counts is the time the threads had a processor for, so that
 * others on the machine do not.  Runs as many threads as are asked for and
 * prints one line each; with WORD only those runs whose line has it.
 */
#include <config.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "net/dns-private.h"
#include "net/dns_data.h"
#include "auth/spf.h"

#define THREADS_MAX	64
#define PACKET_MAX	65535
#define RCODE_SERVFAIL	2
#define RCODE_NXDOMAIN	3

static const char zone[] =
    "example.com TXT \"v=spf1 include:_spf.example.com a mx ~all\"\n"
    "example.com A 192.0.2.1\n"
    "example.com MX 10 mx.example.com\n"
    "mx.example.com A 192.0.2.2\n"
    "_spf.example.com TXT \"v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 "
    "ip6:2001:db8::/32 ip4:192.0.2.64/26 ip4:192.0.2.32/28 -all\"\n"
    "example.net TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n";

static struct dns_data *data;
static const char *only = "";

struct worker {
	pthread_t thread;
	struct dns *dns;
	const char *sender, *ip;
	enum spf_engine engine;
	uint64_t until;
	uint64_t done;
	double cpu;		/* seconds */
	enum spf_status status;
};

static double
thread_cpu(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts) == -1)
		abort();
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct spf_query q = { .sender = bytes_of(w->sender),
	    .helo = BYTES("client.example.org"), .engine = w->engine,
	    .deadline = UINT64_MAX };
	struct spf_result r;
	struct arena a;

	if (addr_parse(bytes_of(w->ip), &q.ip) == -1)
		abort();
	arena_init(&a);
	do {
		for (int i = 0; i < 100; i++) {
			spf_check(w->dns, &a, &q, &r);
			arena_clear(&a);
		}
		w->done += 100;
		w->status = r.status;
	} while (clock_mono_us() < w->until);
	w->cpu = thread_cpu();
	return NULL;
}

static void
run(const char *title, const struct worker *what, unsigned seconds,
    unsigned threads)
{
	struct worker workers[THREADS_MAX];
	uint64_t start = clock_mono_us(), done = 0;
	double cpu = 0, s;

	if (strstr(title, only) == NULL)
		return;
	for (unsigned i = 0; i < threads; i++) {
		workers[i] = *what;
		workers[i].until = start + seconds * 1000000ull;
		if (pthread_create(&workers[i].thread, NULL, work,
		    &workers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		done += workers[i].done;
		cpu += workers[i].cpu;
	}
	s = (double)(clock_mono_us() - start) / 1e6;
	(void)printf("%-34s %10.0f per second and core, %10.0f in a second "
	    "by %u (%s)\n", title, (double)done / cpu, (double)done / s,
	    threads, spf_status_name(workers[0].status));
}

/* ---- a server that has the data --------------------------------------- */

static void
put_be16(struct buf *b, unsigned v)
{
	be16_put(buf_reserve(b, 2), (uint16_t)v);
	b->len += 2;
}

static void
put_record(struct buf *out, const struct dns_name *name, enum dns_type type,
    uint32_t ttl, struct bytes rdata)
{
	buf_add(out, name->wire, name->len);
	put_be16(out, type);
	put_be16(out, 1);
	put_be16(out, ttl >> 16);
	put_be16(out, ttl & 0xffff);
	put_be16(out, (unsigned)rdata.len);
	buf_bytes(out, rdata);
}

/*
 * Makes a DNS message of the answer, without compression.  What does not fit
 * into 64 KB is left out.
 */
static void
packet_put(const struct dns_answer *answer, const struct dns_name *name,
    enum dns_type type, struct buf *out)
{
	/* Response, recursion desired and available; AD if secure. */
	unsigned flags = 0x8180u | (answer->secure ? 0x20u : 0);
	size_t start = out->len, n = 0;

	if (answer->status == DNS_NXDOMAIN)
		flags |= RCODE_NXDOMAIN;
	else if (dns_is_temporary(answer->status))
		flags |= RCODE_SERVFAIL;
	put_be16(out, 0);
	put_be16(out, flags);
	for (unsigned section = 0; section < 4; section++)
		put_be16(out, section == 0);
	buf_add(out, name->wire, name->len);
	put_be16(out, type);
	put_be16(out, 1);
	for (size_t i = 0; i < answer->n && answer->status == DNS_OK; i++) {
		if (out->len - start + name->len + 10u + answer->rdata[i].len >
		    PACKET_MAX)
			continue;
		put_record(out, name, type, answer->ttl, answer->rdata[i]);
		n++;
	}
	be16_put(out->data + start + 6, (uint16_t)n);
}

/* Answers a query.  Returns the length of the reply. */
static size_t
answer(const uint8_t *p, size_t n, struct arena *a, struct buf *out)
{
	struct dns_answer found;
	struct dns_name name;
	size_t end = 12;

	while (end < n && p[end] != 0)
		end += p[end] + 1u;
	if (end + 5 > n || end - 12 >= DNS_NAME_MAX)
		return 0;
	name.len = (uint8_t)(end - 11);
	memcpy(name.wire, p + 12, name.len);
	dns_name_lower(&name);
	dns_data_answer(data, a, &name, be16_get(p + end + 1), &found);
	buf_clear(out);
	packet_put(&found, &name, be16_get(p + end + 1), out);
	/* With the query's id, and its name in the same letters. */
	memcpy(out->data, p, 2);
	memcpy(out->data + 12, p + 12, name.len);
	return out->len;
}

static _Atomic bool stop;

static void *
serve(void *arg)
{
	struct pollfd pfd = { .fd = *(int *)arg, .events = POLLIN };
	struct sockaddr_storage from;
	struct buf out = BUF_INIT;
	struct arena a;
	uint8_t p[1500];
	socklen_t len;
	ssize_t n;

	arena_init(&a);
	while (!stop) {
		if (poll(&pfd, 1, 50) <= 0)
			continue;
		len = sizeof(from);
		n = recvfrom(pfd.fd, p, sizeof(p), 0,
		    (struct sockaddr *)&from, &len);
		if (n > 16 && answer(p, (size_t)n, &a, &out) > 0 &&
		    sendto(pfd.fd, out.data, out.len, 0,
		    (struct sockaddr *)&from, len) == -1)
			perror("sendto");
		arena_clear(&a);
	}
	buf_free(&out);
	return NULL;
}

static struct dns *
dns_over(int fd)
{
	char resolver[64];
	const char *lines[] = { resolver };
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	struct err err = ERR_INIT;
	struct settings s;
	struct dns *dns;

	if (bind(fd, (struct sockaddr *)&sin, len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		fatal("cannot bind");
	(void)snprintf(resolver, sizeof(resolver), "resolver=127.0.0.1@%u",
	    ntohs(sin.sin_port));
	if (settings_load(NULL, lines, 1, &s, &err) == -1 ||
	    dns_new(&s, &dns, &err) == -1)
		fatal("%s", err.text);
	settings_free(&s);
	return dns;
}

static void
source(void *arg, struct arena *a, const struct dns_name *name,
    enum dns_type type, struct dns_answer *found)
{
	dns_data_answer(arg, a, name, type, found);
}

int
main(int argc, char **argv)
{
	unsigned seconds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2;
	unsigned threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
	struct worker full = { .sender = "user@example.com",
	    .ip = "192.0.2.200" };
	struct worker plain = { .sender = "user@example.net",
	    .ip = "192.0.2.200" };
	struct err err = ERR_INIT;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	pthread_t server;

	only = argc > 3 ? argv[3] : "";
	if (threads < 1 || threads > THREADS_MAX ||
	    dns_data_parse("zone", BYTES(zone), &data, &err) == -1)
		fatal("%s", err.text);
	full.dns = plain.dns = dns_of_source(source, data);
	run("include, a, mx; from data", &full, seconds, threads);
	run("ip4; from data", &plain, seconds, threads);
	full.engine = SPF_ENGINE_LIBSPF2;
	run("include, a, mx; from data; libspf2", &full, seconds, threads);
	full.engine = SPF_ENGINE_POSTERN;
	dns_free(&full.dns);
	full.dns = plain.dns = dns_over(fd);
	if (pthread_create(&server, NULL, serve, &fd) != 0)
		fatal("cannot start a thread");
	run("include, a, mx; from the cache", &full, seconds, threads);
	run("ip4; from the cache", &plain, seconds, threads);
	stop = true;
	pthread_join(server, NULL);
	dns_free(&full.dns);
	dns_data_free(&data);
	return 0;
}
