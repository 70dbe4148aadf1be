/* Charsets, transfer encodings, folding and searching. */
#include <config.h>

#include <dlfcn.h>
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/charset.h"
#include "mail/decode.h"
#include "mail/fold.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define BAD		"\xef\xbf\xbd"

/* ---- charsets -------------------------------------------------------- */

static const struct {
	const char *charset, *text, *utf8;
	bool whole;		/* in pieces it may come out otherwise */
} charset_rows[] = {
	{ "utf-8", "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x93\xa7",
	    "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x93\xa7", false },
	{ "UTF8", "\xff" "a\x80", BAD "a" BAD, false },
	{ "utf-8", "\xc3", BAD, false },
	{ "utf-8", "\xf0\x9f\x93", BAD, false },
	{ "utf-8", "\xf0\x9f" "a", BAD BAD "a", false },
	{ "utf-8", "\xed\xa0\x80", BAD BAD BAD, false },
	{ "utf-8", "\xc0\x80", BAD BAD, false },
	{ "iso-8859-1", "\xe4\x80\xa0", "\xc3\xa4\xe2\x82\xac\xc2\xa0",
	    false },
	{ "iso-8859-15", "\xa4", "\xe2\x82\xac", false },
	{ "koi8-r", "\xf0\xd2\xc9", "\xd0\x9f\xd1\x80\xd0\xb8", false },
	{ "shift_jis", "\x93\xfa\x96\x7b", "\xe6\x97\xa5\xe6\x9c\xac",
	    false },
	{ "shift_jis", "a\x93", "a" BAD, false },
	{ "iso-2022-jp", "\x1b$BF|K\\\x1b(B", "\xe6\x97\xa5\xe6\x9c\xac",
	    false },
	{ "gb18030", "\x81\x30\x81\x30\xc4\xe3", "\xc2\x80\xe4\xbd\xa0",
	    false },
	{ "us-ascii", "a\xc3\xbc", "a\xc3\xbc", true },
	{ "us-ascii", "a\xfc", "a\xc3\xbc", false },
	/* Kept back, since a mark might follow that belongs to it. */
	{ "windows-1255", "\xf9\xec", "\xd7\xa9\xd7\x9c", false },
	{ "windows-1258", "Vi\xea\xf2t a", "Vi\xe1\xbb\x87t a", false },
	{ "windows-1258", "a", "a", false },
	{ "no-such-charset", "\xe4", "\xc3\xa4", false },
	{ "utf-8//IGNORE", "\xe4", "\xc3\xa4", false },
	{ "../../x", "\xe4", "\xc3\xa4", false },
	{ "", "\xe4", "\xc3\xa4", false },
};

static void
charsets_become_utf8(void **state)
{
	struct charset_converter *c;
	struct bytes text;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < COUNT(charset_rows); i++) {
		text = bytes_of(charset_rows[i].text);
		buf_clear(&b);
		charset_to_utf8(&b, bytes_of(charset_rows[i].charset), text);
		if (strcmp(buf_cstr(&b), charset_rows[i].utf8) != 0)
			fail_msg("%zu %s: %s", i, charset_rows[i].charset,
			    b.data);
		if (charset_rows[i].whole)
			continue;
		buf_clear(&b);
		c = charset_converter_new(bytes_of(charset_rows[i].charset));
		for (size_t k = 0; k < text.len; k++)
			charset_converter_feed(c, &b,
			    bytes_make(text.data + k, 1));
		charset_converter_finish(c, &b);
		charset_converter_free(&c);
		if (strcmp(buf_cstr(&b), charset_rows[i].utf8) != 0)
			fail_msg("%zu %s in pieces: %s", i,
			    charset_rows[i].charset, b.data);
	}
	buf_free(&b);
}

/*
 * In place of libc's, to count what takes time: a converter that is opened
 * while no other of its charset is open has its module loaded anew.
 */
#define OPEN_MAX_TEST	300

static struct {
	char name[OPEN_MAX_TEST][32];	/* of what is open; empty: free */
	iconv_t cd[OPEN_MAX_TEST];
	size_t loads;
} opened;

/* The open converter; by its name, or by itself. */
static size_t
opened_find(const char *name, iconv_t cd)
{
	size_t i = 0;

	while (i < OPEN_MAX_TEST && (name != NULL ?
	    strcasecmp(opened.name[i], name) != 0 :
	    opened.name[i][0] == '\0' || opened.cd[i] != cd))
		i++;
	return i;
}

