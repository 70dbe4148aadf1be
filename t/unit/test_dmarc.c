/* DMARC: records, where they are found, and their evaluation. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "auth/dmarc-private.h"
#include "auth/sender_domain.h"
#include "dns_zone.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define V		"v=DMARC1;"

/* ---- records --------------------------------------------------------- */

struct record_row {
	const char *text;
	int rc;
	const char *want;	/* "p sp np adkim aspf pct t psd" */
};

static const struct record_row record_rows[] = {
	{ V "p=none", 1, "none none none r r 100 n u" },
	{ V "p=reject", 1, "reject reject reject r r 100 n u" },
	{ "v=DMARC1 ; p = quarantine ;", 1,
	  "quarantine quarantine quarantine r r 100 n u" },
	{ "V = DMARC1; P=REJECT; SP=None", 1, "reject none none r r 100 n u" },
	{ V "p=reject; sp=quarantine; np=none", 1,
	  "reject quarantine none r r 100 n u" },
	{ V "p=none; np=reject", 1, "none none reject r r 100 n u" },
	{ V "p=none;adkim=s;aspf=s", 1, "none none none s s 100 n u" },
	{ V "p=none;adkim=S;aspf=r", 1, "none none none s r 100 n u" },
	{ V "p=none;adkim=x;aspf=", 1, "none none none r r 100 n u" },
	{ V "p=reject;pct=0", 1, "reject reject reject r r 0 n u" },
	{ V "p=reject;pct=007", 1, "reject reject reject r r 7 n u" },
	{ V "p=reject;pct=101", 1, "reject reject reject r r 100 n u" },
	{ V "p=reject;pct=-1", 1, "reject reject reject r r 100 n u" },
	{ V "p=reject;pct=0050", 1, "reject reject reject r r 100 n u" },
	{ V "p=reject;t=y;psd=y", 1, "reject reject reject r r 100 y y" },
	{ V "p=reject;t=n;psd=n", 1, "reject reject reject r r 100 n n" },
	{ V "p=reject;psd=u", 1, "reject reject reject r r 100 n u" },
	/* Unknown tags, and text that is not a tag, are ignored. */
	{ V "p=reject; x=y; what is this; =; ;;", 1,
	  "reject reject reject r r 100 n u" },
	{ V "sp=none;p=reject", 1, "reject none none r r 100 n u" },
	/* RFC 7489 6.6.3, 6. */
	{ V "rua=mailto:a@b.test", 1, "none none none r r 100 n u" },
	{ V "p=block;rua=mailto:a@b.test", 1, "none none none r r 100 n u" },
	{ V "p=reject;sp=x;rua=nothing,mailto:a@b.test!10m", 1,
	  "none none none r r 100 n u" },
	{ V "p=reject;np=x;rua=https://b.test/", 1,
	  "none none none r r 100 n u" },
	{ V "p=reject;sp=x", -1, NULL },
	{ V "p=reject;np=x", -1, NULL },
	{ V "p=", -1, NULL },
	{ V, -1, NULL },
	{ "v=DMARC1", -1, NULL },
	{ V "rua=a@b.test", -1, NULL },
	{ V "rua=mailto:", -1, NULL },
	{ V "rua=mailto:@b.test", -1, NULL },
	{ V "rua=:x", -1, NULL },
	{ V "p=none;p=reject", -1, NULL },
	{ V "p=none;P=none", -1, NULL },
	{ V "v=DMARC1;p=none", -1, NULL },
	/* Not DMARC records. */
	{ "", 0, NULL },
	{ "v=spf1 -all", 0, NULL },
	{ "v=dmarc1;p=none", 0, NULL },
	{ "v=DMARC1 p=none", 0, NULL },
	{ "v=DMARC2;p=none", 0, NULL },
	{ "v=DMARC10;p=none", 0, NULL },
	{ " v=DMARC1;p=none", 0, NULL },
	{ "p=none;v=DMARC1", 0, NULL },
	{ "DMARC1;p=none", 0, NULL },
};

