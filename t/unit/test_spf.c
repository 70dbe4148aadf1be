/*
 * SPF, section by section of RFC 7208: each row is a record of d.example.com
 * over the same small DNS.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/spf.h"
#include "base/clock.h"
#include "net/dns-private.h"
#include "net/dns_data.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

#define V4	"192.0.2.1"
#define V6	"2001:db8::1"

static const char zone[] =
    "h.example.com A 192.0.2.1\n"
    "h.example.com AAAA 2001:db8::1\n"
    "h4.example.com A 192.0.2.1\n"
    "other.example.com A 198.51.100.7\n"
    "net.example.com A 192.0.2.129\n"
    "net.example.com AAAA 2001:db8::ffff\n"
    "alias.example.com CNAME h.example.com\n"
    "loop.example.com CNAME loop.example.com\n"
    "a.foo:bar.example.com A 192.0.2.1\n"
    "sl/ash.example.com A 192.0.2.1\n"
    "slow.example.com TIMEOUT\n"
    "sick.example.com SERVFAIL\n"
    "empty.example.com NS ns.example.com\n"
    "mx.example.com MX 10 other.example.com\n"
    "mx.example.com MX 20 h.example.com\n"
    "mx4.example.com MX 10 h4.example.com\n"
    "mx4.example.com MX 10 other.example.com\n"
    "mx4.example.com MX 10 net4.example.com\n"
    "mx4.example.com MX 10 net5.example.com\n"
    "net4.example.com A 192.0.2.4\n"
    "net5.example.com A 192.0.2.5\n"
    "nullmx.example.com MX 0 .\n"
    "mxgone.example.com MX 0 g1.example.com\n"
    "mxgone.example.com MX 0 g2.example.com\n"
    "mxgone.example.com MX 0 g3.example.com\n"
    "mxslow.example.com MX 0 slow.example.com\n"
    "mx10.example.com MX 0 h.example.com\n"
    "mx10.example.com MX 1 other.example.com\n"
    "mx10.example.com MX 2 other.example.com\n"
    "mx10.example.com MX 3 other.example.com\n"
    "mx10.example.com MX 4 other.example.com\n"
    "mx10.example.com MX 5 other.example.com\n"
    "mx10.example.com MX 6 other.example.com\n"
    "mx10.example.com MX 7 other.example.com\n"
    "mx10.example.com MX 8 other.example.com\n"
    "mx10.example.com MX 9 other.example.com\n"
    "mx11.example.com MX 0 h.example.com\n"
    "mx11.example.com MX 1 other.example.com\n"
    "mx11.example.com MX 2 other.example.com\n"
    "mx11.example.com MX 3 other.example.com\n"
    "mx11.example.com MX 4 other.example.com\n"
    "mx11.example.com MX 5 other.example.com\n"
    "mx11.example.com MX 6 other.example.com\n"
    "mx11.example.com MX 7 other.example.com\n"
    "mx11.example.com MX 8 other.example.com\n"
    "mx11.example.com MX 9 other.example.com\n"
    "mx11.example.com MX 9 net.example.com\n"
    "1.2.0.192.in-addr.arpa PTR other.example.com\n"
    "1.2.0.192.in-addr.arpa PTR h.example.com\n"
    "2.2.0.192.in-addr.arpa PTR other.example.com\n"
    "3.2.0.192.in-addr.arpa TIMEOUT\n"
    "5.2.0.192.in-addr.arpa PTR slow.example.com\n"
    "5.2.0.192.in-addr.arpa PTR net5.example.com\n"
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
    " PTR h.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p1.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p2.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p3.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p4.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p5.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p6.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p7.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p8.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p9.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p10.example.com\n"
    "6.2.0.192.in-addr.arpa PTR p11.example.org\n"
    "p11.example.org A 192.0.2.6\n"
    "p10.example.com A 192.0.2.6\n"
    "yes.example.com TXT \"v=spf1 +all\"\n"
    "no.example.com TXT \"v=spf1 -all exp=why2.example.com\"\n"
    "soft.example.com TXT \"v=spf1 ~all\"\n"
    "may.example.com TXT \"v=spf1 ?all\"\n"
    "open.example.com TXT \"v=spf1 ip4:203.0.113.9\"\n"
    "bad.example.com TXT \"v=spf1 foo\"\n"
    "two.example.com TXT \"v=spf1 +all\"\n"
    "two.example.com TXT \"V=SPF1 -all\"\n"
    "txt.example.com TXT \"just text\"\n"
    "again.example.com TXT \"v=spf1 include:again.example.com -all\"\n"
    "round.example.com TXT \"v=spf1 redirect=round.example.com\"\n"
    "eight.example.com TXT \"v=spf1 a:other.example.com a:other.example.com "
    "a:other.example.com a:other.example.com a:other.example.com "
    "a:other.example.com a:other.example.com a:other.example.com -all\"\n"
    "void1.example.com TXT \"v=spf1 a:g1.example.com ?all\"\n"
    "why.example.com TXT \"no mail from %{i}, %{d}\"\n"
    "why2.example.com TXT \"second\"\n"
    "whyslow.example.com TIMEOUT\n"
    "whytwo.example.com TXT one\n"
    "whytwo.example.com TXT two\n"
    "whybad.example.com TXT \"%{z}\"\n"
    "whybytes.example.com TXT \"caf\\195\\169\"\n"
    "whyhalf.example.com TXT \"no \" \"space\"\n"
    "whyall.example.com TXT \"%{s}|%{l}|%{o}|%{d}|%{i}|%{p}|%{v}|%{h}|%{c}"
    "|%{r}|%{t}|%%|%_|%-\"\n"
    "whyparts.example.com TXT \"%{o1}|%{o1r}|%{or}|%{o9}|%{l-}|%{l1r-}"
    "|%{lr+-}|%{L}|%{S2}\"\n"
    "1.2.0.192.x.example.com A 127.0.0.2\n"
    "192.0.2.1.x.example.com A 127.0.0.2\n"
    "in-addr.v.example.com A 127.0.0.2\n"
    "ip6.v.example.com A 127.0.0.2\n"
    "user.l.example.com A 127.0.0.2\n"
    "h.example.com.p.example.com A 127.0.0.2\n"
    "unknown.p.example.com A 127.0.0.2\n"
    "odd\\032name.l.example.com A 127.0.0.2\n"
    "_spf.example.com TXT \"v=spf1 +all\"\n"
    "_d.example.com.i.example.com A 127.0.0.2\n";

/* One record for one name, and the zone behind it. */
struct world {
	struct dns_data *data;
	struct bytes record;	/* of d.example.com */
	struct buf rdata;
};

