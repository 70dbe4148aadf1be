/* The tree of parts of a message, and its offsets. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/message.h"
#include "unit/work.h"

#define HEAD(type)	"Content-Type: " type "\r\n\r\n"
#define MIXED(b)	HEAD("multipart/mixed; boundary=" b)

/* ---- what a tree looks like ------------------------------------------ */

/* Parses a whole message with the default limits. */
static struct mail_part *
parse_whole(struct arena *a, struct bytes message)
{
	struct mail_parser *p = mail_parser_new(a, NULL);

	mail_parser_feed(p, message.data, message.len);
	return mail_parser_finish(p);
}

static void
text_dump(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\r')
			buf_str(out, "\\r");
		else if (text.data[i] == '\n')
			buf_str(out, "\\n");
		else
			buf_byte(out, text.data[i]);
	}
}

/*
 * "type/subtype" and, for a leaf, its body in quotes with the number of its
 * lines; for others the parts in parentheses.  '!' marks an opaque part.
 */
static void
part_dump(struct buf *out, const struct mail_part *part, struct bytes msg)
{
	const struct mail_part *child;

	assert_int_equal(part->body_offset,
	    part->header_offset + part->header_len);
	assert_true(part->body_offset + part->body_len <= msg.len);
	buf_printf(out, BYTES_FMT "/" BYTES_FMT "%s",
	    BYTES_ARG(part->type), BYTES_ARG(part->subtype),
	    part->opaque ? "!" : "");
	if (part->first_child == NULL) {
		buf_byte(out, '"');
		text_dump(out, bytes_make(msg.data + part->body_offset,
		    part->body_len));
		buf_printf(out, "\"%llu",
		    (unsigned long long)part->body_lines);
		return;
	}
	for (child = part->first_child; child != NULL; child = child->next) {
		assert_ptr_equal(child->parent, part);
		assert_true(child->header_offset >= part->body_offset);
		assert_true(child->body_offset + child->body_len <=
		    part->body_offset + part->body_len);
		buf_byte(out, child == part->first_child ? '(' : ' ');
		part_dump(out, child, msg);
	}
	buf_byte(out, ')');
}

/* Parses msg in pieces: up to first, then of step bytes. */
static const char *
dump(struct buf *out, struct bytes msg, size_t first, size_t step,
    const struct mail_limits *limits)
{
	struct mail_parser *p;
	struct arena a;
	size_t n;

	arena_init(&a);
	p = mail_parser_new(&a, limits);
	mail_parser_feed(p, msg.data, first);
	for (size_t i = first; i < msg.len; i += n) {
		n = msg.len - i < step ? msg.len - i : step;
		mail_parser_feed(p, msg.data + i, n);
	}
	buf_clear(out);
	part_dump(out, mail_parser_finish(p), msg);
	arena_clear(&a);
	return buf_cstr(out);
}

/* ---- rows ------------------------------------------------------------ */

