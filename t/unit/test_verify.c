/* All checks of a connection and its messages together. */
#include <config.h>

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <opendkim/dkim.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/encode.h"
#include "proto/dmarc_row.h"
#include "auth/authres.h"
#include "auth/dmarc_tally.h"
#include "auth/dnsbl.h"
#include "auth/iprev.h"
#include "auth/spf.h"
#include "auth/verify-private.h"
#include "dkim_lab.h"
#include "dns_zone.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define OURS		"mx.example.net"

static const char zone_lines[] =
    "1.2.0.192.in-addr.arpa PTR mail.example.org\n"
    "mail.example.org A 192.0.2.1\n"
    "mail.example.org TXT \"v=spf1 a -all\"\n"
    "example.org TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "example.org MX 10 mail.example.org\n"
    "_dmarc.example.org TXT \"v=DMARC1; p=reject\"\n"
    "a.example.com A 192.0.2.9\n"
    "example.com TXT \"v=spf1 -all\"\n"
    "_dmarc.example.com TXT \"v=DMARC1; p=quarantine\"\n"
    "_dmarc.half.example TXT \"v=DMARC1; p=reject; pct=50\"\n"
    "null.example MX 0 .\n"
    "slow.example TIMEOUT\n"
    "_dmarc.slow.example TIMEOUT\n"
    "9.2.0.192.in-addr.arpa TIMEOUT\n"
    "sel._domainkey.slow.example TIMEOUT\n"
    "2.0.0.127.bl.example A 127.0.0.2\n"
    "2.0.0.127.wl.example A 127.0.0.2\n"
    "9.2.0.192.bl.example A 127.0.0.4\n"
    "9.2.0.192.bl.example TXT \"sent; \\\"spam\\\" (yesterday)\"\n"
    "1.2.0.192.wl.example A 127.0.0.3\n";

struct fixture {
	struct lab lab;
	struct dns_zone zone;
	struct verify_site *site;
	EVP_PKEY *key;
};

static int
setup(void **state)
{
	static const char *const overrides[] = {
		"dnsbl-zones=bl.example", "dnswl-zones=wl.example"
	};
	static struct fixture f;
	struct buf lines = BUF_INIT;
	struct err err = ERR_INIT;

	lab_init(&f.lab);
	f.key = lab_key(0);
	buf_str(&lines, zone_lines);
	buf_printf(&lines, "sel._domainkey.example.org TXT \"%s\"\n"
	    "sel._domainkey.other.example TXT \"%s\"\n",
	    lab_record(&f.lab, f.key), lab_record(&f.lab, f.key));
	dns_zone_open(&f.zone, buf_cstr(&lines), overrides, 2);
	buf_free(&lines);
	if (verify_site_new(&f.zone.settings, f.zone.dns, BYTES("secret"),
	    &f.site, &err) == -1)
		fail_msg("%s", err.text);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	verify_site_free(&f->site);
	verify_site_free(&f->site);
	dns_zone_close(&f->zone);
	EVP_PKEY_free(f->key);
	lab_clear(&f->lab);
	return 0;
}

static struct verify *
connection(struct fixture *f, const char *ip, const char *helo)
{
	struct addr client = { .family = ADDR_NONE };
	struct verify *v;

	(void)addr_parse(bytes_of(ip), &client);
	v = verify_new(f->site, &client, BYTES(OURS));
	verify_helo(v, bytes_of(helo));
	return v;
}

static void
sink_header(void *ctx, struct bytes name, struct bytes value)
{
	verify_header(ctx, name, value);
}

static void
sink_eoh(void *ctx)
{
	verify_eoh(ctx);
}

static void
sink_body(void *ctx, struct bytes piece)
{
	verify_body(ctx, piece);
}

static const struct verify_result *
message(struct verify *v, const char *mail_from, struct bytes text,
    size_t cut)
{
	const struct lab_sink sink = { v, sink_header, sink_eoh, sink_body };

	verify_mail(v, bytes_of(mail_from));
	lab_feed(text, cut, &sink);
	return verify_end(v);
}

#define TEXT_OF(from)	"From: " from "\r\nTo: you@example.net\r\n" \
	"Subject: hello\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n" \
	"Message-ID: <1@example.org>\r\n\r\nHello,\r\nworld\r\n"

