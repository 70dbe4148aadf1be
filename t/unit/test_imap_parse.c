/* Tokens of IMAP commands: parsing and writing. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/encode.h"
#include "proto/imap_parse.h"
#include "proto/imap_utf7.h"
#include "proto/imap_write.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

/* ---- modified UTF-7 -------------------------------------------------- */

static const struct {
	const char *utf7, *utf8;
} utf7_rows[] = {
	{ "", "" },
	{ "INBOX", "INBOX" },
	{ "a&-b", "a&b" },
	{ "&-&-", "&&" },
	{ "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
	    "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/"
	    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
	{ "Entw&APw-rfe", "Entw\xc3\xbc" "rfe" },
	{ "&AOk-&-&AOg-", "\xc3\xa9&\xc3\xa8" },
	{ "&AOkA6A-", "\xc3\xa9\xc3\xa8" },
	{ "&2D3c5w-", "\xf0\x9f\x93\xa7" },
	{ "&2D3c59g93Og-", "\xf0\x9f\x93\xa7\xf0\x9f\x93\xa8" },
	{ "&AAk-", "\t" },
	{ "&AH8-", "\x7f" },
	{ "&IAI-x&IAI-", "\xe2\x80\x82x\xe2\x80\x82" },
	{ "&2,,f,w-", "\xf4\x8f\xbf\xbf" },
};

static const char *const utf7_bad[] = {
	"&", "a&", "&AOk", "&!-", "&AOk=-", "&AO-", "&AOl-", "&AOkA-",
	"&AOk-&AOg-",			/* two shifts in a row */
	"&AEE-", "&AGEA6Q-",		/* printable ASCII in base64 */
	"&AAA-",			/* NUL */
	"&2D0-", "&3Oc-", "&3,8-", "&2D0AQQ-", "&2D3YPQ-",	/* surrogates */
	"\xc3\xa9", "a\tb", "a\x7f", "&AOk/-", "&A-", "&AA-",
};

static void
utf7_goes_both_ways(void **state)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < COUNT(utf7_rows); i++) {
		buf_clear(&b);
		assert_int_equal(imap_utf7_decode(&b,
		    bytes_of(utf7_rows[i].utf7)), 0);
		assert_string_equal(buf_cstr(&b), utf7_rows[i].utf8);
		buf_clear(&b);
		assert_int_equal(imap_utf7_encode(&b,
		    bytes_of(utf7_rows[i].utf8)), 0);
		assert_string_equal(buf_cstr(&b), utf7_rows[i].utf7);
	}
	buf_free(&b);
}

/* Each Unicode character by itself, and so each digit of base64. */
static void
utf7_takes_every_character(void **state)
{
	struct buf utf8 = BUF_INIT, utf7 = BUF_INIT, back = BUF_INIT;

	for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 61) {
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		buf_clear(&utf8);
		buf_clear(&utf7);
		buf_clear(&back);
		if (c >= 0x10000)
			buf_byte(&utf8, (char)(0xf0 | c >> 18));
		else if (c >= 0x800)
			buf_byte(&utf8, (char)(0xe0 | c >> 12));
		else if (c >= 0x80)
			buf_byte(&utf8, (char)(0xc0 | c >> 6));
		else
			buf_byte(&utf8, (char)c);
		if (c >= 0x10000)
			buf_byte(&utf8, (char)(0x80 | (c >> 12 & 63)));
		if (c >= 0x800)
			buf_byte(&utf8, (char)(0x80 | (c >> 6 & 63)));
		if (c >= 0x80)
			buf_byte(&utf8, (char)(0x80 | (c & 63)));
		assert_int_equal(imap_utf7_encode(&utf7, buf_view(&utf8)), 0);
		assert_int_equal(imap_utf7_decode(&back, buf_view(&utf7)), 0);
		assert_true(bytes_eq(buf_view(&utf8), buf_view(&back)));
	}
	buf_free(&utf8);
	buf_free(&utf7);
	buf_free(&back);
}

static void
utf7_is_strict(void **state)
{
	struct buf b = BUF_INIT;

	buf_str(&b, "x");
	for (size_t i = 0; i < COUNT(utf7_bad); i++)
		if (imap_utf7_decode(&b, bytes_of(utf7_bad[i])) != -1)
			fail_msg("'%s' was decoded", utf7_bad[i]);
	assert_int_equal(imap_utf7_encode(&b, BYTES("\xc3")), -1);
	assert_int_equal(imap_utf7_encode(&b, BYTES("a\0b")), -1);
	assert_string_equal(buf_cstr(&b), "x");
	buf_free(&b);
}