static const struct {
	const char *name, *message, *tree;
} rows[] = {
	{ "empty", "", "text/plain\"\"0" },
	{ "only a blank line", "\r\n", "text/plain\"\"0" },
	{ "only a body", "\r\na\r\n", "text/plain\"a\\r\\n\"1" },
	{ "no blank line", "Subject: x\r\n", "text/plain\"\"0" },
	{ "garbage", "\x01\x02\xff()<>@\n", "text/plain\"\"0" },
	{ "no line end", "Subject: x\r\n\r\nabc", "text/plain\"abc\"0" },
	{ "bare LF", "Content-Type: text/html\n\na\nb\n",
	    "text/html\"a\\nb\\n\"2" },
	{ "bare CR is no line end", "A: b\r\rc\r\n\r\nx\ry\r\n",
	    "text/plain\"x\\ry\\r\\n\"1" },
	{ "a line of white space is no blank line",
	    "A: b\r\n \r\nC: d\r\n\r\nx", "text/plain\"x\"0" },
	{ "a line of one letter is no blank line",
	    "a\nContent-Type: text/html\n\nb", "text/html\"b\"0" },
	{ "type without subtype", HEAD("text") "x", "text/plain\"x\"0" },
	{ "type in 8 bit", HEAD("t\xe4xt/plain") "x", "text/plain\"x\"0" },
	{ "comments in a type", HEAD("(a)text/html(b);(c)x(d)=(e)y") "x",
	    "text/html\"x\"0" },
	{ "the first type counts",
	    "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n", "a/b\"\"0" },
	{ "two parts",
	    MIXED("x") "pre\r\n--x\r\n\r\na\r\n--x\r\n\r\nb\r\n--x--\r\n"
	    "post\r\n",
	    "multipart/mixed(text/plain\"a\"0 text/plain\"b\"0)" },
	{ "two parts with LF",
	    "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n\n--x\n"
	    "\nb\n--x--\n",
	    "multipart/mixed(text/plain\"a\\n\"1 text/plain\"b\"0)" },
	{ "RFC 2046 5.1.1, quoted boundary",
	    HEAD("multipart/mixed; boundary=\"gc0pJq0M:08jU534c0p\"")
	    "--gc0pJq0M:08jU534c0p\r\n\r\na\r\n--gc0pJq0M:08jU534c0p--",
	    "multipart/mixed(text/plain\"a\"0)" },
	{ "white space behind a boundary",
	    MIXED("x") "--x \t\r\n\r\na\r\n--x-- \r\n",
	    "multipart/mixed(text/plain\"a\"0)" },
	{ "more than a boundary is none",
	    MIXED("x") "--x\r\n\r\na\r\n--xy\r\n--x-\r\n-ax\r\n--x--y\r\n",
	    "multipart/mixed(text/plain"
	    "\"a\\r\\n--xy\\r\\n--x-\\r\\n-ax\\r\\n--x--y\\r\\n\"5)" },
	{ "envelope fields of a part that is no message",
	    MIXED("x") "--x\r\nSubject: s\r\nTo: a\r\n\r\na\r\n--x--",
	    "multipart/mixed(text/plain\"a\"0)" },
	{ "a boundary that ends with white space",
	    HEAD("multipart/mixed; boundary=\"x \"") "--x\r\n\r\na\r\n--x--",
	    "multipart/mixed(text/plain\"a\"0)" },
	{ "a boundary begins a line",
	    MIXED("x") "--x\r\n\r\na --x\r\n --x\r\n",
	    "multipart/mixed(text/plain\"a --x\\r\\n --x\\r\\n\"2)" },
	{ "no end boundary", MIXED("x") "--x\r\n\r\na\r\n",
	    "multipart/mixed(text/plain\"a\\r\\n\"1)" },
	{ "no parts", MIXED("x") "a\r\n", "multipart/mixed(text/plain\"\"0)" },
	{ "end boundary only", MIXED("x") "--x--\r\na\r\n",
	    "multipart/mixed(text/plain\"\"0)" },
	{ "a boundary behind the end is text",
	    MIXED("x") "--x\r\n\r\na\r\n--x--\r\n--x\r\n\r\nb\r\n",
	    "multipart/mixed(text/plain\"a\"0)" },
	{ "no boundary parameter", HEAD("multipart/mixed") "--\r\n\r\na",
	    "text/plain!\"--\\r\\n\\r\\na\"2" },
	{ "empty boundary", HEAD("multipart/mixed; boundary=\"\"")
	    "--\r\n\r\na", "text/plain!\"--\\r\\n\\r\\na\"2" },
	{ "empty parts", MIXED("x") "--x\r\n--x\r\n\r\n--x\r\n\r\n\r\n--x--",
	    "multipart/mixed(text/plain\"\"0 text/plain\"\"0 "
	    "text/plain\"\"0)" },
	{ "a part's header ends at a boundary",
	    MIXED("x") "--x\r\nContent-Type: a/b\r\n--x\r\n\r\nb\r\n--x--",
	    "multipart/mixed(a/b\"\"0 text/plain\"b\"0)" },
	{ "nested",
	    MIXED("x") "--x\r\n" MIXED("y") "--y\r\n\r\na\r\n--y--\r\n"
	    "epilogue\r\n--x\r\n\r\nb\r\n--x--\r\n",
	    "multipart/mixed(multipart/mixed(text/plain\"a\"0) "
	    "text/plain\"b\"0)" },
	{ "a parent's boundary ends its children",
	    MIXED("x") "--x\r\n" MIXED("y") "--y\r\n\r\na\r\n--x\r\n\r\n"
	    "b\r\n--y\r\n--x--\r\n",
	    "multipart/mixed(multipart/mixed(text/plain\"a\"0) "
	    "text/plain\"b\\r\\n--y\"1)" },
	{ "boundaries that begin alike",
	    MIXED("x") "--x\r\n" MIXED("xy") "--xy\r\n\r\na\r\n--xy--\r\n"
	    "--x\r\n\r\nb\r\n--x--",
	    "multipart/mixed(multipart/mixed(text/plain\"a\"0) "
	    "text/plain\"b\"0)" },
	{ "the same boundary inside",
	    MIXED("x") "--x\r\n" MIXED("x") "--x\r\n\r\na\r\n--x--\r\n--x\r\n"
	    "\r\nb\r\n--x--",
	    "multipart/mixed(multipart/mixed(text/plain\"a\"0) "
	    "text/plain\"b\"0)" },
	{ "an inner one without parts",
	    MIXED("x") "--x\r\n" MIXED("y") "--x--",
	    "multipart/mixed(multipart/mixed(text/plain\"\"0))" },
	{ "message/rfc822",
	    MIXED("x") "--x\r\n" HEAD("message/rfc822") "Subject: i\r\n\r\n"
	    "a\r\n--x--",
	    "multipart/mixed(message/rfc822(text/plain\"a\"0))" },
	{ "a message that is all header",
	    MIXED("x") "--x\r\n" HEAD("message/rfc822") "Subject: i\r\n"
	    "--x--", "multipart/mixed(message/rfc822(text/plain\"\"0))" },
	{ "a message with a header and a blank line",
	    MIXED("x") "--x\r\n" HEAD("message/rfc822") "Subject: i\r\n"
	    "\r\n--x--",
	    "multipart/mixed(message/rfc822(text/plain\"\"0))" },
	{ "a message that is empty",
	    MIXED("x") "--x\r\n" HEAD("message/rfc822") "--x--",
	    "multipart/mixed(message/rfc822(text/plain\"\"0))" },
	{ "a message part without a body",
	    MIXED("x") "--x\r\nContent-Type: message/rfc822\r\n--x--",
	    "multipart/mixed(message/rfc822(text/plain\"\"0))" },
	{ "message in message", HEAD("message/rfc822") HEAD("message/global")
	    HEAD("text/html") "a",
	    "message/rfc822(message/global(text/html\"a\"0))" },
	{ "multipart in message",
	    HEAD("message/rfc822") MIXED("x") "--x\r\n\r\na\r\n--x--\r\n",
	    "message/rfc822(multipart/mixed(text/plain\"a\"0))" },
	{ "other messages are leaves", HEAD("message/delivery-status") "a",
	    "message/delivery-status\"a\"0" },
	{ "digest",
	    HEAD("multipart/digest; boundary=x")
	    "--x\r\n\r\nSubject: i\r\n\r\na\r\n--x\r\n" HEAD("text/html")
	    "b\r\n--x\r\n" HEAD("bad") "c\r\n--x--\r\n",
	    "multipart/digest(message/rfc822(text/plain\"a\"0) "
	    "text/html\"b\"0 text/plain\"c\"0)" },
	{ "digest of nothing",
	    HEAD("multipart/digest; boundary=x") "--x\r\n--x--\r\n",
	    "multipart/digest(message/rfc822(text/plain\"\"0))" },
	{ "boundary in sections (RFC 2231 3)",
	    HEAD("multipart/mixed; boundary*1=b; boundary*0=a")
	    "--ab\r\n\r\na\r\n--ab--",
	    "multipart/mixed(text/plain\"a\"0)" },
};

