/* DKIM verification of signatures by libopendkim and by postern. */
#include <config.h>

#include <sys/types.h>

#include <malloc.h>
#include <opendkim/dkim.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "mail/header.h"
#include "auth/dkim_sign.h"
#include "t/unit/dkim_lab.h"
#include "t/unit/work.h"

static const char sample[] =
    "Received: from a\r\n\tby b\r\n"
    "From: Alice <alice@example.org>\r\n"
    "To: bob@example.net\r\n"
    "Subject: lunch \r\n  and  more\r\n"
    "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
    "Message-ID: <1@example.org>\r\n"
    "\r\n"
    "Hello  Bob, \r\n"
    "\t is it noon?\r\n"
    "\r\n"
    ".\r\n"
    "\r\n\r\n";

static struct lab lab;
static EVP_PKEY *rsa2048, *rsa1024, *rsa768, *ed25519;

static int
setup(void **state)
{
	lab_init(&lab);
	rsa2048 = lab_key(2048);
	rsa1024 = lab_key(1024);
	rsa768 = lab_key(768);
	ed25519 = lab_key(0);
	lab_publish(&lab, "r2048", "example.org", rsa2048);
	lab_publish(&lab, "r1024", "example.org", rsa1024);
	lab_publish(&lab, "r768", "example.org", rsa768);
	lab_publish(&lab, "ed", "example.org", ed25519);
	return 0;
}

static int
teardown(void **state)
{
	EVP_PKEY_free(rsa2048);
	EVP_PKEY_free(rsa1024);
	EVP_PKEY_free(rsa768);
	EVP_PKEY_free(ed25519);
	lab_clear(&lab);
	return 0;
}

static struct bytes
text_of(const char *s)
{
	return bytes_of(s);
}

static const struct lab_sign plain = {
	"example.org", "r2048", NULL, DKIM_SIGN_RSASHA256,
	DKIM_CANON_RELAXED, DKIM_CANON_RELAXED, -1, 0, NULL, NULL
};

static const char *few_names[] = { "To", "Subject", "Date", NULL };

/* The sample, signed with that key. */
static struct bytes
signed_as(EVP_PKEY *key, const char *selector, int algorithm)
{
	struct lab_sign how = plain;

	how.key = key;
	how.selector = selector;
	how.algorithm = algorithm;
	return lab_sign(&lab, &how, text_of(sample));
}

/* The message with the first occurrence of old replaced by new. */
static struct bytes
replaced(struct bytes message, const char *old, const char *new)
{
	const char *at = strstr(message.data, old);
	struct buf b = BUF_INIT;
	struct bytes made;

	assert_non_null(at);
	buf_add(&b, message.data, (size_t)(at - message.data));
	buf_str(&b, new);
	buf_str(&b, at + strlen(old));
	made = bytes_dup(&lab.arena, buf_view(&b));
	buf_free(&b);
	return made;
}

static struct bytes
joined(const char *front, struct bytes message)
{
	return bytes_of(arena_printf(&lab.arena, "%s" BYTES_FMT, front,
	    BYTES_ARG(message)));
}

#define assert_result(r, i, want) do {					\
	if ((r).n <= (i) || (r).v[i].result != (want))			\
		fail_msg("%s (%s) instead of %s",			\
		    (r).n > (i) ? dkim_result_name((r).v[i].result) :	\
		    "nothing", (r).n > (i) && (r).v[i].reason != NULL ?	\
		    (r).v[i].reason : "", dkim_result_name(want));	\
} while (0)