/* ---- tokens ---------------------------------------------------------- */

static void
head_print(struct buf *out, const struct imap_head *h)
{
	buf_printf(out, BYTES_FMT "|%s%s", BYTES_ARG(h->tag),
	    h->uid ? "UID " : "", h->name);
}

static void
flags_print(struct buf *out, const struct imap_flags *flags)
{
	buf_byte(out, '(');
	imap_write_bits(out, imap_flag_names, flags->system);
	for (size_t i = 0; i < flags->n; i++)
		buf_printf(out, "%s" BYTES_FMT,
		    i > 0 || flags->system != 0 ? " " : "",
		    BYTES_ARG(flags->keywords[i]));
	buf_byte(out, ')');
}

/* What the token's parser finds; "!" and the error text if it fails. */
static void
token_print(struct buf *out, char kind, struct imap_cursor *c)
{
	struct err err = ERR_INIT;
	struct mail_date date;
	struct imap_head head;
	struct imap_flags flags;
	struct bytes b = { "", 0 };
	uint32_t n;
	int64_t day;
	int rc = -1;

	switch (kind) {
	case 'h':
		if ((rc = imap_parse_head(c, &head, &err)) == 0)
			head_print(out, &head);
		break;
	case 'a':
		rc = imap_parse_atom(c, &b, &err);
		break;
	case 'A':
		rc = imap_parse_astring(c, &b, &err);
		break;
	case 's':
		rc = imap_parse_string(c, &b, &err);
		break;
	case 'N':
		rc = imap_parse_nstring(c, &b, &err);
		if (rc == 0 && b.data == NULL)
			buf_str(out, "<nil>");
		break;
	case 'm':
		rc = imap_parse_mailbox(c, &b, &err);
		break;
	case 'l':
		rc = imap_parse_list_mailbox(c, &b, &err);
		break;
	case 'n':
		if ((rc = imap_parse_number(c, &n, &err)) == 0)
			buf_printf(out, "%u", n);
		break;
	case 'z':
		if ((rc = imap_parse_nz_number(c, &n, &err)) == 0)
			buf_printf(out, "%u", n);
		break;
	case 'd':
		if ((rc = imap_parse_date(c, &day, &err)) == 0)
			buf_printf(out, "%d", (int)day);
		break;
	case 'D':
		if ((rc = imap_parse_datetime(c, &date, &err)) == 0)
			buf_printf(out, "%lld %d", (long long)date.seconds,
			    date.zone_min);
		break;
	case 'f':
	case 'F':
		rc = kind == 'f' ? imap_parse_flag_list(c, &flags, &err) :
		    imap_parse_flags_bare(c, &flags, &err);
		if (rc == 0)
			flags_print(out, &flags);
		break;
	default:
		fail();
	}
	if (rc == -1)
		buf_printf(out, "!%s", err.text);
	else
		buf_printf(out, BYTES_FMT "@%zu", BYTES_ARG(b), c->pos);
}

#define ROW(kind, in, out)	{ kind, in, sizeof(in) - 1, out }