iconv_t
iconv_open(const char *to, const char *from)
{
	union { void *p; iconv_t (*f)(const char *, const char *); } libc = {
	    dlsym(RTLD_NEXT, "iconv_open") };
	iconv_t cd = libc.f(to, from);
	size_t i;

	if (cd == (iconv_t)-1)
		return cd;
	if (opened_find(from, NULL) == OPEN_MAX_TEST)
		opened.loads++;
	assert_in_range(i = opened_find("", NULL), 0, OPEN_MAX_TEST - 1);
	(void)snprintf(opened.name[i], sizeof(*opened.name), "%s", from);
	opened.cd[i] = cd;
	return cd;
}

int
iconv_close(iconv_t cd)
{
	union { void *p; int (*f)(iconv_t); } libc = {
	    dlsym(RTLD_NEXT, "iconv_close") };
	size_t i = opened_find(NULL, cd);

	assert_in_range(i, 0, OPEN_MAX_TEST - 1);
	opened.name[i][0] = '\0';
	return libc.f(cd);
}

/* A message may name another charset for each word. */
static void
many_charsets_are_loaded_once(void **state)
{
	static const char *const names[] = {
		"iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5",
		"iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-9",
		"iso-8859-10", "iso-8859-11", "iso-8859-13", "iso-8859-14",
		"iso-8859-15", "iso-8859-16", "koi8-r", "koi8-u", "koi8-t",
		"cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256",
		"cp1257", "cp1258", "cp437", "cp737", "cp775", "cp850",
		"cp852", "cp855", "cp857", "cp860", "cp861", "cp862",
		"cp863", "cp864", "cp865", "cp866", "cp869", "cp874",
		"euc-jp", "euc-kr", "euc-cn", "euc-tw", "big5", "big5-hkscs",
		"gbk", "gb18030", "shift_jis", "iso-2022-jp", "iso-2022-kr",
		"tis-620", "macintosh", "johab", "uhc", "viscii", "tcvn",
		"armscii-8", "georgian-ps", "georgian-academy", "pt154"
	};
	struct buf b = BUF_INIT;

	opened.loads = 0;
	for (size_t i = 0; i < 12000; i++) {
		buf_clear(&b);
		charset_to_utf8(&b, bytes_of(names[i % COUNT(names)]),
		    BYTES("a"));
		assert_string_equal(buf_cstr(&b), "a");
	}
	assert_in_range(opened.loads, 1, COUNT(names));
	buf_free(&b);
}

/* ---- transfer encodings ---------------------------------------------- */

static const struct {
	const char *name;
	enum mail_encoding encoding;
	const char *body, *text;
	int rc;
} decode_rows[] = {
	{ "nothing", MAIL_ENCODING_NONE, "", "", 0 },
	{ "7bit", MAIL_ENCODING_NONE, "a=3D\r\n", "a=3D\r\n", 0 },
	{ "unknown", MAIL_ENCODING_UNKNOWN, "a\r\n", "a\r\n", -1 },
	{ "base64", MAIL_ENCODING_BASE64, "Zm9v\r\nYmFy\r\n", "foobar", 0 },
	{ "padding", MAIL_ENCODING_BASE64, "Zm9vYg==", "foob", 0 },
	{ "padding of one", MAIL_ENCODING_BASE64, "Zm9vYmE=\r\n", "fooba",
	    0 },
	{ "no padding", MAIL_ENCODING_BASE64, "Zm9vYmE", "fooba", 0 },
	{ "two behind each other", MAIL_ENCODING_BASE64, "Zg==Zg==", "ff",
	    0 },
	{ "half a byte", MAIL_ENCODING_BASE64, "Zm9vY", "foo", -1 },
	{ "junk in base64", MAIL_ENCODING_BASE64, "Zm9v-!\x80YmFy", "foobar",
	    -1 },
	{ "RFC 2045 6.7", MAIL_ENCODING_QUOTED_PRINTABLE,
	    "Now's the time =\r\nfor all folk to come=\r\n to the aid of "
	    "their country.", "Now's the time for all folk to come to the "
	    "aid of their country.", 0 },
	{ "hexadecimal", MAIL_ENCODING_QUOTED_PRINTABLE, "=C3=bc=3D", "\xc3"
	    "\xbc=", 0 },
	{ "LF", MAIL_ENCODING_QUOTED_PRINTABLE, "a=\nb\nc", "ab\nc", 0 },
	{ "white space at an end", MAIL_ENCODING_QUOTED_PRINTABLE,
	    "a \t\r\nb c=20 \r\n", "a\r\nb c \r\n", 0 },
	{ "white space behind '='", MAIL_ENCODING_QUOTED_PRINTABLE,
	    "a= \t\r\nb", "ab", 0 },
	{ "not hexadecimal", MAIL_ENCODING_QUOTED_PRINTABLE, "a=XYb=4Z",
	    "a=XYb=4Z", -1 },
	{ "'=' twice", MAIL_ENCODING_QUOTED_PRINTABLE, "a==3D", "a==", -1 },
	{ "'=' at the end", MAIL_ENCODING_QUOTED_PRINTABLE, "a=", "a", 0 },
	{ "one digit at the end", MAIL_ENCODING_QUOTED_PRINTABLE, "a=4",
	    "a=4", -1 },
	{ "CR alone behind '='", MAIL_ENCODING_QUOTED_PRINTABLE, "a=\rb",
	    "ab", 0 },
};