static struct bytes
signed_by(struct fixture *f, const char *domain, const char *text)
{
	struct lab_sign how = { .domain = domain, .selector = "sel",
	    .key = f->key, .algorithm = DKIM_SIGN_ED25519SHA256,
	    .header_canon = 1, .body_canon = 1, .limit = -1 };

	return lab_sign(&f->lab, &how, bytes_of(text));
}

static void
assert_summary(const struct verify_result *r, const char *want)
{
	struct buf b = BUF_INIT;

	verify_summary(r, &b);
	assert_string_equal(buf_cstr(&b), want);
	buf_free(&b);
}

static void
assert_text(struct bytes got, const char *want)
{
	if (!bytes_eq_str(got, want))
		fail_msg("\"" BYTES_FMT "\", not \"%s\"", BYTES_ARG(got),
		    want);
}

/* The value of a property in the n-th result of that method. */
static struct bytes
shown(struct arena *a, const struct verify_result *r, const char *method,
    int n, const char *ptype, const char *property)
{
	struct err err = ERR_INIT;
	struct authres res;

	assert_int_equal(authres_parse(a, r->authentication_results, &res,
	    &err), 0);
	assert_text(res.authserv_id, OURS);
	for (struct authres_method *m = res.methods; m != NULL; m = m->next)
		if (bytes_eq_str(m->method, method) && n-- == 0)
			return ptype == NULL ? m->result :
			    authres_find(m, ptype, property);
	return BYTES("(not shown)");
}

static void
all_pass(void **state)
{
	struct fixture *f = *state;
	struct bytes text = signed_by(f, "example.org",
	    TEXT_OF("\"A, B\" <Me@Example.ORG>"));
	const struct verify_result *r;
	struct origin o = { .has_checks = false };
	struct verify *v;
	struct arena a;

	arena_init(&a);
	for (size_t cut = 1; cut < 20; cut += 6) {
		v = connection(f, "192.0.2.1", "mail.example.org");
		assert_int_equal(verify_sender_domain(v), SENDER_DOMAIN_OK);
		r = message(v, "me@example.org", text, cut);
		assert_ptr_equal(verify_end(v), r);
		assert_summary(r, "spf=pass dkim=pass(example.org) "
		    "dmarc=pass iprev=pass dnsbl=0");
		assert_text(r->from_domain, "example.org");
		assert_int_equal(r->dmarc->alignment, DMARC_ALIGNED_STRICT);
		assert_text(shown(&a, r, "iprev", 0, "policy", "iprev"),
		    "192.0.2.1");
		assert_text(shown(&a, r, "spf", 0, "smtp", "helo"),
		    "mail.example.org");
		assert_text(shown(&a, r, "spf", 1, "smtp", "mailfrom"),
		    "me@example.org");
		assert_text(shown(&a, r, "dkim", 0, "header", "d"),
		    "example.org");
		assert_text(shown(&a, r, "dkim", 0, "header", "s"), "sel");
		assert_text(shown(&a, r, "dkim", 0, "header", "a"),
		    "ed25519-sha256");
		assert_text(shown(&a, r, "dmarc", 0, "header", "from"),
		    "example.org");
		assert_text(shown(&a, r, "dnswl", 0, "dns", "zone"),
		    "wl.example");
		assert_text(shown(&a, r, "arc", 0, NULL, NULL),
		    "(not shown)");
		verify_origin(r, &a, &o);
		assert_true(o.has_checks);
		assert_int_equal(o.spf, ORIGIN_PASS);
		assert_int_equal(o.spf_helo, ORIGIN_PASS);
		assert_int_equal(o.iprev, ORIGIN_PASS);
		assert_int_equal(o.dmarc, ORIGIN_PASS);
		assert_int_equal(o.arc, ORIGIN_NONE);
		assert_int_equal(o.aligned, ORIGIN_ALIGNED_STRICT);
		assert_int_equal(o.dmarc_wants, ORIGIN_DMARC_NOTHING);
		assert_text(o.from_org_domain, "example.org");
		assert_int_equal(o.ndkim, 1);
		assert_text(o.dkim[0], "example.org");
		assert_int_equal(o.nnetworks, 3);
		assert_text(o.networks[0], "192.0.2.1/32");
		assert_text(o.networks[1], "192.0.2.0/26");
		assert_text(o.networks[2], "192.0.0.0/21");
		assert_text(o.dnswl, "wl.example");
		assert_text(o.dnsbl, "");
		verify_free(&v);
	}
	verify_free(&v);
	arena_clear(&a);
}

