/* The dns-data file: its syntax, and the answers from it. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/dns_data.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

static const char zone[] =
    "; a comment, and a blank line\n"
    "\n"
    "example.com. 300 IN A 192.0.2.1\n"
    "example.com IN 200 A 192.0.2.2 ; another\n"
    "EXAMPLE.com. AAAA 2001:db8::1\n"
    "example.com. MX 10 mail.example.com.\n"
    "example.com. TXT \"v=spf1 ; not a comment\" \" -all\"\n"
    "example.com. TXT plain\\032word\n"
    "\tIN NS ns.example.com.\n"
    "\tSOA ns.example.com. root.example.com. (\n"
    "\t\t1 2 ; serial and refresh\n"
    "\t\t3 4 5 )\n"
    "a\\032b.example.com. TXT \"quote \\\" and \\092 and \\000\"\n"
    "alias.example.com. CNAME Chain.example.com.\n"
    "chain.example.com. CNAME example.com.\n"
    "hex.example.com. CNAME \\# 13 074578616d706c6503636f6d00\n"
    "loop.example.com. CNAME loop.example.com.\n"
    "astray.example.com. CNAME nowhere.example.com.\n"
    "slow.example.com. TIMEOUT\n"
    "slow.example.com. A 192.0.2.3\n"
    "sick.example.com. SERVFAIL\n"
    "signed.example.com. SECURE\n"
    "signed.example.com. A 192.0.2.4\n"
    "*.wild.example.com. A 192.0.2.5\n"
    "here.wild.example.com. TXT here\n"
    "deep.er.example.org. A 192.0.2.6\n"
    "x.example.com. TYPE65280 \\# 3 01 02ff\n"
    "x.example.com. TLSA 3 1 1 ( 00ff 10 )\n"
    "x.example.com. CAA 0 issue \"ca.example\"\n"
    "x.example.com. SRV 1 2 3 t.example.com.\n"
    "  indented.example.com. TXT \"\"\n"
    "1.2.0.192.in-addr.arpa. PTR example.com.";

static struct dns_data *
parse(const char *text)
{
	struct err err = ERR_INIT;
	struct dns_data *d;

	if (dns_data_parse("zone", bytes_of(text), &d, &err) == -1)
		fail_msg("%s", err.text);
	return d;
}

static struct dns_answer
ask(struct dns_data *d, struct arena *a, const char *text,
    enum dns_type type)
{
	struct dns_answer answer;
	struct dns_name name;

	assert_int_equal(dns_name_parse(bytes_of(text), &name), 0);
	dns_name_lower(&name);
	dns_data_answer(d, a, &name, type, &answer);
	return answer;
}

static const struct {
	const char *name;
	enum dns_type type;
	enum dns_status status;
	size_t n;
	struct bytes first;
} answers[] = {
	{ "example.com", DNS_A, DNS_OK, 2, BYTES("\300\0\2\1") },
	{ "Example.COM.", DNS_AAAA, DNS_OK, 1,
	    BYTES("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1") },
	{ "example.com", DNS_MX, DNS_OK, 1,
	    BYTES("\0\12\4mail\7example\3com\0") },
	{ "example.com", DNS_TXT, DNS_OK, 2,
	    BYTES("\26v=spf1 ; not a comment\5 -all") },
	{ "example.com", DNS_NS, DNS_OK, 1,
	    BYTES("\2ns\7example\3com\0") },
	{ "example.com", DNS_SOA, DNS_OK, 1,
	    BYTES("\2ns\7example\3com\0\4root\7example\3com\0"
	    "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5") },
	{ "example.com", DNS_SPF, DNS_NODATA, 0, BYTES("") },
	{ "a\\032b.example.com", DNS_TXT, DNS_OK, 1,
	    BYTES("\23quote \" and \\ and \0") },
	{ "alias.example.com", DNS_A, DNS_OK, 2,
	    BYTES("\300\0\2\1") },
	{ "alias.example.com", DNS_CNAME, DNS_OK, 1,
	    BYTES("\5Chain\7example\3com\0") },
	{ "alias.example.com", DNS_SPF, DNS_NODATA, 0, BYTES("") },
	{ "hex.example.com", DNS_A, DNS_OK, 2, BYTES("\300\0\2\1") },
	{ "loop.example.com", DNS_A, DNS_SERVFAIL, 0, BYTES("") },
	{ "astray.example.com", DNS_A, DNS_NXDOMAIN, 0, BYTES("") },
	{ "slow.example.com", DNS_TXT, DNS_TIMEOUT, 0, BYTES("") },
	{ "slow.example.com", DNS_A, DNS_OK, 1,
	    BYTES("\300\0\2\3") },
	{ "sick.example.com", DNS_A, DNS_SERVFAIL, 0, BYTES("") },
	{ "any.wild.example.com", DNS_A, DNS_OK, 1,
	    BYTES("\300\0\2\5") },
	{ "a.b.wild.example.com", DNS_A, DNS_OK, 1,
	    BYTES("\300\0\2\5") },
	{ "any.wild.example.com", DNS_TXT, DNS_NODATA, 0, BYTES("") },
	{ "here.wild.example.com", DNS_A, DNS_NODATA, 0, BYTES("") },
	{ "x.here.wild.example.com", DNS_A, DNS_NXDOMAIN, 0,
	    BYTES("") },
	{ "wild.example.com", DNS_A, DNS_NODATA, 0, BYTES("") },
	{ "er.example.org", DNS_A, DNS_NODATA, 0, BYTES("") },
	{ "other.example.org", DNS_A, DNS_NXDOMAIN, 0, BYTES("") },
	{ "org", DNS_A, DNS_NODATA, 0, BYTES("") },
	{ "net", DNS_A, DNS_NXDOMAIN, 0, BYTES("") },
	{ ".", DNS_NS, DNS_NODATA, 0, BYTES("") },
	{ "x.example.com", (enum dns_type)65280, DNS_OK, 1,
	    BYTES("\1\2\377") },
	{ "x.example.com", DNS_TLSA, DNS_OK, 1,
	    BYTES("\3\1\1\0\377\20") },
	{ "x.example.com", DNS_CAA, DNS_OK, 1,
	    BYTES("\0\5issueca.example") },
	{ "x.example.com", DNS_SRV, DNS_OK, 1,
	    BYTES("\0\1\0\2\0\3\1t\7example\3com\0") },
	{ "indented.example.com", DNS_TXT, DNS_OK, 1, BYTES("\0") },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, 1,
	    BYTES("\7example\3com\0") }
};

static void
test_answers(void **state)
{
	struct dns_data *d = parse(zone);
	struct dns_answer answer;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(answers); i++) {
		answer = ask(d, &a, answers[i].name, answers[i].type);
		if (answer.status != answers[i].status ||
		    answer.n != answers[i].n || (answer.n > 0 &&
		    !bytes_eq(answer.rdata[0], answers[i].first)))
			fail_msg("%s %d: %s, %zu", answers[i].name,
			    answers[i].type, dns_status_name(answer.status),
			    answer.n);
	}
	dns_data_free(&d);
	assert_null(d);
	arena_clear(&a);
}

/* The lowest TTL of the records, and of the aliases that lead to them. */
static void
test_ttl_and_security(void **state)
{
	struct dns_data *d = parse(zone);
	struct arena a;

	arena_init(&a);
	assert_int_equal(ask(d, &a, "example.com", DNS_A).ttl, 200);
	assert_int_equal(ask(d, &a, "alias.example.com", DNS_A).ttl, 200);
	assert_true(ask(d, &a, "signed.example.com", DNS_A).secure);
	assert_true(ask(d, &a, "signed.example.com", DNS_MX).secure);
	assert_false(ask(d, &a, "example.com", DNS_A).secure);
	dns_data_free(&d);
	arena_clear(&a);
}

