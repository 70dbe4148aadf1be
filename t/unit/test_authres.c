/* Authentication-Results: reading, recognizing forged ones, writing. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/encode.h"
#include "auth/authres.h"

#define OURS	"mail.example.org"

/* As one line: "id/1; method/1=result reason=... ptype.property=value". */
static struct bytes
print(struct arena *a, const struct authres *r)
{
	struct buf out = BUF_INIT;
	struct bytes text;

	buf_printf(&out, BYTES_FMT "/%u", BYTES_ARG(r->authserv_id),
	    r->version);
	for (const struct authres_method *m = r->methods; m != NULL;
	    m = m->next) {
		buf_printf(&out, "; " BYTES_FMT "/%u=" BYTES_FMT,
		    BYTES_ARG(m->method), m->version, BYTES_ARG(m->result));
		if (m->reason.len > 0)
			buf_printf(&out, " reason=" BYTES_FMT,
			    BYTES_ARG(m->reason));
		for (const struct authres_prop *p = m->props; p != NULL;
		    p = p->next)
			buf_printf(&out, " " BYTES_FMT "." BYTES_FMT "="
			    BYTES_FMT, BYTES_ARG(p->ptype),
			    BYTES_ARG(p->property), BYTES_ARG(p->value));
	}
	text = bytes_dup(a, buf_view(&out));
	buf_free(&out);
	return text;
}

struct row {
	const char *name;
	const char *value;
	const char *want;	/* NULL: does not parse */
};

static const struct row rows[] = {
	{ "no results", "example.org; none", "example.org/1" },
	{ "no results, upper case", "example.org;NONE", "example.org/1" },
	{ "a version", " example.org 1; none", "example.org/1" },
	{ "version and comments", "(x) example.org (y) 1 (z) ; (n) none (m)",
	  "example.org/1" },
	{ "another version", "example.org 2; none", "example.org/2" },
	{ "one result", "example.com;\r\n\tspf=pass smtp.mailfrom=example.net",
	  "example.com/1; spf/1=pass smtp.mailfrom=example.net" },
	{ "two results", "a.test; auth=pass (cram-md5) smtp.auth=s@x.test;\n"
	  " spf=pass smtp.mailfrom=x.test",
	  "a.test/1; auth/1=pass smtp.auth=s@x.test; "
	  "spf/1=pass smtp.mailfrom=x.test" },
	{ "reason", "a.test; dkim=fail reason=\"bad \\\"signature\\\"\" "
	  "header.d=b.test",
	  "a.test/1; dkim/1=fail reason=bad \"signature\" header.d=b.test" },
	{ "RFC 8601, a comment everywhere",
	  "foo.example.net (foobar) 1 (baz);\r\n"
	  "  dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
	  "  policy (A dot can go here) . (like that) expired\r\n"
	  "  (this surprised me) = (as I wasn't expecting it) 1362471462",
	  "foo.example.net/1; dkim/1=fail policy.expired=1362471462" },
	{ "quoted authserv-id", "\"mail\\.example.org\"; none",
	  "mail.example.org/1" },
	{ "nested comment", "a.test (b (c) \\) d); none", "a.test/1" },
	{ "signature bytes", "a.test; dkim=pass header.b=AbC/e+g= x.y=z",
	  "a.test/1; dkim/1=pass header.b=AbC/e+g= x.y=z" },
	{ "quoted localpart", "a.test; spf=pass smtp.mailfrom=\"a b\"@c.test",
	  "a.test/1; spf/1=pass smtp.mailfrom=a b@c.test" },
	{ "bounce", "a.test; spf=pass smtp.mailfrom=; dkim=none",
	  "a.test/1; spf/1=pass smtp.mailfrom=; dkim/1=none" },
	{ "a semicolon too many", "a.test; spf=pass;", "a.test/1; spf/1=pass" },
	{ "method none with a result", "a.test; none=pass",
	  "a.test/1; none/1=pass" },
	{ "empty", "", NULL },
	{ "only an id", "example.org", NULL },
	{ "only a comment", "(example.org; none)", NULL },
	{ "comment that does not end", "example.org (; none", NULL },
	{ "comment that does not end, at the end", "example.org; none (", NULL },
	{ "and behind a result", "example.org; x=y (", NULL },
	{ "string that does not end", "\"example.org; none", NULL },
	{ "NUL-free garbage", "example.org; spf pass", NULL },
	{ "no result", "example.org; spf=", NULL },
	{ "no id, as some write it", "spf=pass smtp.mailfrom=a.test", NULL },
	{ "words that are no property",
	  "a.test; dmarc=none action=none header.from=b.test", NULL },
	{ "reason behind a property", "a.test; x=y a.b=c reason=d", NULL },
	{ "version that is no number", "a.test one; none", NULL },
	{ "version that is long", "a.test 99999999999999999999; none", NULL },
	{ "an address as id", "mail.example.org@a.test; none", NULL },
};

