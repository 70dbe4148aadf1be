/* Conversion of charsets to UTF-8. */
#include <config.h>

#include <dlfcn.h>
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/charset.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define BAD		"\xef\xbf\xbd"

static const struct {
	const char *charset, *text, *utf8;
	bool whole;	/* the result may differ when it is fed in pieces */
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
	/* Held back, because a combining mark might follow. */
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
 * These replace libc's, to count the expensive calls: a converter that is
 * opened while no other of its charset is open loads its module again.
 */
#define OPEN_MAX_TEST	300

static struct {
	char name[OPEN_MAX_TEST][32];	/* charset; empty: free */
	iconv_t cd[OPEN_MAX_TEST];
	size_t loads;
} opened;

/* Finds an open converter by its charset (name), or by itself (cd). */
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

/* A message may name a different charset in each word. */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charsets_become_utf8),
		cmocka_unit_test(many_charsets_are_loaded_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