static void
record_print(const struct dmarc_record *r, char *out, size_t size)
{
	(void)snprintf(out, size, "%s %s %s %c %c %u %c %c",
	    dmarc_policy_name(r->p), dmarc_policy_name(r->sp),
	    dmarc_policy_name(r->np), r->adkim_strict ? 's' : 'r',
	    r->aspf_strict ? 's' : 'r', r->pct, r->test ? 'y' : 'n',
	    "uyn"[r->psd]);
}

static void
test_record(void **state)
{
	struct dmarc_record r;
	char text[200];
	int rc;

	for (size_t i = 0; i < COUNT(record_rows); i++) {
		rc = dmarc_record_parse(bytes_of(record_rows[i].text), &r);
		if (rc != record_rows[i].rc)
			fail_msg("'%s': %d", record_rows[i].text, rc);
		if (rc != 1)
			continue;
		record_print(&r, text, sizeof(text));
		if (strcmp(text, record_rows[i].want) != 0)
			fail_msg("'%s': %s", record_rows[i].text, text);
	}
}

static void
test_record_cut(void **state)
{
	struct dmarc_record r;
	const char *text;
	char *copy;

	for (size_t i = 0; i < COUNT(record_rows); i++)
		for (size_t n = 0; n <= strlen(record_rows[i].text); n++) {
			text = record_rows[i].text;
			copy = malloc(n == 0 ? 1 : n);
			assert_non_null(copy);
			memcpy(copy, text, n);
			(void)dmarc_record_parse(bytes_make(copy, n), &r);
			free(copy);
		}
}

static void
test_record_bounds(void **state)
{
	struct buf b = BUF_INIT;
	struct dmarc_record r;

	buf_str(&b, V "p=reject");
	for (int i = 1; i < DMARC_TAGS_MAX; i++)
		buf_printf(&b, ";x%d=", i);
	assert_int_equal(dmarc_record_parse(buf_view(&b), &r), 1);
	buf_str(&b, ";y=");
	assert_int_equal(dmarc_record_parse(buf_view(&b), &r), -1);
	buf_clear(&b);
	buf_str(&b, V "p=reject;");
	while (b.len < DMARC_RECORD_MAX)
		buf_byte(&b, ';');
	assert_int_equal(dmarc_record_parse(buf_view(&b), &r), 1);
	buf_byte(&b, ';');
	assert_int_equal(dmarc_record_parse(buf_view(&b), &r), 0);
	buf_free(&b);
}

/* ---- organizations --------------------------------------------------- */

static void
test_orgdomain(void **state)
{
	static const struct {
		const char *domain, *org;
	} rows[] = {
		{ "example.com", "example.com" },
		{ "a.b.example.com", "example.com" },
		{ "a.example.co.uk", "example.co.uk" },
		{ "co.uk", "co.uk" },
		{ "com", "com" },
		{ "a.b.unlisted", "b.unlisted" },
		{ "unlisted", "unlisted" },
		/* In the private part of the Public Suffix List. */
		{ "a.b.github.io", "b.github.io" },
		/* An exception to a wildcard. */
		{ "a.b.www.ck", "www.ck" },
		{ "a.b.c.ck", "b.c.ck" },
		/* xn--p1ai is Cyrillic rf. */
		{ "a.b.xn--p1ai", "b.xn--p1ai" },
		{ "a.b.xn--gmqw5a.hk", "b.xn--gmqw5a.hk" },
		{ "", "" },
	};
	struct orgdomain *list;
	struct err err = ERR_INIT;

	assert_int_equal(orgdomain_new(&list, &err), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes org = orgdomain_of(list,
		    bytes_of(rows[i].domain));

		if (!bytes_eq_str(org, rows[i].org))
			fail_msg("'%s': " BYTES_FMT, rows[i].domain,
			    BYTES_ARG(org));
	}
	assert_true(orgdomain_is_same(list, BYTES("a.example.com"),
	    BYTES("EXAMPLE.com")));
	assert_false(orgdomain_is_same(list, BYTES("a.github.io"),
	    BYTES("b.github.io")));
	assert_true(domain_is_within(BYTES("a.B.c"), BYTES("b.c")));
	assert_true(domain_is_within(BYTES("b.c"), BYTES("b.c")));
	assert_false(domain_is_within(BYTES("ab.c"), BYTES("b.c")));
	assert_false(domain_is_within(BYTES("c"), BYTES("b.c")));
	assert_false(domain_is_within(BYTES("c"), BYTES("")));
	orgdomain_free(&list);
	orgdomain_free(&list);
}

