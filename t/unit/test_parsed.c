/* ENVELOPE and BODYSTRUCTURE, and the parsed record that keeps them. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/imap_structure.h"
#include "proto/parsed.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))
#define PLAIN(n, lines)	"(\"text\" \"plain\" (\"charset\" \"us-ascii\") " \
	"NIL NIL \"7bit\" " n " " lines ")"
#define PLAIN_X(n, lines) "(\"text\" \"plain\" (\"charset\" \"us-ascii\") " \
	"NIL NIL \"7bit\" " n " " lines " NIL NIL NIL NIL)"
#define NIL10	"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"

/* ---- what IMAP sends ------------------------------------------------- */

static const struct {
	const char *name, *header, *envelope;
} envelope_rows[] = {
	{ "nothing", "", NIL10 },
	{ "RFC 3501 8",
	    "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
	    "From: Terry Gray <gray@cac.washington.edu>\r\n"
	    "Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
	    "To: imap@cac.washington.edu\r\n"
	    "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
	    "Message-Id: <B27397-0100000@cac.washington.edu>\r\n",
	    "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
	    "\"IMAP4rev1 WG mtg summary and minutes\" "
	    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
	    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
	    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
	    "((NIL NIL \"imap\" \"cac.washington.edu\")) "
	    "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
	    "(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
	    "\"<B27397-0100000@cac.washington.edu>\")" },
	{ "empty fields", "Subject:\r\nFrom:\r\nTo: ,\r\nDate: \r\n",
	    "(\"\" \"\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ "sender and reply-to", "From: a@b\r\nSender: c@d\r\nReply-To: e@f",
	    "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"c\" \"d\")) "
	    "((NIL NIL \"e\" \"f\")) NIL NIL NIL NIL NIL)" },
	{ "group", "To: g: a@b;, c@d", "(NIL NIL NIL NIL NIL "
	    "((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL)"
	    "(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL)" },
	{ "no domain is no group", "To: root", "(NIL NIL NIL NIL NIL "
	    "((NIL NIL \"root\" \"\")) NIL NIL NIL NIL)" },
	{ "route", "To: <@a,@b:c@d>", "(NIL NIL NIL NIL NIL "
	    "((NIL \"@a,@b\" \"c\" \"d\")) NIL NIL NIL NIL)" },
	{ "quotes and backslashes", "Subject: \"a\\b\"",
	    "(NIL \"\\\"a\\\\b\\\"\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ "8 bit", "Subject: \xc3\xbc", "(NIL {2}\r\n\xc3\xbc NIL NIL NIL "
	    "NIL NIL NIL NIL NIL)" },
	{ "CR", "Subject: a\rb", "(NIL {3}\r\na\rb NIL NIL NIL NIL NIL NIL "
	    "NIL NIL)" },
	{ "folded", "Subject: a\r\n\tb", "(NIL \"a\tb\" NIL NIL NIL NIL NIL "
	    "NIL NIL NIL)" },
};

/* Parses a whole message with the default limits. */
static struct mail_part *
parse_whole(struct arena *a, struct bytes message)
{
	struct mail_parser *p = mail_parser_new(a, NULL);

	mail_parser_feed(p, message.data, message.len);
	return mail_parser_finish(p);
}

static void
envelopes_are_written(void **state)
{
	struct buf b = BUF_INIT;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(envelope_rows); i++) {
		buf_clear(&b);
		imap_envelope_write(&b, parse_whole(&a,
		    bytes_of(envelope_rows[i].header))->envelope);
		if (strcmp(buf_cstr(&b), envelope_rows[i].envelope) != 0)
			fail_msg("%s: %s", envelope_rows[i].name, b.data);
	}
	buf_clear(&b);
	imap_envelope_write(&b, parse_whole(&a,
	    bytes_make("Subject: a\0b", 12))->envelope);
	assert_string_equal(buf_cstr(&b),
	    "(NIL \"ab\" NIL NIL NIL NIL NIL NIL NIL NIL)");
	buf_clear(&b);
	imap_envelope_write(&b, NULL);
	assert_string_equal(buf_cstr(&b), NIL10);
	buf_free(&b);
	arena_clear(&a);
}