static void
source(void *arg, struct arena *a, const struct dns_name *name,
    enum dns_type type, struct dns_answer *answer)
{
	struct world *w = arg;

	if (type != DNS_TXT ||
	    strcmp(dns_name_text(a, name), "d.example.com") != 0) {
		dns_data_answer(w->data, a, name, type, answer);
		return;
	}
	buf_clear(&w->rdata);
	for (struct bytes left = w->record, part; left.len > 0;
	    left = bytes_from(left, part.len)) {
		part = left;
		if (part.len > 255)
			part.len = 255;
		buf_byte(&w->rdata, (char)part.len);
		buf_bytes(&w->rdata, part);
	}
	*answer = (struct dns_answer){ .status = DNS_OK, .n = 1,
	    .rdata = arena_alloc(a, sizeof(*answer->rdata)) };
	answer->rdata[0] = bytes_dup(a, buf_view(&w->rdata));
}

static void
world_open(struct world *w, struct dns **dns)
{
	struct err err = ERR_INIT;

	*w = (struct world){ .data = NULL };
	if (dns_data_parse("zone", BYTES(zone), &w->data, &err) == -1)
		fail_msg("%s", err.text);
	*dns = dns_of_source(source, w);
}

static void
world_close(struct world *w, struct dns **dns)
{
	dns_free(dns);
	dns_data_free(&w->data);
	buf_free(&w->rdata);
}

static struct spf_result
check(struct dns *dns, struct arena *a, const char *ip, const char *sender,
    const char *helo)
{
	struct spf_query q = { .sender = bytes_of(sender),
	    .helo = bytes_of(helo), .receiver = "mx.example.net",
	    .now = 1800000000, .deadline = clock_mono_ms() + 1000 };
	struct spf_result r;

	assert_int_equal(addr_parse(bytes_of(ip), &q.ip), 0);
	spf_check(dns, a, &q, &r);
	return r;
}

struct row {
	const char *record;
	const char *ip;
	enum spf_status status;
};

static void
check_rows(const struct row *rows, size_t n)
{
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;

	world_open(&w, &dns);
	arena_init(&a);
	for (size_t i = 0; i < n; i++) {
		w.record = bytes_of(rows[i].record);
		r = check(dns, &a, rows[i].ip, "user@d.example.com",
		    "helo.example.org");
		if (r.status != rows[i].status)
			fail_msg("%s from %s: %s (%s)", rows[i].record,
			    rows[i].ip, spf_status_name(r.status),
			    r.problem == NULL ? "" : r.problem);
		/* An error says why. */
		if (r.status == SPF_TEMPERROR || r.status == SPF_PERMERROR)
			assert_non_null(r.problem);
		arena_clear(&a);
	}
	world_close(&w, &dns);
}

/* ---- 4.3, 4.4: whose record ------------------------------------------ */

#define LABEL62	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg"

static void
test_domains(void **state)
{
	static const struct {
		const char *sender, *helo;
		enum spf_status status;
		const char *domain;
	} rows[] = {
		{ "u@yes.example.com", "", SPF_PASS, "yes.example.com" },
		{ "u@YES.example.COM", "", SPF_PASS, NULL },
		{ "u@yes.example.com.", "", SPF_PASS, "yes.example.com" },
		{ "a@b@yes.example.com", "", SPF_PASS, NULL },
		{ "\"a@b\"@yes.example.com", "", SPF_PASS, NULL },
		{ "@yes.example.com", "", SPF_PASS, NULL },
		{ "yes.example.com", "", SPF_PASS, NULL },
		{ "", "yes.example.com", SPF_PASS, "yes.example.com" },
		{ "", "yes", SPF_NONE, NULL },
		{ "", "", SPF_NONE, NULL },
		{ "u@", "yes.example.com", SPF_NONE, NULL },
		{ "", "[192.0.2.1]", SPF_NONE, NULL },
		{ "u@[192.0.2.1]", "yes.example.com", SPF_NONE, NULL },
		{ "u@example", "yes.example.com", SPF_NONE, NULL },
		{ "u@a..example.com", "", SPF_NONE, NULL },
		{ "u@.example.com", "", SPF_NONE, NULL },
		{ "u@" LABEL62 "h.example.com", "", SPF_NONE, NULL },
		{ "u@" LABEL62 "hi.example.com", "", SPF_NONE, NULL },
		{ "u@nowhere.example.com", "", SPF_NONE, NULL },
		{ "u@empty.example.com", "", SPF_NONE, NULL },
		{ "u@txt.example.com", "", SPF_NONE, NULL },
		{ "u@two.example.com", "", SPF_PERMERROR, NULL },
		{ "u@slow.example.com", "", SPF_TEMPERROR, NULL },
		{ "u@sick.example.com", "", SPF_TEMPERROR, NULL },
		{ "u@loop.example.com", "", SPF_TEMPERROR, NULL },
		{ "u@a\\b.example.com", "", SPF_NONE,
		    "a\\092b.example.com" },
		{ "u@a b.\377\177.com", "", SPF_NONE,
		    "a\\032b.\\255\\127.com" }
	};
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;

	world_open(&w, &dns);
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		r = check(dns, &a, V4, rows[i].sender, rows[i].helo);
		if (r.status != rows[i].status)
			fail_msg("'%s' '%s': %s", rows[i].sender,
			    rows[i].helo, spf_status_name(r.status));
		if (rows[i].domain != NULL)
			assert_string_equal(r.domain, rows[i].domain);
	}
	arena_clear(&a);
	world_close(&w, &dns);
}