static const struct {
	char kind;
	const char *in;
	size_t len;
	const char *out;
} token_rows[] = {
	ROW('h', "a1 noop\r\n", "a1|NOOP@7"),
	ROW('h', "a1 uid Fetch 1 x\r\n", "a1|UID FETCH@12"),
	ROW('h', "A]b.1 X-y=1 \r\n", "A]b.1|X-Y=1@11"),
	ROW('h', "", "!expected a tag at byte 0"),
	ROW('h', "+ noop\r\n", "!expected a tag at byte 0"),
	ROW('h', "a+b noop\r\n", "!expected a space at byte 1"),
	ROW('h', "a\r\n", "!expected a space at byte 1"),
	ROW('h', "a \r\n", "!expected a command at byte 2"),
	ROW('h', "a  noop\r\n", "!expected a command at byte 2"),
	ROW('h', "a uid\r\n", "!expected a space at byte 5"),
	ROW('h', "a uid \r\n", "!expected a command at byte 6"),
	ROW('h', "a noop(\r\n",
	    "!expected a space or the end of the command at byte 6"),
	ROW('h', "a xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
	    "!expected a command at byte 2"),

	ROW('a', "abc]x", "abc@3"),
	ROW('a', "a!#$&'+,-./:;<=>?@[^_`|}~9 ",
	    "a!#$&'+,-./:;<=>?@[^_`|}~9@26"),
	ROW('a', "", "!expected an atom at byte 0"),
	ROW('a', "\"x\"", "!expected an atom at byte 0"),
	ROW('a', "\x7f", "!expected an atom at byte 0"),
	ROW('a', "\xc3\xa9", "!expected an atom at byte 0"),
	ROW('a', "*", "!expected an atom at byte 0"),
	ROW('A', "abc]x(", "abc]x@5"),
	ROW('A', "\"a b\" ", "a b@5"),
	ROW('A', "{3}\r\na\"b ", "a\"b@8"),
	ROW('A', "%", "!expected an atom or a string at byte 0"),

	ROW('s', "\"\"", "@2"),
	ROW('s', "\"a\\\"b\\\\c\"", "a\"b\\c@9"),
	ROW('s', "\"gr\xc3\xbc\xc3\x9f\"", "gr\xc3\xbc\xc3\x9f@8"),
	ROW('s', "\"", "!expected '\"' at byte 1"),
	ROW('s', "\"a", "!expected '\"' at byte 2"),
	ROW('s', "\"a\\", "!expected '\"' or '\\' at byte 3"),
	ROW('s', "\"a\\n\"", "!expected '\"' or '\\' at byte 3"),
	ROW('s', "\"a\r\nb\"", "!expected '\"' at byte 2"),
	ROW('s', "\"a\0b\"", "!expected '\"' at byte 2"),
	ROW('s', "\"\xff\"", "!expected UTF-8 in quotes at byte 1"),
	ROW('s', "x", "!expected a string at byte 0"),
	ROW('s', "{0}\r\n", "@5"),
	ROW('s', "{2+}\r\n\r\nx", "\r\n@8"),
	ROW('s', "{2+}\r\nx", "!expected the whole literal at byte 6"),
	ROW('s', "{2+}x", "!expected the end of the line at byte 4"),
	ROW('s', "{2", "!expected '}' at byte 2"),
	ROW('s', "{}", "!expected the size of a literal at byte 1"),
	ROW('s', "{99999999999999999999}",
	    "!expected the size of a literal at byte 1"),
	ROW('s', "{18446744073709551615}\r\nx",
	    "!expected the whole literal at byte 24"),
	ROW('s', "{3}\r\na\0b", "!expected a literal without NUL at byte 6"),
	ROW('s', "~{1}\r\na", "!expected a string at byte 0"),
	ROW('N', "nil ", "<nil>@3"),
	ROW('N', "\"nil\"", "nil@5"),
	ROW('N', "nils", "!expected a string or NIL at byte 0"),

	ROW('m', "inBox", "INBOX@5"),
	ROW('m', "\"INBOX\"", "INBOX@7"),
	ROW('m', "inbox/x", "inbox/x@7"),
	ROW('m', "\"\"", "@2"),
	ROW('m', "Entw&APw-rfe", "Entw\xc3\xbc" "rfe@12"),
	ROW('m', "{9}\r\nEntw&APw-", "Entw\xc3\xbc@14"),
	ROW('m', "A&B", "!mailbox name is not valid modified UTF-7"),
	ROW('m', "\"\xc3\xa9\"", "!mailbox name is not valid modified UTF-7"),
	ROW('m', "&AAk-", "!mailbox name has a control character"),
	ROW('m', "a&AAk-b", "!mailbox name has a control character"),
	ROW('m', "a%b", "a@1"),
	ROW('l', "a%b*]", "a%b*]@5"),
	ROW('l', "\"%\"", "%@3"),
	ROW('l', "\"\"", "@2"),
	ROW('l', "inbox", "inbox@5"),
	ROW('l', "*&APw-%", "*\xc3\xbc%@7"),
	ROW('l', "(", "!expected a mailbox pattern at byte 0"),

	ROW('n', "0", "0@1"),
	ROW('n', "007x", "7@3"),
	ROW('n', "4294967295", "4294967295@10"),
	ROW('n', "4294967296",
	    "!expected a number below 4294967296 at byte 0"),
	ROW('n', "-1", "!expected a number below 4294967296 at byte 0"),
	ROW('z', "10", "10@2"),
	ROW('z', "0", "!expected a number from 1 at byte 0"),
	ROW('z', "01", "!expected a number from 1 at byte 0"),

	ROW('d', "1-Jan-1970", "0@10"),
	ROW('d', "\"29-feb-2000\" ", "11016@13"),
	ROW('d', "01-Mar-2000 ", "11017@11"),
	ROW('d', "29-Feb-1999",
	    "!expected a date such as 1-Feb-1994 at byte 0"),
	ROW('d', "\"1-Jan-1970", "!expected a date in quotes at byte 0"),
	ROW('d', "1-Jan-70", "!expected a date such as 1-Feb-1994 at byte 0"),
	ROW('d', "", "!expected a date such as 1-Feb-1994 at byte 0"),
	ROW('D', "\" 1-Jan-1970 01:00:00 +0100\" x", "0 60@28"),
	ROW('D', "\"17-Jul-1996 02:44:25 -0700\"", "837596665 -420@28"),
	ROW('D', "\"17-Jul-1996 02:44:25\"", "!expected a date and time such "
	    "as \"17-Jul-1996 02:44:25 -0700\" at byte 0"),
	ROW('D', "\"", "!expected a date and time such "
	    "as \"17-Jul-1996 02:44:25 -0700\" at byte 0"),

	ROW('f', "()", "()@2"),
	ROW('f', "(\\seen \\Draft $Junk x $junk X)x",
	    "(\\Seen \\Draft $Junk x)@30"),
	ROW('f', "(\\Answered \\Flagged \\Deleted)",
	    "(\\Answered \\Flagged \\Deleted)@29"),
	ROW('f', "(\\Recent)", "!expected a system flag that can be set "
	    "(\\Answered, \\Flagged, \\Deleted, \\Seen, \\Draft) at byte 1"),
	ROW('f', "(\\Foo)", "!expected a system flag that can be set "
	    "(\\Answered, \\Flagged, \\Deleted, \\Seen, \\Draft) at byte 1"),
	ROW('f', "(\\)", "!expected a system flag that can be set "
	    "(\\Answered, \\Flagged, \\Deleted, \\Seen, \\Draft) at byte 1"),
	ROW('f', "(a  b)", "!expected a flag at byte 3"),
	ROW('f', "(a ", "!expected a flag at byte 3"),
	ROW('f', "(a", "!expected ')' at byte 2"),
	ROW('f', "a", "!expected '(' at byte 0"),
	ROW('F', "a \\Seen b\r\n", "(\\Seen a b)@9"),
	ROW('F', "", "!expected a flag at byte 0"),
};

