/* SMTP and LMTP commands and their parameters. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/smtp_command.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define ALL_EXT	(SMTP_EXT_SIZE | SMTP_EXT_8BITMIME | SMTP_EXT_SMTPUTF8 | \
	SMTP_EXT_DSN | SMTP_EXT_AUTH)

static void
path_print(struct buf *out, const struct smtp_path *p)
{
	if (p->null)
		buf_str(out, "<>");
	else if (p->address.domain.len == 0)
		buf_bytes(out, p->address.localpart);
	else
		address_print(out, &p->address);
}

static void
text_print(struct buf *out, const char *name, struct bytes b)
{
	if (b.data != NULL)
		buf_printf(out, " %s='" BYTES_FMT "'", name, BYTES_ARG(b));
}

static int
mail_print(struct buf *out, struct bytes args, struct arena *a,
    struct smtp_error *e)
{
	static const char *const bodies[] = { "", " 8bit", " binary" };
	static const char *const rets[] = { "", " full", " hdrs" };
	struct smtp_mail m;

	if (smtp_parse_mail(args, ALL_EXT, a, &m, e) == -1)
		return -1;
	path_print(out, &m.from);
	if (m.has_size)
		buf_printf(out, " size=%llu", (unsigned long long)m.size);
	buf_printf(out, "%s%s%s", bodies[m.body], m.smtputf8 ? " utf8" : "",
	    rets[m.ret]);
	text_print(out, "envid", m.envid);
	text_print(out, "auth", m.auth);
	return 0;
}

static int
rcpt_print(struct buf *out, struct bytes args, bool utf8, struct arena *a,
    struct smtp_error *e)
{
	struct smtp_rcpt r;

	if (smtp_parse_rcpt(args, ALL_EXT, utf8, a, &r, e) == -1)
		return -1;
	path_print(out, &r.to);
	if (r.notify != 0)
		buf_printf(out, " notify=%u", r.notify);
	text_print(out, "type", r.orcpt_type);
	text_print(out, "orcpt", r.orcpt);
	return 0;
}

static int
xforward_print(struct buf *out, struct bytes args, struct arena *a,
    struct smtp_error *e)
{
	struct smtp_xforward x = { 0 };

	if (smtp_parse_xforward(args, a, &x, e) == -1)
		return -1;
	for (int i = 0; i < SMTP_XFORWARD_COUNT; i++)
		if (x.values[i].data != NULL)
			buf_printf(out, "%d='" BYTES_FMT "' ", i,
			    BYTES_ARG(x.values[i]));
	return 0;
}

static const char *const verb_names[] = {
	[SMTP_UNKNOWN] = "",
	[SMTP_HELO] = "HELO", [SMTP_EHLO] = "EHLO", [SMTP_LHLO] = "LHLO",
	[SMTP_DATA] = "DATA", [SMTP_RSET] = "RSET", [SMTP_NOOP] = "NOOP",
	[SMTP_VRFY] = "VRFY", [SMTP_EXPN] = "EXPN", [SMTP_HELP] = "HELP",
	[SMTP_QUIT] = "QUIT", [SMTP_STARTTLS] = "STARTTLS",
	[SMTP_AUTH] = "AUTH"
};

static int
other_print(struct buf *out, const struct smtp_command *c,
    struct smtp_error *e)
{
	struct bytes name;
	uint64_t size;
	bool last;

	switch (c->verb) {
	case SMTP_HELO:
	case SMTP_EHLO:
	case SMTP_LHLO:
		if (smtp_parse_hello(c->args, &name, e) == -1)
			return -1;
		buf_printf(out, "%s '" BYTES_FMT "'", verb_names[c->verb],
		    BYTES_ARG(name));
		return 0;
	case SMTP_BDAT:
		if (smtp_parse_bdat(c->args, &size, &last, e) == -1)
			return -1;
		buf_printf(out, "%llu%s", (unsigned long long)size,
		    last ? " last" : "");
		return 0;
	case SMTP_AUTH:
	case SMTP_NOOP:
	case SMTP_VRFY:
	case SMTP_HELP:
	case SMTP_EXPN:
	case SMTP_UNKNOWN:
		buf_printf(out, "%s '" BYTES_FMT "' '" BYTES_FMT "'",
		    verb_names[c->verb], BYTES_ARG(c->name),
		    BYTES_ARG(c->args));
		return 0;
	default:
		buf_str(out, verb_names[c->verb]);
		return smtp_parse_none(c->verb, c->args, e);
	}
}

static void
command_print(struct buf *out, struct bytes line, bool utf8)
{
	struct smtp_error e = { 0 };
	struct smtp_command c;
	struct arena a;
	int rc;

	arena_init(&a);
	rc = smtp_command_parse(line, &c, &e);
	if (rc == 0 && c.verb == SMTP_MAIL)
		rc = mail_print(out, c.args, &a, &e);
	else if (rc == 0 && c.verb == SMTP_RCPT)
		rc = rcpt_print(out, c.args, utf8, &a, &e);
	else if (rc == 0 && c.verb == SMTP_XFORWARD)
		rc = xforward_print(out, c.args, &a, &e);
	else if (rc == 0)
		rc = other_print(out, &c, &e);
	if (rc == -1) {
		buf_clear(out);
		buf_printf(out, "%d %s %s", e.code, e.enhanced, e.text);
	}
	arena_clear(&a);
}

#define BAD_FROM	"501 5.1.7 bad address: "
#define BAD_TO		"501 5.1.3 bad address: "

static const struct {
	const char *in, *out;
} command_rows[] = {
	{ "LHLO mx.example.org", "LHLO 'mx.example.org'" },
	{ "ehlo [192.0.2.1] ", "EHLO '[192.0.2.1]'" },
	{ "HELO", "501 5.5.4 expected a host name or address literal" },
	{ "HELO a b", "501 5.5.4 expected a host name or address literal" },
	{ "HELO \xff", "501 5.5.4 host name is not UTF-8" },
	{ "", "500 5.5.2 expected a command" },
	{ " DATA", "500 5.5.2 expected a command" },
	{ "DA\001TA", "500 5.5.2 control character in a command" },
	{ "FOO bar", " 'FOO' 'bar'" },
	{ "data", "DATA" },
	{ "DATA ", "DATA" },
	{ "DATA x", "501 5.5.4 DATA takes no arguments" },
	{ "RSET", "RSET" },
	{ "QUIT x", "501 5.5.4 QUIT takes no arguments" },
	{ "STARTTLS", "STARTTLS" },
	{ "NOOP  a b ", "NOOP 'NOOP' 'a b'" },
	{ "VRFY x", "VRFY 'VRFY' 'x'" },
	{ "BDAT 10", "10" },
	{ "BDAT 0 last", "0 last" },
	{ "BDAT", "501 5.5.4 expected a size and optionally LAST" },
	{ "BDAT x", "501 5.5.4 expected a size and optionally LAST" },
	{ "BDAT 1 FIRST", "501 5.5.4 expected a size and optionally LAST" },
	{ "BDAT 1 LAST x", "501 5.5.4 expected a size and optionally LAST" },
	{ "BDAT 9223372036854775808",
	    "501 5.5.4 expected a size and optionally LAST" },
	{ "AUTH PLAIN x", "AUTH 'AUTH' 'PLAIN x'" },

	{ "MAIL FROM:<a@example.org>", "a@example.org" },
	{ "mail from: <a@Example.ORG>", "a@example.org" },
	{ "MAIL FROM:<>", "<>" },
	{ "MAIL FROM:<\"a b\"@example.org>", "\"a b\"@example.org" },
	{ "MAIL FROM:<\"a>b\"@example.org>", "\"a>b\"@example.org" },
	{ "MAIL FROM:<\"a\\\">b\"@example.org>",
	    "\"a\\\">b\"@example.org" },
	{ "MAIL FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]" },
	{ "MAIL FROM:<a@[IPv6:2001:DB8::1]>", "a@[IPv6:2001:db8::1]" },
	{ "MAIL FROM:<@x.org,@y.org:a@example.org>", "a@example.org" },
	{ "MAIL FROM:<a@example.org> SIZE=420 BODY=8BITMIME RET=hdrs "
	    "ENVID=Q+2Bx AUTH=a+40b", "a@example.org size=420 8bit hdrs "
	    "envid='Q+x' auth='a@b'" },
	{ "MAIL FROM:<a@example.org> AUTH=<> RET=FULL",
	    "a@example.org full auth=''" },
	{ "MAIL FROM:<> BODY=7BIT  SMTPUTF8", "<> utf8" },
	{ "MAIL FROM:<d\xc3\xbc@b\xc3\xbc" "cher.example> SMTPUTF8",
	    "d\xc3\xbc@xn--bcher-kva.example utf8" },
	{ "MAIL FROM:<d\xc3\xbc@example.org>",
	    "553 5.6.7 an address that is not ASCII needs SMTPUTF8" },
	{ "MAIL FROM:<d\xff@example.org> SMTPUTF8",
	    BAD_FROM "the address is not UTF-8" },
	{ "MAIL", "501 5.5.4 expected FROM:<address>" },
	{ "MAIL TO:<a@b>", "501 5.5.4 expected FROM:<address>" },
	{ "MAIL FROM:a@b",
	    BAD_FROM "the address is not between '<' and '>'" },
	{ "MAIL FROM:a@b>",
	    BAD_FROM "the address is not between '<' and '>'" },
	{ "MAIL FROM:",
	    BAD_FROM "the address is not between '<' and '>'" },
	{ "MAIL FROM:<a@b",
	    BAD_FROM "the address is not between '<' and '>'" },
	{ "MAIL FROM:<\"a>",
	    BAD_FROM "the address is not between '<' and '>'" },
	{ "MAIL FROM:<a@b>SIZE=1",
	    BAD_FROM "there is no space after the address" },
	{ "MAIL FROM:<a>",
	    BAD_FROM "the address has no '@' after its localpart" },
	{ "MAIL FROM:<postmaster>", BAD_FROM "it has no domain" },
	{ "MAIL FROM:<@x.org:a>",
	    BAD_FROM "the address has no '@' after its localpart" },
	{ "MAIL FROM:<@x.org>",
	    BAD_FROM "the source route has no ':'" },
	{ "MAIL FROM:<@x.org,y.org:a@b>",
	    BAD_FROM "the source route is not made of '@domain'" },
	{ "MAIL FROM:<@x.org,:a@b>",
	    BAD_FROM "the source route is not made of '@domain'" },
	{ "MAIL FROM:<@-:a@b>",
	    BAD_FROM "a character is not allowed in a domain" },
	{ "MAIL FROM:<a@b> FOO=1", "555 5.5.4 unknown parameter" },
	{ "MAIL FROM:<a@b> NOTIFY=NEVER", "555 5.5.4 unknown parameter" },
	{ "MAIL FROM:<a@b> SIZE", "501 5.5.4 bad value of parameter SIZE" },
	{ "MAIL FROM:<a@b> SIZE=x", "501 5.5.4 bad value of parameter SIZE" },
	{ "MAIL FROM:<a@b> SIZE=1 size=2",
	    "501 5.5.4 parameter SIZE is repeated" },
	{ "MAIL FROM:<a@b> BODY=BINARYMIME",
	    "501 5.5.4 bad value of parameter BODY" },
	{ "MAIL FROM:<a@b> SMTPUTF8=1",
	    "501 5.5.4 bad value of parameter SMTPUTF8" },
	{ "MAIL FROM:<a@b> SMTPUTF8=",
	    "501 5.5.4 bad value of parameter SMTPUTF8" },
	{ "MAIL FROM:<a@b> ENVID=a+2",
	    "501 5.5.4 bad value of parameter ENVID" },
	{ "MAIL FROM:<a@b> ENVID=",
	    "501 5.5.4 bad value of parameter ENVID" },
	{ "MAIL FROM:<a@b> ENVID=a+2b",
	    "501 5.5.4 bad value of parameter ENVID" },
	{ "MAIL FROM:<a@b> ENVID=a+00",
	    "501 5.5.4 bad value of parameter ENVID" },
	{ "MAIL FROM:<a@b> RET=x", "501 5.5.4 bad value of parameter RET" },

	{ "RCPT TO:<u@example.org>", "u@example.org" },
	{ "RCPT TO:<Postmaster>", "Postmaster" },
	{ "RCPT TO:<u@example.org> NOTIFY=SUCCESS,failure,DELAY "
	    "ORCPT=rfc822;u+2Bx@example.org",
	    "u@example.org notify=14 type='rfc822' orcpt='u+x@example.org'" },
	{ "RCPT TO:<u@example.org> ORCPT=rfc822;d+C3+B6rte@x",
	    "u@example.org type='rfc822' orcpt='d\xc3\xb6rte@x'" },
	{ "RCPT TO:<u@example.org> NOTIFY=NEVER", "u@example.org notify=1" },
	{ "RCPT TO:<u@example.org> NOTIFY=NEVER,DELAY",
	    "501 5.5.4 bad value of parameter NOTIFY" },
	{ "RCPT TO:<u@example.org> NOTIFY=",
	    "501 5.5.4 bad value of parameter NOTIFY" },
	{ "RCPT TO:<u@example.org> NOTIFY=DELAY,",
	    "501 5.5.4 bad value of parameter NOTIFY" },
	{ "RCPT TO:<u@example.org> ORCPT=x",
	    "501 5.5.4 bad value of parameter ORCPT" },
	{ "RCPT TO:<u@example.org> ORCPT=;x",
	    "501 5.5.4 bad value of parameter ORCPT" },
	{ "RCPT TO:<u@example.org> ORCPT=rfc822;",
	    "501 5.5.4 bad value of parameter ORCPT" },
	{ "RCPT TO:<u@example.org> SIZE=1", "555 5.5.4 unknown parameter" },
	{ "RCPT TO:<>", BAD_TO "it is empty" },
	{ "RCPT TO:<@a:>", BAD_TO "the localpart is empty" },
	{ "RCPT TO:<a b@c>", BAD_TO "a character or dot is not allowed in a "
	    "localpart without quotes" },
	{ "RCPT TO:<d\xc3\xbc@example.org>",
	    "553 5.6.7 an address that is not ASCII needs SMTPUTF8" },

	{ "XFORWARD NAME=localhost ADDR=127.0.0.1 PORT=57224",
	    "0='localhost' 1='127.0.0.1' 2='57224' " },
	{ "XFORWARD proto=ESMTP HELO=vm IDENT=0F08D522963 SOURCE=LOCAL",
	    "3='ESMTP' 4='vm' 5='0F08D522963' 6='LOCAL' " },
	{ "XFORWARD NAME=[UNAVAILABLE] HELO=a+20b", "0='' 4='a b' " },
	{ "XFORWARD", "501 5.5.4 expected attributes" },
	{ "XFORWARD FOO=1", "501 5.5.4 expected one of NAME ADDR PORT PROTO "
	    "HELO IDENT SOURCE with '=' and a value" },
	{ "XFORWARD NAME", "501 5.5.4 expected one of NAME ADDR PORT PROTO "
	    "HELO IDENT SOURCE with '=' and a value" },
	{ "XFORWARD NAME=+0", "501 5.5.4 bad value of NAME" },
	{ "XFORWARD NAME=a+00", "501 5.5.4 bad value of NAME" },
	{ "XFORWARD NAME=a+FF", "501 5.5.4 bad value of NAME" },
};

static void
commands_are_parsed(void **state)
{
	struct buf out = BUF_INIT;
	int bad = 0;
	char *copy;
	size_t len;

	for (size_t i = 0; i < COUNT(command_rows); i++) {
		len = strlen(command_rows[i].in);
		assert_non_null(copy = malloc(len + (len == 0)));
		memcpy(copy, command_rows[i].in, len);
		buf_clear(&out);
		command_print(&out, bytes_make(copy, len), false);
		if (strcmp(buf_cstr(&out), command_rows[i].out) != 0) {
			print_error("'%s': \"%s\" not \"%s\"\n",
			    command_rows[i].in, buf_cstr(&out),
			    command_rows[i].out);
			bad++;
		}
		/*
		 * Cut at every byte: whatever it means, no byte beyond is read.
		 */
		for (size_t n = 0; n < len; n++) {
			copy = realloc(copy, len - n);
			command_print(&out, bytes_make(copy, len - n), true);
		}
		free(copy);
	}
	buf_clear(&out);
	command_print(&out, BYTES("RCPT TO:<d\xc3\xbc@example.org> "
	    "ORCPT=utf-8;d\xc3\xbc@x"), true);
	assert_string_equal(buf_cstr(&out), "d\xc3\xbc@example.org "
	    "type='utf-8' orcpt='d\xc3\xbc@x'");
	buf_free(&out);
	assert_int_equal(bad, 0);
}