/* The body in pieces of n bytes. */
static void
decode_check(size_t row, struct bytes charset, size_t n)
{
	struct bytes body = bytes_of(decode_rows[row].body);
	struct mail_decoder *d;
	struct buf b = BUF_INIT;
	int rc;

	d = mail_decoder_new(decode_rows[row].encoding, charset);
	for (size_t i = 0; i < body.len; i += n)
		mail_decoder_feed(d, bytes_make(body.data + i,
		    body.len - i < n ? body.len - i : n), &b);
	rc = mail_decoder_finish(d, &b);
	mail_decoder_free(&d);
	if (rc != decode_rows[row].rc ||
	    strcmp(buf_cstr(&b), decode_rows[row].text) != 0)
		fail_msg("%s by %zu: %d %s", decode_rows[row].name, n, rc,
		    b.data);
	buf_free(&b);
}

static void
bodies_are_decoded(void **state)
{
	for (size_t i = 0; i < COUNT(decode_rows); i++)
		for (size_t n = 1; n <= 20; n++) {
			decode_check(i, bytes_make(NULL, 0), n);
			decode_check(i, BYTES("utf-8"), n);
		}
}

static void
long_bodies_are_decoded(void **state)
{
	struct mail_decoder *d;
	struct buf body = BUF_INIT, out = BUF_INIT;

	for (int i = 0; i < 20000; i++)
		buf_str(&body, "=FC   ");
	d = mail_decoder_new(MAIL_ENCODING_QUOTED_PRINTABLE,
	    BYTES("iso-8859-1"));
	mail_decoder_feed(d, buf_view(&body), &out);
	assert_int_equal(mail_decoder_finish(d, &out), 0);
	assert_int_equal(out.len, 20000 * 5 - 3);
	mail_decoder_free(&d);
	mail_decoder_free(&d);
	buf_clear(&body);
	buf_clear(&out);
	buf_printf(&body, "a%5000sb", "");
	d = mail_decoder_new(MAIL_ENCODING_QUOTED_PRINTABLE,
	    bytes_make(NULL, 0));
	mail_decoder_feed(d, buf_view(&body), &out);
	assert_true(bytes_eq(buf_view(&body), buf_view(&out)));
	mail_decoder_free(&d);
	buf_free(&body);
	buf_free(&out);
}

/* ---- keys ------------------------------------------------------------ */

static const struct {
	const char *text, *key;
} fold_rows[] = {
	{ "", "" },
	{ "abcXYZ@[`{09 ", "ABCXYZ@[`{09 " },
	{ "abcdefghijklmnopqrstuvwxyz{", "ABCDEFGHIJKLMNOPQRSTUVWXYZ{" },
	{ "\xc3\xbc", "U\xcc\x88" },		/* u with diaeresis */
	{ "\xc3\x9c", "U\xcc\x88" },
	{ "u\xcc\x88", "U\xcc\x88" },
	{ "\xd0\xb9", "\xd0\x98\xcc\x86" },	/* Cyrillic short i */
	{ "\xce\xb1", "\xce\x91" },		/* Greek alpha */
	{ "\xef\xac\x81", "\xef\xac\x81" },	/* a ligature */
	{ "\xe1\xba\x9b\xcc\xa3", "S\xcc\x87\xcc\xa3" },
	{ "\xea\xb0\x81", "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8" },
	{ "\xef\xb7\xba", "\xd8\xb5\xd9\x84\xd9\x89 \xd8\xa7\xd9\x84\xd9\x84"
	    "\xd9\x87 \xd8\xb9\xd9\x84\xd9\x8a\xd9\x87 \xd9\x88\xd8\xb3\xd9"
	    "\x84\xd9\x85" },			/* the longest key there is */
	{ "\xf0\x9d\x90\x80", "A" },		/* beyond U+FFFF */
	{ "a\xff" "b\xc3", "A\xff" "B\xc3" },	/* malformed */
};

static void
keys_have_no_case(void **state)
{
	/* What contains each other is the same. */
	for (size_t i = 0; i < COUNT(fold_rows); i++)
		if (!fold_contains(bytes_of(fold_rows[i].text),
		    bytes_of(fold_rows[i].key)) ||
		    !fold_contains(bytes_of(fold_rows[i].key),
		    bytes_of(fold_rows[i].text)))
			fail_msg("%zu: %s", i, fold_rows[i].text);
}