static void
tokens_are_read(void **state)
{
	struct buf out = BUF_INIT;
	struct imap_cursor c;
	struct arena a;
	char *copy;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(token_rows); i++) {
		/*
		 * A block of the exact size, so that a sanitizer sees its end.
		 */
		assert_non_null(copy = malloc(token_rows[i].len + 1));
		memcpy(copy, token_rows[i].in, token_rows[i].len);
		copy = realloc(copy, token_rows[i].len + 0u +
		    (token_rows[i].len == 0));
		imap_cursor_init(&c, bytes_make(copy, token_rows[i].len), &a);
		buf_clear(&out);
		token_print(&out, token_rows[i].kind, &c);
		if (strcmp(buf_cstr(&out), token_rows[i].out) != 0)
			fail_msg("%c '%s': '%s' not '%s'", token_rows[i].kind,
			    token_rows[i].in, buf_cstr(&out),
			    token_rows[i].out);
		free(copy);
	}
	buf_free(&out);
	arena_clear(&a);
}

/* Makes a list of n different keywords. */
static void
keywords_make(struct buf *out, size_t n)
{
	buf_byte(out, '(');
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%sk%zu", i == 0 ? "" : " ", i);
	buf_byte(out, ')');
}

static void
counts_are_bounded(void **state)
{
	struct buf in = BUF_INIT;
	struct err err = ERR_INIT;
	struct imap_sequence_set set;
	struct imap_flags flags;
	struct imap_cursor c;
	struct imap_head head;
	struct bytes name;
	struct arena a;

	arena_init(&a);
	keywords_make(&in, IMAP_KEYWORDS_MAX);
	imap_cursor_init(&c, buf_view(&in), &a);
	assert_int_equal(imap_parse_flag_list(&c, &flags, &err), 0);
	assert_int_equal(flags.n, IMAP_KEYWORDS_MAX);
	buf_clear(&in);
	keywords_make(&in, IMAP_KEYWORDS_MAX + 1);
	imap_cursor_init(&c, buf_view(&in), &a);
	assert_int_equal(imap_parse_flag_list(&c, &flags, &err), -1);
	assert_int_equal(err.code, ERR_CODE_LIMIT);

	buf_clear(&in);
	for (size_t i = 0; i < IMAP_RANGES_MAX; i++)
		buf_str(&in, i == 0 ? "1" : ",1");
	imap_cursor_init(&c, buf_view(&in), &a);
	assert_int_equal(imap_parse_sequence_set(&c, &set, &err), 0);
	buf_str(&in, ",1");
	imap_cursor_init(&c, buf_view(&in), &a);
	assert_int_equal(imap_parse_sequence_set(&c, &set, &err), -1);
	assert_int_equal(err.code, ERR_CODE_LIMIT);

	for (size_t len = IMAP_TAG_MAX; len <= IMAP_TAG_MAX + 1; len++) {
		buf_clear(&in);
		for (size_t i = 0; i < len; i++)
			buf_byte(&in, 'a');
		buf_str(&in, " NOOP\r\n");
		imap_cursor_init(&c, buf_view(&in), &a);
		assert_int_equal(imap_parse_head(&c, &head, &err),
		    len == IMAP_TAG_MAX ? 0 : -1);
	}

	buf_clear(&in);
	for (size_t i = 0; i < IMAP_MAILBOX_NAME_MAX; i++)
		buf_byte(&in, 'x');
	imap_cursor_init(&c, buf_view(&in), &a);
	assert_int_equal(imap_parse_mailbox(&c, &name, &err), 0);
	buf_byte(&in, 'x');
	imap_cursor_init(&c, buf_view(&in), &a);
	assert_int_equal(imap_parse_mailbox(&c, &name, &err), -1);
	assert_int_equal(err.code, ERR_CODE_CANNOT);
	buf_free(&in);
	arena_clear(&a);
}