static void
trees_are_as_expected(void **state)
{
	struct buf b = BUF_INIT;
	struct bytes msg;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		msg = bytes_of(rows[i].message);
		if (strcmp(dump(&b, msg, msg.len, 1, NULL), rows[i].tree) != 0)
			fail_msg("%s: %s", rows[i].name, b.data);
		for (size_t cut = 0; cut <= msg.len; cut++)
			if (strcmp(dump(&b, msg, cut, msg.len + 1, NULL),
			    rows[i].tree) != 0)
				fail_msg("%s cut at %zu: %s", rows[i].name,
				    cut, b.data);
		for (size_t step = 1; step < 4; step++)
			assert_string_equal(dump(&b, msg, 0, step, NULL),
			    rows[i].tree);
	}
	buf_free(&b);
}

static void
offsets_are_those_of_the_bytes(void **state)
{
	static const char msg[] =
	    "Subject: a\r\n" MIXED("x") "--x\r\n" HEAD("message/rfc822")
	    "Subject: i\r\n\r\nb\r\nc\r\n--x--\r\n";
	struct mail_part *root, *part, *inner;
	struct arena a;

	arena_init(&a);
	root = parse_whole(&a, BYTES(msg));
	assert_int_equal(root->header_len,
	    strstr(msg, "--x") - msg);
	assert_int_equal(root->body_len, strlen(msg) - root->header_len);
	assert_int_equal(root->body_lines, 8);
	part = root->first_child;
	assert_ptr_equal(msg + part->header_offset,
	    strstr(msg, "Content-Type: message"));
	assert_ptr_equal(msg + part->body_offset, strstr(msg, "Subject: i"));
	assert_int_equal(part->body_len, strlen("Subject: i\r\n\r\nb\r\nc"));
	assert_int_equal(part->body_lines, 3);
	inner = part->first_child;
	assert_int_equal(inner->header_offset, part->body_offset);
	assert_int_equal(inner->header_len, strlen("Subject: i\r\n\r\n"));
	assert_int_equal(inner->body_len, 4);
	assert_int_equal(inner->body_lines, 1);
	assert_int_equal(inner->depth, 2);
	assert_null(part->envelope);
	assert_true(bytes_eq_str(root->envelope->subject, "a"));
	assert_true(bytes_eq_str(inner->envelope->subject, "i"));
	assert_ptr_equal(mail_part_walk(root), part);
	assert_ptr_equal(mail_part_walk(part), inner);
	assert_null(mail_part_walk(inner));
	arena_clear(&a);
}