static void
good_signatures_pass(void **state)
{
	static const struct { EVP_PKEY **key; const char *selector;
	    int algorithm; unsigned bits; } rows[] = {
		{ &rsa2048, "r2048", DKIM_SIGN_RSASHA256, 2048 },
		{ &rsa1024, "r1024", DKIM_SIGN_RSASHA256, 1024 },
		{ &ed25519, "ed", DKIM_SIGN_ED25519SHA256, 256 },
	};
	struct lab_sign how = plain;
	struct dkim_results r;

	for (size_t i = 0; i < 3; i++)
		for (int canon = 0; canon < 4; canon++) {
			/* libopendkim signs that wrongly; t/system/dkim.t tests
			   it. */
			if (rows[i].bits == 256 && (canon & 1) == 0)
				continue;
			how.key = *rows[i].key;
			how.selector = rows[i].selector;
			how.algorithm = rows[i].algorithm;
			how.header_canon = canon & 1;
			how.body_canon = canon >> 1;
			r = lab_verify(&lab, lab_sign(&lab, &how,
			    text_of(sample)), 7);
			assert_int_equal(r.n, 1);
			if (r.v[0].result != DKIM_PASS)
				print_message("%s canon %d\n",
				    rows[i].selector, canon);
			assert_result(r, 0, DKIM_PASS);
			assert_int_equal(r.v[0].bits, rows[i].bits);
			assert_true(bytes_eq_str(r.v[0].domain,
			    "example.org"));
			assert_true(bytes_eq_str(r.v[0].selector,
			    rows[i].selector));
			assert_true(r.v[0].covers_whole_body);
			assert_false(r.v[0].has_limit);
			assert_int_equal(r.v[0].b.len, 8);
			assert_int_equal(r.from_fields, 1);
		}
}

static void
pieces_of_any_size_are_the_same(void **state)
{
	struct bytes m = signed_as(rsa2048, "r2048", DKIM_SIGN_RSASHA256);

	for (size_t cut = 1; cut < 70; cut++) {
		struct dkim_results r = lab_verify(&lab, m, cut);

		assert_result(r, 0, DKIM_PASS);
	}
}

static void
a_last_line_without_end_gets_one(void **state)
{
	struct lab_sign how = plain;
	struct bytes m;

	how.key = rsa2048;
	for (int canon = 0; canon < 2; canon++) {
		how.body_canon = canon;
		m = lab_sign(&lab, &how, BYTES("From: a@b.example\r\n\r\n"
		    "hello\r\n"));
		for (size_t cut = 1; cut < 9; cut++)
			for (size_t less = 0; less < 3; less += 2) {
				struct dkim_results r = lab_verify(&lab,
				    bytes_make(m.data, m.len - less), cut);

				assert_result(r, 0, DKIM_PASS);
			}
	}
}

static void
no_signature_is_none(void **state)
{
	struct dkim_results r = lab_verify(&lab, text_of(sample), 100);

	assert_int_equal(r.n, 0);
	assert_int_equal(r.signatures, 0);
}

static void
a_header_without_end_is_the_whole_message(void **state)
{
	struct dkim_verify *v = dkim_verify_new(lab.engine, &lab.keys, 10);
	struct bytes m = signed_as(rsa2048, "r2048", DKIM_SIGN_RSASHA256);
	struct header_iter it = header_iter_of(m);
	struct header_field f;
	struct dkim_results r;

	while (header_next(&it, &f))
		dkim_verify_header(v, f.name, f.value);
	dkim_verify_finish(v, &lab.arena, clock_mono_ms() + 1000, &r);
	assert_result(r, 0, DKIM_FAIL);
	assert_string_equal(r.v[0].reason, "the body hash does not match");
	dkim_verify_free(&v);
	/* A verifier may be freed at any time. */
	v = dkim_verify_new(lab.engine, &lab.keys, 10);
	dkim_verify_free(&v);
	dkim_verify_free(&v);
}

static void
changes_fail(void **state)
{
	struct bytes m = signed_as(rsa2048, "r2048", DKIM_SIGN_RSASHA256);
	struct dkim_results r;

	r = lab_verify(&lab, replaced(m, "noon", "late"), 100);
	assert_result(r, 0, DKIM_FAIL);
	assert_string_equal(r.v[0].reason, "the body hash does not match");
	r = lab_verify(&lab, replaced(m, "lunch", "dinner"), 100);
	assert_result(r, 0, DKIM_FAIL);
	r = lab_verify(&lab, replaced(m, "d=example.org",
	    "d=example.com"), 100);
	assert_result(r, 0, DKIM_PERMERROR);
	assert_string_equal(r.v[0].reason, "no key record");
}