/* ---- 4.5, 4.6, 12: the record ----------------------------------------- */

static void
test_record(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1", V4, SPF_NEUTRAL },
		{ "V=sPf1 -ALL", V4, SPF_FAIL },
		{ "v=spf1 ", V4, SPF_NEUTRAL },
		{ "v=spf1   -all  ", V4, SPF_FAIL },
		{ "v=spf10 -all", V4, SPF_NONE },
		{ "v=spf1\t-all", V4, SPF_NONE },
		{ "v=spf1,-all", V4, SPF_NONE },
		{ " v=spf1 -all", V4, SPF_NONE },
		{ "v=spf2.0/pra -all", V4, SPF_NONE },
		{ "v=spf1 a:h.example.com\t-all", V4, SPF_PERMERROR },
		{ "v=spf1 -all\r", V4, SPF_PERMERROR },
		{ "v=spf1 -all\177", V4, SPF_PERMERROR },
		{ "v=spf1 -all \303\244=1", V4, SPF_PERMERROR },
		{ "v=spf1 +all foo", V4, SPF_PERMERROR },
		{ "v=spf1 +all -", V4, SPF_PERMERROR },
		{ "v=spf1 --all", V4, SPF_PERMERROR },
		{ "v=spf1 ALL", V4, SPF_PASS },
		{ "v=spf1 all:", V4, SPF_PERMERROR },
		{ "v=spf1 all:x.com", V4, SPF_PERMERROR },
		{ "v=spf1 all/8", V4, SPF_PERMERROR },
		{ "v=spf1 all.", V4, SPF_PERMERROR },
		{ "v=spf1 ?all -all", V4, SPF_NEUTRAL },
		{ "v=spf1 ~all -all", V4, SPF_SOFTFAIL },
		/* 6: modifiers */
		{ "v=spf1 x-1_.y=%{d}/:: -all", V4, SPF_FAIL },
		{ "v=spf1 x=%{c}%{r}%{t} -all", V4, SPF_FAIL },
		{ "v=spf1 x= -all", V4, SPF_FAIL },
		{ "v=spf1 x=% -all", V4, SPF_PERMERROR },
		{ "v=spf1 x=%{z} -all", V4, SPF_PERMERROR },
		{ "v=spf1 =x -all", V4, SPF_PERMERROR },
		{ "v=spf1 1x=y -all", V4, SPF_PERMERROR },
		{ "v=spf1 -x=y -all", V4, SPF_PERMERROR },
		{ "v=spf1 x/y=z -all", V4, SPF_PERMERROR },
		{ "v=spf1 x:y=z -all", V4, SPF_PERMERROR },
		{ "v=spf1 x=1 x=2 -all", V4, SPF_FAIL },
		{ "v=spf1 exp=a.com exp=b.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 exp=a.com EXP=a.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 redirect=a.com redirect=a.com +all", V4,
		    SPF_PERMERROR },
		{ "v=spf1 exp= -all", V4, SPF_PERMERROR },
		{ "v=spf1 redirect= -all", V4, SPF_PERMERROR },
		{ "v=spf1 redirect=com -all", V4, SPF_PERMERROR },
		{ "v=spf1 exp=%{r}.example.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 redirect:a.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 exp:a.com -all", V4, SPF_PERMERROR }
	};

	check_rows(rows, COUNT(rows));
}

/* ---- 7.1: domain-spec ------------------------------------------------- */