static void
fields_of_a_part_are_kept(void **state)
{
	struct mail_part *p;
	struct arena a;

	arena_init(&a);
	p = parse_whole(&a, BYTES("content-type: TEXT/Html; Charset=\"utf-8\""
	    " (x)\r\nContent-ID:  <a@b>\r\nContent-Description: two\r\n"
	    "  lines\r\nContent-Transfer-Encoding: BASE64 (really)\r\n"
	    "Content-MD5: x==\r\nContent-Disposition: attachment;\r\n"
	    "\tfilename=\"a b\"\r\nContent-Language: de, en\r\n"
	    "Content-Location: http://x/\r\nTo: a@b\r\nTo: c@d\r\n"
	    "From: e@f\r\nFrom: g@h\r\nSubject:\r\nReply-To:  \r\n\r\n"));
	assert_true(mail_part_is(p, "text", "html"));
	assert_true(bytes_eq_str(p->type, "TEXT"));
	assert_true(bytes_eq_str(mail_part_charset(p), "utf-8"));
	assert_true(bytes_eq_str(p->id, "<a@b>"));
	assert_true(bytes_eq_str(p->description, "two  lines"));
	assert_int_equal(mail_part_encoding(p), MAIL_ENCODING_BASE64);
	assert_true(bytes_eq_str(p->md5, "x=="));
	assert_true(bytes_eq_str(p->disposition, "attachment"));
	assert_true(bytes_eq_str(param_find(p->disposition_params,
	    "FILENAME"), "a b"));
	assert_true(bytes_eq_str(p->language, "de, en"));
	assert_true(bytes_eq_str(p->location, "http://x/"));
	assert_true(bytes_eq_str(p->envelope->to->localpart, "a"));
	assert_true(bytes_eq_str(p->envelope->to->next->localpart, "c"));
	assert_true(bytes_eq_str(p->envelope->from->localpart, "e"));
	assert_null(p->envelope->from->next);
	assert_null(p->envelope->reply_to);
	assert_int_equal(p->envelope->subject.len, 0);
	assert_non_null(p->envelope->subject.data);
	assert_null(p->envelope->date.data);
	arena_clear(&a);
}

/* ---- limits ---------------------------------------------------------- */