static void
forged(void **state)
{
	struct fixture *f = *state;
	struct bytes text = signed_by(f, "other.example",
	    TEXT_OF("<boss@example.com>"));
	struct verify *v = connection(f, "192.0.2.9", "x");
	const struct verify_result *r;
	struct origin o;
	struct arena a;

	arena_init(&a);
	memset(&o, 0, sizeof(o));
	r = message(v, "me@example.com", text, 1000);
	assert_summary(r, "spf=fail dkim=pass(other.example) "
	    "dmarc=fail(quarantine) iprev=temperror dnsbl=1");
	assert_text(shown(&a, r, "x-dnsbl", 0, "policy", "ip"), "127.0.0.4");
	assert_text(shown(&a, r, "x-dnsbl", 0, "policy", "txt"),
	    "sent; \"spam\" (yesterday)");
	verify_origin(r, &a, &o);
	assert_int_equal(o.spf, ORIGIN_FAIL);
	assert_int_equal(o.iprev, ORIGIN_TEMPERROR);
	assert_int_equal(o.dmarc, ORIGIN_FAIL);
	assert_int_equal(o.aligned, ORIGIN_ALIGNED_NONE);
	assert_int_equal(o.dmarc_wants, ORIGIN_DMARC_QUARANTINE);
	assert_text(o.dkim[0], "other.example");
	assert_text(o.dnsbl, "bl.example");
	/* A signature that fails authenticates no domain. */
	text = bytes_of(arena_printf(&a, BYTES_FMT "more\r\n",
	    BYTES_ARG(signed_by(f, "example.org", TEXT_OF("a@example.org")))));
	r = message(v, "x@other.example", text, 1000);
	assert_summary(r, "spf=none dkim=fail(example.org) "
	    "dmarc=fail(reject) iprev=temperror dnsbl=1");
	assert_int_equal(r->dmarc->alignment, DMARC_ALIGNED_NONE);
	verify_free(&v);
	arena_clear(&a);
}

