/* Header blocks: fields, parameters, encoded words, message ids. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/address.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/msgid.h"
#include "mail/param.h"
#include "mail/word.h"
#include "unit/work.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

/* ---- fields ---------------------------------------------------------- */

static const struct {
	const char *name, *block;
	const char *fields;	/* "name=value|" for each */
} field_rows[] = {
	{ "nothing", "", "" },
	{ "only a blank line", "\r\nA: b\r\n", "" },
	{ "one", "A: b\r\n", "A= b|" },
	{ "no line end", "A: b", "A= b|" },
	{ "LF", "A: b\nC:d\n\nE: f\n", "A= b|C=d|" },
	{ "folded", "A: b\r\n c\r\n\td\r\nE: f\r\n\r\n",
	    "A= b\r\n c\r\n\td|E= f|" },
	{ "folded white space is no blank line", "A: b\r\n \r\nC: d\r\n",
	    "A= b\r\n |C= d|" },
	{ "white space before the colon", "A \t: b\r\n", "A= b|" },
	{ "no colon", "abc\r\nA: b\r\n", "=abc|A= b|" },
	{ "white space in the name", "A B: b\r\n", "=A B: b|" },
	{ "empty name", ": b\r\n", "=: b|" },
	{ "begins with white space", " A: b\r\nC: d\r\n", "= A: b|C= d|" },
	{ "colon in the second line", "abc\r\n d: e\r\n", "=abc\r\n d: e|" },
	{ "empty value", "A:\r\nB:\n\n", "A=|B=|" },
	{ "CR alone", "A: b\rc\r\n\rD: e\r\n", "A= b\rc|=\rD: e|" },
};

static void
fields_are_found(void **state)
{
	struct header_field f;
	struct header_iter it;
	struct buf b = BUF_INIT;
	size_t end;

	for (size_t i = 0; i < COUNT(field_rows); i++) {
		buf_clear(&b);
		end = 0;
		it = header_iter_of(bytes_of(field_rows[i].block));
		while (header_next(&it, &f)) {
			assert_int_equal(f.offset, end);
			assert_ptr_equal(f.raw.data,
			    field_rows[i].block + f.offset);
			end += f.raw.len;
			buf_printf(&b, BYTES_FMT "=" BYTES_FMT "|",
			    BYTES_ARG(f.name), BYTES_ARG(f.value));
		}
		if (strcmp(buf_cstr(&b), field_rows[i].fields) != 0)
			fail_msg("%s: %s", field_rows[i].name, b.data);
	}
	buf_free(&b);
}

static void
values_are_unfolded(void **state)
{
	struct arena a;

	arena_init(&a);
	assert_true(bytes_eq_str(header_unfold(&a,
	    BYTES(" a\r\n b\n\tc\rd \r\n ")), "a b\tc\rd"));
	assert_true(bytes_eq_str(header_unfold(&a, BYTES("\r\n ")), ""));
	arena_clear(&a);
}

static void
fields_are_selected(void **state)
{
	static const char block[] =
	    "Subject: a\r\n b\r\njunk\r\nTo: c\r\nSUBJECT: d\r\n\r\nbody";
	const struct bytes names[] = { { "subject", 7 }, { "x", 1 } };
	struct buf b = BUF_INIT;

	header_select(&b, BYTES(block), names, 2, false);
	assert_string_equal(buf_cstr(&b),
	    "Subject: a\r\n b\r\nSUBJECT: d\r\n\r\n");
	buf_clear(&b);
	header_select(&b, BYTES(block), names, 2, true);
	assert_string_equal(buf_cstr(&b), "junk\r\nTo: c\r\n\r\n");
	buf_clear(&b);
	/* RFC 3501 6.4.5: no blank line where the message has none. */
	header_select(&b, BYTES("Subject: a\r\n"), names, 2, false);
	assert_string_equal(buf_cstr(&b), "Subject: a\r\n");
	assert_int_equal(header_length(BYTES(block)), sizeof(block) - 5);
	assert_int_equal(header_length(BYTES("a\n\nb")), 3);
	assert_int_equal(header_length(BYTES("a\r\n")), 3);
	assert_int_equal(header_length(BYTES("")), 0);
	buf_free(&b);
}

/* ---- parameters ------------------------------------------------------ */