/* ---- evaluation ------------------------------------------------------ */

#define TXT(name, text) "_dmarc." name " 60 IN TXT \"" text "\"\n"
#define ADDR(name)	name " 60 IN A 192.0.2.1\n"

static const char zone[] =
    TXT("none.test", V "p=none")
    TXT("reject.test", V "p=reject")
    TXT("quar.test", V "p=quarantine")
    TXT("strict.test", V "p=reject; adkim=s; aspf=s")
    TXT("aspf.test", V "p=reject; aspf=s")
    TXT("adkim.test", V "p=reject; adkim=s")
    TXT("sp.test", V "p=reject; sp=none; np=quarantine")
    ADDR("there.sp.test")
    "mxonly.sp.test 60 IN MX 10 x.test\n"
    "slow.sp.test TIMEOUT\n"
    TXT("own.sp.test", V "p=quarantine")
    TXT("pct.test", V "p=reject; pct=50")
    TXT("pct0.test", V "p=quarantine; pct=0")
    TXT("t.test", V "p=reject; t=y")
    TXT("two.test", V "p=reject") TXT("two.test", V "p=none")
    TXT("mixed.test", "v=spf1 -all") TXT("mixed.test", V "p=reject")
    TXT("two.reject.test", V "p=reject") TXT("two.reject.test", V "p=none")
    TXT("bad.test", V "p=x")
    TXT("other.reject.test", "something else")
    "_dmarc.slow.test TIMEOUT\n"
    "_dmarc.fail.test SERVFAIL\n"
    "_dmarc.cname.test CNAME _dmarc.reject.test\n"
    "_dmarc.long.test TXT \"v=DM\" \"ARC1; p=rej\" \"ect\"\n"
    /* The tree. */
    TXT("bank.tree", V "p=none; psd=y; np=reject")
    TXT("corp.bank.tree", V "p=quarantine")
    TXT("n.tree", V "p=none")
    TXT("mid.n.tree", V "p=reject; psd=n")
    TXT("deep.tree", V "p=reject; sp=quarantine")
    ADDR("1.2.3.4.5.6.7.8.9.deep.tree")
    "_dmarc.top.slow.tree TXT \"v=DMARC1; p=reject\"\n"
    "_dmarc.slow.tree TIMEOUT\n";

struct fixture {
	struct dns_zone z;
	struct orgdomain *list;
};

