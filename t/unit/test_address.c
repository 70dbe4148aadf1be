/* Mail addresses, in header fields and in SMTP. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/address.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

/* ---- lists ----------------------------------------------------------- */

static const struct {
	const char *name, *value;
	/* "name|route|localpart|domain," for each; "{name,": a group; "}," */
	const char *list;
} list_rows[] = {
	{ "nothing", "", "" },
	{ "white space", " \r\n ", "" },
	{ "commas", ", ,,", "" },
	{ "plain", "a@b", "||a|b," },
	{ "two", "a@b, c@d", "||a|b,||c|d," },
	{ "RFC 5322 A.1.1", "John Doe <jdoe@machine.example>",
	    "John Doe||jdoe|machine.example," },
	{ "RFC 5322 A.1.2", "\"Joe Q. Public\" <john.q.public@example.com>,\r\n"
	    " Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
	    "Joe Q. Public||john.q.public|example.com,"
	    "Mary Smith||mary|x.test,||jdoe|example.org,Who?||one|y.test," },
	{ "RFC 5322 A.1.2, quoted",
	    "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@x.net>",
	    "||boss|nil.test,Giant; \"Big\" Box||sysservices|x.net," },
	{ "RFC 5322 A.1.3", "A Group:Ed Jones <c@a.test>,joe@where.test,"
	    "John <jdoe@one.test>;", "{A Group,Ed Jones||c|a.test,"
	    "||joe|where.test,John||jdoe|one.test,}," },
	{ "RFC 5322 A.1.3, empty", "Undisclosed recipients:;",
	    "{Undisclosed recipients,}," },
	{ "RFC 5322 A.5", "Pete(A nice \\) chap) <pete(his account)@"
	    "silly.test(his host)>", "Pete||pete|silly.test," },
	{ "RFC 5322 A.5, groups", "A Group(Some people)\r\n     :Chris Jones "
	    "<c@(Chris's host.)public.example>,\r\n         joe@example.org,"
	    "\r\n  John <jdoe@one.test> (my dear friend); (the end of the "
	    "group)", "{A Group,Chris Jones||c|public.example,"
	    "||joe|example.org,John||jdoe|one.test,}," },
	{ "RFC 5322 A.6.1", "Mary Smith <@node.test,@x.test:mary@example.net>"
	    ", , jdoe@test  . example",
	    "Mary Smith|@node.test,@x.test|mary|example.net,"
	    "||jdoe|test.example," },
	{ "comment as name", "jdoe@x.test (John (J.) Doe)",
	    "John (J.) Doe||jdoe|x.test," },
	{ "dots in a phrase", "John Q. Public <a@b>",
	    "John Q. Public||a|b," },
	{ "words in a localpart", "a . \"b c\" . d@e", "||a.b c.d|e," },
	{ "encoded words stay", "=?utf-8?q?=C3=BC?= X <a@b>",
	    "=?utf-8?q?=C3=BC?= X||a|b," },
	{ "literal", "a@[1.2.3.4], b@[ IPv6:: ]", "||a|[1.2.3.4],"
	    "||b|[IPv6::]," },
	{ "no domain", "root, root (Charlie), A <b>",
	    "||root|,Charlie||root|,A||b|," },
	{ "no localpart", "@b, <@b>", "|||b,|@b||," },
	{ "empty path", "<>, A <>", "|||,A|||," },
	{ "unfinished angle", "A <a@b, c@d", "A||a|b,||c|d," },
	{ "unfinished quotes", "\"A <a@b>, c@d", "||A <a@b>, c@d|," },
	{ "unfinished comment", "a@b (c, d@e", "c, d@e||a|b," },
	{ "unfinished group", "g: a@b", "{g,||a|b,}," },
	{ "group in group", "g: h: a@b;;", "{g,||h|,}," },
	{ "group and more", "a@b, g:; , c@d", "||a|b,{g,},||c|d," },
	{ "junk behind", "<a@b> x y, c@d e", "||a|b,||c|d," },
	{ "semicolons between", "a@b; c@d", "||a|b,||c|d," },
	{ "two at", "a@b@c", "||a|b," },
	{ "quoted name and at", "\"a@b\" <c@d>", "a@b||c|d," },
	{ "8 bit", "\xe4 <\xc3\xbc@b>", "\xe4||\xc3\xbc|b," },
	{ "specials in the wrong place", "a]b[ <c@d>", "a]b[||c|d," },
	{ "escape at the end", "a@b\\", "||a|b," },
};

static void
list_dump(struct buf *out, const struct address_entry *e)
{
	for (; e != NULL; e = e->next) {
		if (e->kind == ADDRESS_GROUP)
			buf_printf(out, "{" BYTES_FMT ",", BYTES_ARG(e->name));
		else if (e->kind == ADDRESS_GROUP_END)
			buf_str(out, "},");
		else
			buf_printf(out, BYTES_FMT "|" BYTES_FMT "|" BYTES_FMT
			    "|" BYTES_FMT ",", BYTES_ARG(e->name),
			    BYTES_ARG(e->route), BYTES_ARG(e->localpart),
			    BYTES_ARG(e->domain));
	}
}