static const struct {
	const char *name, *field;
	const char *params;	/* "value;name=value;..." */
	const char *key, *decoded;
} param_rows[] = {
	{ "none", " text/plain ", "text/plain", "x", NULL },
	{ "empty", "", "", "x", NULL },
	{ "one", "a/b; x=y", "a/b;x=y", "X", "y" },
	{ "quoted", "a; x=\"y; \\\"z\\\\\"", "a;x=y; \"z\\", "x",
	    "y; \"z\\" },
	{ "quoted and folded", "a; x=\"y\r\n z\"", "a;x=y z", "x", "y z" },
	{ "comments (RFC 2045 5.1)", "a; charset=us-ascii (Plain text)",
	    "a;charset=us-ascii", "charset", "us-ascii" },
	{ "parenthesis inside", "a; name=b(1).pdf", "a;name=b(1).pdf",
	    "name", "b(1).pdf" },
	{ "spaces in a value", "a; name=b c.pdf ; d=e", "a;name=b c.pdf;d=e",
	    "name", "b c.pdf" },
	{ "spaces around", "a ;x = y ; z = \"w\" ;", "a;x=y;z=w", "z", "w" },
	{ "no semicolon between", "a; x=\"y\" z=\"w\"", "a;x=y;z=w", "z",
	    "w" },
	{ "junk", "a; ; =; x; =y; z=w", "a;z=w", "z", "w" },
	{ "unfinished string", "a; x=\"y", "a;x=y", "x", "y" },
	{ "empty value", "a; x=; y=\"\"", "a;x=;y=", "y", "" },
	{ "RFC 2231 3", "message/external-body; access-type=URL; "
	    "URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub/moore\"",
	    "message/external-body;access-type=URL;"
	    "URL=ftp://cs.utk.edu/pub/moore", "url",
	    "ftp://cs.utk.edu/pub/moore" },
	{ "RFC 2231 4", "application/x-stuff; title*=us-ascii'en-us'"
	    "This%20is%20%2A%2A%2Afun%2A%2A%2A", "application/x-stuff;"
	    "title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
	    "title", "This is ***fun***" },
	{ "RFC 2231 4.1", "application/x-stuff; "
	    "title*0*=us-ascii'en'This%20is%20even%20more%20; "
	    "title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
	    "application/x-stuff;title*=us-ascii'en'This%20is%20even%20more"
	    "%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!", "title",
	    "This is even more ***fun*** isn't it!" },
	{ "sections out of order, one missing",
	    "a; x*1=b; x*3=d; x*0=a; y*1=z", "a;x=ab;y*1=z", "x", "ab" },
	{ "only a later section is extended", "a; x*0=\"a b\"; x*1*=%c3%bc",
	    "a;x*=''a%20b%c3%bc", "x", "a b\xc3\xbc" },
	{ "the extended one is taken", "a; x=b; x*=iso-8859-1''%fc",
	    "a;x=b;x*=iso-8859-1''%fc", "x", "\xc3\xbc" },
	{ "no quotes in the extended form", "a; x*=b%41", "a;x*=b%41", "x",
	    "bA" },
	{ "bad escapes", "a; x*=utf-8''%4%zz%", "a;x*=utf-8''%4%zz%", "x",
	    "%4%zz%" },
	{ "encoded word", "a; x=\"=?utf-8?q?=C3=BC?=\"",
	    "a;x==?utf-8?q?=C3=BC?=", "x", "\xc3\xbc" },
};

static void
params_have_limits(void **state)
{
	struct mail_param *p;
	struct bytes value;
	struct buf b = BUF_INIT;
	struct arena a;
	size_t n = 0;

	arena_init(&a);
	buf_str(&b, "a; ");
	for (int i = 0; i < PARAM_NAME_MAX; i++)
		buf_byte(&b, 'n');
	buf_str(&b, "=1; ");
	for (int i = 0; i <= PARAM_NAME_MAX; i++)
		buf_byte(&b, 'n');
	buf_str(&b, "=2");
	p = param_parse(&a, buf_view(&b), &value);
	assert_int_equal(p->name.len, PARAM_NAME_MAX);
	assert_null(p->next);
	buf_clear(&b);
	for (int i = 0; i < PARAM_MAX + 5; i++)
		buf_printf(&b, ";x%d=y", i);
	for (p = param_parse(&a, buf_view(&b), &value); p != NULL;
	    p = p->next)
		n++;
	assert_int_equal(n, PARAM_MAX);
	buf_free(&b);
	arena_clear(&a);
}

static void
params_are_parsed(void **state)
{
	struct mail_param *p;
	struct bytes value;
	struct buf b = BUF_INIT;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(param_rows); i++) {
		p = param_parse(&a, bytes_of(param_rows[i].field), &value);
		buf_clear(&b);
		buf_bytes(&b, value);
		for (struct mail_param *q = p; q != NULL; q = q->next)
			buf_printf(&b, ";" BYTES_FMT "=" BYTES_FMT,
			    BYTES_ARG(q->name), BYTES_ARG(q->value));
		if (strcmp(buf_cstr(&b), param_rows[i].params) != 0)
			fail_msg("%s: %s", param_rows[i].name, b.data);
		value = param_decode(&a, p, param_rows[i].key);
		if (param_rows[i].decoded == NULL ? value.data != NULL :
		    !bytes_eq_str(value, param_rows[i].decoded))
			fail_msg("%s: decoded", param_rows[i].name);
	}
	buf_free(&b);
	arena_clear(&a);
}