static void
test_parse(void **state)
{
	struct err err = ERR_INIT;
	struct authres r;
	struct arena a;
	int rc;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		arena_init(&a);
		rc = authres_parse(&a, bytes_of(rows[i].value), &r, &err);
		if ((rc == 0) != (rows[i].want != NULL))
			fail_msg("%s: %d %s", rows[i].name, rc, err.text);
		if (rc == 0)
			assert_string_equal(bytes_cstr(&a, print(&a, &r)),
			    rows[i].want);
		arena_clear(&a);
	}
}

/* Cut at every byte, in a block that ends there: nothing is read beyond it. */
static void
test_parse_cut(void **state)
{
	struct err err = ERR_INIT;
	struct authres r;
	struct arena a;
	char *copy;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t n = 0; n <= strlen(rows[i].value); n++) {
			copy = malloc(n == 0 ? 1 : n);
			assert_non_null(copy);
			memcpy(copy, rows[i].value, n);
			arena_init(&a);
			(void)authres_parse(&a, bytes_make(copy, n), &r, &err);
			arena_clear(&a);
			free(copy);
		}
}

static void
test_forged(void **state)
{
	static const struct {
		const char *value;
		bool forged;
	} r[] = {
		{ OURS "; none", true },
		{ " MAIL.Example.ORG ; spf=pass", true },
		{ "mail.\r\n\texample.org; none", true },  /* folded */
		{ "\r\n\t" OURS ";\r\n\tspf=pass", true },
		{ "(hello) \"" OURS "\" 1; spf=pass", true },
		{ "\"mail.\\example.org\"; spf=pass", true },
		{ OURS ".; spf=pass", true },
		{ "\"mail.\r\nexample.org\"; spf=pass", true },
		{ OURS " 2; spf=pass", true },
		{ "garbage", true },
		{ "other.example.org; spf=pass", false },
		{ "(" OURS ") other.example.org; spf=pass", false },
		{ "x" OURS "; spf=pass", false },
	};

	for (size_t i = 0; i < sizeof(r) / sizeof(*r); i++)
		if (authres_is_forged(bytes_of(r[i].value),
		    BYTES(OURS)) != r[i].forged)
			fail_msg("'%s'", r[i].value);
	assert_true(authres_is_forged(BYTES("a\0b; none"), BYTES(OURS)));
	assert_true(authres_is_forged(BYTES("a (\\\0); none"), BYTES(OURS)));
	assert_true(authres_is_forged(BYTES("m\303\274ll.example; none"),
	    BYTES("xn--mll-hoa.example")));
}

/* The longest line that is parsed, and one with one more byte. */
static void
test_bounds(void **state)
{
	static char big[AUTHRES_VALUE_MAX + 1];
	struct buf many = BUF_INIT;
	struct err err = ERR_INIT;
	struct authres r;
	struct arena a;

	arena_init(&a);
	memset(big, ' ', sizeof(big));
	memcpy(big, "a; none", 7);
	assert_int_equal(authres_parse(&a, bytes_make(big, sizeof(big) - 1),
	    &r, &err), 0);
	assert_int_equal(authres_parse(&a, bytes_make(big, sizeof(big)), &r,
	    &err), -1);
	buf_str(&many, "a");
	for (int i = 0; i < AUTHRES_METHODS_MAX; i++)
		buf_str(&many, ";a=b");
	assert_int_equal(authres_parse(&a, buf_view(&many), &r, &err), 0);
	buf_str(&many, ";a=b");
	assert_int_equal(authres_parse(&a, buf_view(&many), &r, &err), -1);
	buf_free(&many);
	arena_clear(&a);
}