static void
test_domain_spec(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1 a:h.example.com -all", V4, SPF_PASS },
		{ "v=spf1 a:h.example.com. -all", V4, SPF_PASS },
		{ "v=spf1 A:H.example.COM -all", V4, SPF_PASS },
		{ "v=spf1 a:a.foo:bar.example.com -all", V4, SPF_PASS },
		{ "v=spf1 a:sl/ash.example.com -all", V4, SPF_PASS },
		{ "v=spf1 a:sl/ash.example.com/32 -all", V4, SPF_PASS },
		{ "v=spf1 a: -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:/8 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:com -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:com. -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:. -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:.. -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:x.com.. -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:192.0.2.1 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:x.123 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:x.1a -all", V4, SPF_FAIL },
		{ "v=spf1 a:x.a1 -all", V4, SPF_FAIL },
		{ "v=spf1 a:x.1-1 -all", V4, SPF_FAIL },
		{ "v=spf1 a:x.xn--p1ai -all", V4, SPF_FAIL },
		{ "v=spf1 a:x.-a -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:x.a- -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:x._a -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:x.com:25 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:x.com/a -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:x.com?y -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 a:%{d} -all", V4, SPF_FAIL },
		{ "v=spf1 a:%% -all", V4, SPF_FAIL },
		{ "v=spf1 a:x%% -all", V4, SPF_FAIL },
		{ "v=spf1 a:x%%} -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{d}x -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{d}.com -all", V4, SPF_FAIL },
		{ "v=spf1 a:%{d}. -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{d -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{} -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{ -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:% -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%(d) -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{d0} -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{d00} -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{d999999999999r} -all", V4, SPF_FAIL },
		{ "v=spf1 a:%{dr1} -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{d.r} -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{d!} -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{d.-+,/_=} -all", V4, SPF_FAIL },
		{ "v=spf1 a:%{x} -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{c} -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:%{t} -all", V4, SPF_PERMERROR },
		/* 4.8: cannot be asked for */
		{ "v=spf1 a:a..example.com -all", V4, SPF_FAIL },
		{ "v=spf1 a:" LABEL62 "hi.example.com -all", V4, SPF_FAIL }
	};

	check_rows(rows, COUNT(rows));
}

/* ---- 5: mechanisms ---------------------------------------------------- */

static void
test_include(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1 include:yes.example.com -all", V4, SPF_PASS },
		{ "v=spf1 -include:yes.example.com +all", V4, SPF_FAIL },
		{ "v=spf1 ~INCLUDE:yes.example.com +all", V4, SPF_SOFTFAIL },
		{ "v=spf1 include:no.example.com ?all", V4, SPF_NEUTRAL },
		{ "v=spf1 include:soft.example.com +all", V4, SPF_PASS },
		{ "v=spf1 include:may.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 include:open.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 include:nowhere.example.com +all", V4,
		    SPF_PERMERROR },
		{ "v=spf1 include:txt.example.com +all", V4, SPF_PERMERROR },
		{ "v=spf1 include:bad.example.com +all", V4, SPF_PERMERROR },
		{ "v=spf1 include:two.example.com +all", V4, SPF_PERMERROR },
		{ "v=spf1 include:slow.example.com +all", V4,
		    SPF_TEMPERROR },
		{ "v=spf1 +all include:slow.example.com", V4, SPF_PASS },
		{ "v=spf1 include:again.example.com +all", V4,
		    SPF_PERMERROR },
		{ "v=spf1 include -all", V4, SPF_PERMERROR },
		{ "v=spf1 include: -all", V4, SPF_PERMERROR },
		{ "v=spf1 include/24 -all", V4, SPF_PERMERROR },
		{ "v=spf1 include:yes.example.com/24 -all", V4,
		    SPF_PERMERROR },
		{ "v=spf1 include:_spf.%{d2} -all", V4, SPF_PASS }
	};

	check_rows(rows, COUNT(rows));
}

static void
test_a_and_mx(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1 a:h.example.com -all", V6, SPF_PASS },
		{ "v=spf1 a:h4.example.com -all", V6, SPF_FAIL },
		{ "v=spf1 a:other.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 a:alias.example.com -all", V4, SPF_PASS },
		{ "v=spf1 a:loop.example.com -all", V4, SPF_TEMPERROR },
		{ "v=spf1 a:slow.example.com -all", V4, SPF_TEMPERROR },
		{ "v=spf1 a:net.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 a:net.example.com/24 -all", V4, SPF_PASS },
		{ "v=spf1 a:net.example.com/25 -all", V4, SPF_FAIL },
		{ "v=spf1 a:net.example.com/24 -all", V6, SPF_FAIL },
		{ "v=spf1 a:net.example.com//112 -all", V6, SPF_PASS },
		{ "v=spf1 a:net.example.com//113 -all", V6, SPF_FAIL },
		{ "v=spf1 a:net.example.com//112 -all", V4, SPF_FAIL },
		{ "v=spf1 a:net.example.com/24//112 -all", V4, SPF_PASS },
		{ "v=spf1 a:net.example.com/24//112 -all", V6, SPF_PASS },
		{ "v=spf1 a:other.example.com/0 -all", V4, SPF_PASS },
		{ "v=spf1 a:net.example.com//0 -all", "fe80::1", SPF_PASS },
		{ "v=spf1 a:h.example.com/32//128 -all", V4, SPF_PASS },
		{ "v=spf1 a:h.example.com/33 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com//129 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com/00 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com/024 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com//064 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com/ -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com// -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com/24// -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com/24/64 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com//64/24 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com///64 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com/-1 -all", V4, SPF_PERMERROR },
		{ "v=spf1 a/24 -all", V4, SPF_FAIL },
		{ "v=spf1 a//64 -all", V4, SPF_FAIL },
		{ "v=spf1 a/24//64 -all", V4, SPF_FAIL },
		{ "v=spf1 a/ -all", V4, SPF_PERMERROR },
		{ "v=spf1 a24 -all", V4, SPF_PERMERROR },
		{ "v=spf1 mx -all", V4, SPF_FAIL },
		{ "v=spf1 MX:mx.example.com -all", V4, SPF_PASS },
		{ "v=spf1 mx:mx.example.com -all", V6, SPF_PASS },
		{ "v=spf1 mx:mx.example.com -all", "192.0.2.2", SPF_FAIL },
		{ "v=spf1 mx:mx.example.com/24 -all", "192.0.2.2",
		    SPF_PASS },
		{ "v=spf1 mx:mx.example.com//64 -all", "2001:db8::2",
		    SPF_PASS },
		{ "v=spf1 mx:h.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 mx:nullmx.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 mx:mxslow.example.com -all", V4, SPF_TEMPERROR },
		{ "v=spf1 mx:slow.example.com -all", V4, SPF_TEMPERROR },
		{ "v=spf1 mx:mxgone.example.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 mx:mx10.example.com -all", V4, SPF_PASS },
		{ "v=spf1 mx:mx11.example.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 mx: -all", V4, SPF_PERMERROR },
		{ "v=spf1 mx/33 -all", V4, SPF_PERMERROR },
		/* Hosts without IPv6 are no void look-ups of an IPv6 client. */
		{ "v=spf1 mx:mx4.example.com -all", V6, SPF_FAIL }
	};

	check_rows(rows, COUNT(rows));
}