static const struct {
	const char *text, *needle;
	bool found;
} search_rows[] = {
	{ "", "", true },
	{ "a", "", true },
	{ "", "a", false },
	{ "Hello World", "lo wo", true },
	{ "Hello World", "low", false },
	{ "aaaaaaab", "AAAB", true },
	{ "abababac", "ababac", true },
	{ "abcabcabd", "abcabd", true },
	{ "GR\xc3\x9c\xc3\x9f" "E", "gr\xc3\xbc\xc3\x9f" "e", true },
	{ "gru\xcc\x88n", "GR\xc3\x9cN", true },
	{ "\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2",
	    "\xd1\x80\xd0\xb8\xd0\xb2", true },
	{ "x\xc3", "\xc3", true },
	{ "x\xf0\x9f\x93", "x\xf0\x9f\x93", true },
	{ "x\xf0\x9f\x93\xa7", "\xf0\x9f\x93\xa7", true },
	{ "ab", "abc", false },
};

static void
texts_are_found(void **state)
{
	struct fold_search *s;
	struct bytes text;
	bool found;

	for (size_t i = 0; i < COUNT(search_rows); i++) {
		text = bytes_of(search_rows[i].text);
		if (fold_contains(text, bytes_of(search_rows[i].needle)) !=
		    search_rows[i].found)
			fail_msg("row %zu", i);
		s = fold_search_new(bytes_of(search_rows[i].needle));
		for (size_t cut = 0; cut <= text.len; cut++) {
			fold_search_reset(s);
			(void)fold_search_feed(s, bytes_make(text.data, cut));
			(void)fold_search_feed(s, bytes_make(text.data + cut,
			    text.len - cut));
			found = fold_search_finish(s);
			if (found != search_rows[i].found)
				fail_msg("row %zu cut at %zu", i, cut);
		}
		fold_search_reset(s);
		for (size_t k = 0; k < text.len; k++)
			(void)fold_search_feed(s, bytes_make(text.data + k,
			    1));
		assert_int_equal(fold_search_finish(s), search_rows[i].found);
		fold_search_free(&s);
	}
}

static void
texts_do_not_touch(void **state)
{
	struct fold_search *s = fold_search_new(BYTES("ab"));

	assert_false(fold_search_feed(s, BYTES("a")));
	assert_false(fold_search_finish(s));
	fold_search_reset(s);
	assert_false(fold_search_feed(s, BYTES("b")));
	assert_true(fold_search_feed(s, BYTES("xab")));
	assert_true(fold_search_feed(s, BYTES("y")));
	fold_search_free(&s);
	fold_search_free(&s);
}

/* Texts of two letters, where much of the needle matches again and again. */
static void
searches_agree_with_memmem(void **state)
{
	uint32_t seed = 1;
	char text[64], needle[8];
	size_t n;

	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof(text); k++) {
			seed = seed * 1664525 + 1013904223;
			text[k] = seed >> 31 ? 'A' : 'B';
		}
		n = 1 + (seed >> 8) % sizeof(needle);
		memcpy(needle, text + (seed >> 16) % 50, n);
		needle[n - 1] = seed >> 12 & 1 ? 'A' : 'B';
		assert_int_equal(fold_contains(bytes_make(text + 16, 48),
		    bytes_make(needle, n)),
		    memmem(text + 16, 48, needle, n) != NULL);
	}
}

/* 16 MB of what makes a simple search quadratic. */
static void
a_search_is_linear(void **state)
{
	struct buf needle = BUF_INIT, text = BUF_INIT;

	memset(buf_reserve(&needle, 500000), 'a', 500000);
	needle.len = 500000;
	needle.data[499999] = 'b';
	memset(buf_reserve(&text, 16 << 20), 'A', 16 << 20);
	text.len = 16 << 20;
	assert_false(fold_contains(buf_view(&text), buf_view(&needle)));
	text.data[text.len - 1] = 'B';
	assert_true(fold_contains(buf_view(&text), buf_view(&needle)));
	buf_free(&needle);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charsets_become_utf8),
		cmocka_unit_test(many_charsets_are_loaded_once),
		cmocka_unit_test(bodies_are_decoded),
		cmocka_unit_test(long_bodies_are_decoded),
		cmocka_unit_test(keys_have_no_case),
		cmocka_unit_test(texts_are_found),
		cmocka_unit_test(texts_do_not_touch),
		cmocka_unit_test(searches_agree_with_memmem),
		cmocka_unit_test(a_search_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