static void
lists_are_parsed(void **state)
{
	struct buf b = BUF_INIT;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(list_rows); i++) {
		buf_clear(&b);
		list_dump(&b, address_list_parse(&a,
		    bytes_of(list_rows[i].value)));
		if (strcmp(buf_cstr(&b), list_rows[i].list) != 0)
			fail_msg("%s: %s", list_rows[i].name, b.data);
	}
	buf_free(&b);
	arena_clear(&a);
}

/* ---- SMTP ------------------------------------------------------------ */

static const struct {
	const char *text, *localpart, *domain;	/* NULL: refused */
	const char *printed;			/* NULL: as text */
} path_rows[] = {
	{ "a@b", "a", "b", NULL },
	{ "John.Doe+x@Example.ORG", "John.Doe+x", "example.org",
	    "John.Doe+x@example.org" },
	{ "!#$%&'*+-/=?^_`{|}~@b", "!#$%&'*+-/=?^_`{|}~", "b", NULL },
	{ "\"a b\"@c", "a b", "c", NULL },
	{ "\"a@b\"@c", "a@b", "c", NULL },
	{ "\"a\"@b", "a", "b", "a@b" },
	{ "\"a\\\"\\\\\\b\"@c", "a\"\\b", "c", "\"a\\\"\\\\b\"@c" },
	{ "\"a..b\"@c", "a..b", "c", NULL },
	{ "\".\"@c", ".", "c", NULL },
	{ "a@[192.0.2.1]", "a", "[192.0.2.1]", NULL },
	{ "a@[ipv6:2001:DB8:0:0::1]", "a", "[IPv6:2001:db8::1]",
	    "a@[IPv6:2001:db8::1]" },
	{ "a@b.c.", "a", "b.c", "a@b.c" },
	{ "a@x_y.z", "a", "x_y.z", NULL },
	{ "a@xn--bcher-kva.example", "a", "xn--bcher-kva.example", NULL },
	{ "a@b\xc3\xbc" "cher.example", "a", "xn--bcher-kva.example",
	    "a@xn--bcher-kva.example" },
	{ "a@B\xc3\x9c" "CHER.example", "a", "xn--bcher-kva.example",
	    "a@xn--bcher-kva.example" },
	{ "a@bu\xcc\x88" "cher.example", "a", "xn--bcher-kva.example",
	    "a@xn--bcher-kva.example" },
	{ "a@stra\xc3\x9f" "e.example", "a", "xn--strae-oqa.example",
	    "a@xn--strae-oqa.example" },
	{ "a@x\xe3\x80\x82y", "a", "x.y", "a@x.y" },
	{ "\xc3\xbc@b", "\xc3\xbc", "b", NULL },
	{ "u\xcc\x88@b", "\xc3\xbc", "b", "\xc3\xbc@b" },
	{ "", NULL, NULL, NULL },
	{ "a", NULL, NULL, NULL },
	{ "@b", NULL, NULL, NULL },
	{ "a@", NULL, NULL, NULL },
	{ "\"\"@b", NULL, NULL, NULL },
	{ ".a@b", NULL, NULL, NULL },
	{ "a.@b", NULL, NULL, NULL },
	{ "a..b@c", NULL, NULL, NULL },
	{ "a b@c", NULL, NULL, NULL },
	{ "a@b c", NULL, NULL, NULL },
	{ "a@b@c", NULL, NULL, NULL },
	{ "a(b)@c", NULL, NULL, NULL },
	{ "<a@b>", NULL, NULL, NULL },
	{ "\"a@b", NULL, NULL, NULL },
	{ "\"a\\", NULL, NULL, NULL },
	{ "\"a\"b@c", NULL, NULL, NULL },
	{ "\"a\r\n\"@b", NULL, NULL, NULL },
	{ "a\x01@b", NULL, NULL, NULL },
	{ "a@b\x01", NULL, NULL, NULL },
	{ "a@-b", NULL, NULL, NULL },
	{ "a@b-", NULL, NULL, NULL },
	{ "a@b..c", NULL, NULL, NULL },
	{ "a@.", NULL, NULL, NULL },
	{ "a@.b", NULL, NULL, NULL },
	{ "a@[192.0.2]", NULL, NULL, NULL },
	{ "a@[192.0.2.1", NULL, NULL, NULL },
	{ "a@[", NULL, NULL, NULL },
	{ "a@[]", NULL, NULL, NULL },
	{ "a@[IPv6:192.0.2.1]", NULL, NULL, NULL },
	{ "a@[x:y]", NULL, NULL, NULL },
	{ "\xff@b", NULL, NULL, NULL },
	{ "a@\xff", NULL, NULL, NULL },
	{ "a@\xe2\x80\x8b.b", NULL, NULL, NULL },
};