static void
sha1_is_policy(void **state)
{
	struct dkim_results r = lab_verify(&lab, signed_as(rsa2048, "r2048",
	    DKIM_SIGN_RSASHA1), 100);

	assert_result(r, 0, DKIM_POLICY);
	assert_true(bytes_eq_str(r.v[0].algorithm, "rsa-sha1"));
}

static void
short_keys_are_policy(void **state)
{
	struct dkim_results r = lab_verify(&lab, signed_as(rsa768, "r768",
	    DKIM_SIGN_RSASHA256), 100);

	assert_result(r, 0, DKIM_POLICY);
}

static void
limits_that_leave_something_open_are_policy(void **state)
{
	struct lab_sign how = plain;
	struct dkim_results r;
	struct bytes m;

	how.key = rsa2048;
	for (int canon = 0; canon < 2; canon++) {
		how.body_canon = canon;
		how.limit = 7;
		r = lab_verify(&lab, lab_sign(&lab, &how, text_of(sample)),
		    100);
		assert_result(r, 0, DKIM_POLICY);
		assert_true(r.v[0].has_limit);
		assert_false(r.v[0].covers_whole_body);
		/* The whole body: the library writes the real length. */
		how.limit = (ssize_t)strlen(strstr(sample, "Hello"));
		m = lab_sign(&lab, &how, text_of(sample));
		assert_non_null(strstr(m.data, "l="));
		r = lab_verify(&lab, m, 100);
		assert_result(r, 0, DKIM_PASS);
		assert_true(r.v[0].has_limit);
		assert_true(r.v[0].covers_whole_body);
		/* Text appended to it. */
		r = lab_verify(&lab, bytes_of(arena_printf(&lab.arena,
		    BYTES_FMT "buy\r\n", BYTES_ARG(m))), 3);
		assert_result(r, 0, DKIM_POLICY);
		/* The body cut short. */
		r = lab_verify(&lab, bytes_make(m.data, m.len - 20), 3);
		assert_result(r, 0, DKIM_FAIL);
	}
}

static void
several_signatures_stand_alone(void **state)
{
	struct lab_sign how = plain;
	struct dkim_results r;
	struct bytes m;

	how.key = rsa2048;
	m = lab_sign(&lab, &how, text_of(sample));
	how.key = ed25519;
	how.selector = "ed";
	how.algorithm = DKIM_SIGN_ED25519SHA256;
	m = lab_sign(&lab, &how, m);
	m = joined("DKIM-Signature: v=1; nonsense\r\n", m);
	m = joined("DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=none; "
	    "h=From; bh=AAAA; b=AAAA\r\n", m);
	r = lab_verify(&lab, m, 100);
	assert_int_equal(r.n, 4);
	assert_result(r, 0, DKIM_PERMERROR);
	assert_result(r, 1, DKIM_PERMERROR);
	assert_result(r, 2, DKIM_PASS);
	assert_result(r, 3, DKIM_PASS);
	assert_true(bytes_eq_str(r.v[2].selector, "ed"));
	assert_true(bytes_eq_str(r.v[3].selector, "r2048"));
}

static void
only_the_first_ten_are_evaluated(void **state)
{
	struct bytes m = text_of(sample);
	struct lab_sign how = plain;
	struct dkim_results r;

	how.key = rsa2048;
	how.names = few_names;
	for (int i = 0; i < 100; i++)
		m = lab_sign(&lab, &how, m);
	lab.starts = lab.lookups = 0;
	lab.late = false;
	r = lab_verify(&lab, m, 100);
	assert_int_equal(r.signatures, 100);
	assert_int_equal(r.n, 100);
	for (size_t i = 0; i < 100; i++)
		assert_result(r, i, i < 10 ? DKIM_PASS : DKIM_POLICY);
	assert_string_equal(r.v[10].reason, "too many signatures");
	/* All look-ups start before the first wait. */
	assert_int_equal(lab.starts, 10);
	assert_int_equal(lab.lookups, 10);
	assert_false(lab.late);
	m = lab_sign(&lab, &how, m);
	r = lab_verify(&lab, m, 100);
	assert_int_equal(r.signatures, 101);
	assert_int_equal(r.n, DKIM_RESULTS_MAX);
}