/* ---- sets ------------------------------------------------------------ */

static const struct {
	const char *in;
	uint32_t max;
	const char *resolved;
	unsigned count;
} set_rows[] = {
	{ "1", 10, "1", 1 },
	{ "*", 10, "10", 1 },
	{ "1:*", 10, "1:10", 10 },
	{ "*:1", 10, "1:10", 10 },
	{ "12:*", 10, "10:12", 3 },
	{ "*:12", 10, "10:12", 3 },
	{ "5:3", 10, "3:5", 3 },
	{ "3,1,2", 10, "1:3", 3 },
	{ "1:5,3:9", 10, "1:9", 9 },
	{ "1:5,2:3", 10, "1:5", 5 },
	{ "7,1:2,4", 10, "1:2,4,7", 4 },
	{ "1,1,1", 10, "1", 1 },
	{ "4294967295,4294967294", 10, "4294967294:4294967295", 2 },
	{ "1:4294967295,7", 10, "1:4294967295", 4294967295u },
	{ "*", 0, "", 0 },
	{ "1:*,*", 0, "", 0 },
	{ "3,1:*", 0, "3", 1 },
	{ "0", 0, "!expected a number from 1 or '*' at byte 0", 0 },
	{ "1:0", 0, "!expected a number from 1 or '*' at byte 2", 0 },
	{ "1:", 0, "!expected a number from 1 or '*' at byte 2", 0 },
	{ ",1", 0, "!expected a number from 1 or '*' at byte 0", 0 },
	{ "1,", 0, "!expected a number from 1 or '*' at byte 2", 0 },
	{ "4294967296", 0, "!expected a number below 4294967296 at byte 0",
	    0 },
	{ "", 0, "!expected a number from 1 or '*' at byte 0", 0 },
};

static void
set_check(struct arena *a, const char *in, uint32_t max, const char *expected,
    unsigned count)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct imap_sequence_set set;
	struct imap_cursor c;

	imap_cursor_init(&c, bytes_of(in), a);
	if (imap_parse_sequence_set(&c, &set, &err) == -1) {
		buf_printf(&out, "!%s", err.text);
	} else {
		imap_sequence_set_resolve(&set, max);
		imap_write_number_set(&out, &set.numbers);
		assert_true(number_set_count(&set.numbers) == count);
	}
	assert_string_equal(buf_cstr(&out), expected);
	buf_free(&out);
}