/* A check without a DNS answer is a temperror; the others count. */
static void
parts_without_answer(void **state)
{
	struct fixture *f = *state;
	struct bytes text = signed_by(f, "slow.example",
	    TEXT_OF("me@slow.example"));
	struct verify *v = connection(f, "192.0.2.1", "mail.example.org");
	const struct verify_result *r;

	r = message(v, "me@slow.example", text, 1000);
	assert_summary(r, "spf=temperror dkim=temperror(slow.example) "
	    "dmarc=temperror iprev=pass dnsbl=0");
	assert_int_equal(r->spf_helo->status, SPF_PASS);
	assert_int_equal(verify_sender_domain(v), SENDER_DOMAIN_TEMPORARY);
	assert_true(r->wait_ms < 5000);
	verify_free(&v);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* What had no answer at MAIL is asked again at the end. */
static void
second_try(void **state)
{
	struct verify_site *site;
	struct err err = ERR_INIT;
	struct addr client;
	struct dns_zone z;
	struct verify *v;

	dns_zone_open(&z, "late.example TIMEOUT\n"
	    "1.2.0.192.in-addr.arpa TIMEOUT\n", NULL, 0);
	assert_int_equal(verify_site_new(&z.settings, z.dns, BYTES(""),
	    &site, &err), 0);
	assert_int_equal(addr_parse(BYTES("192.0.2.1"), &client), 0);
	v = verify_new(site, &client, BYTES(OURS));
	assert_summary(message(v, "a@late.example", BYTES("\r\nx\r\n"), 9),
	    "spf=temperror dkim=none dmarc=none iprev=temperror dnsbl=0");
	verify_mail(v, BYTES("a@late.example"));
	assert_false(verify_spf_passed(v));
	write_file(z.path, "late.example TXT \"v=spf1 a:mail.late.example\"\n"
	    "mail.late.example A 192.0.2.1\n"
	    "1.2.0.192.in-addr.arpa PTR mail.late.example\n");
	assert_int_equal(dns_reload(z.dns, &z.settings, &err), 0);
	verify_header(v, BYTES("From"), BYTES(" a@late.example"));
	assert_summary(verify_end(v),
	    "spf=pass dkim=none dmarc=none iprev=pass dnsbl=0");
	verify_free(&v);
	verify_site_free(&site);
	dns_zone_close(&z);
}

static void
from_header(void **state)
{
	static const struct {
		const char *header;
		enum verify_from want;
		const char *domain;
	} rows[] = {
		{ "From: a@example.org\r\n", VERIFY_FROM_ONE, "example.org" },
		{ "from: X <a@EXAMPLE.org> (y)\r\n", VERIFY_FROM_ONE,
		  "example.org" },
		{ "From: a@m\303\274ll.example\r\n", VERIFY_FROM_ONE,
		  "xn--mll-hoa.example" },
		{ "To: a@example.org\r\n", VERIFY_FROM_NONE, "" },
		{ "From: a@example.org, b@example.org\r\n",
		  VERIFY_FROM_SEVERAL, "" },
		{ "From: a@example.org\r\nFROM: a@example.org\r\n",
		  VERIFY_FROM_SEVERAL, "" },
		{ "From: g: a@example.org, b@example.org;\r\n",
		  VERIFY_FROM_SEVERAL, "" },
		{ "From: \r\n", VERIFY_FROM_MALFORMED, "" },
		{ "From: <>\r\n", VERIFY_FROM_MALFORMED, "" },
		{ "From: nobody\r\n", VERIFY_FROM_MALFORMED, "" },
		{ "From: g:;\r\n", VERIFY_FROM_MALFORMED, "" },
		{ "From: a@[192.0.2.1]\r\n", VERIFY_FROM_MALFORMED, "" },
		{ "From: a@b..c\r\n", VERIFY_FROM_MALFORMED, "" },
		{ "From: @example.org\r\n", VERIFY_FROM_MALFORMED, "" },
	};
	struct fixture *f = *state;
	struct verify *v = connection(f, "192.0.2.1", "mail.example.org");
	const struct verify_result *r;
	struct bytes text;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		text = bytes_of(arena_printf(&a, "%s\r\nhello\r\n",
		    rows[i].header));
		r = message(v, "me@example.org", text, 1000);
		if (r->from_is != rows[i].want)
			fail_msg("'%s': %d", rows[i].header, r->from_is);
		assert_text(r->from_domain, rows[i].domain);
		if (r->from_is != VERIFY_FROM_ONE) {
			assert_int_equal(r->dmarc->code, DMARC_NONE);
			assert_int_equal(r->dmarc->alignment,
			    DMARC_ALIGNED_NONE);
		}
	}
	verify_free(&v);
	arena_clear(&a);
}

static void
envelope(void **state)
{
	struct fixture *f = *state;
	struct verify *v = connection(f, "192.0.2.1", "mail.example.org");
	const struct verify_result *r;
	struct arena a;

	arena_init(&a);
	verify_mail(v, BYTES("x@null.example"));
	assert_int_equal(verify_sender_domain(v), SENDER_DOMAIN_NULL_MX);
	assert_false(verify_spf_passed(v));
	verify_mail(v, BYTES("x@[192.0.2.1]"));
	assert_int_equal(verify_sender_domain(v), SENDER_DOMAIN_LITERAL);
	verify_mail(v, BYTES("\"a@b\"@example.org"));
	assert_int_equal(verify_sender_domain(v), SENDER_DOMAIN_OK);
	assert_true(verify_spf_passed(v));
	/* For a bounce the host is the sender, in the results and for DMARC. */
	r = message(v, "", bytes_of(TEXT_OF("x@example.org")), 1000);
	assert_true(verify_spf_passed(v));
	assert_int_equal(verify_sender_domain(v), SENDER_DOMAIN_OK);
	assert_ptr_equal(r->spf_mail, r->spf_helo);
	assert_int_equal(r->dmarc->code, DMARC_PASS);
	assert_int_equal(r->dmarc->alignment, DMARC_ALIGNED_DMARC);
	assert_text(shown(&a, r, "spf", 1, NULL, NULL), "(not shown)");
	/* It does not affect the next message. */
	r = message(v, "x@example.com", bytes_of("\r\nx\r\n"), 1000);
	assert_int_equal(r->spf_mail->status, SPF_FAIL);
	assert_int_equal(r->from_is, VERIFY_FROM_NONE);
	assert_int_equal(r->dkim->n, 0);
	verify_reset(v);
	r = verify_end(v);
	assert_int_equal(r->mail_from.len, 0);
	verify_free(&v);
	arena_clear(&a);
}