/* Many quoted strings take no more memory than their length. */
static void
test_memory(void **state)
{
	struct buf value = BUF_INIT;
	struct err err = ERR_INIT;
	struct authres r;
	struct arena a;

	arena_init(&a);
	buf_str(&value, "a; x=y");
	for (int i = 0; i < AUTHRES_PROPS_MAX; i++)
		buf_str(&value, " policy.b=\"cc\"");
	assert_int_equal(authres_parse(&a, buf_view(&value), &r, &err), 0);
	assert_true(a.used < 20 * value.len);
	buf_free(&value);
	arena_clear(&a);
}

static void
write_sample(struct authres_writer *w, struct bytes nasty)
{
	authres_begin(w, nasty);
	authres_method(w, "spf", "pass");
	authres_comment(w, nasty);
	authres_prop(w, "smtp", "mailfrom", BYTES("a@example.com"));
	authres_prop(w, "smtp", "helo", BYTES(""));
	authres_method(w, "dkim", "fail");
	authres_reason(w, nasty);
	authres_prop(w, "header", "d", nasty);
}

static void
test_write(void **state)
{
	struct authres_writer w;
	struct arena a;

	arena_init(&a);
	authres_begin(&w, BYTES(OURS));
	assert_string_equal(bytes_cstr(&a, authres_end(&w, &a)),
	    OURS ";\n\tnone");
	write_sample(&w, BYTES("x.test"));
	assert_string_equal(bytes_cstr(&a, authres_end(&w, &a)), "x.test;\n"
	    "\tspf=pass (x.test) smtp.mailfrom=a@example.com;\n"
	    "\tdkim=fail reason=x.test header.d=x.test");
	arena_clear(&a);
}

/*
 * Whatever the values hold, the result parses, has the methods that were
 * written, and has no line that would be another field.
 */
static void
test_write_nasty(void **state)
{
	static const char *const nasty[] = {
		"a b", "a;b", "a; spf=pass", "\") ; x=y (\"", "a\r\nX: y",
		"a\nb", "\\", "\"", "(((", ")))", "\\)", "\xff\xfe", "\177",
		"\303\274", "a=b", "<>", "[1.2.3.4]", "a\tb", "\" ; x=y", "a@b",
	};
	struct authres_writer w;
	struct err err = ERR_INIT;
	struct bytes value;
	struct authres r;
	struct arena a;

	for (size_t i = 0; i < sizeof(nasty) / sizeof(*nasty); i++) {
		arena_init(&a);
		write_sample(&w, bytes_of(nasty[i]));
		value = authres_end(&w, &a);
		for (size_t n = 0; n < value.len; n++)
			if (value.data[n] == '\n')
				assert_int_equal(value.data[n + 1], '\t');
			else if (value.data[n] != '\t')
				assert_true((unsigned char)value.data[n] >=
				    ' ');
		assert_true(utf8_is_valid(value));
		if (authres_parse(&a, value, &r, &err) == -1)
			fail_msg("'%s': %s in '" BYTES_FMT "'", nasty[i],
			    err.text, BYTES_ARG(value));
		assert_non_null(r.methods);
		assert_true(bytes_eq_str(r.methods->method, "spf"));
		assert_non_null(r.methods->next);
		assert_null(r.methods->next->next);
		assert_non_null(authres_find(r.methods->next, "HEADER",
		    "D").data);
		arena_clear(&a);
	}
}

static void
test_write_long(void **state)
{
	struct buf text = BUF_INIT;
	struct authres_writer w;
	struct err err = ERR_INIT;
	struct bytes value;
	struct authres r;
	struct arena a;
	size_t line = 0;

	arena_init(&a);
	for (int i = 0; i < 1000; i++)
		buf_str(&text, "\303\274");
	authres_begin(&w, BYTES(OURS));
	authres_method(&w, "spf", "fail");
	authres_comment(&w, buf_view(&text));
	for (int i = 0; i < 20; i++)
		authres_prop(&w, "smtp", "mailfrom", BYTES("example.com"));
	value = authres_end(&w, &a);
	assert_int_equal(authres_parse(&a, value, &r, &err), 0);
	for (size_t i = 0; i < value.len; i++) {
		line = value.data[i] == '\n' ? 0 : line + 1;
		assert_true(line <= AUTHRES_WRITE_MAX + 4);
	}
	assert_true(value.len < 1000);
	buf_free(&text);
	arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_cut),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_nasty),
		cmocka_unit_test(test_write_long),
	};

	return cmocka_run_group_tests_name("authres", tests, NULL, NULL);
}