static void
test_ptr(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1 ptr:example.com -all", V4, SPF_PASS },
		{ "v=spf1 ptr:H.example.com -all", V4, SPF_PASS },
		{ "v=spf1 ptr:xample.com -all", V4, SPF_FAIL },
		{ "v=spf1 ptr:x.h.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 ptr:example.com -all", V6, SPF_PASS },
		{ "v=spf1 ptr -all", V4, SPF_FAIL },
		/* It has a name that does not lead back. */
		{ "v=spf1 ptr:example.com -all", "192.0.2.2", SPF_FAIL },
		/* Errors are no match. */
		{ "v=spf1 ptr:example.com -all", "192.0.2.3", SPF_FAIL },
		{ "v=spf1 ptr:example.com -all", "192.0.2.4", SPF_FAIL },
		{ "v=spf1 ptr:example.com -all", "192.0.2.5", SPF_PASS },
		/* Ten names, then no more. */
		{ "v=spf1 ptr:example.com -all", "192.0.2.6", SPF_PASS },
		{ "v=spf1 ptr:example.org -all", "192.0.2.6", SPF_FAIL },
		{ "v=spf1 ptr: -all", V4, SPF_PERMERROR },
		{ "v=spf1 ptr/24 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ptr:example.com/24 -all", V4, SPF_PERMERROR }
	};

	check_rows(rows, COUNT(rows));
}

static void
test_networks(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1 ip4:192.0.2.1 -all", V4, SPF_PASS },
		{ "v=spf1 IP4:192.0.2.1 -all", V4, SPF_PASS },
		{ "v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1",
		    SPF_PASS },
		{ "v=spf1 ip4:192.0.2.1 -all", V6, SPF_FAIL },
		{ "v=spf1 ip4:192.0.2.99/24 -all", V4, SPF_PASS },
		{ "v=spf1 ip4:192.0.2.0/32 -all", V4, SPF_FAIL },
		{ "v=spf1 ip4:1.1.1.1/0 -all", V4, SPF_PASS },
		{ "v=spf1 ip4:1.1.1.1/0 -all", V6, SPF_FAIL },
		{ "v=spf1 ip4:192.0.2.1/1 -all", "10.0.0.1", SPF_FAIL },
		{ "v=spf1 ip4 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4: -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4/24 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2.256 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2.1.1 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2.1/ -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2.1/33 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2.1/032 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2.1//32 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2.1/a -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2.1:25 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:2001:db8::1 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:h.example.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip4:%{i} -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip6:2001:db8::1 -all", V6, SPF_PASS },
		{ "v=spf1 ip6:2001:DB8::/32 -all", V6, SPF_PASS },
		{ "v=spf1 ip6:2001:db8::2/127 -all", V6, SPF_FAIL },
		{ "v=spf1 ip6:::/0 -all", V6, SPF_PASS },
		{ "v=spf1 ip6:::/0 -all", V4, SPF_FAIL },
		{ "v=spf1 ip6:::1.1.1.1/0 -all", V6, SPF_PASS },
		{ "v=spf1 ip6:::ffff:192.0.2.1 -all", V4, SPF_FAIL },
		{ "v=spf1 ip6 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip6: -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip6:192.0.2.1 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip6:2001:db8::1/129 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip6:2001:db8::1//64 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip6:2001:db8:::1 -all", V4, SPF_PERMERROR },
		{ "v=spf1 ip6:[2001:db8::1] -all", V6, SPF_PERMERROR },
		{ "v=spf1 ip6:2001:db8::g -all", V6, SPF_PERMERROR }
	};

	check_rows(rows, COUNT(rows));
}

static void
test_exists(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1 exists:h.example.com -all", V4, SPF_PASS },
		{ "v=spf1 exists:h4.example.com -all", V6, SPF_PASS },
		{ "v=spf1 exists:empty.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 exists:nowhere.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 exists:slow.example.com -all", V4, SPF_TEMPERROR },
		{ "v=spf1 exists -all", V4, SPF_PERMERROR },
		{ "v=spf1 exists: -all", V4, SPF_PERMERROR },
		{ "v=spf1 exists:h.example.com/24 -all", V4, SPF_PERMERROR },
		{ "v=spf1 exists:%{ir}.x.example.com -all", V4, SPF_PASS },
		{ "v=spf1 exists:%{i}.x.example.com -all", V4, SPF_PASS },
		{ "v=spf1 exists:%{v}.v.example.com -all", V4, SPF_PASS },
		{ "v=spf1 exists:%{v}.v.example.com -all", V6, SPF_PASS },
		{ "v=spf1 exists:%{l}.l.example.com -all", V4, SPF_PASS },
		{ "v=spf1 exists:%{p}.p.example.com -all", V4, SPF_PASS },
		{ "v=spf1 exists:%{p}.p.example.com -all", "192.0.2.2",
		    SPF_PASS },
		{ "v=spf1 exists:odd%_name.l.example.com -all", V4,
		    SPF_PASS },
		{ "v=spf1 exists:_%{d}.i.example.com -all", V4, SPF_PASS }
	};

	check_rows(rows, COUNT(rows));
}