static int
setup(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;

	dns_zone_open(&f.z, zone, NULL, 0);
	assert_int_equal(orgdomain_new(&f.list, &err), 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	dns_zone_close(&f->z);
	orgdomain_free(&f->list);
	return 0;
}

/*
 * ids: "s+domain" SPF passed, "d+domain" DKIM, "s?domain" a temperror,
 * "s-domain" failed; separated by spaces.
 */
struct check_row {
	const char *from, *ids;
	unsigned share;
	const char *want;	/* "code alignment tag policy disposition
				   record org" */
};

static size_t
ids_parse(const char *text, struct dmarc_identity ids[8])
{
	size_t n = 0, len;

	while (*text != '\0') {
		len = strcspn(text, " ");
		ids[n++] = (struct dmarc_identity){
			.domain = bytes_make(text + 2, len - 2),
			.is_spf = text[0] == 's',
			.passed = text[1] == '+',
			.temporary = text[1] == '?' };
		text += len + (text[len] == ' ');
	}
	return n;
}

static void
result_print(const struct dmarc_result *r, char *out, size_t size)
{
	(void)snprintf(out, size, "%s %s %s %s %s " BYTES_FMT " " BYTES_FMT,
	    dmarc_code_name(r->code), dmarc_alignment_name(r->alignment),
	    r->policy_tag == NULL ? "-" : r->policy_tag,
	    dmarc_policy_name(r->policy), dmarc_policy_name(r->disposition),
	    BYTES_ARG(r->record_domain.len > 0 ? r->record_domain :
	    BYTES("-")), BYTES_ARG(r->org_domain.len > 0 ? r->org_domain :
	    BYTES("-")));
}

static void
check_rows(struct fixture *f, enum dmarc_discovery discovery,
    const struct check_row *rows, size_t n)
{
	struct dmarc_identity ids[8];
	struct dmarc_lookup l;
	struct dmarc_result r;
	struct dmarc_query q;
	struct arena a;
	char text[400];

	for (size_t i = 0; i < n; i++) {
		arena_init(&a);
		q = (struct dmarc_query){ bytes_of(rows[i].from), ids,
		    ids_parse(rows[i].ids, ids), rows[i].share };
		l = (struct dmarc_lookup){ f->z.dns, f->list, discovery,
		    clock_mono_ms() + 5000 };
		dmarc_start(&l, q.from_domain);
		dmarc_check(&l, &q, &a, &r);
		result_print(&r, text, sizeof(text));
		if (strcmp(text, rows[i].want) != 0)
			fail_msg("%s [%s] %u: %s, not %s", rows[i].from,
			    rows[i].ids, rows[i].share, text, rows[i].want);
		assert_non_null(r.reason);
		assert_int_equal(r.code == DMARC_PASS,
		    r.spf_aligned || r.dkim_aligned);
		arena_clear(&a);
	}
}

#define REJECTED	"p reject reject reject.test reject.test"
#define PASSED		"p reject none reject.test reject.test"

static const struct check_row psl_rows[] = {
	/* Alignment. */
	{ "reject.test", "", 0, "fail none " REJECTED },
	{ "reject.test", "s+reject.test", 0, "pass strict " PASSED },
	{ "reject.test", "d+REJECT.test", 0, "pass strict " PASSED },
	{ "reject.test", "s+a.reject.test", 0, "pass dmarc " PASSED },
	{ "reject.test", "d+a.b.reject.test", 0, "pass dmarc " PASSED },
	{ "reject.test", "s-reject.test", 0, "fail none " REJECTED },
	{ "reject.test", "s+other.test d+example.com", 0,
	  "fail none " REJECTED },
	{ "reject.test", "s+xreject.test", 0, "fail none " REJECTED },
	{ "reject.test", "d+test", 0, "fail none " REJECTED },
	{ "reject.test", "s+other.test d+reject.test", 0,
	  "pass strict " PASSED },
	{ "a.reject.test", "d+b.reject.test", 0,
	  "pass dmarc sp reject none reject.test reject.test" },
	{ "a.reject.test", "d+reject.test", 0,
	  "pass dmarc sp reject none reject.test reject.test" },
	{ "strict.test", "d+a.strict.test s+b.strict.test", 0,
	  "fail relaxed p reject reject strict.test strict.test" },
	{ "strict.test", "s+strict.test", 0,
	  "pass strict p reject none strict.test strict.test" },
	{ "aspf.test", "s+a.aspf.test", 0,
	  "fail relaxed p reject reject aspf.test aspf.test" },
	{ "aspf.test", "d+a.aspf.test", 0,
	  "pass dmarc p reject none aspf.test aspf.test" },
	{ "adkim.test", "d+a.adkim.test", 0,
	  "fail relaxed p reject reject adkim.test adkim.test" },
	{ "adkim.test", "s+a.adkim.test", 0,
	  "pass dmarc p reject none adkim.test adkim.test" },
	{ "nothing.test", "s+a.nothing.test", 0,
	  "none relaxed - none none - nothing.test" },
	{ "nothing.test", "s+nothing.test", 0,
	  "none strict - none none - nothing.test" },
	{ "nothing.test", "", 0, "none none - none none - nothing.test" },
	{ "", "s+reject.test", 0, "none none - none none - -" },
	/*
	 * A temporary error of a result that might be aligned is not a failure.
	 */
	{ "reject.test", "s?reject.test", 0,
	  "temperror none p reject none reject.test reject.test" },
	{ "reject.test", "d?a.reject.test s-reject.test", 0,
	  "temperror none p reject none reject.test reject.test" },
	{ "reject.test", "d?other.test", 0, "fail none " REJECTED },
	{ "reject.test", "d?reject.test s+reject.test", 0,
	  "pass strict " PASSED },
	{ "slow.test", "s+slow.test", 0,
	  "temperror strict - none none - slow.test" },
	{ "fail.test", "", 0, "temperror none - none none - fail.test" },
	{ "a.slow.test", "", 0, "temperror none - none none - slow.test" },
	/* Policies. */
	{ "none.test", "", 0, "fail none p none none none.test none.test" },
	{ "quar.test", "", 0,
	  "fail none p quarantine quarantine quar.test quar.test" },
	{ "sp.test", "", 0, "fail none p reject reject sp.test sp.test" },
	{ "there.sp.test", "", 0, "fail none sp none none sp.test sp.test" },
	{ "mxonly.sp.test", "", 0, "fail none sp none none sp.test sp.test" },
	{ "slow.sp.test", "", 0, "fail none sp none none sp.test sp.test" },
	{ "gone.sp.test", "", 0,
	  "fail none np quarantine quarantine sp.test sp.test" },
	{ "own.sp.test", "", 0,
	  "fail none p quarantine quarantine own.sp.test sp.test" },
	/* Only the organizational domain is asked, none between. */
	{ "a.own.sp.test", "", 0,
	  "fail none np quarantine quarantine sp.test sp.test" },
	/* The message's number just below pct, and at it: from there on the
	   next weaker policy applies. */
	{ "pct.test", "", 0, "fail none p reject reject pct.test pct.test" },
	{ "pct.test", "", 49, "fail none p reject reject pct.test pct.test" },
	{ "pct.test", "", 50,
	  "fail none p reject quarantine pct.test pct.test" },
	{ "pct.test", "", 99,
	  "fail none p reject quarantine pct.test pct.test" },
	{ "pct0.test", "", 0,
	  "fail none p quarantine none pct0.test pct0.test" },
	{ "reject.test", "", 99, "fail none " REJECTED },
	{ "t.test", "", 0, "fail none p reject quarantine t.test t.test" },
	/* Records. */
	{ "two.test", "", 0, "permerror none - none none - two.test" },
	{ "two.reject.test", "", 0,
	  "permerror none - none none - reject.test" },
	{ "mixed.test", "", 0,
	  "fail none p reject reject mixed.test mixed.test" },
	{ "bad.test", "s+bad.test", 0,
	  "permerror strict - none none - bad.test" },
	{ "other.reject.test", "", 0,
	  "fail none sp reject reject reject.test reject.test" },
	{ "cname.test", "", 0,
	  "fail none p reject reject cname.test cname.test" },
	{ "long.test", "", 0,
	  "fail none p reject reject long.test long.test" },
	{ "a.bank.tree", "", 0,
	  "fail none np reject reject bank.tree bank.tree" },
};

static void
test_psl(void **state)
{
	check_rows(*state, DMARC_PSL, psl_rows, COUNT(psl_rows));
}

static const struct check_row walk_rows[] = {
	{ "reject.test", "", 0, "fail none " REJECTED },
	{ "reject.test", "s+a.reject.test", 0, "pass dmarc " PASSED },
	{ "nothing.test", "s+a.nothing.test", 0,
	  "none relaxed - none none - nothing.test" },
	/* psd=y: each label below it is an organization. */
	{ "corp.bank.tree", "", 0, "fail none p quarantine quarantine "
	  "corp.bank.tree corp.bank.tree" },
	{ "a.corp.bank.tree", "d+b.corp.bank.tree", 0, "pass dmarc sp "
	  "quarantine none corp.bank.tree corp.bank.tree" },
	{ "corp.bank.tree", "d+other.bank.tree", 0, "fail relaxed p "
	  "quarantine quarantine corp.bank.tree corp.bank.tree" },
	{ "gone.bank.tree", "", 0, "fail none np reject reject "
	  "bank.tree gone.bank.tree" },
	{ "bank.tree", "s+bank.tree", 0, "pass strict p none none "
	  "bank.tree bank.tree" },
	/* psd=n: an organization below another organization's domain. */
	{ "mid.n.tree", "d+n.tree", 0, "fail relaxed p reject reject "
	  "mid.n.tree mid.n.tree" },
	{ "a.mid.n.tree", "d+b.mid.n.tree", 0, "pass dmarc sp reject none "
	  "mid.n.tree mid.n.tree" },
	{ "n.tree", "d+mid.n.tree", 0, "fail relaxed p none none "
	  "n.tree n.tree" },
	{ "a.n.tree", "d+b.n.tree", 0, "pass dmarc sp none none n.tree "
	  "n.tree" },
	/* Long names are shortened to seven labels. */
	{ "1.2.3.4.5.6.7.8.9.deep.tree", "", 0, "fail none sp quarantine "
	  "quarantine deep.tree deep.tree" },
	/* Several or unusable records do not count; the tree walk goes on. */
	{ "two.reject.test", "", 0,
	  "fail none sp reject reject reject.test reject.test" },
	{ "two.test", "", 0, "none none - none none - two.test" },
	{ "top.slow.tree", "s+top.slow.tree", 0,
	  "temperror strict - none none - slow.tree" },
};

static void
test_walk(void **state)
{
	check_rows(*state, DMARC_TREE_WALK, walk_rows, COUNT(walk_rows));
}

static void
test_walk_steps(void **state)
{
	struct bytes steps[DMARC_WALK_MAX];

	assert_int_equal(dmarc_walk_steps(BYTES(""), steps), 0);
	assert_int_equal(dmarc_walk_steps(BYTES("test"), steps), 1);
	assert_int_equal(dmarc_walk_steps(BYTES("a.b.c.d.e.f.g"), steps), 7);
	assert_true(bytes_eq_str(steps[1], "b.c.d.e.f.g"));
	assert_int_equal(dmarc_walk_steps(BYTES("a.b.c.d.e.f.g.h"), steps),
	    8);
	assert_true(bytes_eq_str(steps[1], "b.c.d.e.f.g.h"));
	assert_int_equal(dmarc_walk_steps(BYTES("a.b.c.d.e.f.g.h.i.j.k"),
	    steps), 8);
	assert_true(bytes_eq_str(steps[0], "a.b.c.d.e.f.g.h.i.j.k"));
	assert_true(bytes_eq_str(steps[1], "e.f.g.h.i.j.k"));
	assert_true(bytes_eq_str(steps[7], "k"));
}

static void
test_override(void **state)
{
	struct fixture *f = *state;
	struct dmarc_lookup l = { f->z.dns, f->list, DMARC_PSL,
	    clock_mono_ms() + 5000 };
	struct dmarc_query q = { BYTES("reject.test"), NULL, 0, 0 };
	struct dmarc_result r;
	struct arena a;

	arena_init(&a);
	dmarc_check(&l, &q, &a, &r);
	assert_int_equal(r.disposition, DMARC_POLICY_REJECT);
	dmarc_override(&r, BYTES("list.test"));
	assert_int_equal(r.code, DMARC_FAIL);
	assert_int_equal(r.disposition, DMARC_POLICY_NONE);
	assert_true(bytes_eq_str(r.arc_sealer, "list.test"));
	arena_clear(&a);
}

/*
 * The same message always gets the same number; all numbers are equally likely.
 */
static void
test_share(void **state)
{
	unsigned count[100] = { 0 };
	char digest[32] = "";

	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(digest, sizeof(digest), "%u", i);
		count[dmarc_share(BYTES("s"), bytes_make(digest, 32))]++;
	}
	for (unsigned i = 0; i < 100; i++)
		assert_in_range(count[i], 120, 280);
	assert_int_equal(dmarc_share(BYTES("s"), BYTES("d")),
	    dmarc_share(BYTES("s"), BYTES("d")));
	count[0] = 0;
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(digest, sizeof(digest), "%u", i);
		count[0] += dmarc_share(BYTES("s"), bytes_of(digest)) ==
		    dmarc_share(BYTES("t"), bytes_of(digest));
	}
	assert_in_range(count[0], 0, 10);
}