static void
no_address(void **state)
{
	struct fixture *f = *state;
	struct verify *v = connection(f, "unix", "localhost");
	const struct verify_result *r;
	struct origin o;
	struct arena a;

	arena_init(&a);
	memset(&o, 0, sizeof(o));
	r = message(v, "me@example.org", bytes_of(TEXT_OF("me@example.org")),
	    1000);
	assert_null(r->iprev);
	assert_null(r->spf_mail);
	assert_null(r->dnsbl);
	assert_false(verify_spf_passed(v));
	assert_summary(r, "spf=none dkim=none dmarc=fail(reject)");
	verify_origin(r, &a, &o);
	assert_int_equal(o.spf, ORIGIN_UNCHECKED);
	assert_int_equal(o.nnetworks, 0);
	verify_free(&v);
	arena_clear(&a);
}

/* With one of our relays the client is the host before it. */
static void
behind_a_relay(void **state)
{
	struct fixture *f = *state;
	struct verify *v = connection(f, "198.51.100.1", "relay");
	const struct verify_result *r;
	struct addr client;

	r = message(v, "me@example.org", BYTES("\r\nx\r\n"), 9);
	assert_summary(r, "spf=fail dkim=none dmarc=none iprev=permerror "
	    "dnsbl=0");
	verify_mail(v, BYTES("me@example.org"));
	assert_false(verify_spf_passed(v));
	assert_int_equal(addr_parse(BYTES("192.0.2.1"), &client), 0);
	verify_header(v, BYTES("From"), BYTES(" me@example.org"));
	verify_client(v, &client, BYTES("mail.example.org"));
	verify_eoh(v);
	r = verify_end(v);
	assert_summary(r, "spf=pass dkim=none dmarc=pass iprev=pass dnsbl=0");
	assert_int_equal(r->spf_helo->status, SPF_PASS);
	assert_true(addr_eq(&r->client, &client));
	/* The next message comes from the relay itself. */
	r = message(v, "me@example.org", BYTES("\r\nx\r\n"), 9);
	assert_summary(r, "spf=fail dkim=none dmarc=none iprev=permerror "
	    "dnsbl=0");
	assert_text(r->helo, "relay");
	verify_free(&v);
}

static size_t
memory_of(const struct verify *v)
{
	return v->arena.used + v->relay_arena.used + v->spf_helo_arena.used +
	    v->iprev_arena.used + v->lists_arena.used;
}

/* A relay sends many messages over one connection; memory does not grow. */
static void
many_behind_a_relay(void **state)
{
	struct fixture *f = *state;
	struct verify *v = connection(f, "198.51.100.1", "relay");
	struct addr client;
	size_t used = 0;

	assert_int_equal(addr_parse(BYTES("192.0.2.1"), &client), 0);
	for (int i = 0; i < 10; i++) {
		verify_mail(v, BYTES("me@example.org"));
		verify_header(v, BYTES("From"), BYTES(" me@example.org"));
		verify_client(v, &client, BYTES("mail.example.org"));
		(void)verify_end(v);
		if (i == 0)
			used = memory_of(v);
		assert_int_equal(memory_of(v), used);
	}
	assert_true(used < 4000);
	verify_free(&v);
}

/* pct spares about half of the messages, and at each retry the same ones. */
static void
share_of_a_message(void **state)
{
	struct fixture *f = *state;
	struct verify *v = connection(f, "192.0.2.1", "mail.example.org");
	const struct addr v_client = { .family = ADDR_UNIX };
	struct verify_site *other;
	struct verify *w;
	struct err err = ERR_INIT;
	unsigned less = 0, differ = 0;
	enum dmarc_policy first;
	struct bytes text;
	struct arena a;

	arena_init(&a);
	for (int i = 0; i < 100; i++) {
		text = bytes_of(arena_printf(&a, "Received: by a\r\n"
		    "From: a@half.example\r\nSubject: %d\r\n\r\nx\r\n", i));
		first = message(v, "a@other.example", text,
		    10)->dmarc->disposition;
		text.data += strlen("Received: by a\r\n");
		text.len -= strlen("Received: by a\r\n");
		assert_int_equal(message(v, "a@other.example", text,
		    10)->dmarc->disposition, first);
		less += first == DMARC_POLICY_QUARANTINE;
	}
	assert_in_range(less, 25, 75);
	assert_int_equal(verify_site_new(&f->zone.settings, f->zone.dns,
	    BYTES("another secret"), &other, &err), 0);
	w = verify_new(other, &v_client, BYTES(OURS));
	for (int i = 0; i < 100; i++) {
		text = bytes_of(arena_printf(&a, "From: a@half.example\r\n"
		    "Subject: %d\r\n\r\nx\r\n", i));
		differ += message(v, "a@other.example", text,
		    10)->dmarc->disposition != message(w, "a@other.example",
		    text, 10)->dmarc->disposition;
	}
	assert_in_range(differ, 20, 80);
	verify_free(&w);
	verify_site_free(&other);
	verify_free(&v);
	arena_clear(&a);
}

