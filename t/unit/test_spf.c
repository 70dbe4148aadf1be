/*
 * SPF, section by section of RFC 7208.  Each row is a record of d.example.com;
 * the rest of the DNS is the same for all.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/spf_world.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

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
		/* An error has a reason. */
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
		{ "u@\303\274.example.com", "", SPF_PASS,
		    "xn--tda.example.com" },
		{ "", "\303\234.example.com", SPF_PASS,
		    "xn--tda.example.com" },
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
		/* Hosts without IPv6 addresses are not void look-ups of an IPv6
		   client. */
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
		/* Its name does not lead back to the address. */
		{ "v=spf1 ptr:example.com -all", "192.0.2.2", SPF_FAIL },
		/* After an error the mechanism does not match. */
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
		/* Inside an include it belongs to the include. */
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
		/* Nine look-ups in the include, and one more. */
		{ "v=spf1 include:eight.example.com a:h.example.com -all",
		    V4, SPF_PASS },
		{ "v=spf1 include:eight.example.com a:other.example.com "
		    "a:h.example.com -all", V4, SPF_PERMERROR },
		{ "v=spf1 a:other.example.com redirect=eight.example.com",
		    V4, SPF_FAIL },
		{ "v=spf1 " A2 "redirect=eight.example.com", V4,
		    SPF_PERMERROR },
		/* mx, ptr and exists count once each. */
		{ "v=spf1 mx:mx10.example.com ptr:example.net "
		    "exists:g1.example.com " A2 A2 A2 "-all", "192.0.2.9",
		    SPF_FAIL },
		{ "v=spf1 mx:mx10.example.com ptr:example.net "
		    "exists:g1.example.com " A8 "-all", "192.0.2.9",
		    SPF_PERMERROR },
		/* Two void look-ups are allowed. */
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
		/* The client controls the addresses of the PTR hosts, so they
		   do not count as void. */
		{ "v=spf1 ptr:example.net -all", "192.0.2.6", SPF_FAIL }
	};

	check_rows(rows, COUNT(rows));
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
		cmocka_unit_test(test_limits)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