/* ---- the sender's domain --------------------------------------------- */

static void
test_sender_domain(void **state)
{
	static const struct {
		const char *domain;
		enum sender_domain want;
		unsigned code;
	} rows[] = {
		{ "", SENDER_DOMAIN_OK, 0 },
		{ "mx.test", SENDER_DOMAIN_OK, 0 },
		{ "MX.test", SENDER_DOMAIN_OK, 0 },
		{ "a.test", SENDER_DOMAIN_OK, 0 },
		{ "aaaa.test", SENDER_DOMAIN_OK, 0 },
		{ "null.test", SENDER_DOMAIN_NULL_MX, 550 },
		/* With a second MX record it is not a null MX (RFC 7505). */
		{ "half.test", SENDER_DOMAIN_OK, 0 },
		{ "txt.test", SENDER_DOMAIN_NO_ADDRESS, 550 },
		{ "gone.test", SENDER_DOMAIN_NO_ADDRESS, 550 },
		{ "[192.0.2.1]", SENDER_DOMAIN_LITERAL, 550 },
		{ "[IPv6:2001:db8::1]", SENDER_DOMAIN_LITERAL, 550 },
		{ "a..b", SENDER_DOMAIN_INVALID, 550 },
		{ "slow.test", SENDER_DOMAIN_TEMPORARY, 451 },
		{ "fail.test", SENDER_DOMAIN_TEMPORARY, 451 },
		{ "m\303\274ll.test", SENDER_DOMAIN_OK, 0 },
	};
	struct dns_zone z;
	struct arena a;

	dns_zone_open(&z, "mx.test MX 10 a.test\na.test A 192.0.2.1\n"
	    "aaaa.test AAAA 2001:db8::1\nnull.test MX 0 .\n"
	    "half.test MX 0 .\nhalf.test MX 10 a.test\n"
	    "txt.test TXT \"x\"\nslow.test TIMEOUT\nfail.test SERVFAIL\n"
	    "xn--mll-hoa.test MX 10 a.test\n", NULL, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum sender_domain d;

		arena_init(&a);
		sender_domain_start(z.dns, bytes_of(rows[i].domain));
		d = sender_domain_check(z.dns, &a, bytes_of(rows[i].domain),
		    clock_mono_ms() + 5000);
		if (d != rows[i].want)
			fail_msg("'%s': %d", rows[i].domain, (int)d);
		assert_int_equal(sender_domain_reply(d)->code, rows[i].code);
		arena_clear(&a);
	}
	dns_zone_close(&z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_cut),
		cmocka_unit_test(test_record_bounds),
		cmocka_unit_test(test_orgdomain),
		cmocka_unit_test(test_psl),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_walk_steps),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_sender_domain),
	};

	return cmocka_run_group_tests_name("dmarc", tests, setup, teardown);
}