static struct bytes
tally_field(struct bytes row, enum dmarc_row_field f)
{
	struct err err = ERR_INIT;
	struct dmarc_row r;

	if (dmarc_row_decode(bytes_from(row, 12), &r, &err) == -1)
		fail_msg("%s", err.text);
	return r.field[f];
}

/* What is counted for reports to domains with a policy. */
static void
counted_for_reports(void **state)
{
	struct fixture *f = *state;
	struct bytes text = signed_by(f, "example.org",
	    TEXT_OF("me@example.org"));
	struct verify *v = connection(f, "192.0.2.1", "mail.example.org");
	struct verify *local = connection(f, "unix", "localhost");
	struct dmarc_tally *t = dmarc_tally_new(2);
	struct bytes rows[5];
	struct arena a;
	size_t n;

	arena_init(&a);
	for (int i = 0; i < 3; i++)
		dmarc_tally_add(t, message(v, "me@example.org", text, 1000),
		    1000 * 86400 + i);
	/* Without a policy or without a client there is no row. */
	dmarc_tally_add(t, message(v, "me@example.org",
	    bytes_of(TEXT_OF("me@null.example")), 1000), 0);
	dmarc_tally_add(t, message(local, "", text, 1000), 0);
	dmarc_tally_add(t, message(v, "", bytes_of(
	    TEXT_OF("me@half.example")), 1000), 1001 * 86400);
	dmarc_tally_add(t, message(v, "me@a.example.com", bytes_of(
	    TEXT_OF("me@example.com")), 1000), 1001 * 86400);
	assert_int_equal(dmarc_tally_dropped(t), 1);
	assert_int_equal(dmarc_tally_dropped(t), 0);
	assert_int_equal(dmarc_tally_take(t, &a, rows, 1), 1);
	assert_int_equal(be32_get(rows[0].data), 1000);
	assert_int_equal(be64_get(rows[0].data + 4), 3);
	assert_text(tally_field(rows[0], DMARC_ROW_FROM), "example.org");
	assert_text(tally_field(rows[0], DMARC_ROW_SOURCE_IP), "192.0.2.1");
	assert_text(tally_field(rows[0], DMARC_ROW_ENVELOPE), "example.org");
	assert_text(tally_field(rows[0], DMARC_ROW_RECORD), "example.org");
	assert_text(tally_field(rows[0], DMARC_ROW_POLICY), "p=reject "
	    "sp=reject np=reject adkim=r aspf=r pct=100");
	assert_text(tally_field(rows[0], DMARC_ROW_DISPOSITION), "none");
	assert_text(tally_field(rows[0], DMARC_ROW_DKIM_ALIGNED), "pass");
	assert_text(tally_field(rows[0], DMARC_ROW_SPF_ALIGNED), "pass");
	assert_text(tally_field(rows[0], DMARC_ROW_OVERRIDE), "");
	assert_text(tally_field(rows[0], DMARC_ROW_SPF),
	    "pass mfrom example.org");
	assert_text(tally_field(rows[0], DMARC_ROW_DKIM),
	    "pass example.org sel");
	/* A row that is put back is the same and adds up. */
	dmarc_tally_put(t, rows[0]);
	dmarc_tally_add(t, message(v, "me@example.org", text, 1000),
	    1000 * 86400);
	n = dmarc_tally_take(t, &a, rows, 5);
	assert_int_equal(n, 2);
	assert_text(tally_field(rows[0], DMARC_ROW_SPF),
	    "pass helo mail.example.org");
	assert_int_equal(be64_get(rows[1].data + 4), 4);
	assert_int_equal(dmarc_tally_take(t, &a, rows, 5), 0);
	dmarc_tally_free(&t);
	verify_free(&v);
	verify_free(&local);
	arena_clear(&a);
}