static void
a_second_from_is_told(void **state)
{
	struct dkim_verify *v;
	struct bytes m = signed_as(rsa2048, "r2048", DKIM_SIGN_RSASHA256);
	struct dkim_results r = lab_verify(&lab,
	    joined("From: ceo@example.com\r\n", m), 100);

	assert_int_equal(r.from_fields, 2);
	r = lab_verify(&lab, joined("from : ceo@example.com\r\n", m), 100);
	assert_int_equal(r.from_fields, 2);
	/* libmilter leaves a space before the colon in the name. */
	v = dkim_verify_new(lab.engine, &lab.keys, 10);
	dkim_verify_header(v, BYTES("From "), BYTES(" a@example.com"));
	dkim_verify_header(v, BYTES("FROM"), BYTES(" a@example.com"));
	dkim_verify_finish(v, &lab.arena, 0, &r);
	assert_int_equal(r.from_fields, 2);
	dkim_verify_free(&v);
}

static void
a_from_without_address_is_told(void **state)
{
	struct lab_sign how = plain;
	struct dkim_results r;
	struct bytes m;

	how.key = rsa2048;
	m = replaced(lab_sign(&lab, &how, text_of(sample)),
	    "Alice <alice@example.org>", "Alice");
	r = lab_verify(&lab, m, 100);
	assert_result(r, 0, DKIM_PERMERROR);
	assert_string_equal(r.v[0].reason, DKIM_REASON_FROM);
}

/* Tries each record for a signature by r2048 under another selector. */
static void
key_records_count(void **state)
{
	const char *good = lab_record(&lab, rsa2048);
	const char *p = strstr(good, "p=");
	const struct {
		const char *record;
		enum dkim_result want;
	} rows[] = {
		{ good, DKIM_PASS },
		{ arena_printf(&lab.arena, "%s;", good), DKIM_PASS },
		{ p, DKIM_PASS },
		{ arena_printf(&lab.arena, "k=rsa; s=email; %s", p),
		    DKIM_PASS },
		{ arena_printf(&lab.arena, "h=sha1:sha256; %s", p),
		    DKIM_PASS },
		{ arena_printf(&lab.arena, "x=unknown; n=a note; %s", p),
		    DKIM_PASS },
		{ arena_printf(&lab.arena, "h=sha1; %s", p), DKIM_PERMERROR },
		{ arena_printf(&lab.arena, "s=web; %s", p), DKIM_PERMERROR },
		{ arena_printf(&lab.arena, "k=ed25519; %s", p),
		    DKIM_PERMERROR },
		{ arena_printf(&lab.arena, "k=dsa; %s", p), DKIM_PERMERROR },
		{ arena_printf(&lab.arena, "v=DKIM2; %s", p),
		    DKIM_PERMERROR },
		{ arena_printf(&lab.arena, "%s; v=DKIM1", p),
		    DKIM_PERMERROR },
		{ "v=DKIM1; p=", DKIM_PERMERROR },
		{ "v=DKIM1; k=rsa", DKIM_PERMERROR },
		{ "v=DKIM1; p=AAAA", DKIM_PERMERROR },
		{ "v=DKIM1; p=&&&&", DKIM_PERMERROR },
		{ "v=DKIM1; p=AAAA; p=AAAA", DKIM_PERMERROR },
		{ "", DKIM_PERMERROR },
		{ "hello", DKIM_PERMERROR },
	};
	struct lab_sign how = plain;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char name[64], selector[16];

		(void)snprintf(selector, sizeof(selector), "row%zu", i);
		(void)snprintf(name, sizeof(name),
		    "%s._domainkey.example.org", selector);
		(void)lab_txt(&lab, name, rows[i].record);
		how.key = rsa2048;
		how.selector = selector;
		struct dkim_results r = lab_verify(&lab, lab_sign(&lab, &how,
		    text_of(sample)), 100);
		if (r.v[0].result != rows[i].want)
			print_message("record %s\n", rows[i].record);
		assert_result(r, 0, rows[i].want);
	}
}

