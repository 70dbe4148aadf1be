/*
 * dns_server - a DNS server of the records in a file, for benchmarks
 *
 *	dns_server FILE PORT
 *
 * Answers on 127.0.0.1 over UDP until it is killed, so that other filters see
 * the same DNS as ours, whose dns-data setting names the file.
 */
#include <config.h>

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "net/dns.h"

#define HEADER		12
#define TTL		3600
#define ANSWER_MAX	1400

struct question {
	char name[256 * 4];
	enum dns_type type;
	size_t end;			/* offset after it */
};

/* Reads a question.  Returns 0, or -1 if it is malformed. */
static int
question_read(const uint8_t *in, size_t n, struct question *q)
{
	struct buf name = BUF_INIT;
	size_t at = HEADER, len;

	if (n < HEADER || be16_get(in + 4) != 1)
		return -1;
	while (at < n && (len = in[at]) != 0) {
		if (len > 63 || at + 1 + len >= n || name.len > 255)
			break;
		buf_add(&name, in + at + 1, len);
		buf_byte(&name, '.');
		at += 1 + len;
	}
	if (at + 5 > n || in[at] != 0) {
		buf_free(&name);
		return -1;
	}
	(void)snprintf(q->name, sizeof(q->name), "%s", buf_cstr(&name));
	buf_free(&name);
	q->type = (enum dns_type)be16_get(in + at + 1);
	q->end = at + 5;
	return 0;
}

static void
put16(struct buf *out, unsigned v)
{
	uint8_t b[2];

	be16_put(b, (uint16_t)v);
	buf_add(out, b, sizeof(b));
}

static void
reply_make(const uint8_t *in, const struct question *q,
    const struct dns_answer *a, struct buf *out)
{
	unsigned rcode = a->status == DNS_NXDOMAIN ? 3 :
	    dns_is_temporary(a->status) ? 2 : 0;
	size_t n = a->status == DNS_OK ? a->n : 0;

	buf_add(out, in, 2);
	put16(out, 0x8580 | rcode);
	put16(out, 1);
	put16(out, (unsigned)n);
	put16(out, 0);
	put16(out, 0);
	buf_add(out, in + HEADER, q->end - HEADER);
	for (size_t i = 0; i < n && out->len + a->rdata[i].len <
	    ANSWER_MAX; i++) {
		put16(out, 0xc000 | HEADER);
		put16(out, (unsigned)q->type);
		put16(out, 1);
		put16(out, 0);
		put16(out, TTL);
		put16(out, (unsigned)a->rdata[i].len);
		buf_bytes(out, a->rdata[i]);
	}
}

static void
serve(struct dns *dns, int fd)
{
	struct sockaddr_in from;
	struct dns_answer answer;
	struct buf out = BUF_INIT;
	struct question q;
	struct arena a;
	uint8_t in[1500];
	socklen_t len;
	ssize_t n;

	arena_init(&a);
	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, in, sizeof(in), 0,
		    (struct sockaddr *)&from, &len);
		if (n == -1)
			break;
		if (question_read(in, (size_t)n, &q) == -1)
			continue;
		dns_lookup(dns, &a, q.name, q.type, clock_mono_ms() + 1000,
		    &answer);
		buf_clear(&out);
		reply_make(in, &q, &answer, &out);
		(void)sendto(fd, out.data, out.len, 0,
		    (struct sockaddr *)&from, len);
		arena_clear(&a);
	}
	buf_free(&out);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct settings s;
	struct err err = ERR_INIT;
	const char *set;
	struct dns *dns;
	struct arena a;
	uint64_t port;
	int fd;

	arena_init(&a);
	if (argc != 3 || decimal_parse(bytes_of(argv[2]), 65535, &port) == -1)
		fatal("usage: dns_server FILE PORT");
	set = arena_printf(&a, "dns-data=%s", argv[1]);
	if (settings_load(NULL, &set, 1, &s, &err) == -1 ||
	    dns_new(&s, &dns, &err) == -1)
		fatal("%s", err.text);
	sin.sin_port = htons((uint16_t)port);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		fatal("cannot bind to port %s", argv[2]);
	serve(dns, fd);
	return 1;
}