/*
 * A server that never answers: each wait has a deadline, and the end of the
 * message has one for everything, including ten signatures and lists.
 */
static void
silence(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	char resolver[64];
	const char *overrides[] = { resolver, "dns-deadline=2s",
	    "dns-command-deadline=200ms",
	    "dnsbl-zones=a.example, b.example, c.example" };
	struct settings s;
	struct err err = ERR_INIT;
	struct verify_site *site;
	const struct verify_result *r;
	struct addr client;
	struct verify *v;
	struct bytes text = BYTES(TEXT_OF("me@example.org"));
	struct lab_sink sink = { NULL, sink_header, sink_eoh, sink_body };
	struct dns *dns;
	uint64_t begin;
	int fd;

	for (int i = 0; i < 10; i++)
		text = signed_by(f, arena_printf(&f->lab.arena,
		    "d%d.example", i), bytes_cstr(&f->lab.arena, text));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	(void)snprintf(resolver, sizeof(resolver), "resolver=127.0.0.1@%u",
	    ntohs(sin.sin_port));
	assert_int_equal(settings_load(NULL, overrides,
	    COUNT(overrides), &s, &err), 0);
	assert_int_equal(dns_new(&s, &dns, &err), 0);
	assert_int_equal(verify_site_new(&s, dns, BYTES(""), &site, &err), 0);
	assert_int_equal(addr_parse(BYTES("192.0.2.1"), &client), 0);
	v = verify_new(site, &client, BYTES(OURS));
	verify_helo(v, BYTES("mail.example.org"));
	verify_mail(v, BYTES("me@example.org"));
	begin = clock_mono_ms();
	assert_int_equal(verify_sender_domain(v), SENDER_DOMAIN_TEMPORARY);
	assert_false(verify_spf_passed(v));
	assert_true(clock_mono_ms() - begin >= 150);
	sink.ctx = v;
	lab_feed(text, 1000, &sink);
	begin = clock_mono_ms();
	r = verify_end(v);
	/* All waits run at the same time; in sequence they would take 20 s and
	   more. */
	assert_true(clock_mono_ms() - begin < 15000);
	assert_summary(r, "spf=temperror dkim=temperror(d9.example) "
	    "dmarc=temperror iprev=temperror dnsbl=0");
	assert_int_equal(r->dkim->n, 10);
	for (size_t i = 0; i < r->dkim->n; i++)
		assert_int_equal(r->dkim->v[i].result, DKIM_TEMPERROR);
	verify_free(&v);
	verify_site_free(&site);
	dns_free(&dns);
	settings_free(&s);
	(void)close(fd);
}

/* Stages that a client leaves out or repeats. */
static void
odd_order(void **state)
{
	struct fixture *f = *state;
	struct addr client;
	struct verify *v;

	assert_int_equal(addr_parse(BYTES("192.0.2.1"), &client), 0);
	v = verify_new(f->site, &client, BYTES(""));
	(void)verify_end(v);
	verify_reset(v);
	verify_body(v, BYTES("x\r\n"));
	verify_eoh(v);
	(void)verify_end(v);
	verify_helo(v, BYTES("a\r\n b;=\"("));
	verify_helo(v, BYTES("mail.example.org"));
	verify_mail(v, BYTES("@"));
	verify_mail(v, BYTES("a@"));
	(void)verify_sender_domain(v);
	verify_header(v, BYTES(""), BYTES(""));
	(void)verify_end(v);
	assert_true(bytes_has_prefix(verify_end(v)->authentication_results,
	    f->zone.settings.hostname));
	verify_free(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pass),
		cmocka_unit_test(forged),
		cmocka_unit_test(parts_without_answer),
		cmocka_unit_test(second_try),
		cmocka_unit_test(from_header),
		cmocka_unit_test(envelope),
		cmocka_unit_test(no_address),
		cmocka_unit_test(behind_a_relay),
		cmocka_unit_test(many_behind_a_relay),
		cmocka_unit_test(share_of_a_message),
		cmocka_unit_test(counted_for_reports),
		cmocka_unit_test(silence),
		cmocka_unit_test(odd_order),
	};

	return cmocka_run_group_tests_name("verify", tests, setup,
	    teardown);
}
