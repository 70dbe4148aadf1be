/*
 * SPF: explanations and their macros, the texts of results; and libspf2
 * compared with our own evaluator.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "auth/spf-private.h"
#include "unit/spf_world.h"
#include "unit/work.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

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
		/* The explanation of the redirect's target is used, not that of
		   an include. */
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

/* Control characters from the sender do not get into the explanation. */
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

/* A name longer than 253 bytes loses labels on its left (7.3). */
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

/* Thousands of macros in one name do not make it longer. */
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

/* They are little work, too: what would be cut off is not expanded. */
static void
test_much_macro_little_work(void **state)
{
	static char sender[1000];
	struct buf b = BUF_INIT;
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;
	uint64_t begin;

	memset(sender, '!', sizeof(sender));
	(void)snprintf(sender + 980, 20, "@d.example.com");
	buf_str(&b, "v=spf1 exists:");
	for (int i = 0; i < 16000; i++)
		buf_str(&b, "%{S}");
	buf_str(&b, ".h.example.com -all");
	world_open(&w, &dns);
	arena_init(&a);
	w.record = buf_view(&b);
	begin = work_done();
	r = check(dns, &a, V4, sender, "h");
	begin = work_done() - begin;
	print_message("# %llu steps\n", (unsigned long long)begin);
	assert_in_range(begin, 1, 20 * b.len);
	assert_int_equal(r.status, SPF_FAIL);
	assert_int_equal(r.voids, 1);
	buf_free(&b);
	arena_clear(&a);
	world_close(&w, &dns);
}

/* Only the result is kept, neither the record nor the answers. */
static void
test_memory(void **state)
{
	struct buf b = BUF_INIT;
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;

	world_open(&w, &dns);
	arena_init(&a);
	buf_str(&b, "v=spf1");
	while (b.len < 60000)
		buf_str(&b, " -all");
	w.record = buf_view(&b);
	r = check(dns, &a, V4, "u@d.example.com", "h");
	assert_int_equal(r.status, SPF_FAIL);
	assert_string_equal(r.mechanism, "-all");
	assert_in_range(a.used, 1, 2000);
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

/* Each record of the tables, cut at every byte, is valid or an error. */
static void
test_cut(void **state)
{
	static const char record[] =
	    "v=spf1 a:%{d1r-}.x.com/24//64 -mx/0 ip4:192.0.2.0/24 ~ptr "
	    "ip6:2001:db8::/32 exists:%{i}%%%_.%{h} include:a.b x-y=%{c} "
	    "redirect=r.example.com exp=%{d}";
	struct spf_record parsed;
	const char *problem;
	struct arena a;

	arena_init(&a);
	assert_int_equal(spf_record_parse(&a, BYTES(record), &parsed,
	    &problem), 0);
	for (size_t n = 0; n < sizeof(record); n++) {
		char *cut = malloc(n + 1);

		memcpy(cut, record, n);
		if (spf_record_is(bytes_make(cut, n)))
			(void)spf_record_parse(&a, bytes_make(cut, n),
			    &parsed, &problem);
		free(cut);
	}
	assert_int_equal(spf_record_parse(&a, BYTES("v=spf1 a:x"), &parsed,
	    &problem), -1);
	assert_string_equal(problem, "malformed domain in 'a:x'");
	arena_clear(&a);
}

/* ---- libspf2 ----------------------------------------------------------- */

/* Where libspf2 is known to be right, both agree. */
static const struct {
	const char *record, *ip;
	enum spf_status status;
} libspf2_rows[] = {
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
	/* Where libspf2 is wrong, our parser and our limits come first. */
	{ "v=spf1 ip4:192.0.2.1 a:x.123 -all", V4, SPF_PERMERROR },
	{ "v=spf1 exp=a.com exp=b.com +all", V4, SPF_PERMERROR },
	{ "v=spf1 include:bad.example.com +all", V4, SPF_PERMERROR },
	{ "v=spf1 a:g1.example.com a:g2.example.com a:g3.example.com "
	    "+all", V4, SPF_PERMERROR },
	{ "v=spf1 include:eight.example.com a:other.example.com "
	    "a:h.example.com -all", V4, SPF_PERMERROR },
	{ "v=spf1 a:\303\244.example.com +all", V4, SPF_PERMERROR },
	{ "v=spf1 a:short.example.com/24 -all", V4, SPF_FAIL },
	/* Loopback addresses are evaluated like others. */
	{ "v=spf1 -all", "127.0.0.1", SPF_FAIL }
};

static void
test_libspf2(void **state)
{
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
	for (size_t i = 0; i < COUNT(libspf2_rows); i++) {
		w.record = bytes_of(libspf2_rows[i].record);
		assert_int_equal(addr_parse(bytes_of(libspf2_rows[i].ip), &q.ip), 0);
		spf_check(dns, &a, &q, &r);
		if (r.status != libspf2_rows[i].status)
			fail_msg("%s: %s (%s)", libspf2_rows[i].record,
			    spf_status_name(r.status),
			    r.problem == NULL ? "" : r.problem);
		arena_clear(&a);
	}
	world_close(&w, &dns);
}

/* libspf2 does not get records above 512 bytes. */
static void
test_libspf2_length(void **state)
{
	struct spf_query q = { .engine = SPF_ENGINE_LIBSPF2,
	    .sender = BYTES("user@d.example.com"),
	    .helo = BYTES("helo.example.org"),
	    .deadline = clock_mono_ms() + 1000 };
	struct spf_result r;
	struct world w;
	struct arena a;
	struct dns *dns;
	char text[700];

	world_open(&w, &dns);
	arena_init(&a);
	assert_int_equal(addr_parse(bytes_of(V4), &q.ip), 0);
	memset(text, ' ', sizeof(text));
	memcpy(text, "v=spf1", 6);
	memcpy(text + 696, "+all", 4);
	w.record = bytes_make(text, sizeof(text));
	spf_check(dns, &a, &q, &r);
	assert_int_equal(r.status, SPF_PERMERROR);
	q.engine = SPF_ENGINE_POSTERN;
	spf_check(dns, &a, &q, &r);
	assert_int_equal(r.status, SPF_PASS);
	arena_clear(&a);
	world_close(&w, &dns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_hostile_explanation),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_much_macro),
		cmocka_unit_test(test_much_macro_little_work),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_libspf2),
		cmocka_unit_test(test_libspf2_length)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