static void
beyond_a_limit_all_is_body(void **state)
{
	static const char nested[] = MIXED("x") "--x\r\n" MIXED("y")
	    "--y\r\n" HEAD("message/rfc822") "\r\nb\r\n--y--\r\n--x--\r\n";
	struct mail_limits l = { 2, 100, 1000, 1000 };
	struct bytes msg = BYTES(nested);
	struct buf b = BUF_INIT;

	assert_string_equal(dump(&b, msg, 0, 3, &l), "multipart/mixed("
	    "multipart/mixed(text/plain!\"\\r\\nb\"1))");
	l.depth_max = 1;
	assert_string_equal(dump(&b, msg, 0, 3, &l), "multipart/mixed("
	    "text/plain!\"--y\\r\\nContent-Type: message/rfc822\\r\\n\\r\\n"
	    "\\r\\nb\\r\\n--y--\"5)");
	l = (struct mail_limits){ 100, 2, 1000, 1000 };
	msg = BYTES(MIXED("x") "--x\r\n\r\na\r\n--x\r\n\r\nb\r\n--x--\r\n");
	assert_string_equal(dump(&b, msg, 0, 3, &l), "multipart/mixed("
	    "text/plain\"a\\r\\n--x\\r\\n\\r\\nb\\r\\n--x--\\r\\n\"5)");
	l.parts_max = 1;
	assert_string_equal(dump(&b, BYTES(MIXED("x") "--x\r\n"), 0, 3, &l),
	    "text/plain!\"--x\\r\\n\"1");
	buf_free(&b);
}

static void
long_headers_keep_their_offsets(void **state)
{
	struct mail_limits l = { 100, 100, 30, 60 };
	struct mail_parser *p;
	struct mail_part *root;
	struct buf b = BUF_INIT;
	struct arena a;

	arena_init(&a);
	buf_str(&b, "Subject: a\r\nX: ");
	for (int i = 0; i < 1000; i++)
		buf_byte(&b, 'x');
	buf_str(&b, "\r\nFrom: a@b\r\n\r\nbody");
	for (size_t step = 1; step < 2000; step += 37) {
		p = mail_parser_new(&a, &l);
		for (size_t i = 0; i < b.len; i += step)
			mail_parser_feed(p, b.data + i,
			    b.len - i < step ? b.len - i : step);
		root = mail_parser_finish(p);
		assert_true(bytes_eq_str(root->envelope->subject, "a"));
		assert_null(root->envelope->from);
		assert_int_equal(root->header_len, b.len - 4);
		assert_int_equal(root->body_len, 4);
		arena_clear(&a);
	}
	buf_free(&b);
}

/* Fed byte by byte: no part of a line beyond the limit is examined. */
static void
lines_are_not_cut(void **state)
{
	struct mail_limits l = { 100, 100, 30, 1000 };
	struct mail_parser *p;
	static const char msg[] = "Subject: a\r\nFrom: a@example.test\r\n\r\n";
	struct mail_part *root;
	struct arena a;

	arena_init(&a);
	p = mail_parser_new(&a, &l);
	for (size_t i = 0; i < sizeof(msg) - 1; i++)
		mail_parser_feed(p, msg + i, 1);
	root = mail_parser_finish(p);
	assert_true(bytes_eq_str(root->envelope->subject, "a"));
	assert_null(root->envelope->from);
	arena_clear(&a);
}

static void
all_headers_have_a_limit(void **state)
{
	struct mail_limits l = { 100, 100, 1000, 80 };
	struct buf b = BUF_INIT;

	assert_string_equal(dump(&b, BYTES(MIXED("x")
	    "--x\r\n" HEAD("text/html") "\r\n--x\r\n" HEAD("text/css")
	    "\r\n--x--"), 0, 5, &l),
	    "multipart/mixed(text/html\"\"0 text/plain\"\"0)");
	buf_free(&b);
}

static void
boundaries_have_a_limit(void **state)
{
	struct buf msg = BUF_INIT, b = BUF_INIT;
	char boundary[MAIL_BOUNDARY_MAX + 2];
	size_t n = MAIL_BOUNDARY_MAX;

	memset(boundary, 'b', sizeof(boundary));
	for (; n <= MAIL_BOUNDARY_MAX + 1; n++) {
		buf_clear(&msg);
		buf_printf(&msg, "Content-Type: multipart/mixed; boundary="
		    "%.*s\r\n\r\n--%.*s   %300s\r\n\r\na\r\n"
		    "--%.*s %300sx\r\n--%.*s--%300s\r\n", (int)n, boundary,
		    (int)n, boundary, "", (int)n, boundary, "", (int)n,
		    boundary, "");
		(void)dump(&b, buf_view(&msg), 0, 7, NULL);
		if (n > MAIL_BOUNDARY_MAX)
			assert_true(bytes_has_prefix(buf_view(&b),
			    "text/plain!"));
		else
			assert_true(bytes_has_prefix(buf_view(&b),
			    "multipart/mixed(text/plain\"a\\r\\n--bb"));
	}
	buf_free(&msg);
	buf_free(&b);
}

