/*
 * DNSSEC validation: a server of this test on loopback serves a signed zone,
 * example.com, whose key is the trust anchor.
 */
#include <config.h>

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "net/dns.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define DAY		86400u
#define TTL		300u
#define TYPE_RRSIG	46
#define TYPE_DNSKEY	48
#define ED25519		15

static const uint8_t apex[] = "\7example\3com";
static EVP_PKEY *key;
static uint8_t dnskey[4 + 32] = { 1, 1, 3, ED25519 };	/* 257 3 15 key */

static void
put16(struct buf *b, unsigned v)
{
	be16_put(buf_reserve(b, 2), (uint16_t)v);
	b->len += 2;
}

static void
put32(struct buf *b, uint32_t v)
{
	put16(b, v >> 16);
	put16(b, v & 0xffff);
}

/* RFC 4034 B */
static unsigned
key_tag(void)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(dnskey); i++)
		sum += i % 2 == 0 ? (uint32_t)dnskey[i] << 8 : dnskey[i];
	return (sum + (sum >> 16)) & 0xffff;
}

static void
put_record(struct buf *b, struct bytes owner, unsigned type,
    struct bytes rdata)
{
	buf_bytes(b, owner);
	put16(b, type);
	put16(b, 1);
	put32(b, TTL);
	put16(b, (unsigned)rdata.len);
	buf_bytes(b, rdata);
}

/* The data of an RRSIG record about one record (RFC 4034 3.1.8.1). */
static void
sign(struct buf *out, struct bytes owner, unsigned type, struct bytes rdata)
{
	uint32_t now = (uint32_t)(clock_wall_ms() / 1000);
	struct buf text = BUF_INIT;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t n = 64, start = out->len;
	unsigned labels = 0;

	for (size_t i = 0; owner.data[i] != 0; i += (uint8_t)owner.data[i] + 1)
		labels++;
	put16(out, type);
	buf_byte(out, ED25519);
	buf_byte(out, (char)labels);
	put32(out, TTL);
	put32(out, now + DAY);
	put32(out, now - DAY);
	put16(out, key_tag());
	buf_add(out, apex, sizeof(apex));
	buf_add(&text, out->data + start, out->len - start);
	put_record(&text, owner, type, rdata);
	assert_int_equal(EVP_DigestSignInit(md, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(md,
	    (unsigned char *)buf_reserve(out, n), &n,
	    (unsigned char *)text.data, text.len), 1);
	out->len += n;
	EVP_MD_CTX_free(md);
	buf_free(&text);
}

/* Answers a question whose name ends before end. */
static void
answer(struct buf *out, const uint8_t *p, size_t end)
{
	struct bytes owner = bytes_make(p + 12, end - 11);
	unsigned type = be16_get(p + end + 1);
	struct bytes rdata = BYTES("\2hi");
	struct buf lower = BUF_INIT, sig = BUF_INIT;

	/* The signature is made of the name in lower case (RFC 4034 6.2). */
	buf_bytes(&lower, owner);
	for (size_t i = 0; i < lower.len; i++)
		if (lower.data[i] >= 'A' && lower.data[i] <= 'Z')
			lower.data[i] += 'a' - 'A';
	if (type == TYPE_DNSKEY)
		rdata = bytes_make(dnskey, sizeof(dnskey));
	buf_add(out, p, end + 5);
	be16_put(out->data + 2, 0x8180);
	memset(out->data + 6, 0, 6);
	if (type != DNS_TXT && type != TYPE_DNSKEY) {
		buf_free(&lower);
		return;
	}
	put_record(out, owner, type, rdata);
	out->data[7] = 1;
	if (memcmp(lower.data, "\5plain", 6) != 0) {
		sign(&sig, buf_view(&lower), type, rdata);
		if (memcmp(lower.data, "\3bad", 4) == 0)
			sig.data[sig.len - 1] ^= 1;
		put_record(out, owner, TYPE_RRSIG, buf_view(&sig));
		out->data[7] = 2;
	}
	buf_free(&lower);
	buf_free(&sig);
}

static _Atomic bool stop;

static void *
serve(void *arg)
{
	struct pollfd pfd = { .fd = *(int *)arg, .events = POLLIN };
	struct sockaddr_storage from;
	struct buf out = BUF_INIT;
	uint8_t p[1500] = { 0 };
	socklen_t len;
	size_t end;
	ssize_t n;

	while (!stop) {
		if (poll(&pfd, 1, 20) <= 0)
			continue;
		len = sizeof(from);
		n = recvfrom(pfd.fd, p, 600, 0, (struct sockaddr *)&from,
		    &len);
		for (end = 12; n > 16 && end < (size_t)n && p[end] != 0;)
			end += p[end] + 1u;
		if (n <= 16)
			continue;
		buf_clear(&out);
		answer(&out, p, end);
		assert_int_equal(sendto(pfd.fd, out.data, out.len, 0,
		    (struct sockaddr *)&from, len), out.len);
	}
	buf_free(&out);
	return NULL;
}

/* Makes a key and writes the trust anchor as a line of a zone file. */
static void
make_key(const char *path)
{
	struct err err = ERR_INIT;
	struct buf line = BUF_INIT;
	size_t n = 32;

	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, dnskey + 4, &n), 1);
	buf_str(&line, "example.com. IN DNSKEY 257 3 15 ");
	base64_encode(&line, bytes_make(dnskey + 4, 32));
	buf_byte(&line, '\n');
	assert_int_equal(file_write(path, 0600, buf_view(&line), &err), 0);
	buf_free(&line);
}