/* libopendkim takes at most 1024 bytes. */
static void
long_key_records_are_errors(void **state)
{
	const char *good = lab_record(&lab, rsa2048);
	struct lab_sign how = plain;
	struct dkim_results r;
	char note[1100];

	how.key = rsa2048;
	memset(note, 'x', sizeof(note));
	for (int more = 0; more < 2; more++) {
		how.selector = more ? "over" : "full";
		(void)lab_txt(&lab, arena_printf(&lab.arena,
		    "%s._domainkey.example.org", how.selector),
		    arena_printf(&lab.arena, "%s; n=%.*s", good,
		    1024 + more - (int)strlen(good) - 4, note));
		r = lab_verify(&lab, lab_sign(&lab, &how, text_of(sample)),
		    100);
		assert_result(r, 0, more ? DKIM_PERMERROR : DKIM_PASS);
	}
	assert_string_equal(r.v[0].reason, "the key is too long");
}

static struct dkim_signature
with_selector(const char *selector)
{
	struct lab_sign how = plain;
	struct dkim_results r;

	how.key = rsa2048;
	how.selector = selector;
	r = lab_verify(&lab, lab_sign(&lab, &how, text_of(sample)), 100);
	assert_int_equal(r.n, 1);
	return r.v[0];
}

static void
answers_of_the_dns_count(void **state)
{
	const char *good = lab_record(&lab, rsa2048);
	struct dkim_signature s;

	lab_txt(&lab, "away._domainkey.example.org", NULL)->status =
	    DKIM_KEY_TEMP;
	s = with_selector("away");
	assert_int_equal(s.result, DKIM_TEMPERROR);
	assert_int_equal(with_selector("nowhere").result, DKIM_PERMERROR);
	lab_txt(&lab, "sec._domainkey.example.org", good)->secure = true;
	s = with_selector("sec");
	assert_int_equal(s.result, DKIM_PASS);
	assert_true(s.secure);
	assert_false(with_selector("r2048").secure);
	/* An answer of a wildcard besides the key; then two keys. */
	(void)lab_txt(&lab, "two._domainkey.example.org", "v=spf1 -all");
	(void)lab_txt(&lab, "two._domainkey.example.org", good);
	assert_int_equal(with_selector("two").result, DKIM_PASS);
	(void)lab_txt(&lab, "two._domainkey.example.org", good);
	assert_int_equal(with_selector("two").result, DKIM_PERMERROR);
	(void)lab_txt(&lab, "test._domainkey.example.org",
	    arena_printf(&lab.arena, "%s; t=y:s", good));
	s = with_selector("test");
	assert_int_equal(s.result, DKIM_PASS);
	assert_true(s.is_test);
	(void)lab_txt(&lab, "gone._domainkey.example.org", "v=DKIM1; p=");
	assert_string_equal(with_selector("gone").reason,
	    "the key was revoked");
}