/* ---- 6.1: redirect ---------------------------------------------------- */

static void
test_redirect(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1 redirect=yes.example.com", V4, SPF_PASS },
		{ "v=spf1 REDIRECT=no.example.com", V4, SPF_FAIL },
		{ "v=spf1 redirect=yes.example.com -all", V4, SPF_FAIL },
		{ "v=spf1 redirect=no.example.com ip4:192.0.2.1", V4,
		    SPF_PASS },
		{ "v=spf1 redirect=open.example.com", V4, SPF_NEUTRAL },
		{ "v=spf1 redirect=nowhere.example.com", V4, SPF_PERMERROR },
		{ "v=spf1 redirect=txt.example.com", V4, SPF_PERMERROR },
		{ "v=spf1 redirect=bad.example.com", V4, SPF_PERMERROR },
		{ "v=spf1 redirect=slow.example.com", V4, SPF_TEMPERROR },
		{ "v=spf1 redirect=round.example.com", V4, SPF_PERMERROR },
		{ "v=spf1 redirect=_spf.%{d2}", V4, SPF_PASS },
		{ "v=spf1 redirect=yes.example.com/24", V4, SPF_PERMERROR },
		/* Within an include it counts for the include. */
		{ "v=spf1 include:d.example.com redirect=yes.example.com",
		    V4, SPF_PERMERROR }
	};

	check_rows(rows, COUNT(rows));
}

/* ---- 4.6.4: limits ----------------------------------------------------- */

#define A2	"a:other.example.com a:other.example.com "
#define A8	A2 A2 A2 A2
#define A10	A8 A2

static void
test_limits(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1 " A10 "+all", V4, SPF_PASS },
		{ "v=spf1 " A10 "a:h.example.com +all", V4, SPF_PERMERROR },
		{ "v=spf1 a:h.example.com " A10 A10 "-all", V4, SPF_PASS },
		{ "v=spf1 " A10 "ip4:192.0.2.1 -all", V4, SPF_PASS },
		{ "v=spf1 " A10 "redirect=yes.example.com", V4,
		    SPF_PERMERROR },
		{ "v=spf1 " A8 "a:other.example.com redirect=yes.example.com",
		    V4, SPF_PASS },
		{ "v=spf1 " A8 "a:other.example.com include:yes.example.com",
		    V4, SPF_PASS },
		{ "v=spf1 " A10 "include:yes.example.com", V4,
		    SPF_PERMERROR },
		/* Nine in the include, and one more. */
		{ "v=spf1 include:eight.example.com a:h.example.com -all",
		    V4, SPF_PASS },
		{ "v=spf1 include:eight.example.com a:other.example.com "
		    "a:h.example.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:other.example.com redirect=eight.example.com",
		    V4, SPF_FAIL },
		{ "v=spf1 " A2 "redirect=eight.example.com", V4,
		    SPF_PERMERROR },
		/* mx and ptr count once, exists too. */
		{ "v=spf1 mx:mx10.example.com ptr:example.net "
		    "exists:g1.example.com " A2 A2 A2 "-all", "192.0.2.9",
		    SPF_FAIL },
		{ "v=spf1 mx:mx10.example.com ptr:example.net "
		    "exists:g1.example.com " A8 "-all", "192.0.2.9",
		    SPF_PERMERROR },
		/* Void look-ups: two are allowed. */
		{ "v=spf1 a:g1.example.com a:g2.example.com -all", V4,
		    SPF_FAIL },
		{ "v=spf1 a:g1.example.com exists:g2.example.com "
		    "mx:g3.example.com +all", V4, SPF_PERMERROR },
		{ "v=spf1 a:empty.example.com mx:empty.example.com "
		    "exists:empty.example.com +all", V4, SPF_PERMERROR },
		{ "v=spf1 a:g1.example.com a:g2.example.com "
		    "include:void1.example.com +all", V4, SPF_PERMERROR },
		{ "v=spf1 a:g1.example.com include:void1.example.com +all",
		    V4, SPF_PASS },
		{ "v=spf1 a:g1.example.com a:g2.example.com "
		    "redirect=void1.example.com", V4, SPF_PERMERROR },
		{ "v=spf1 a:g1.example.com redirect=void1.example.com", V4,
		    SPF_NEUTRAL },
		/* The addresses of PTR's hosts belong to the client. */
		{ "v=spf1 ptr:example.net -all", "192.0.2.6", SPF_FAIL }
	};

	check_rows(rows, COUNT(rows));
}

/* ---- 6.2, 7: explanations ---------------------------------------------- */

