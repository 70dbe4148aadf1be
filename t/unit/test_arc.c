/*
 * ARC chains.  The sealer here uses the same parts as the verifier;
 * t/system/dkim.t checks both against another implementation.
 */
#include <config.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/encode.h"
#include "mail/header.h"
#include "t/unit/dkim_lab.h"
#include "t/unit/work.h"

static const char sample[] =
    "From: Alice <alice@example.org>\r\n"
    "To: bob@example.net\r\n"
    "Subject: lunch\r\n"
    "\r\n"
    "Hello  Bob,\r\n"
    "is it noon?\r\n";

static struct lab lab;
static EVP_PKEY *rsa, *weak, *ed25519;

static int
setup(void **state)
{
	lab_init(&lab);
	rsa = lab_key(2048);
	weak = lab_key(768);
	ed25519 = lab_key(0);
	lab_publish(&lab, "r", "list.example", rsa);
	lab_publish(&lab, "e", "list.example", ed25519);
	lab_publish(&lab, "w", "list.example", weak);
	lab_publish(&lab, "e", "gate.example", ed25519);
	lab_txt(&lab, "t._domainkey.list.example", NULL)->status =
	    DKIM_KEY_TEMP;
	return 0;
}

static int
teardown(void **state)
{
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(ed25519);
	lab_clear(&lab);
	return 0;
}

/* ---- a sealer -------------------------------------------------------- */

struct sealer {
	const char *domain, *selector;
	EVP_PKEY *key;
	const char *names;		/* h=; NULL: the usual */
	const char *cv;			/* NULL: the right one */
	const char *message_more;	/* additional tags */
	const char *seal_more;
	uint64_t limit;			/* l= of the body hash; 0: none */
};

static const struct sealer list = { .domain = "list.example",
    .selector = "r" };

static const char *
base64(const uint8_t *p, size_t n)
{
	struct buf b = BUF_INIT;
	const char *s;

	base64_encode(&b, bytes_make(p, n));
	s = arena_strdup(&lab.arena, buf_cstr(&b));
	buf_free(&b);
	return s;
}

static const char *
crypt_sign(EVP_PKEY *key, const uint8_t *digest)
{
	unsigned char sig[512];
	size_t n = sizeof(sig);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
		assert_int_equal(EVP_DigestSignInit(md, NULL, NULL, NULL,
		    key), 1);
		assert_int_equal(EVP_DigestSign(md, sig, &n, digest, 32), 1);
	} else {
		assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
		(void)EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING);
		(void)EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256());
		assert_int_equal(EVP_PKEY_sign(ctx, sig, &n, digest, 32), 1);
	}
	EVP_MD_CTX_free(md);
	EVP_PKEY_CTX_free(ctx);
	return base64(sig, n);
}

static const char *
algorithm_of(const struct sealer *s)
{
	return EVP_PKEY_get_base_id(s->key) == EVP_PKEY_ED25519 ?
	    "ed25519-sha256" : "rsa-sha256";
}

static const char *
make_message_signature(const struct sealer *s, unsigned i, struct bytes m)
{
	const char *names = s->names == NULL ? "From:To:Subject" : s->names;
	uint8_t digest[CANON_DIGEST_LEN];
	struct canon_hash h;
	struct canon_body b;
	struct header_field f;
	struct bytes name;
	const char *value;
	size_t pos = 0;

	canon_body_init(&b, CANON_RELAXED, s->limit == 0 ? CANON_NO_LIMIT :
	    s->limit);
	canon_body_add(&b, bytes_from(m, header_length(m)));
	canon_body_final(&b, digest);
	value = arena_printf(&lab.arena, " i=%u; a=%s; c=relaxed/relaxed; "
	    "d=%s; s=%s; %sh=%s; bh=%s; b=", i, algorithm_of(s), s->domain,
	    s->selector, s->message_more == NULL ? "" : s->message_more,
	    names, base64(digest, sizeof(digest)));
	canon_hash_init(&h);
	while (taglist_item(bytes_of(names), &pos, &name))
		if (header_find(m, bytes_cstr(&lab.arena, name), &f))
			canon_field(&h, CANON_RELAXED, f.name, f.value, true);
	canon_field(&h, CANON_RELAXED, BYTES("ARC-Message-Signature"),
	    bytes_of(value), false);
	canon_hash_final(&h, digest);
	return arena_printf(&lab.arena, "%s%s", value,
	    crypt_sign(s->key, digest));
}