/* RFC 6376 3.6.1: with t=s the domain of i= is d= itself. */
static void
a_strict_key_has_no_subdomains(void **state)
{
	static const struct {
		const char *flags, *signer;
		enum dkim_result result;
	} rows[] = {
		{ "", "@sub.example.org", DKIM_PASS },
		{ "; t=y", "@sub.example.org", DKIM_PASS },
		{ "; t=s", "@sub.example.org", DKIM_PERMERROR },
		{ "; t=y:s", "me@sub.example.org", DKIM_PERMERROR },
		{ "; t=s", "me@example.org", DKIM_PASS },
		{ "; t=s", NULL, DKIM_PASS }
	};
	struct lab_sign how = plain;
	struct dkim_results r;
	char selector[16], name[64];

	how.key = rsa2048;
	how.selector = selector;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		(void)snprintf(selector, sizeof(selector), "strict%zu", i);
		(void)snprintf(name, sizeof(name), "%s._domainkey.example.org",
		    selector);
		(void)lab_txt(&lab, arena_strdup(&lab.arena, name),
		    arena_printf(&lab.arena, "%s%s",
		    lab_record(&lab, rsa2048), rows[i].flags));
		how.signer = rows[i].signer;
		r = lab_verify(&lab, lab_sign(&lab, &how, text_of(sample)),
		    100);
		assert_result(r, 0, rows[i].result);
	}
}

/* Changes tags of a signature by r2048; none of the results may pass. */
static void
malformed_signatures_are_errors(void **state)
{
	static const struct {
		const char *old, *new;
		enum dkim_result want;
	} rows[] = {
		{ "v=1", "v=2", DKIM_PERMERROR },
		{ "v=1; ", "", DKIM_PERMERROR },
		{ "a=rsa-sha256", "a=rsa-md5", DKIM_PERMERROR },
		{ "a=rsa-sha256", "a=ed25519-sha256", DKIM_PERMERROR },
		{ "a=rsa-sha256;", "", DKIM_PERMERROR },
		{ "s=r2048;", "s=;", DKIM_PERMERROR },
		{ "s=r2048", "s=a b", DKIM_PERMERROR },
		{ "s=r2048", "s=../x", DKIM_PERMERROR },
		{ "d=example.org", "d=", DKIM_PERMERROR },
		{ "d=example.org", "d=example..org", DKIM_PERMERROR },
		{ "d=example.org", "d=ex%mple.org", DKIM_PERMERROR },
		{ "c=relaxed/relaxed", "c=nofws/relaxed", DKIM_PERMERROR },
		{ "c=relaxed/relaxed", "c=relaxed", DKIM_FAIL },
		{ "d=example.org", "d=example.org; i=@example.com",
		    DKIM_PERMERROR },
		{ "d=example.org", "d=example.org; i=@badexample.org",
		    DKIM_PERMERROR },
		{ "d=example.org", "d=example.org; i=@a.example.org",
		    DKIM_FAIL },
		{ "d=example.org", "d=example.org; l=x", DKIM_PERMERROR },
		{ "d=example.org", "d=example.org; l=-1", DKIM_PERMERROR },
		{ "d=example.org", "d=example.org; l=999999999",
		    DKIM_FAIL },
		{ "d=example.org", "d=example.org; q=http", DKIM_PERMERROR },
		{ "d=example.org", "d=example.org; d=example.org",
		    DKIM_PERMERROR },
		{ "d=example.org", "d=example.org; x=1; t=0", DKIM_PERMERROR },
		{ "bh=", "zz=", DKIM_PERMERROR },
		{ "bh=", "bh=*", DKIM_PERMERROR },
		{ "\tb=", "\tb=*", DKIM_PERMERROR },
		{ "\tb=", "\tbb=", DKIM_PERMERROR },
	};
	struct bytes m = signed_as(rsa2048, "r2048", DKIM_SIGN_RSASHA256);
	struct dkim_results r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		r = lab_verify(&lab, replaced(m, rows[i].old, rows[i].new),
		    100);
		if (r.v[0].result != rows[i].want)
			print_message("%s -> %s\n", rows[i].old, rows[i].new);
		assert_result(r, 0, rows[i].want);
	}
	r = lab_verify(&lab, replaced(m, "d=example.org",
	    "d=example.org; i=@badexample.org"), 100);
	assert_string_equal(r.v[0].reason, "i= is not below d=");
	/* h= without From. */
	r = lab_verify(&lab, replaced(m, ":From:", ":Fram:"), 100);
	assert_result(r, 0, DKIM_PERMERROR);
}