static const struct {
	const char *name, *message, *body, *structure;
} structure_rows[] = {
	{ "nothing", "", PLAIN("0", "0"), PLAIN_X("0", "0") },
	{ "text", "Content-Type: TEXT/HTML; charset=\"x\"; a=\"\\\"\"\r\n"
	    "Content-ID: <i>\r\nContent-Description: d\r\n"
	    "Content-Transfer-Encoding: BASE64\r\nContent-MD5: m\r\n"
	    "Content-Disposition: inline; filename=f\r\n"
	    "Content-Language: de\r\nContent-Location: l\r\n\r\na\r\nb\r\n",
	    "(\"TEXT\" \"HTML\" (\"charset\" \"x\" \"a\" \"\\\"\") \"<i>\" "
	    "\"d\" \"BASE64\" 6 2)",
	    "(\"TEXT\" \"HTML\" (\"charset\" \"x\" \"a\" \"\\\"\") \"<i>\" "
	    "\"d\" \"BASE64\" 6 2 \"m\" (\"inline\" (\"filename\" \"f\")) "
	    "\"de\" \"l\")" },
	{ "other", "Content-Type: a/b\r\nContent-Disposition: x\r\n"
	    "Content-Language: de, en ,,\r\n\r\nc",
	    "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1)",
	    "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1 NIL (\"x\" NIL) "
	    "(\"de\" \"en\") NIL)" },
	{ "languages that are none", "Content-Language: ,\r\n\r\n",
	    PLAIN("0", "0"), "(\"text\" \"plain\" (\"charset\" \"us-ascii\") "
	    "NIL NIL \"7bit\" 0 0 NIL NIL (\"\") NIL)" },
	{ "multipart", "Content-Type: multipart/mixed; boundary=x\r\n"
	    "Content-Language: de\r\n\r\n"
	    "--x\r\n\r\na\r\n--x\r\n\r\nb\r\n\r\n--x--\r\n",
	    "(" PLAIN("1", "0") PLAIN("3", "1") " \"mixed\")",
	    "(" PLAIN_X("1", "0") PLAIN_X("3", "1") " \"mixed\" "
	    "(\"boundary\" \"x\") NIL \"de\" NIL)" },
	{ "multipart without parts",
	    "Content-Type: multipart/mixed; boundary=x\r\n\r\n",
	    "(" PLAIN("0", "0") " \"mixed\")",
	    "(" PLAIN_X("0", "0") " \"mixed\" (\"boundary\" \"x\") NIL NIL "
	    "NIL)" },
	{ "multipart without boundary", "Content-Type: multipart/mixed\r\n"
	    "\r\na", PLAIN("1", "0"), PLAIN_X("1", "0") },
	{ "message", "Content-Type: message/rfc822\r\n\r\n"
	    "Subject: i\r\n\r\na\r\n",
	    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 17 (NIL \"i\" NIL "
	    "NIL NIL NIL NIL NIL NIL NIL) " PLAIN("3", "1") " 3)",
	    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 17 (NIL \"i\" NIL "
	    "NIL NIL NIL NIL NIL NIL NIL) " PLAIN_X("3", "1") " 3 NIL NIL "
	    "NIL NIL)" },
	{ "message/global is basic (RFC 3501)",
	    "Content-Type: message/global\r\n\r\nSubject: i\r\n\r\na\r\n",
	    "(\"message\" \"global\" NIL NIL NIL \"7bit\" 17)",
	    "(\"message\" \"global\" NIL NIL NIL \"7bit\" 17 NIL NIL NIL "
	    "NIL)" },
};

static void
structures_are_written(void **state)
{
	const struct mail_part *part;
	struct buf b = BUF_INIT;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(structure_rows); i++) {
		part = parse_whole(&a, bytes_of(structure_rows[i].message));
		buf_clear(&b);
		imap_structure_write(&b, part, false);
		if (strcmp(buf_cstr(&b), structure_rows[i].body) != 0)
			fail_msg("%s: %s", structure_rows[i].name, b.data);
		buf_clear(&b);
		imap_structure_write(&b, part, true);
		if (strcmp(buf_cstr(&b), structure_rows[i].structure) != 0)
			fail_msg("%s: %s", structure_rows[i].name, b.data);
	}
	buf_free(&b);
	arena_clear(&a);
}

/* ---- the record ------------------------------------------------------ */

static void
record_make(struct buf *out, struct bytes message, struct parsed *pd)
{
	struct arena a;
	struct err err;

	arena_init(&a);
	buf_clear(out);
	parsed_encode(parse_whole(&a, message), out);
	arena_clear(&a);
	assert_int_equal(parsed_open(buf_view(out), pd, &err), 0);
}

static const char full[] =
    "From: =?utf-8?q?J=C3=B6rg?= <joerg@x.test>, b@y.test\r\n"
    "To: friends: \"A, B\" <ab@x.test>, c@x.test;, d@x.test\r\n"
    "Cc: root\r\n"
    "Sender: s@x.test\r\n"
    "Subject: Re:\r\n =?iso-8859-1?q?gr=FC=DFe?=\r\n"
    "Date: 1 Jan 1970 01:00:01 +0100\r\n"
    "Message-ID: <1@x>\r\n"
    "In-Reply-To: <0@x>\r\n"
    "References: <a@x> <b@x>\r\n"
    "\t<0@x>\r\n"
    "\r\n"
    "text\r\n";

static const struct {
	enum parsed_item item;
	const char *text;	/* NULL: absent */
} item_rows[] = {
	{ PARSED_FROM, "J\xc3\xb6rg <joerg@x.test>, <b@y.test>" },
	{ PARSED_TO, "friends: A, B <ab@x.test>, <c@x.test>;, <d@x.test>" },
	{ PARSED_CC, "<root>" },
	{ PARSED_BCC, NULL },
	{ PARSED_SENDER, "<s@x.test>" },
	{ PARSED_REPLY_TO, NULL },
	{ PARSED_SUBJECT, "Re: gr\xc3\xbc\xc3\x9f" "e" },
	{ PARSED_FROM_MAILBOX, "joerg" },
	{ PARSED_TO_MAILBOX, "friends" },
	{ PARSED_CC_MAILBOX, "root" },
	{ PARSED_FROM_DISPLAY, "J\xc3\xb6rg" },
	{ PARSED_TO_DISPLAY, "friends" },
	{ PARSED_MESSAGE_ID, "1@x" },
};

static const char *
list_print(struct buf *out, struct bytes list)
{
	struct bytes id;
	size_t pos = 0;

	buf_clear(out);
	while (parsed_list_next(list, &pos, &id))
		buf_printf(out, BYTES_FMT "|", BYTES_ARG(id));
	return buf_cstr(out);
}

static void
items_come_back(void **state)
{
	struct buf record = BUF_INIT, b = BUF_INIT;
	struct parsed pd;
	struct bytes text;

	record_make(&record, BYTES(full), &pd);
	for (size_t i = 0; i < COUNT(item_rows); i++) {
		text = parsed_text(&pd, item_rows[i].item);
		if (item_rows[i].text == NULL ? text.data != NULL :
		    !bytes_eq_str(text, item_rows[i].text))
			fail_msg("item %d: " BYTES_FMT, item_rows[i].item,
			    BYTES_ARG(text));
	}
	assert_true(bytes_has_prefix(parsed_text(&pd, PARSED_ENVELOPE),
	    "(\"1 Jan 1970 01:00:01 +0100\" "));
	assert_true(bytes_eq_str(parsed_text(&pd, PARSED_BODY),
	    PLAIN("6", "1")));
	assert_true(bytes_eq_str(parsed_text(&pd, PARSED_BODYSTRUCTURE),
	    PLAIN_X("6", "1")));
	assert_string_equal(list_print(&b, parsed_text(&pd,
	    PARSED_IN_REPLY_TO)), "0@x|");
	assert_string_equal(list_print(&b, parsed_text(&pd,
	    PARSED_REFERENCES)), "a@x|b@x|0@x|");
	assert_true(pd.has_date);
	assert_int_equal(pd.date.seconds, 1);
	assert_int_equal(pd.date.zone_min, 60);
	assert_int_equal(pd.part_count, 1);
	assert_int_equal(parsed_header_len(&pd), sizeof(full) - 7);
	record_make(&record, BYTES("Date: never\r\nSubject:\r\n"), &pd);
	assert_false(pd.has_date);
	assert_null(parsed_text(&pd, PARSED_FROM).data);
	assert_non_null(parsed_text(&pd, PARSED_SUBJECT).data);
	assert_string_equal(list_print(&b, parsed_text(&pd,
	    PARSED_REFERENCES)), "");
	buf_free(&record);
	buf_free(&b);
}

static void
long_lists_lose_their_middle(void **state)
{
	struct buf record = BUF_INIT, msg = BUF_INIT;
	struct parsed pd;
	struct bytes id;
	size_t pos = 0, n = 0;

	buf_str(&msg, "References:");
	for (int i = 0; i < 1000; i++)
		buf_printf(&msg, " <%d@x>\r\n", i);
	record_make(&record, buf_view(&msg), &pd);
	while (parsed_list_next(parsed_text(&pd, PARSED_REFERENCES), &pos,
	    &id)) {
		if (n == 0)
			assert_true(bytes_eq_str(id, "0@x"));
		if (n == PARSED_REFERENCES_MAX / 2)
			assert_true(bytes_eq_str(id, "900@x"));
		n++;
	}
	assert_int_equal(n, PARSED_REFERENCES_MAX);
	assert_true(bytes_eq_str(id, "999@x"));
	buf_free(&record);
	buf_free(&msg);
}

/* ---- sections -------------------------------------------------------- */

/* A message like the example of RFC 3501 6.4.5. */
static const char sections[] =
    "Subject: top\r\n"
    "Content-Type: multipart/mixed; boundary=m\r\n\r\n"
    "--m\r\n\r\none\r\n"
    "--m\r\nContent-Type: application/octet-stream\r\n\r\ntwo\r\n"
    "--m\r\nContent-Type: message/rfc822\r\n\r\n"
    "Subject: three\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n"
    "--n\r\n\r\nthree-one\r\n"
    "--n\r\nContent-Type: application/octet-stream\r\n\r\nthree-two\r\n"
    "--n--\r\n"
    "--m\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n"
    "--o\r\nContent-Type: image/gif\r\n\r\nfour-one\r\n"
    "--o\r\nContent-Type: message/rfc822\r\n\r\n"
    "Subject: four-two\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n"
    "--p\r\n\r\nfour-two-one\r\n"
    "--p\r\nContent-Type: multipart/alternative; boundary=q\r\n\r\n"
    "--q\r\n\r\nfour-two-two-one\r\n"
    "--q\r\nContent-Type: text/richtext\r\n\r\nfour-two-two-two\r\n"
    "--q--\r\n"
    "--p--\r\n"
    "--o--\r\n"
    "--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: five\r\n\r\n"
    "five-body\r\n"
    "--m--\r\n";

static const char single[] = "Subject: s\r\n\r\nbody";
static const char wrapped[] =
    "Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n"
    "\r\nSubject: inner\r\n\r\nbody";

static const struct {
	const char *message, *path;
	enum parsed_what what;
	const char *begins, *ends;	/* NULL: no such section */
} section_rows[] = {
	{ sections, "", PARSED_WHOLE, "Subject: top", "--m--\r\n" },
	{ sections, "", PARSED_HEADER, "Subject: top", "=m\r\n\r\n" },
	{ sections, "", PARSED_TEXT, "--m\r\n\r\none", "--m--\r\n" },
	{ sections, "", PARSED_MIME, NULL, NULL },
	{ sections, "1", PARSED_WHOLE, "one", "one" },
	{ sections, "1", PARSED_MIME, "\r\n", "\r\n" },
	{ sections, "1", PARSED_HEADER, NULL, NULL },
	{ sections, "1", PARSED_TEXT, NULL, NULL },
	{ sections, "1.1", PARSED_WHOLE, NULL, NULL },
	{ sections, "0", PARSED_WHOLE, NULL, NULL },
	{ sections, "6", PARSED_WHOLE, NULL, NULL },
	{ sections, "2", PARSED_WHOLE, "two", "two" },
	{ sections, "2", PARSED_MIME, "Content-Type: application",
	    "stream\r\n\r\n" },
	{ sections, "3", PARSED_WHOLE, "Subject: three", "--n--" },
	{ sections, "3", PARSED_MIME, "Content-Type: message",
	    "rfc822\r\n\r\n" },
	{ sections, "3", PARSED_HEADER, "Subject: three", "=n\r\n\r\n" },
	{ sections, "3", PARSED_TEXT, "--n\r\n", "--n--" },
	{ sections, "3.1", PARSED_WHOLE, "three-one", "three-one" },
	{ sections, "3.2", PARSED_WHOLE, "three-two", "three-two" },
	{ sections, "3.3", PARSED_WHOLE, NULL, NULL },
	{ sections, "3.1.1", PARSED_WHOLE, NULL, NULL },
	{ sections, "4", PARSED_WHOLE, "--o\r\n", "--o--" },
	{ sections, "4", PARSED_HEADER, NULL, NULL },
	{ sections, "4.1", PARSED_WHOLE, "four-one", "four-one" },
	{ sections, "4.1", PARSED_MIME, "Content-Type: image",
	    "gif\r\n\r\n" },
	{ sections, "4.2", PARSED_WHOLE, "Subject: four-two", "--p--" },
	{ sections, "4.2", PARSED_HEADER, "Subject: four-two",
	    "=p\r\n\r\n" },
	{ sections, "4.2", PARSED_TEXT, "--p\r\n", "--p--" },
	{ sections, "4.2.1", PARSED_WHOLE, "four-two-one", "four-two-one" },
	{ sections, "4.2.2", PARSED_WHOLE, "--q\r\n", "--q--" },
	{ sections, "4.2.2.1", PARSED_WHOLE, "four-two-two-one", "-one" },
	{ sections, "4.2.2.2", PARSED_WHOLE, "four-two-two-two", "-two" },
	{ sections, "4.2.2.2", PARSED_MIME, "Content-Type: text/richtext",
	    "\r\n\r\n" },
	{ sections, "5", PARSED_WHOLE, "Subject: five", "five-body" },
	{ sections, "5.1", PARSED_WHOLE, "five-body", "five-body" },
	{ sections, "5.1", PARSED_MIME, "Subject: five", "five\r\n\r\n" },
	{ sections, "5.2", PARSED_WHOLE, NULL, NULL },
	{ sections, "5.1.1", PARSED_WHOLE, NULL, NULL },
	{ single, "1", PARSED_WHOLE, "body", "body" },
	{ single, "1", PARSED_MIME, "Subject: s", "s\r\n\r\n" },
	{ single, "1", PARSED_TEXT, NULL, NULL },
	{ single, "2", PARSED_WHOLE, NULL, NULL },
	{ single, "1.1", PARSED_WHOLE, NULL, NULL },
	{ wrapped, "1", PARSED_WHOLE, "Content-Type: m", "body" },
	{ wrapped, "1", PARSED_HEADER, "Content-Type: m",
	    "rfc822\r\n\r\n" },
	{ wrapped, "1", PARSED_TEXT, "Subject: inner", "body" },
	{ wrapped, "1.1", PARSED_WHOLE, "Subject: inner", "body" },
	{ wrapped, "1.1", PARSED_HEADER, "Subject: inner", "\r\n\r\n" },
	{ wrapped, "1.1", PARSED_TEXT, "body", "body" },
	{ wrapped, "1.1.1", PARSED_WHOLE, "body", "body" },
	{ wrapped, "1.1.1", PARSED_TEXT, NULL, NULL },
	{ wrapped, "1.1.1.1", PARSED_WHOLE, NULL, NULL },
	{ wrapped, "1.2", PARSED_WHOLE, NULL, NULL },
};

static size_t
path_of(const char *text, uint32_t path[8])
{
	size_t n = 0;

	while (*text != '\0') {
		path[n++] = (uint32_t)(*text++ - '0');
		text += *text == '.';
	}
	return n;
}

static void
sections_are_found(void **state)
{
	struct buf record = BUF_INIT;
	struct parsed pd;
	uint64_t offset, len;
	uint32_t path[8];
	const char *text, *end;
	size_t n;
	int rc;

	for (size_t i = 0; i < COUNT(section_rows); i++) {
		record_make(&record, bytes_of(section_rows[i].message), &pd);
		n = path_of(section_rows[i].path, path);
		rc = parsed_section(&pd, path, n, section_rows[i].what,
		    &offset, &len);
		if ((rc == 0) != (section_rows[i].begins != NULL))
			fail_msg("row %zu gives %d", i, rc);
		if (rc == -1)
			continue;
		text = section_rows[i].message + offset;
		end = section_rows[i].ends;
		assert_true(offset + len <= strlen(section_rows[i].message));
		if (!bytes_has_prefix(bytes_make(text, len),
		    section_rows[i].begins) || len < strlen(end) ||
		    memcmp(text + len - strlen(end), end, strlen(end)) != 0)
			fail_msg("row %zu: %.*s", i, (int)len, text);
	}
	buf_free(&record);
}

static void
parts_say_how_to_read_them(void **state)
{
	static const char msg[] =
	    "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
	    "--x\r\nContent-Type: TEXT/Html; charset=Koi8-r\r\n"
	    "Content-Transfer-Encoding: quoted-Printable\r\n\r\na\r\nb\r\n"
	    "--x\r\nContent-Type: image/png\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n--x--";
	struct buf record = BUF_INIT;
	struct parsed_part part;
	struct parsed pd;
	size_t pos = 0;

	record_make(&record, BYTES(msg), &pd);
	assert_int_equal(pd.part_count, 3);
	assert_true(parsed_part_next(&pd, &pos, &part));
	assert_int_equal(part.kind, PARSED_KIND_MULTIPART);
	assert_int_equal(part.depth, 0);
	assert_int_equal(part.charset.len, 0);
	assert_true(parsed_part_next(&pd, &pos, &part));
	assert_int_equal(part.kind, PARSED_KIND_TEXT);
	assert_int_equal(part.depth, 1);
	assert_int_equal(part.encoding, MAIL_ENCODING_QUOTED_PRINTABLE);
	assert_true(bytes_eq_str(part.type, "text"));
	assert_true(bytes_eq_str(part.subtype, "html"));
	assert_true(bytes_eq_str(part.charset, "Koi8-r"));
	assert_int_equal(part.body_len, 4);
	assert_int_equal(part.body_lines, 1);
	assert_true(parsed_part_next(&pd, &pos, &part));
	assert_int_equal(part.kind, PARSED_KIND_OTHER);
	assert_int_equal(part.encoding, MAIL_ENCODING_BASE64);
	assert_false(parsed_part_next(&pd, &pos, &part));
	buf_free(&record);
}

/* ---- damage ---------------------------------------------------------- */

/* Reads everything in a record that could be opened. */
static void
record_use(const struct parsed *pd)
{
	struct parsed_part part;
	uint64_t offset, len;
	struct bytes id;
	size_t pos = 0;
	uint32_t path[] = { 1, 2, 1 };

	for (int i = 0; i < PARSED_ITEMS; i++)
		for (size_t k = 0; k < pd->item[i].len; k++)
			offset = (uint64_t)pd->item[i].data[k];
	while (parsed_part_next(pd, &pos, &part))
		;
	pos = 0;
	while (parsed_list_next(parsed_text(pd, PARSED_REFERENCES), &pos,
	    &id))
		;
	for (size_t n = 0; n <= 3; n++)
		(void)parsed_section(pd, path, n, PARSED_WHOLE, &offset,
		    &len);
}

static void
damage_is_an_error(void **state)
{
	struct buf record = BUF_INIT;
	struct parsed pd;
	struct err err;
	char *copy;

	record_make(&record, BYTES(sections), &pd);
	for (size_t n = 0; n < record.len; n++) {
		/* A block of that size, so that a sanitizer sees its end. */
		copy = malloc(n + 1);
		memcpy(copy, record.data, n);
		assert_int_equal(parsed_open(bytes_make(copy, n), &pd, &err),
		    -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
		free(copy);
	}
	for (size_t i = 0; i < record.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			record.data[i] ^= (char)(1 << bit);
			if (parsed_open(buf_view(&record), &pd, &err) == 0)
				record_use(&pd);
			record.data[i] ^= (char)(1 << bit);
		}
	}
	buf_byte(&record, 0);
	assert_int_equal(parsed_open(buf_view(&record), &pd, &err), -1);
	record.len--;
	record.data[0]++;
	assert_int_equal(parsed_open(buf_view(&record), &pd, &err), -1);
	buf_free(&record);
}

/* Trees that no parser makes, and whether their records can be opened. */
static void
trees_are_checked(void **state)
{
	struct mail_part *root, *part;
	struct buf record = BUF_INIT;
	struct parsed_part found;
	size_t pos = 0;
	struct parsed pd;
	struct arena a;
	struct err err;
	char name[300];

	arena_init(&a);
	memset(name, 'N', sizeof(name));
	for (int i = 0; i < 5; i++) {
		root = parse_whole(&a, BYTES(sections));
		part = root->last_child;
		if (i == 1)
			part->first_child->depth = 3;
		else if (i == 2)
			root->header_offset = 1;
		else if (i == 3)
			part->subtype = BYTES("x");
		else if (i == 4)
			part->body_len += 100;
		buf_clear(&record);
		parsed_encode(root, &record);
		assert_int_equal(parsed_open(buf_view(&record), &pd, &err),
		    i == 0 ? 0 : -1);
	}
	root = parse_whole(&a, BYTES(single));
	root->subtype = bytes_make(name, sizeof(name));
	buf_clear(&record);
	parsed_encode(root, &record);
	assert_int_equal(parsed_open(buf_view(&record), &pd, &err), 0);
	assert_true(parsed_part_next(&pd, &pos, &found));
	assert_int_equal(found.subtype.len, 100);
	assert_int_equal(found.subtype.data[99], 'n');
	buf_free(&record);
	arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelopes_are_written),
		cmocka_unit_test(structures_are_written),
		cmocka_unit_test(items_come_back),
		cmocka_unit_test(long_lists_lose_their_middle),
		cmocka_unit_test(sections_are_found),
		cmocka_unit_test(parts_say_how_to_read_them),
		cmocka_unit_test(damage_is_an_error),
		cmocka_unit_test(trees_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