static void
test_explanations(void **state)
{
	static const struct {
		const char *record, *ip, *text;
	} rows[] = {
		{ "v=spf1 -all exp=why.example.com", V4,
		    "no mail from 192.0.2.1, d.example.com" },
		{ "v=spf1 exp=why.example.com -all", V4,
		    "no mail from 192.0.2.1, d.example.com" },
		{ "v=spf1 -all", V4, NULL },
		{ "v=spf1 -all exp=nowhere.example.com", V4, NULL },
		{ "v=spf1 -all exp=whyslow.example.com", V4, NULL },
		{ "v=spf1 -all exp=whytwo.example.com", V4, NULL },
		{ "v=spf1 -all exp=whybad.example.com", V4, NULL },
		{ "v=spf1 -all exp=whybytes.example.com", V4, NULL },
		{ "v=spf1 -all exp=whyhalf.example.com", V4, "no space" },
		{ "v=spf1 ~all exp=why.example.com", V4, NULL },
		/* That of where a redirect leads, not of an include. */
		{ "v=spf1 exp=why.example.com redirect=no.example.com", V4,
		    "second" },
		{ "v=spf1 include:no.example.com -all exp=why.example.com",
		    V4, "no mail from 192.0.2.1, d.example.com" },
		{ "v=spf1 include:no.example.com -all", V4, NULL },
		{ "v=spf1 -include:yes.example.com exp=why.example.com", V4,
		    "no mail from 192.0.2.1, d.example.com" },
		{ "v=spf1 -all exp=whyall.example.com", V4,
		    "a-b+c@d.example.com|a-b+c|d.example.com|d.example.com|"
		    "192.0.2.1|h.example.com|in-addr|helo.example.org|"
		    "192.0.2.1|mx.example.net|1800000000|%| |%20" },
		{ "v=spf1 -all exp=whyall.example.com", V6,
		    "a-b+c@d.example.com|a-b+c|d.example.com|d.example.com|"
		    "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
		    ".0.0.0.1|h.example.com|ip6|helo.example.org|"
		    "2001:db8::1|mx.example.net|1800000000|%| |%20" },
		{ "v=spf1 -all exp=whyparts.example.com", V4,
		    "com|d|com.example.d|d.example.com|a.b+c|a|c.b.a|"
		    "a-b%2Bc|example.com" }
	};
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;

	world_open(&w, &dns);
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		w.record = bytes_of(rows[i].record);
		r = check(dns, &a, rows[i].ip, "a-b+c@d.example.com",
		    "helo.example.org");
		if (rows[i].text == NULL && r.explanation != NULL)
			fail_msg("%s: %s", rows[i].record, r.explanation);
		if (rows[i].text != NULL && r.explanation == NULL)
			fail_msg("%s: nothing", rows[i].record);
		if (rows[i].text != NULL)
			assert_string_equal(r.explanation, rows[i].text);
	}
	arena_clear(&a);
	world_close(&w, &dns);
}

/* What the sender wrote does not leave as control characters. */
static void
test_hostile_explanation(void **state)
{
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;

	world_open(&w, &dns);
	arena_init(&a);
	w.record = BYTES("v=spf1 -all exp=whyall.example.com");
	r = check(dns, &a, V4, "a\r\nb\377@d.example.com", "x\033\177");
	assert_string_equal(r.explanation,
	    "a??b?@d.example.com|a??b?|d.example.com|d.example.com|192.0.2.1|"
	    "h.example.com|in-addr|x??|192.0.2.1|mx.example.net|1800000000|"
	    "%| |%20");
	arena_clear(&a);
	world_close(&w, &dns);
}

/* A name of more than 253 bytes loses labels on its left (7.3). */
static void
test_truncation(void **state)
{
	char helo[DNS_NAME_MAX * 2];
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;
	size_t n = 0;

	world_open(&w, &dns);
	arena_init(&a);
	w.record = BYTES("v=spf1 a:%{h}.h.example.com -all");
	while (n < 300)
		n += (size_t)snprintf(helo + n, sizeof(helo) - n, "%slabel%zu",
		    n == 0 ? "" : ".", n);
	r = check(dns, &a, V4, "u@d.example.com", helo);
	assert_int_equal(r.status, SPF_FAIL);
	assert_non_null(r.lookups->next);
	n = strlen(r.lookups->next->name);
	assert_in_range(n, 240, 253);
	assert_int_equal(strncmp(r.lookups->next->name, "label", 5), 0);
	arena_clear(&a);
	world_close(&w, &dns);
}