static void
old_and_early_signatures_fail(void **state)
{
	struct lab_sign how = plain;
	struct dkim_engine *saved = lab.engine, *other;
	struct err err = ERR_INIT;
	struct dkim_results r;
	struct bytes m;

	how.key = rsa2048;
	how.ttl = 3600;
	m = lab_sign(&lab, &how, text_of(sample));
	r = lab_verify(&lab, m, 100);
	assert_result(r, 0, DKIM_PASS);
	assert_int_equal(dkim_engine_new(time(NULL) + 7200, &other, &err), 0);
	lab.engine = other;
	r = lab_verify(&lab, m, 100);
	assert_result(r, 0, DKIM_FAIL);
	assert_string_equal(r.v[0].reason, "the signature has expired");
	dkim_engine_free(&other);
	assert_int_equal(dkim_engine_new(time(NULL) - 7200, &other, &err), 0);
	lab.engine = other;
	r = lab_verify(&lab, m, 100);
	assert_result(r, 0, DKIM_FAIL);
	assert_string_equal(r.v[0].reason,
	    "the signature is from the future");
	dkim_engine_free(&other);
	lab.engine = saved;
}

/* And per signature; a verifier that is quadratic in the fields takes 500 and
   more. */
#define WORK_PER_BYTE	50

/* 10,000 fields, 10 signatures of many names each, and a body of 50 MB. */
static void
large_messages_are_bounded(void **state)
{
	struct lab_sign how = plain;
	struct buf b = BUF_INIT;
	struct dkim_results r;
	uint64_t work;
	struct bytes m;

	how.key = rsa2048;
	how.names = few_names;
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "X-Field-%d: %d\r\n", i, i);
	buf_str(&b, sample);
	m = bytes_dup(&lab.arena, buf_view(&b));
	for (int i = 0; i < 10; i++)
		m = lab_sign(&lab, &how, m);
	work = work_done();
	r = lab_verify(&lab, m, 65536);
	work = work_done() - work;
	print_message("# 10,000 fields, 10 signatures: %.1f steps for a byte"
	    " of each\n", (double)work / (10 * (double)m.len));
	for (size_t i = 0; i < 10; i++)
		assert_result(r, i, DKIM_PASS);
	assert_true(work < 10 * WORK_PER_BYTE * m.len);
	/* More fields than are evaluated. */
	buf_clear(&b);
	for (int i = 0; i < DKIM_FIELDS_MAX; i++)
		buf_str(&b, "X: y\r\n");
	r = lab_verify(&lab, joined(buf_cstr(&b), m), 65536);
	assert_int_equal(r.n, 10);
	assert_result(r, 0, DKIM_POLICY);
	buf_free(&b);
}

/* No part of the body is kept. */
static void
long_bodies_take_no_memory(void **state)
{
	static char piece[65536];
	struct lab_sign how = plain;
	struct dkim_verify *v = dkim_verify_new(lab.engine, &lab.keys, 10);
	struct dkim_sign *s = dkim_sign_new();
	struct dkim_results r;
	struct header_iter it;
	struct header_field f;
	struct bytes m;
	size_t before;

	how.key = rsa2048;
	how.limit = 7;
	m = signed_as(ed25519, "ed", DKIM_SIGN_ED25519SHA256);
	m = lab_sign(&lab, &how, m);
	it = header_iter_of(m);
	while (header_next(&it, &f)) {
		dkim_verify_header(v, f.name, f.value);
		dkim_sign_header(s, f.name, f.value);
	}
	dkim_verify_eoh(v);
	for (size_t i = 0; i < sizeof(piece); i++)
		piece[i] = "abc def\t \r\n\r\nxy"[i % 15];
	before = mallinfo2().uordblks;
	for (int i = 0; i < 50 * 16; i++) {
		dkim_verify_body(v, bytes_make(piece, sizeof(piece)));
		dkim_sign_body(s, bytes_make(piece, sizeof(piece)));
	}
	assert_in_range(mallinfo2().uordblks, 0, before + 65536);
	dkim_verify_finish(v, &lab.arena, clock_mono_ms() + 1000, &r);
	assert_int_equal(r.n, 2);
	assert_result(r, 1, DKIM_FAIL);
	dkim_sign_free(&s);
	dkim_verify_free(&v);
}

