/* The small DNS that tests of SPF share. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "net/dns-private.h"
#include "unit/spf_world.h"

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
    "xn--tda.example.com TXT \"v=spf1 +all\"\n"
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
    "short.example.com A \\# 3 c00002\n"
    "_spf.example.com TXT \"v=spf1 +all\"\n"
    "_d.example.com.i.example.com A 127.0.0.2\n";

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

void
world_open(struct world *w, struct dns **dns)
{
	struct err err = ERR_INIT;

	*w = (struct world){ .data = NULL };
	if (dns_data_parse("zone", BYTES(zone), &w->data, &err) == -1)
		fail_msg("%s", err.text);
	*dns = dns_of_source(source, w);
}

void
world_close(struct world *w, struct dns **dns)
{
	dns_free(dns);
	dns_data_free(&w->data);
	buf_free(&w->rdata);
}

struct spf_result
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