static void
paths_are_strict(void **state)
{
	struct mail_address addr, again;
	struct buf b = BUF_INIT;
	struct arena a;
	struct err err;
	const char *printed;
	int rc;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(path_rows); i++) {
		rc = address_parse(&a, bytes_of(path_rows[i].text), &addr,
		    &err);
		if ((rc == 0) != (path_rows[i].localpart != NULL))
			fail_msg("'%s' gives %d", path_rows[i].text, rc);
		if (rc == -1) {
			assert_int_equal(err.kind, ERR_SYNTAX);
			continue;
		}
		if (!bytes_eq_str(addr.localpart, path_rows[i].localpart) ||
		    !bytes_eq_str(addr.domain, path_rows[i].domain))
			fail_msg("'%s' gives '" BYTES_FMT "' '" BYTES_FMT "'",
			    path_rows[i].text, BYTES_ARG(addr.localpart),
			    BYTES_ARG(addr.domain));
		buf_clear(&b);
		address_print(&b, &addr);
		printed = path_rows[i].printed == NULL ? path_rows[i].text :
		    path_rows[i].printed;
		assert_string_equal(buf_cstr(&b), printed);
		assert_int_equal(address_parse(&a, buf_view(&b), &again,
		    &err), 0);
		assert_true(bytes_eq(addr.localpart, again.localpart));
		assert_true(bytes_eq(addr.domain, again.domain));
	}
	buf_free(&b);
	arena_clear(&a);
}

static int
parse_sizes(size_t local, size_t label, size_t labels)
{
	struct mail_address addr;
	struct buf b = BUF_INIT;
	struct arena a;
	struct err err;
	int rc;

	arena_init(&a);
	for (size_t i = 0; i < local; i++)
		buf_byte(&b, 'a');
	buf_byte(&b, '@');
	for (size_t k = 0; k < labels; k++) {
		if (k > 0)
			buf_byte(&b, '.');
		for (size_t i = 0; i < label; i++)
			buf_byte(&b, 'b');
	}
	rc = address_parse(&a, buf_view(&b), &addr, &err);
	buf_free(&b);
	arena_clear(&a);
	return rc;
}

static void
lengths_are_bounded(void **state)
{
	struct mail_address addr;
	struct arena a;
	struct err err;

	assert_int_equal(parse_sizes(ADDRESS_LOCALPART_MAX, 63, 1), 0);
	assert_int_equal(parse_sizes(ADDRESS_LOCALPART_MAX + 1, 63, 1), -1);
	assert_int_equal(parse_sizes(1, 64, 1), -1);
	assert_int_equal(parse_sizes(1, 63, 4), 0);
	assert_int_equal(parse_sizes(1, 63, 5), -1);
	assert_int_equal(parse_sizes(1000000, 63, 1), -1);
	arena_init(&a);
	assert_int_equal(address_parse(&a, bytes_make("a\0b@c", 5), &addr,
	    &err), -1);
	assert_int_equal(address_parse(&a, bytes_make("a@b\0c", 5), &addr,
	    &err), -1);
	arena_clear(&a);
}

static void
domains_stand_alone(void **state)
{
	struct bytes d;
	struct arena a;
	struct err err;

	arena_init(&a);
	assert_int_equal(address_domain_parse(&a, BYTES("Example.ORG."), &d,
	    &err), 0);
	assert_true(bytes_eq_str(d, "example.org"));
	assert_int_equal(address_domain_parse(&a, BYTES("[1.2.3.4]"), &d,
	    &err), -1);
	assert_true(address_domain_is_literal(BYTES("[1.2.3.4]")));
	assert_false(address_domain_is_literal(BYTES("")));
	arena_clear(&a);
}

static void
localparts_are_folded(void **state)
{
	struct arena a;

	arena_init(&a);
	assert_true(bytes_eq_str(address_localpart_fold(&a,
	    BYTES("J\xc3\x96RG.X")), "j\xc3\xb6rg.x"));
	assert_true(bytes_eq_str(address_localpart_fold(&a, BYTES("AbZ@[")),
	    "abz@["));
	arena_clear(&a);
}

static void
the_last_at_parts_an_address(void **state)
{
	static const struct {
		const char *address;
		ptrdiff_t at;
		const char *domain;
	} rows[] = {
		{ "a@b", 1, "b" }, { "\"a@b\"@c", 5, "c" }, { "@b", 0, "b" },
		{ "a@", 1, "" }, { "b", -1, "" }, { "", -1, "" }
	};
	struct bytes address;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		address = bytes_of(rows[i].address);
		assert_int_equal(address_at(address), rows[i].at);
		assert_true(bytes_eq_str(address_domain_part(address),
		    rows[i].domain));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_parsed),
		cmocka_unit_test(paths_are_strict),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(domains_stand_alone),
		cmocka_unit_test(localparts_are_folded),
		cmocka_unit_test(the_last_at_parts_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