static void
only_announced_parameters_are_known(void **state)
{
	static const struct {
		unsigned extension;
		const char *args;
	} params[] = {
		{ SMTP_EXT_SIZE, "FROM:<a@b> SIZE=1" },
		{ SMTP_EXT_8BITMIME, "FROM:<a@b> BODY=8BITMIME" },
		{ SMTP_EXT_BINARYMIME, "FROM:<a@b> BODY=BINARYMIME" },
		{ SMTP_EXT_SMTPUTF8, "FROM:<a@b> SMTPUTF8" },
		{ SMTP_EXT_DSN, "FROM:<a@b> RET=FULL" },
		{ SMTP_EXT_DSN, "FROM:<a@b> ENVID=x" },
		{ SMTP_EXT_AUTH, "FROM:<a@b> AUTH=<>" },
	};
	struct smtp_error e;
	struct smtp_mail m;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(params); i++) {
		assert_int_equal(smtp_parse_mail(bytes_of(params[i].args),
		    params[i].extension, &a, &m, &e), 0);
		assert_int_equal(smtp_parse_mail(bytes_of(params[i].args),
		    0, &a, &m, &e), -1);
		assert_int_equal(e.code, 555);
	}
	arena_clear(&a);
}

static void
xtext_goes_both_ways(void **state)
{
	struct buf coded = BUF_INIT, plain = BUF_INIT;
	char all[256];

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	xtext_encode(&coded, bytes_make(all, sizeof(all)));
	for (size_t i = 0; i < coded.len; i++)
		assert_true(coded.data[i] > ' ' && coded.data[i] <= '~');
	assert_int_equal(xtext_decode(&plain, buf_view(&coded)), 0);
	assert_true(bytes_eq(buf_view(&plain), bytes_make(all, 256)));
	buf_free(&coded);
	buf_free(&plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_parsed),
		cmocka_unit_test(only_announced_parameters_are_known),
		cmocka_unit_test(xtext_goes_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