static void
test_long_strings(void **state)
{
	struct buf b = BUF_INIT;
	struct dns_data *d;
	struct dns_answer answer;
	struct bytes text;
	struct arena a;

	arena_init(&a);
	buf_str(&b, "x TXT \"");
	for (int i = 0; i < 600; i++)
		buf_byte(&b, (char)('a' + i % 26));
	buf_str(&b, "\"\n");
	d = parse(buf_cstr(&b));
	answer = ask(d, &a, "x", DNS_TXT);
	assert_int_equal(answer.rdata[0].len, 603);
	assert_int_equal(dns_txt(&a, answer.rdata[0], &text), 0);
	assert_true(bytes_eq(text, bytes_make(b.data + 7, 600)));
	dns_data_free(&d);
	buf_free(&b);
	arena_clear(&a);
}

static const struct {
	const char *text, *says;
} mistakes[] = {
	{ "x", "zone:1: a type is missing" },
	{ "\n\nx 300 IN", "zone:3: a type is missing" },
	{ "x A", "zone:1: data is missing" },
	{ "x A 192.0.2", "zone:1: not an IPv4 address: '192.0.2'" },
	{ "x A ::1", "zone:1: not an IPv4 address: '::1'" },
	{ "x AAAA 192.0.2.1",
	    "zone:1: not an IPv6 address: '192.0.2.1'" },
	{ "x A 192.0.2.1 y", "zone:1: unexpected word after the data: 'y'" },
	{ "x MX mail", "zone:1: not a number in its range: 'mail'" },
	{ "x MX 65536 m",
	    "zone:1: not a number in its range: '65536'" },
	{ "x MX 10", "zone:1: data is missing" },
	{ "x MX 10 a..b", "zone:1: not a name: 'a..b'" },
	{ "a..b A 192.0.2.1", "zone:1: not a name: 'a..b'" },
	{ "x TXT \"abc\ny TXT a", "zone:1: a string is not closed" },
	{ "x TXT a\\25", "zone:1: not a string: 'a\\25'" },
	{ "x TXT a\\256", "zone:1: not a string: 'a\\256'" },
	{ "x FOO bar", "zone:1: not a type: 'FOO'" },
	{ "x TIMEOUT bar", "zone:1: not a type: 'TIMEOUT'" },
	{ "$ORIGIN example.com.", "zone:1: names are absolute here; "
	    "there is no '$ORIGIN'" },
	{ "x SOA ( a b 1 2\n3 4 5\n", "zone:1: '(' is not closed" },
	{ "x A 192.0.2.1 )", "zone:1: ')' without '('" },
	{ "x TYPE300 abc", "zone:1: data of this type needs \\#" },
	{ "x TYPE300 \\# 2 00",
	    "zone:1: data does not have this length" },
	{ "x TYPE300 \\# 2 0g00",
	    "zone:1: data is not hexadecimal digits" },
	{ "x CNAME \\# 2 0161", "zone:1: the data is not a name" },
	{ "x TYPE5 \\# 4 01610000", "zone:1: the data is not a name" },
	{ "x TYPE300 \\# z 00", "zone:1: not a length: 'z'" },
	{ "x SOA (a b\n1 2 3\n4 5) 6\n",
	    "zone:1: unexpected word after the data: '6'" },
	{ "x A 192.0.2.1\n\"a\nb\" TXT b\ny A 1\n",
	    "zone:4: not an IPv4 address: '1'" }
};

static void
test_mistakes(void **state)
{
	struct err err = ERR_INIT;
	struct dns_data *d;

	for (size_t i = 0; i < COUNT(mistakes); i++) {
		assert_int_equal(dns_data_parse("zone",
		    bytes_of(mistakes[i].text), &d, &err), -1);
		assert_string_equal(err.text, mistakes[i].says);
	}
}

/* Cut at every byte, it is a valid file or an error; read twice, the result is
   the same. */
static void
test_cut(void **state)
{
	struct err err = ERR_INIT;
	struct dns_data *d;

	for (size_t n = 0; n < sizeof(zone); n++)
		if (dns_data_parse("zone", bytes_make(zone, n), &d,
		    &err) == 0)
			dns_data_free(&d);
		else
			assert_int_equal(strncmp(err.text, "zone:", 5), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_ttl_and_security),
		cmocka_unit_test(test_long_strings),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_cut)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