/* Hashes all fields of that kind, oldest first; the newest is on top. */
static void
hash_chain(struct canon_hash *h, struct bytes m, unsigned n)
{
	static const char *const names[] = { "ARC-Authentication-Results",
	    "ARC-Message-Signature", "ARC-Seal" };
	struct header_iter it;
	struct header_field f;
	char tag[16];

	for (unsigned i = 1; i <= n; i++)
		for (int k = 0; k < 3; k++) {
			(void)snprintf(tag, sizeof(tag), " i=%u;", i);
			it = header_iter_of(m);
			while (header_next(&it, &f))
				if (bytes_eq_str(f.name, names[k]) &&
				    bytes_has_prefix(f.value, tag))
					canon_field(h, CANON_RELAXED, f.name,
					    f.value, true);
		}
}

/* The message with one more ARC set. */
static struct bytes
sealed(const struct sealer *how, unsigned i, struct bytes m)
{
	struct sealer s = *how;
	uint8_t digest[CANON_DIGEST_LEN];
	struct canon_hash h;
	const char *aar, *ams, *seal;

	if (s.key == NULL)
		s.key = s.selector[0] == 'r' ? rsa : ed25519;
	aar = arena_printf(&lab.arena, " i=%u; %s; spf=pass", i, s.domain);
	ams = make_message_signature(&s, i, m);
	seal = arena_printf(&lab.arena, " i=%u; a=%s; cv=%s; d=%s; s=%s; "
	    "%sb=", i, algorithm_of(&s), s.cv != NULL ? s.cv : i == 1 ?
	    "none" : "pass", s.domain, s.selector,
	    s.seal_more == NULL ? "" : s.seal_more);
	canon_hash_init(&h);
	hash_chain(&h, m, i - 1);
	canon_field(&h, CANON_RELAXED, BYTES("ARC-Authentication-Results"),
	    bytes_of(aar), true);
	canon_field(&h, CANON_RELAXED, BYTES("ARC-Message-Signature"),
	    bytes_of(ams), true);
	canon_field(&h, CANON_RELAXED, BYTES("ARC-Seal"), bytes_of(seal),
	    false);
	canon_hash_final(&h, digest);
	return bytes_of(arena_printf(&lab.arena, "ARC-Seal:%s%s\r\n"
	    "ARC-Message-Signature:%s\r\nARC-Authentication-Results:%s\r\n"
	    BYTES_FMT, seal, crypt_sign(s.key, digest), ams, aar,
	    BYTES_ARG(m)));
}

static struct bytes
chain(unsigned n)
{
	struct bytes m = bytes_of(sample);
	struct sealer s = list;

	for (unsigned i = 1; i <= n; i++) {
		s.selector = i % 2 == 0 ? "r" : "e";
		m = sealed(&s, i, m);
	}
	return m;
}

static struct bytes
replaced(struct bytes message, const char *old, const char *new)
{
	const char *at = strstr(message.data, old);

	assert_non_null(at);
	return bytes_of(arena_printf(&lab.arena, "%.*s%s%s",
	    (int)(at - message.data), message.data, new, at + strlen(old)));
}

/* ---- the verifier ---------------------------------------------------- */

static struct arc_result
verified(struct bytes message, size_t cut)
{
	struct arc *c = arc_new(&lab.keys);
	struct lab_sink sink = lab_sink_arc(c);
	struct arc_result r;

	lab_feed(message, cut, &sink);
	arc_finish(c, &lab.arena, clock_mono_ms() + 1000, &r);
	arc_free(&c);
	return r;
}

#define assert_status(r, want) do {					\
	if ((r).status != (want))					\
		fail_msg("%s (%s) instead of %s",			\
		    arc_status_name((r).status),			\
		    (r).reason == NULL ? "" : (r).reason,		\
		    arc_status_name(want));				\
} while (0)