/* ---- encoded words --------------------------------------------------- */

static const struct {
	const char *name, *value, *text;
} word_rows[] = {
	{ "plain", " a  b ", "a  b" },
	{ "folded", "a\r\n b", "a b" },
	{ "RFC 2047 8 (1)", "(=?ISO-8859-1?Q?a?=)", "(a)" },
	{ "RFC 2047 8 (2)", "=?ISO-8859-1?Q?a?= b", "a b" },
	{ "RFC 2047 8 (3)", "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab" },
	{ "RFC 2047 8 (4)", "=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=",
	    "ab" },
	{ "RFC 2047 8 (5)", "=?ISO-8859-1?Q?a_b?=", "a b" },
	{ "RFC 2047 8 (6)", "=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=",
	    "a b" },
	{ "text between", "=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b" },
	{ "RFC 2047 8, names", "=?ISO-8859-1?Q?Andr=E9?= Pirard",
	    "Andr\xc3\xa9 Pirard" },
	{ "RFC 2047 8, base64",
	    "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
	    " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
	    "If you can read this you understand the example." },
	{ "a language (RFC 2231 5)", "=?US-ASCII*EN?Q?Keith_Moore?=",
	    "Keith Moore" },
	{ "a character cut in two", "=?utf-8?q?=C3?= =?utf-8?q?=BC?=",
	    "\xc3\xbc" },
	{ "two charsets", "=?utf-8?q?=C3=BC?= =?iso-8859-1?q?=FC?=",
	    "\xc3\xbc\xc3\xbc" },
	{ "inside a word", "a=?utf-8?q?b?=c", "abc" },
	{ "spaces inside", "=?utf-8?q?a b?=", "a b" },
	{ "no padding", "=?utf-8?b?YQ?=", "a" },
	{ "not base64", "=?utf-8?b?Y!Q=?=", "a" },
	{ "not hexadecimal", "=?utf-8?q?=4=zz=?=", "=4=zz=" },
	{ "another encoding", "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
	{ "unfinished", "=?utf-8?q?a", "=?utf-8?q?a" },
	{ "unfinished at '?'", "=?utf-8?q?a?", "=?utf-8?q?a?" },
	{ "empty", "=?utf-8?q?" "?=", "" },
	{ "unknown charset", "=?x-none?q?a=C3=BC?=", "a\xc3\xbc" },
	{ "unknown charset, not UTF-8", "=?x-none?q?a=FC?=", "a\xc3\xbc" },
	{ "Windows-1252 called Latin-1", "=?iso-8859-1?q?=80?=",
	    "\xe2\x82\xac" },
	{ "Japanese", "=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=",
	    "\xe6\x97\xa5\xe6\x9c\xac" },
	{ "8 bit, UTF-8", "\xc3\xbc", "\xc3\xbc" },
	{ "8 bit, Latin-1", "\xfc", "\xc3\xbc" },
	{ "not UTF-8 in a word", "=?utf-8?q?a=FFb?=", "a\xef\xbf\xbd" "b" },
	{ "line ends and NUL never come out", "=?utf-8?q?a=0D=0Ab=00c?=",
	    "abc" },
};

static void
words_are_decoded(void **state)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < COUNT(word_rows); i++) {
		buf_clear(&b);
		word_decode(&b, bytes_of(word_rows[i].value));
		if (strcmp(buf_cstr(&b), word_rows[i].text) != 0)
			fail_msg("%s: %s", word_rows[i].name, b.data);
	}
	buf_free(&b);
}

/*
 * Any number of words of one charset; a limited number of changes of charset.
 */
static void
changes_of_charset_have_a_limit(void **state)
{
	struct buf one = BUF_INIT, two = BUF_INIT, b = BUF_INIT;

	for (int i = 0; i < WORD_CHANGES_MAX; i++) {
		buf_str(&one, "=?iso-8859-15?q?a?= x ");
		buf_str(&two, i % 2 == 0 ? "=?iso-8859-15?q?a?= " :
		    "=?koi8-r?q?a?= ");
	}
	word_decode(&b, buf_view(&one));
	assert_null(strchr(buf_cstr(&b), '='));
	buf_clear(&b);
	buf_str(&two, "=?iso-8859-15?q?b?=");
	word_decode(&b, buf_view(&two));
	assert_int_equal(b.len, WORD_CHANGES_MAX +
	    strlen(" =?iso-8859-15?q?b?="));
	buf_free(&one);
	buf_free(&two);
	buf_free(&b);
}

/* ---- message ids ----------------------------------------------------- */