/* Thousands of macros in one name make no more of it. */
static void
test_much_macro(void **state)
{
	struct buf b = BUF_INIT;
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;

	world_open(&w, &dns);
	arena_init(&a);
	buf_str(&b, "v=spf1 ");
	for (int term = 0; term < 10; term++) {
		buf_str(&b, "exists:");
		for (int i = 0; i < 1500; i++)
			buf_str(&b, "%{s}");
		buf_str(&b, ".h.example.com ");
	}
	buf_str(&b, "-all");
	w.record = buf_view(&b);
	r = check(dns, &a, V4, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@d.example.com", "h");
	assert_int_equal(r.status, SPF_PERMERROR);	/* void look-ups */
	assert_in_range(strlen(r.lookups->next->name), 100, 253);
	assert_in_range(a.used, 1, 1000000);
	buf_free(&b);
	arena_clear(&a);
	world_close(&w, &dns);
}

static void
test_trace(void **state)
{
	struct spf_lookup *l;
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;

	world_open(&w, &dns);
	arena_init(&a);
	w.record = BYTES("v=spf1 a:g1.example.com include:yes.example.com");
	r = check(dns, &a, V4, "u@d.example.com", "");
	assert_int_equal(r.status, SPF_PASS);
	assert_string_equal(r.mechanism, "include:yes.example.com");
	assert_int_equal(r.terms, 2);
	assert_int_equal(r.voids, 1);
	l = r.lookups;
	assert_string_equal(l->name, "d.example.com");
	assert_int_equal(l->type, DNS_TXT);
	l = l->next;
	assert_string_equal(l->name, "g1.example.com");
	assert_int_equal(l->status, DNS_NXDOMAIN);
	l = l->next;
	assert_string_equal(l->name, "yes.example.com");
	assert_int_equal(l->n, 1);
	assert_null(l->next);
	arena_clear(&a);
	world_close(&w, &dns);
}

/* Each record of the tables, cut anywhere, is one or is not. */
static void
test_cut(void **state)
{
	static const char record[] =
	    "v=spf1 a:%{d1r-}.x.com/24//64 -mx/0 ip4:192.0.2.0/24 ~ptr "
	    "ip6:2001:db8::/32 exists:%{i}%%%_.%{h} include:a.b x-y=%{c} "
	    "redirect=r.example.com exp=%{d}";
	struct err err = ERR_INIT;

	assert_int_equal(spf_record_check(BYTES(record), &err), 0);
	for (size_t n = 0; n < sizeof(record); n++) {
		char *cut = malloc(n + 1);

		memcpy(cut, record, n);
		(void)spf_record_check(bytes_make(cut, n), &err);
		free(cut);
	}
	assert_int_equal(spf_record_check(BYTES("v=spf1 a:x"), &err), -1);
	assert_string_equal(err.text, "malformed domain in 'a:x'");
}

/* ---- libspf2 ----------------------------------------------------------- */

/* Where it is known to be right, it says what we say. */
static void
test_libspf2(void **state)
{
	static const struct row rows[] = {
		{ "v=spf1 -all", V4, SPF_FAIL },
		{ "v=spf1 ip4:192.0.2.0/24 -all", V4, SPF_PASS },
		{ "v=spf1 ip6:2001:db8::/32 ~all", V6, SPF_PASS },
		{ "v=spf1 ip6:2001:db9::/32 ~all", V6, SPF_SOFTFAIL },
		{ "v=spf1 a:h.example.com -all", V4, SPF_PASS },
		{ "v=spf1 a:h.example.com -all", V6, SPF_PASS },
		{ "v=spf1 a:other.example.com ?all", V4, SPF_NEUTRAL },
		{ "v=spf1 mx:mx.example.com -all", V4, SPF_PASS },
		{ "v=spf1 ptr:example.com -all", V4, SPF_PASS },
		{ "v=spf1 exists:%{ir}.x.example.com -all", V4, SPF_PASS },
		{ "v=spf1 include:yes.example.com -all", V4, SPF_PASS },
		{ "v=spf1 include:no.example.com ~all", V4, SPF_SOFTFAIL },
		{ "v=spf1 redirect=yes.example.com", V4, SPF_PASS },
		{ "v=spf1 a:slow.example.com -all", V4, SPF_TEMPERROR },
		{ "v=spf1", V4, SPF_NEUTRAL },
		{ "nothing", V4, SPF_NONE },
		/* Where it is not, our parser and our limits are in front. */
		{ "v=spf1 ip4:192.0.2.1 a:x.123 -all", V4, SPF_PERMERROR },
		{ "v=spf1 exp=a.com exp=b.com +all", V4, SPF_PERMERROR },
		{ "v=spf1 include:bad.example.com +all", V4, SPF_PERMERROR },
		{ "v=spf1 a:g1.example.com a:g2.example.com a:g3.example.com "
		    "+all", V4, SPF_PERMERROR },
		{ "v=spf1 include:eight.example.com a:other.example.com "
		    "a:h.example.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:\303\244.example.com +all", V4, SPF_PERMERROR },
		/* Loopback is evaluated like others. */
		{ "v=spf1 -all", "127.0.0.1", SPF_FAIL }
	};
	struct spf_query q = { .engine = SPF_ENGINE_LIBSPF2,
	    .sender = BYTES("user@d.example.com"),
	    .helo = BYTES("helo.example.org"),
	    .deadline = clock_mono_ms() + 1000 };
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;

	world_open(&w, &dns);
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		w.record = bytes_of(rows[i].record);
		assert_int_equal(addr_parse(bytes_of(rows[i].ip), &q.ip), 0);
		spf_check(dns, &a, &q, &r);
		if (r.status != rows[i].status)
			fail_msg("%s: %s (%s)", rows[i].record,
			    spf_status_name(r.status),
			    r.problem == NULL ? "" : r.problem);
		arena_clear(&a);
	}
	/* Over 512 bytes it is not shown. */
	assert_int_equal(addr_parse(bytes_of(V4), &q.ip), 0);
	char *text = malloc(700);

	memset(text, ' ', 700);
	memcpy(text, "v=spf1", 6);
	memcpy(text + 696, "+all", 4);
	w.record = bytes_make(text, 700);
	spf_check(dns, &a, &q, &r);
	assert_int_equal(r.status, SPF_PERMERROR);
	q.engine = SPF_ENGINE_POSTERN;
	spf_check(dns, &a, &q, &r);
	assert_int_equal(r.status, SPF_PASS);
	free(text);
	arena_clear(&a);
	world_close(&w, &dns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_domain_spec),
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_a_and_mx),
		cmocka_unit_test(test_ptr),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_exists),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_hostile_explanation),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_much_macro),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_libspf2)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