static void
good_chains_pass(void **state)
{
	struct arc_result r;

	for (unsigned n = 1; n <= 5; n++)
		for (size_t cut = 1; cut < 12; cut++) {
			r = verified(chain(n), cut);
			assert_status(r, ARC_PASS);
			assert_int_equal(r.n, n);
		}
	assert_true(bytes_eq_str(r.sets[0].domain, "list.example"));
	assert_true(bytes_eq_str(r.sets[0].selector, "e"));
	assert_true(bytes_eq_str(r.sets[1].results,
	    "list.example; spf=pass"));
}

static void
no_chain_is_none(void **state)
{
	struct arc_result r = verified(bytes_of(sample), 10);

	assert_status(r, ARC_NONE);
	assert_int_equal(r.n, 0);
	assert_null(r.reason);
}

static void
fifty_sets_are_the_most(void **state)
{
	struct bytes m = chain(ARC_SETS_MAX);
	struct arc_result r;

	lab.starts = lab.lookups = 0;
	lab.late = false;
	r = verified(m, 100);
	assert_status(r, ARC_PASS);
	assert_int_equal(r.n, 50);
	assert_int_equal(lab.starts, 51);
	assert_false(lab.late);
	r = verified(sealed(&list, 51, m), 100);
	assert_status(r, ARC_FAIL);
}

static void
changes_break_the_chain(void **state)
{
	static const char *const rows[][2] = {
		{ "Hello", "Hullo" },
		{ "alice@", "malice@" },
		{ "spf=pass", "spf=fail" },
		{ "cv=pass", "cv=fail" },
		{ "cv=pass", "cv=none" },
		{ "cv=none", "cv=pass" },
		{ "; cv=pass", "" },
		{ "ARC-Seal: i=2", "ARC-Seal: i=3" },
		{ "ARC-Seal: i=2", "ARC-Seal: i=1" },
		{ "ARC-Seal: i=2", "ARC-Seal: i=0" },
		{ "ARC-Seal: i=2", "ARC-Seal: i=x" },
		{ "ARC-Seal: i=2", "ARC-Seal: j=2" },
		{ "ARC-Seal:", "ARC-Seel:" },
		{ "ARC-Message-Signature:", "ARC-Message-Signatur:" },
		{ "ARC-Authentication-Results:", "ARC-Authentication:" },
		{ "ARC-Authentication-Results: i=2;",
		    "ARC-Authentication-Results: " },
		{ "ARC-Authentication-Results: i=2;",
		    "ARC-Authentication-Results: i=51;" },
		{ "ARC-Message-Signature: i=2",
		    "ARC-Message-Signature: i=9999999999999999999999" },
		{ "a=rsa-sha256; cv", "a=rsa-sha1; cv" },
		{ "a=rsa-sha256; cv", "a=ed25519-sha256; cv" },
		{ "a=rsa-sha256; c=", "a=rsa-sha1; c=" },
		{ "d=list.example; s=r; b=", "d=li/st; s=r; b=" },
		{ "d=list.example; s=r; b=", "d=list.example; b=" },
		{ "d=list.example; s=r; b=", "d=list.example; s=q; b=" },
		{ "d=list.example; s=r; b=", "d=list.example; s=r; b=*" },
		{ "d=list.example; s=r; b=", "d=list.example; s=r; bb=" },
	};
	struct bytes m = chain(2);
	struct arc_result r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		r = verified(replaced(m, rows[i][0], rows[i][1]), 10);
		if (r.status != ARC_FAIL)
			print_message("%s -> %s\n", rows[i][0], rows[i][1]);
		assert_status(r, ARC_FAIL);
		assert_non_null(r.reason);
	}
	/* A set lacks a field, or has one twice. */
	assert_status(verified(replaced(m, "ARC-Authentication-Results: i=2",
	    "ARC-Authentication-Results: i=2; x\r\n"
	    "ARC-Authentication-Results: i=2"), 10), ARC_FAIL);
}