static struct dns *
open_dns(int fd, const char *anchor)
{
	char resolver[64], trust[200];
	const char *lines[] = { resolver, trust };
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	struct err err = ERR_INIT;
	struct settings s;
	struct dns *dns;

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	(void)snprintf(resolver, sizeof(resolver), "resolver=127.0.0.1@%u",
	    ntohs(sin.sin_port));
	(void)snprintf(trust, sizeof(trust), "trust-anchor=%s", anchor);
	assert_int_equal(settings_load(NULL, lines, 2, &s, &err), 0);
	if (dns_new(&s, &dns, &err) == -1)
		fail_msg("%s", err.text);
	settings_free(&s);
	return dns;
}

static void
test_dnssec(void **state)
{
	static const struct {
		const char *name;
		enum dns_status status;
		bool secure, bogus;
	} rows[] = {
		{ "ok.example.com", DNS_OK, true, false },
		{ "OK.example.com", DNS_OK, true, false },
		{ "bad.example.com", DNS_SERVFAIL, false, true },
		/* Its signature is missing. */
		{ "plain.example.com", DNS_SERVFAIL, false, true },
		/* This zone is not signed. */
		{ "ok.example.org", DNS_OK, false, false }
	};
	char path[] = "/tmp/test_dnssec.XXXXXX";
	int fd = socket(AF_INET, SOCK_DGRAM, 0), file = mkstemp(path);
	struct dns_answer found;
	pthread_t thread;
	struct arena a;
	struct dns *dns;

	close(file);
	make_key(path);
	dns = open_dns(fd, path);
	assert_int_equal(pthread_create(&thread, NULL, serve, &fd), 0);
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		dns_lookup(dns, &a, rows[i].name, DNS_TXT,
		    clock_mono_ms() + 20000, &found);
		if (found.status != rows[i].status ||
		    found.secure != rows[i].secure ||
		    found.bogus != rows[i].bogus)
			fail_msg("%s: %s, secure %d, bogus %d", rows[i].name,
			    dns_status_name(found.status), found.secure,
			    found.bogus);
	}
	dns_free(&dns);
	stop = true;
	pthread_join(thread, NULL);
	close(fd);
	unlink(path);
	EVP_PKEY_free(key);
	arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_dnssec) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