static void
lists_of_addresses_have_a_limit(void **state)
{
	struct address_entry *e;
	struct buf msg = BUF_INIT;
	struct mail_part *root;
	struct arena a;
	size_t n = 0;

	arena_init(&a);
	for (int field = 0; field < 3; field++) {
		buf_str(&msg, "To: a");
		for (int i = 0; i < ADDRESS_LIST_MAX + 5; i++)
			buf_str(&msg, ",\r\n a");
		buf_str(&msg, "\r\n");
	}
	root = parse_whole(&a, buf_view(&msg));
	for (e = root->envelope->to; e != NULL; e = e->next)
		n++;
	assert_int_equal(n, ADDRESS_LIST_MAX);
	buf_free(&msg);
	arena_clear(&a);
}

/* ---- hostile sizes --------------------------------------------------- */

/* Steps per byte, for millions of bytes; a quadratic parser takes 100,000. */
#define WORK_PER_BYTE	200

/* Measures the work per byte for head and count times text, and the size of the
   arena. */
static double
measure(const char *head, const char *text, size_t count, size_t *memory)
{
	struct mail_parser *p;
	struct buf b = BUF_INIT;
	struct arena a;
	uint64_t begin;
	double work;

	arena_init(&a);
	buf_str(&b, head);
	for (size_t i = 0; i < count; i++)
		buf_str(&b, text);
	begin = work_done();
	p = mail_parser_new(&a, NULL);
	for (size_t i = 0; i < b.len; i += 65536)
		mail_parser_feed(p, b.data + i,
		    b.len - i < 65536 ? b.len - i : 65536);
	(void)mail_parser_finish(p);
	work = (double)(work_done() - begin) / (double)b.len;
	*memory = a.used;
	arena_clear(&a);
	buf_free(&b);
	return work;
}

static const struct {
	const char *name, *head, *text;
	size_t count;
} hostile[] = {
	{ "boundaries", MIXED("x"), "--x\n", 2500000 },
	{ "nested multiparts", "", MIXED("x") "--x\r\n", 300000 },
	{ "nested messages", "", HEAD("message/rfc822"), 300000 },
	{ "a million parts", MIXED("x"), "--x\r\n\r\na\r\n", 1000000 },
	{ "a million fields", "", "Subject: a\r\n", 1000000 },
	{ "a million recipient fields", "", "To: a\r\n", 1000000 },
	{ "one folded field", "To: a", ",\r\n a@b", 1000000 },
	{ "one line", "\r\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1000000 },
	{ "one line of a header", "X:", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    1000000 },
	{ "a line of white space", MIXED("x") "--x", "          ", 1000000 },
	{ "comments", "To: ", "((((((((((", 1000000 },
	{ "quoted strings", "To: ", "\"a\\", 1000000 },
	{ "angle brackets", "To: ", "<a", 1000000 },
	{ "routes", "To: <", "@a,", 1000000 },
	{ "groups", "To: ", "a:;", 1000000 },
	{ "parameters", "Content-Type: a/b", ";a*1*=\"b\"", 1000000 },
	{ "parameters without values", "Content-Type: a/b", ";a \"", 1000000 },
	{ "dashes", MIXED("x"), "--", 5000000 },
};

static void
work_and_memory_are_bounded(void **state)
{
	size_t memory;
	double work;

	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		work = measure(hostile[i].head, hostile[i].text,
		    hostile[i].count, &memory);
		print_message("# %s: %.1f steps for a byte, %zu KB\n",
		    hostile[i].name, work, memory / 1024);
		assert_true(work < WORK_PER_BYTE);
		assert_true(memory < 32 * 1024 * 1024);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_as_expected),
		cmocka_unit_test(offsets_are_those_of_the_bytes),
		cmocka_unit_test(fields_of_a_part_are_kept),
		cmocka_unit_test(beyond_a_limit_all_is_body),
		cmocka_unit_test(long_headers_keep_their_offsets),
		cmocka_unit_test(lines_are_not_cut),
		cmocka_unit_test(all_headers_have_a_limit),
		cmocka_unit_test(boundaries_have_a_limit),
		cmocka_unit_test(lists_of_addresses_have_a_limit),
		cmocka_unit_test(work_and_memory_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