static void
what_a_seal_may_not_say(void **state)
{
	struct sealer s = list;
	struct arc_result r;

	s.seal_more = "h=From; ";
	assert_status(verified(sealed(&s, 1, bytes_of(sample)), 10),
	    ARC_FAIL);
	s = list;
	s.names = "From:ARC-Seal";
	assert_status(verified(sealed(&s, 1, bytes_of(sample)), 10),
	    ARC_FAIL);
	s.names = "To:Subject";
	assert_status(verified(sealed(&s, 1, bytes_of(sample)), 10),
	    ARC_FAIL);
	s = list;
	s.cv = "pass";
	assert_status(verified(sealed(&s, 1, bytes_of(sample)), 10),
	    ARC_FAIL);
	s = list;
	s.message_more = "l=3; ";
	s.limit = 3;
	r = verified(sealed(&s, 1, bytes_of(sample)), 10);
	assert_status(r, ARC_FAIL);
	assert_non_null(strstr(r.reason, "l= leaves"));
	s.message_more = "l=25; ";	/* covers the whole body */
	s.limit = 25;
	assert_status(verified(sealed(&s, 1, bytes_of(sample)), 10),
	    ARC_PASS);
}

static void
keys_count(void **state)
{
	struct sealer s = list;
	struct arc_result r;

	s.selector = "w";
	s.key = weak;
	r = verified(sealed(&s, 1, bytes_of(sample)), 10);
	assert_status(r, ARC_FAIL);
	assert_non_null(strstr(r.reason, "bits"));
	s.selector = "nowhere";
	s.key = rsa;
	r = verified(sealed(&s, 1, bytes_of(sample)), 10);
	assert_status(r, ARC_FAIL);
	assert_string_equal(r.reason, "i=1: no key record");
	s.selector = "t";
	r = verified(sealed(&s, 1, bytes_of(sample)), 10);
	assert_status(r, ARC_TEMPERROR);
	/* The wrong key at the right name. */
	s.selector = "r";
	s.key = ed25519;
	r = verified(sealed(&s, 1, bytes_of(sample)), 10);
	assert_status(r, ARC_FAIL);
	assert_string_equal(r.reason, "i=1: the key is of another kind");
}

static void
trust_goes_back_along_the_list(void **state)
{
	const char *both[] = { "gate.example", "LIST.example", NULL };
	const char *last[] = { "gate.example", NULL };
	const char *first[] = { "list.example", NULL };
	struct sealer gate = { .domain = "gate.example", .selector = "e" };
	struct bytes m = sealed(&gate, 2, sealed(&list, 1,
	    bytes_of(sample)));
	struct arc_result r = verified(m, 10);
	struct settings_list l = { both, 2 };

	assert_status(r, ARC_PASS);
	assert_ptr_equal(arc_trusted(&r, &l), &r.sets[0]);
	l = (struct settings_list){ last, 1 };
	assert_ptr_equal(arc_trusted(&r, &l), &r.sets[1]);
	l = (struct settings_list){ first, 1 };
	assert_null(arc_trusted(&r, &l));
	l.n = 0;
	assert_null(arc_trusted(&r, &l));
	r = verified(replaced(m, "Hello", "Hullo"), 10);
	l = (struct settings_list){ both, 2 };
	assert_null(arc_trusted(&r, &l));
}

/* A verifier whose work is quadratic in the fields takes 700 and more. */
#define WORK_PER_BYTE	200

static void
large_headers_fail(void **state)
{
	struct buf b = BUF_INIT;
	struct arc_result r;
	uint64_t work;
	struct bytes m;

	/* Below the chain, so the limit is met and no signed field changes. */
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "X-%d: x\r\n", i);
	m = replaced(chain(3), "\r\nFrom:", arena_printf(&lab.arena,
	    "\r\n%sFrom:", buf_cstr(&b)));
	work = work_done();
	r = verified(m, 10);
	work = work_done() - work;
	print_message("# 10,000 fields: %.1f steps for a byte\n",
	    (double)work / (double)m.len);
	assert_true(work < WORK_PER_BYTE * m.len);
	assert_status(r, ARC_PASS);
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "X-%d: x\r\n", i);
	r = verified(replaced(chain(3), "\r\nFrom:", arena_printf(&lab.arena,
	    "\r\n%sFrom:", buf_cstr(&b))), 10);
	assert_status(r, ARC_FAIL);
	assert_string_equal(r.reason, "the header is too large");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_chains_pass),
		cmocka_unit_test(no_chain_is_none),
		cmocka_unit_test(fifty_sets_are_the_most),
		cmocka_unit_test(changes_break_the_chain),
		cmocka_unit_test(what_a_seal_may_not_say),
		cmocka_unit_test(keys_count),
		cmocka_unit_test(trust_goes_back_along_the_list),
		cmocka_unit_test(large_headers_fail),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