static void
sets_are_resolved(void **state)
{
	struct err err = ERR_INIT;
	struct imap_sequence_set set;
	struct imap_cursor c;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(set_rows); i++)
		set_check(&a, set_rows[i].in, set_rows[i].max,
		    set_rows[i].resolved, set_rows[i].count);
	imap_cursor_init(&c, BYTES("$ x"), &a);
	assert_int_equal(imap_parse_sequence_set(&c, &set, &err), 0);
	assert_true(set.saved);
	assert_int_equal(c.pos, 1);
	imap_cursor_init(&c, BYTES("1,5:*"), &a);
	assert_int_equal(imap_parse_sequence_set(&c, &set, &err), 0);
	assert_true(set.has_star && !set.saved);
	arena_clear(&a);
}

/* ---- writing --------------------------------------------------------- */

static const struct {
	const char *in;
	size_t len;
	const char *string, *mailbox;
} write_rows[] = {
	{ "", 0, "\"\"", "\"\"" },
	{ "abc", 3, "\"abc\"", "abc" },
	{ "NIL", 3, "\"NIL\"", "\"NIL\"" },
	{ "a b", 3, "\"a b\"", "\"a b\"" },
	{ "a\"\\", 3, "\"a\\\"\\\\\"", "\"a\\\"\\\\\"" },
	{ "a]", 2, "\"a]\"", "a]" },
	{ "a%", 2, "\"a%\"", "\"a%\"" },
	{ "\r\n", 2, "{2}\r\n\r\n", "&AA0ACg-" },
	{ "\xc3\xa9", 2, "{2}\r\n\xc3\xa9", "&AOk-" },
	{ " ~&\xff", 4, "{4}\r\n ~&\xff", "\" ~??\"" },
};

static void
strings_are_written(void **state)
{
	char longer[IMAP_QUOTED_MAX + 1];
	struct buf b = BUF_INIT;
	struct bytes in;

	for (size_t i = 0; i < COUNT(write_rows); i++) {
		in = bytes_make(write_rows[i].in, write_rows[i].len);
		buf_clear(&b);
		imap_write_nstring(&b, in);
		assert_string_equal(buf_cstr(&b), write_rows[i].string);
		buf_clear(&b);
		imap_write_mailbox(&b, in);
		assert_string_equal(buf_cstr(&b), write_rows[i].mailbox);
	}
	buf_clear(&b);
	imap_write_nstring(&b, bytes_make(NULL, 0));
	assert_string_equal(buf_cstr(&b), "NIL");
	memset(longer, 'x', sizeof(longer));
	buf_clear(&b);
	imap_write_nstring(&b, bytes_make(longer, sizeof(longer)));
	assert_true(bytes_has_prefix(buf_view(&b), "{1001}\r\nxxx"));
	buf_clear(&b);
	imap_write_nstring(&b, bytes_make(longer, sizeof(longer) - 1));
	assert_int_equal(b.len, IMAP_QUOTED_MAX + 2);
	buf_free(&b);
}

static void
dates_and_flags_are_written(void **state)
{
	struct mail_date date = { 837596665, -420 };
	struct buf b = BUF_INIT;

	imap_write_datetime(&b, date);
	assert_string_equal(buf_cstr(&b), "\"17-Jul-1996 02:44:25 -0700\"");
	buf_clear(&b);
	imap_write_bits(&b, imap_flag_names,
	    IMAP_FLAG_SEEN | IMAP_FLAG_RECENT);
	assert_string_equal(buf_cstr(&b), "\\Seen \\Recent");
	buf_clear(&b);
	imap_write_bits(&b, imap_use_names, IMAP_USE_SENT | IMAP_USE_TRASH);
	assert_string_equal(buf_cstr(&b), "\\Sent \\Trash");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf7_goes_both_ways),
		cmocka_unit_test(utf7_takes_every_character),
		cmocka_unit_test(utf7_is_strict),
		cmocka_unit_test(tokens_are_read),
		cmocka_unit_test(counts_are_bounded),
		cmocka_unit_test(sets_are_resolved),
		cmocka_unit_test(strings_are_written),
		cmocka_unit_test(dates_and_flags_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