static struct bytes thread_message;
static unsigned thread_passes;

static void *
verifier(void *arg)
{
	struct lab *own = arg;
	struct dkim_results r;

	for (int i = 0; i < 50; i++) {
		r = lab_verify(own, thread_message, 50);
		for (size_t k = 0; k < r.n; k++)
			if (r.v[k].result == DKIM_PASS)
				__atomic_add_fetch(&thread_passes, 1,
				    __ATOMIC_RELAXED);
		arena_clear(&own->arena);
	}
	return NULL;
}

/* The labs of the threads borrow the names of the first one. */
static void
threads_share_the_engine(void **state)
{
	static struct lab labs[4];
	struct lab_sign how = plain;
	pthread_t threads[4];

	how.key = rsa2048;
	thread_message = signed_as(ed25519, "ed", DKIM_SIGN_ED25519SHA256);
	thread_message = lab_sign(&lab, &how, thread_message);
	for (int i = 0; i < 4; i++) {
		labs[i] = lab;
		arena_init(&labs[i].arena);
		labs[i].keys.ctx = &labs[i];
		assert_int_equal(pthread_create(&threads[i], NULL, verifier,
		    &labs[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(thread_passes, 4 * 50 * 2);
}

static void
many_names_are_policy(void **state)
{
	struct bytes m = signed_as(rsa2048, "r2048", DKIM_SIGN_RSASHA256);
	struct buf b = BUF_INIT;
	struct dkim_results r;

	buf_str(&b, "\th=");
	for (int i = 0; i < DKIM_SIG_NAMES_MAX; i++)
		buf_str(&b, "X:");
	r = lab_verify(&lab, replaced(m, "\th=", buf_cstr(&b)), 100);
	assert_result(r, 0, DKIM_POLICY);
	buf_clear(&b);
	buf_str(&b, "\tz=");
	for (int i = 0; i < DKIM_SIG_LEN_MAX; i++)
		buf_byte(&b, 'x');
	buf_str(&b, "; h=");
	r = lab_verify(&lab, replaced(m, "\th=", buf_cstr(&b)), 100);
	assert_result(r, 0, DKIM_POLICY);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_signatures_pass),
		cmocka_unit_test(pieces_of_any_size_are_the_same),
		cmocka_unit_test(a_last_line_without_end_gets_one),
		cmocka_unit_test(no_signature_is_none),
		cmocka_unit_test(a_header_without_end_is_the_whole_message),
		cmocka_unit_test(changes_fail),
		cmocka_unit_test(sha1_is_policy),
		cmocka_unit_test(short_keys_are_policy),
		cmocka_unit_test(limits_that_leave_something_open_are_policy),
		cmocka_unit_test(several_signatures_stand_alone),
		cmocka_unit_test(only_the_first_ten_are_evaluated),
		cmocka_unit_test(a_second_from_is_told),
		cmocka_unit_test(a_from_without_address_is_told),
		cmocka_unit_test(key_records_count),
		cmocka_unit_test(long_key_records_are_errors),
		cmocka_unit_test(answers_of_the_dns_count),
		cmocka_unit_test(a_strict_key_has_no_subdomains),
		cmocka_unit_test(malformed_signatures_are_errors),
		cmocka_unit_test(old_and_early_signatures_fail),
		cmocka_unit_test(large_messages_are_bounded),
		cmocka_unit_test(long_bodies_take_no_memory),
		cmocka_unit_test(threads_share_the_engine),
		cmocka_unit_test(many_names_are_policy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