static const struct {
	const char *text, *ids;
} msgid_rows[] = {
	{ "", "" },
	{ "<a@b>", "a@b|" },
	{ "<a@b><c@d> <e@f>\r\n\t<g@h>", "a@b|c@d|e@f|g@h|" },
	{ "Your message of Monday <a@b> (c)", "a@b|" },
	{ "<a @ b>", "a@b|" },
	{ "<\"a b\"@c>", "ab@c|" },
	{ "<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>",
	    "01KF8JCEOCBS0045PS@xxx.yyy.com|" },
	{ "<a@b", "" },
	{ "<a <b@c>", "b@c|" },
	{ "<>", "" },
	{ "<a(<x@y>)@b>", "a@b|" },
	{ "a@b", "" },
	{ "<a\"b@c> <d@e>", "" },
};

static void
ids_are_found(void **state)
{
	struct buf id = BUF_INIT, all = BUF_INIT;
	size_t pos;

	for (size_t i = 0; i < COUNT(msgid_rows); i++) {
		buf_clear(&all);
		pos = 0;
		while (msgid_next(bytes_of(msgid_rows[i].text), &pos, &id))
			buf_printf(&all, "%s|", buf_cstr(&id));
		assert_string_equal(buf_cstr(&all), msgid_rows[i].ids);
	}
	buf_clear(&all);
	buf_byte(&all, '<');
	for (int i = 0; i <= MSGID_MAX; i++)
		buf_byte(&all, 'a');
	buf_str(&all, "><b>");
	pos = 0;
	assert_true(msgid_next(buf_view(&all), &pos, &id));
	assert_string_equal(buf_cstr(&id), "b");
	buf_free(&id);
	buf_free(&all);
}

/* ---- hostile sizes --------------------------------------------------- */

static void
address_run(struct bytes text)
{
	struct arena a;

	arena_init(&a);
	(void)address_list_parse(&a, text);
	arena_clear(&a);
}

static void
param_run(struct bytes text)
{
	struct bytes value;
	struct arena a;

	arena_init(&a);
	(void)param_parse(&a, text, &value);
	arena_clear(&a);
}

static void
word_run(struct bytes text)
{
	struct buf b = BUF_INIT;

	word_decode(&b, text);
	buf_free(&b);
}

static void
msgid_run(struct bytes text)
{
	struct buf b = BUF_INIT;
	size_t pos = 0;

	while (msgid_next(text, &pos, &b))
		;
	buf_free(&b);
}

static void
date_run(struct bytes text)
{
	struct mail_date d;

	(void)date_parse(text, &d);
}

static void
header_run(struct bytes text)
{
	struct header_field f;

	(void)header_find(text, "none", &f);
}

/* For a megabyte; a quadratic parser takes 100,000. */
#define WORK_PER_BYTE	200

static void
work_is_linear(void **state)
{
	static void (*const run[])(struct bytes) = {
		address_run, param_run, word_run, msgid_run, date_run,
		header_run
	};
	static const char *const text[] = {
		"(", "\"", "\\", "<", "@", ",", ":", ";", "=", "=?", "=?a?",
		"=?a?b?", "=?a?b?c?", "=?a?b?c?= ", " ", "\r\n ", "a", "a ",
		".", "[", "a;b=", ";a*0=b", ";a*=b", "<\"", "<(", "%", "*",
		";a=\"b\"", "(a)", "<@a:", "\xff", "a:", ":\n", "\n", "-",
		"Mon, ", "?", "=?a?b?c", "=?utf-8?q?=FF?= =?x?q?a?=", "a@b,"
	};
	const size_t total = 1024 * 1024;
	struct buf b = BUF_INIT;
	uint64_t begin, most = 0;

	for (size_t t = 0; t < COUNT(text); t++) {
		buf_clear(&b);
		while (b.len < total)
			buf_str(&b, text[t]);
		for (size_t r = 0; r < COUNT(run); r++) {
			begin = work_done();
			run[r](buf_view(&b));
			begin = work_done() - begin;
			most = begin > most ? begin : most;
			if (begin > WORK_PER_BYTE * total)
				fail_msg("'%s' is too much work for parser "
				    "%zu: %llu", text[t], r,
				    (unsigned long long)begin);
		}
	}
	print_message("# at most %.1f steps for a byte\n",
	    (double)most / (double)total);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found),
		cmocka_unit_test(values_are_unfolded),
		cmocka_unit_test(fields_are_selected),
		cmocka_unit_test(params_are_parsed),
		cmocka_unit_test(params_have_limits),
		cmocka_unit_test(words_are_decoded),
		cmocka_unit_test(changes_of_charset_have_a_limit),
		cmocka_unit_test(ids_are_found),
		cmocka_unit_test(work_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
