/*
 * bench_dkim - signatures per second, of one core, of a message of 10 KB
 *
 *	bench_dkim [SECONDS]	for each row, 1 by default
 *
 * Keys and DNS answers are in memory.
 */
#include <config.h>

#include <sys/types.h>

#include <opendkim/dkim.h>
#include <openssl/evp.h>

#include "auth/dkim_sign.h"
#include "t/unit/dkim_lab.h"

#define BODY_LEN	10240

static struct lab lab;
static EVP_PKEY *rsa, *ed25519;
static uint64_t seconds = 1;

static struct bytes
message_make(void)
{
	static const char words[] = "the quick brown fox jumps over it; ";
	struct buf b = BUF_INIT;
	size_t head;

	buf_str(&b, "Received: from a.example\r\n\tby b.example\r\n"
	    "From: Alice <alice@example.org>\r\nTo: bob@example.net\r\n"
	    "Subject: ten fields and ten kilobytes\r\n"
	    "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
	    "Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\nX-Mailer: none\r\n\r\n");
	head = b.len;
	while (b.len < head + BODY_LEN) {
		buf_str(&b, words);
		buf_str(&b, words);
		buf_str(&b, "\r\n");
	}
	return bytes_dup(&lab.arena, buf_view(&b));
}

struct job {
	const char *title;
	void (*run)(const struct job *, struct arena *);
	struct bytes message;
	const struct dkim_keyset *set;
	EVP_PKEY *key;
	int algorithm;
};

static void
sink_header(void *s, struct bytes name, struct bytes value)
{
	dkim_sign_header(s, name, value);
}

static void
sink_body(void *s, struct bytes piece)
{
	dkim_sign_body(s, piece);
}

static void
run_sign(const struct job *j, struct arena *a)
{
	struct dkim_sign *s = dkim_sign_new();
	struct lab_sink sink = { s, sink_header, NULL, sink_body };
	struct err err = ERR_INIT;
	struct bytes *values;

	lab_feed(j->message, 65536, &sink);
	if (dkim_sign_finish(s, &(struct dkim_signer){ j->set,
	    LAB_NOW, 0 }, a, &values, &err) < 1)
		fatal("%s", err.text);
	dkim_sign_free(&s);
}

static void
run_library_sign(const struct job *j, struct arena *a)
{
	struct lab_sign how = { "example.org", "s", j->key, j->algorithm,
	    DKIM_CANON_RELAXED, DKIM_CANON_RELAXED, -1, 0, NULL, NULL };

	(void)lab_sign(&lab, &how, j->message);
}

static void
run_verify(const struct job *j, struct arena *a)
{
	struct dkim_results r = lab_verify(&lab, j->message, 65536);

	for (size_t i = 0; i < r.n; i++)
		if (r.v[i].result != DKIM_PASS)
			fatal("%s", r.v[i].reason);
}

static void
run_body(const struct job *j, struct arena *a)
{
	uint8_t digest[CANON_DIGEST_LEN];
	struct canon_body b;

	canon_body_init(&b, CANON_RELAXED, CANON_NO_LIMIT);
	canon_body_add(&b, j->message);
	canon_body_final(&b, digest);
}

/* The CPU time of this thread; other programs do not count. */
static uint64_t
cpu_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void
measure(const struct job *j)
{
	uint64_t began = cpu_us(), now;
	struct arena a;
	unsigned n = 0;

	arena_init(&a);
	do {
		for (int i = 0; i < 20; i++)
			j->run(j, &a);
		arena_clear(&a);
		n += 20;
		now = cpu_us();
	} while (now - began < seconds * 1000000);
	(void)printf("%-44s %8.0f /s %8.1f us\n", j->title,
	    n * 1e6 / (double)(now - began), (double)(now - began) / n);
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	static struct dkim_keyset both, only_rsa, only_ed;
	struct bytes plain, by_rsa, by_ed, by_both;
	struct lab_sign how = { "example.org", "rsa", NULL,
	    DKIM_SIGN_RSASHA256, DKIM_CANON_RELAXED, DKIM_CANON_RELAXED, -1,
	    0, NULL, NULL };

	if (argc > 1)
		seconds = strtoul(argv[1], NULL, 10);
	lab_init(&lab);
	rsa = lab_key(2048);
	ed25519 = lab_key(0);
	lab_publish(&lab, "rsa", "example.org", rsa);
	lab_publish(&lab, "ed", "example.org", ed25519);
	only_rsa = (struct dkim_keyset){ .domain = "example.org", .n = 1,
	    .keys = { { "rsa", DKIM_ACTIVE, DKIM_RSA_SHA256, 2048, 0, 0,
	    rsa } } };
	only_ed = only_rsa;
	only_ed.keys[0] = (struct dkim_key){ "ed", DKIM_ACTIVE,
	    DKIM_ED25519_SHA256, 256, 0, 0, ed25519 };
	both = only_rsa;
	both.keys[both.n++] = only_ed.keys[0];
	plain = message_make();
	how.key = rsa;
	by_rsa = lab_sign(&lab, &how, plain);
	how.key = ed25519;
	how.selector = "ed";
	how.algorithm = DKIM_SIGN_ED25519SHA256;
	by_ed = lab_sign(&lab, &how, plain);
	by_both = lab_sign(&lab, &how, by_rsa);

	const struct job jobs[] = {
		{ "canonical body, relaxed", run_body, plain, NULL, NULL, 0 },
		{ "sign, RSA-2048", run_sign, plain, &only_rsa, NULL, 0 },
		{ "sign, Ed25519", run_sign, plain, &only_ed, NULL, 0 },
		{ "sign, both", run_sign, plain, &both, NULL, 0 },
		{ "sign by libopendkim, RSA-2048", run_library_sign, plain,
		    NULL, rsa, DKIM_SIGN_RSASHA256 },
		{ "sign by libopendkim, Ed25519", run_library_sign, plain,
		    NULL, ed25519, DKIM_SIGN_ED25519SHA256 },
		{ "verify, no signature", run_verify, plain, NULL, NULL, 0 },
		{ "verify, RSA-2048", run_verify, by_rsa, NULL, NULL, 0 },
		{ "verify, Ed25519", run_verify, by_ed, NULL, NULL, 0 },
		{ "verify, both", run_verify, by_both, NULL, NULL, 0 },
	};

	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
		measure(&jobs[i]);
	return 0;
}
