/* The arguments of IMAP commands: each is parsed and printed again. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/imap_args.h"
#include "proto/imap_parse_fetch.h"
#include "proto/imap_parse_search.h"
#include "proto/imap_write.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

/* ---- how structs print ----------------------------------------------- */

static void
word_print(struct buf *out, struct bytes b)
{
	if (b.data == NULL)
		buf_str(out, " -");
	else
		buf_printf(out, " '" BYTES_FMT "'", BYTES_ARG(b));
}

static void
set_print(struct buf *out, const struct imap_sequence_set *set)
{
	struct number_range r;

	buf_str(out, set->saved ? " $" : " ");
	for (size_t i = 0; i < set->numbers.n; i++) {
		r = set->numbers.range[i];
		buf_printf(out, i == 0 ? "%u" : ",%u", r.first);
		if (r.last != r.first)
			buf_printf(out, ":%u", r.last);
	}
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

static int
login_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_login x;

	if (imap_parse_login(c, &x, err) == -1)
		return -1;
	word_print(out, x.user);
	word_print(out, x.password);
	return 0;
}

static int
authenticate_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_authenticate x;

	if (imap_parse_authenticate(c, &x, err) == -1)
		return -1;
	buf_printf(out, " %s", x.mechanism);
	if (x.has_initial)
		word_print(out, x.initial);
	return 0;
}

static int
select_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_select x;

	if (imap_parse_select(c, &x, err) == -1)
		return -1;
	word_print(out, x.mailbox);
	if (x.condstore)
		buf_str(out, " condstore");
	if (x.has_qresync)
		buf_printf(out, " qresync %u %llu", x.qresync.uidvalidity,
		    (unsigned long long)x.qresync.modseq);
	if (x.qresync.has_known)
		set_print(out, &x.qresync.known);
	if (x.qresync.has_match) {
		buf_str(out, " match");
		set_print(out, &x.qresync.match_seq);
		set_print(out, &x.qresync.match_uid);
	}
	return 0;
}

static int
create_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_create x;

	if (imap_parse_create(c, &x, err) == -1)
		return -1;
	word_print(out, x.mailbox);
	buf_byte(out, ' ');
	imap_write_bits(out, imap_use_names, x.use);
	return 0;
}

static int
delete_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct bytes name;

	if (imap_parse_one_mailbox(c, &name, err) == -1)
		return -1;
	word_print(out, name);
	return 0;
}

static int
rename_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_rename x;

	if (imap_parse_rename(c, &x, err) == -1)
		return -1;
	word_print(out, x.from);
	word_print(out, x.to);
	return 0;
}

static int
list_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	static const struct imap_bit_name names[] = {
		{ IMAP_LIST_SUBSCRIBED, "SUBSCRIBED" },
		{ IMAP_LIST_REMOTE, "REMOTE" },
		{ IMAP_LIST_RECURSIVEMATCH, "RECURSIVEMATCH" },
		{ IMAP_LIST_SPECIAL_USE, "SPECIAL-USE" },
		{ IMAP_LIST_CHILDREN, "CHILDREN" },
		{ IMAP_LIST_STATUS, "STATUS" },
		{ 0, NULL }
	};
	struct imap_list x;

	if (imap_parse_list(c, &x, err) == -1)
		return -1;
	word_print(out, x.reference);
	for (size_t i = 0; i < x.n; i++)
		word_print(out, x.patterns[i]);
	if (x.extended) {
		buf_str(out, " select(");
		imap_write_bits(out, names, x.selection);
		buf_str(out, ") return(");
		imap_write_bits(out, names, x.returns);
		buf_str(out, ") status(");
		imap_write_bits(out, imap_status_names, x.status_items);
		buf_byte(out, ')');
	}
	return 0;
}

static int
lsub_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_list x;

	if (imap_parse_lsub(c, &x, err) == -1)
		return -1;
	word_print(out, x.reference);
	assert_int_equal(x.n, 1);
	word_print(out, x.patterns[0]);
	return 0;
}

static int
status_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_status x;

	if (imap_parse_status(c, &x, err) == -1)
		return -1;
	word_print(out, x.mailbox);
	buf_byte(out, ' ');
	imap_write_bits(out, imap_status_names, x.items);
	return 0;
}

static int
store_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_store_flags x;

	if (imap_parse_store(c, &x, err) == -1)
		return -1;
	set_print(out, &x.set);
	if (x.has_unchangedsince)
		buf_printf(out, " unchanged %llu",
		    (unsigned long long)x.unchangedsince);
	buf_printf(out, " %c%s ", "=+-"[x.mode], x.silent ? " silent" : "");
	flags_print(out, &x.flags);
	return 0;
}

static int
copy_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_copy x;

	if (imap_parse_copy(c, &x, err) == -1)
		return -1;
	set_print(out, &x.set);
	word_print(out, x.mailbox);
	return 0;
}

static int
expunge_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_sequence_set set;

	if (imap_parse_uid_expunge(c, &set, err) == -1)
		return -1;
	set_print(out, &set);
	return 0;
}

static int
enable_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_enable x;

	if (imap_parse_enable(c, &x, err) == -1)
		return -1;
	for (size_t i = 0; i < x.n; i++)
		buf_printf(out, " %s", x.names[i]);
	return 0;
}

static int
id_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_id x;

	if (imap_parse_id(c, &x, err) == -1)
		return -1;
	for (size_t i = 0; i < x.n; i++) {
		word_print(out, x.pairs[i].name);
		word_print(out, x.pairs[i].value);
	}
	return 0;
}

static int
none_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	return imap_parse_none(c, err);
}

static int
append_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_append x;
	struct bytes mailbox;

	if (imap_parse_append_mailbox(c, &mailbox, err) == -1)
		return -1;
	word_print(out, mailbox);
	do {
		if (imap_parse_append_next(c, &x, false, err) == -1)
			return -1;
		buf_str(out, x.binary ? " ~" : " ");
		flags_print(out, &x.flags);
		if (x.has_date)
			imap_write_datetime(out, x.date);
		word_print(out, x.data);
		assert_true(x.size == x.data.len);
	} while (!imap_at_end(c));
	return imap_parse_end(c, err);
}

/* Names of the FETCH bits, by position. */
static const struct imap_bit_name fetch_names[] = {
	{ IMAP_FETCH_UID, "uid" }, { IMAP_FETCH_FLAGS, "flags" },
	{ IMAP_FETCH_INTERNALDATE, "date" }, { IMAP_FETCH_SIZE, "size" },
	{ IMAP_FETCH_ENVELOPE, "envelope" }, { IMAP_FETCH_BODY, "body" },
	{ IMAP_FETCH_BODYSTRUCTURE, "structure" },
	{ IMAP_FETCH_MODSEQ, "modseq" }, { IMAP_FETCH_EMAILID, "emailid" },
	{ IMAP_FETCH_THREADID, "threadid" },
	{ IMAP_FETCH_SAVEDATE, "savedate" }, { 0, NULL }
};

static int
fetch_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	struct imap_fetch x;

	if (imap_parse_fetch(c, &x, err) == -1)
		return -1;
	set_print(out, &x.set);
	buf_byte(out, ' ');
	imap_write_bits(out, fetch_names, x.items);
	for (size_t i = 0; i < x.nsections; i++) {
		buf_str(out, x.sections[i].peek ? " peek:" : " ");
		imap_write_section(out, &x.sections[i]);
		if (x.sections[i].has_partial)
			buf_printf(out, "+%u", x.sections[i].count);
	}
	if (x.has_changedsince)
		buf_printf(out, " since %llu%s",
		    (unsigned long long)x.changedsince,
		    x.vanished ? " vanished" : "");
	return 0;
}

static const char *const op_names[] = {
	"and", "or", "not", "all", "seq", "uid", "flag", "unflag", "keyword",
	"unkeyword", "new", "before", "on", "since", "sentbefore", "senton",
	"sentsince", "larger", "smaller", "header", "body", "text"
};

static void
key_print(struct buf *out, const struct imap_search_key *key)
{
	buf_printf(out, " (%s", op_names[key->op]);
	if (key->set.numbers.n > 0 || key->set.saved)
		set_print(out, &key->set);
	if (key->flag != 0) {
		buf_byte(out, ' ');
		imap_write_bits(out, imap_flag_names, key->flag);
	}
	if (key->day != 0)
		buf_printf(out, " %d", (int)key->day);
	if (key->size != 0)
		buf_printf(out, " %u", key->size);
	if (key->field.data != NULL)
		word_print(out, key->field);
	if (key->text.data != NULL)
		word_print(out, key->text);
	for (key = key->child; key != NULL; key = key->next)
		key_print(out, key);
	buf_byte(out, ')');
}

static int
search_print(struct buf *out, struct imap_cursor *c, struct err *err)
{
	static const struct imap_bit_name names[] = {
		{ IMAP_RETURN_MIN, "min" }, { IMAP_RETURN_MAX, "max" },
		{ IMAP_RETURN_ALL, "all" }, { IMAP_RETURN_COUNT, "count" },
		{ IMAP_RETURN_SAVE, "save" }, { 0, NULL }
	};
	struct imap_search x;

	if (imap_parse_search(c, &x, err) == -1)
		return -1;
	if (x.has_return) {
		buf_str(out, " return ");
		imap_write_bits(out, names, x.returns);
	}
	if (x.charset.data != NULL)
		word_print(out, x.charset);
	if (x.has_8bit)
		buf_str(out, " 8bit");
	for (const struct imap_search_key *key = x.keys; key != NULL;
	    key = key->next)
		key_print(out, key);
	return 0;
}

static const struct {
	const char *name;
	int (*print)(struct buf *out, struct imap_cursor *c, struct err *err);
} printers[] = {
	{ "LOGIN", login_print }, { "AUTHENTICATE", authenticate_print },
	{ "SELECT", select_print }, { "CREATE", create_print },
	{ "DELETE", delete_print }, { "RENAME", rename_print },
	{ "LIST", list_print }, { "LSUB", lsub_print },
	{ "STATUS", status_print }, { "APPEND", append_print },
	{ "STORE", store_print }, { "COPY", copy_print },
	{ "EXPUNGE", expunge_print }, { "ENABLE", enable_print },
	{ "ID", id_print }, { "NOOP", none_print }, { "FETCH", fetch_print },
	{ "SEARCH", search_print },
};

static void
command_print(struct buf *out, struct bytes in, struct arena *a)
{
	struct err err = ERR_INIT;
	struct imap_cursor c;
	struct imap_head head;
	size_t i;
	int rc;

	imap_cursor_init(&c, in, a);
	assert_int_equal(imap_parse_head(&c, &head, &err), 0);
	for (i = 0; i < COUNT(printers); i++)
		if (strcmp(head.name, printers[i].name) == 0)
			break;
	assert_true(i < COUNT(printers));
	rc = printers[i].print(out, &c, &err);
	if (rc == -1) {
		assert_true(err.kind == ERR_SYNTAX || err.kind == ERR_REFUSED);
		buf_clear(out);
		buf_printf(out, "!%s", err.text);
	} else {
		assert_int_equal(c.pos, in.len);
	}
}

/* ---- the rows -------------------------------------------------------- */

#define KEY	"!expected a search key at byte "
#define PART	"a number, HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT"

/* Each command without its tag "a " and its CRLF. */
static const struct {
	const char *in, *out;
} rows[] = {
	{ "NOOP", "" },
	{ "NOOP ", "!expected the end of the command at byte 6" },
	{ "NOOP x", "!expected the end of the command at byte 6" },

	{ "LOGIN a b", " 'a' 'b'" },
	{ "LOGIN \"a b\" {3}\r\nc\"d", " 'a b' 'c\"d'" },
	{ "LOGIN \"\" \"\"", " '' ''" },
	{ "LOGIN a", "!expected a space at byte 9" },
	{ "LOGIN", "!expected a space at byte 7" },
	{ "LOGIN a ", "!expected an atom or a string at byte 10" },
	{ "LOGIN a b c", "!expected the end of the command at byte 11" },

	{ "AUTHENTICATE plain", " PLAIN" },
	{ "AUTHENTICATE SCRAM-SHA-256 biws=", " SCRAM-SHA-256 'biws='" },
	{ "AUTHENTICATE PLAIN =", " PLAIN ''" },
	{ "AUTHENTICATE", "!expected a space at byte 14" },
	{ "AUTHENTICATE \"x\"", "!expected a mechanism at byte 15" },
	{ "AUTHENTICATE PLAIN ", "!expected an atom at byte 21" },
	{ "AUTHENTICATE PLAIN a b",
	    "!expected the end of the command at byte 22" },

	{ "SELECT inbox", " 'INBOX'" },
	{ "SELECT x (CONDSTORE)", " 'x' condstore" },
	{ "SELECT x (QRESYNC (7 9))", " 'x' qresync 7 9" },
	{ "SELECT x (CONDSTORE QRESYNC (7 9 1:3,5))",
	    " 'x' condstore qresync 7 9 1:3,5" },
	{ "SELECT x (QRESYNC (7 9 1:3 (1,2 3,4)))",
	    " 'x' qresync 7 9 1:3 match 1,2 3,4" },
	{ "SELECT x (QRESYNC (7 9 (1,2 3,4)))",
	    " 'x' qresync 7 9 match 1,2 3,4" },
	{ "SELECT x (QRESYNC (7 9 x))",
	    "!expected a number from 1 or '*' at byte 25" },
	{ "SELECT x (QRESYNC (7 9 1:*))",
	    "!expected UIDs without '*' at byte 28" },
	{ "SELECT x (QRESYNC (7 9 1 (1:* 3)))",
	    "!expected sets without '*' at byte 33" },
	{ "SELECT x (QRESYNC (0 9))",
	    "!expected a number from 1 at byte 21" },
	{ "SELECT x (QRESYNC (7 9) QRESYNC (7 9))",
	    "!expected CONDSTORE or QRESYNC at byte 26" },
	{ "SELECT x (FOO)", "!expected CONDSTORE or QRESYNC at byte 12" },
	{ "SELECT x ()", "!expected CONDSTORE or QRESYNC at byte 12" },
	{ "SELECT x CONDSTORE", "!expected '(' at byte 11" },

	{ "CREATE x/y", " 'x/y' " },
	{ "CREATE x (USE (\\Sent \\drafts))", " 'x' \\Drafts \\Sent" },
	{ "CREATE x (USE ())", " 'x' " },
	{ "CREATE x (USE (\\Foo))", "!expected a special use at byte 17" },
	{ "CREATE x (FOO)", "!expected USE at byte 12" },
	{ "CREATE x (USE (\\Sent)", "!expected ')' at byte 23" },
	{ "DELETE x", " 'x'" },
	{ "DELETE x y", "!expected the end of the command at byte 10" },
	{ "DELETE a&b", "!mailbox name is not valid modified UTF-7" },
	{ "RENAME inbox {1}\r\ny", " 'INBOX' 'y'" },
	{ "RENAME x", "!expected a space at byte 10" },

	{ "LIST \"\" *", " '' '*'" },
	{ "LIST \"\" \"\"", " '' ''" },
	{ "LIST x/ %/&APw-", " 'x/' '%/\xc3\xbc'" },
	{ "LIST \"\" (a* \"b %\")",
	    " '' 'a*' 'b %' select() return() status()" },
	{ "LIST (SUBSCRIBED SPECIAL-USE) \"\" % RETURN (CHILDREN)",
	    " '' '%' select(SUBSCRIBED SPECIAL-USE) return(CHILDREN) "
	    "status()" },
	{ "LIST () \"\" % RETURN ()", " '' '%' select() return() status()" },
	{ "LIST (RECURSIVEMATCH SUBSCRIBED REMOTE) \"\" %", " '' '%' "
	    "select(SUBSCRIBED REMOTE RECURSIVEMATCH) return() status()" },
	{ "LIST \"\" % RETURN (STATUS (MESSAGES SIZE) SPECIAL-USE "
	    "SUBSCRIBED)", " '' '%' select() "
	    "return(SUBSCRIBED SPECIAL-USE STATUS) status(MESSAGES SIZE)" },
	{ "LIST (RECURSIVEMATCH REMOTE) \"\" %", "!expected SUBSCRIBED or "
	    "SPECIAL-USE with RECURSIVEMATCH at byte 7" },
	{ "LIST (CHILDREN) \"\" %",
	    "!expected a selection option at byte 8" },
	{ "LIST \"\" % RETURN (REMOTE)",
	    "!expected a return option at byte 20" },
	{ "LIST \"\" % RETURN (STATUS ())",
	    "!expected a status item at byte 28" },
	{ "LIST \"\" % RETURN (STATUS)", "!expected a space at byte 26" },
	{ "LIST \"\" % RETURN", "!expected a space at byte 18" },
	{ "LIST \"\" % FOO", "!expected RETURN at byte 12" },
	{ "LIST \"\" ()", "!expected a mailbox pattern at byte 11" },
	{ "LIST \"\"", "!expected a space at byte 9" },
	{ "LSUB \"\" *", " '' '*'" },
	{ "LSUB \"\" (x)", "!expected a mailbox pattern at byte 10" },

	{ "STATUS x (MESSAGES unseen)", " 'x' MESSAGES UNSEEN" },
	{ "STATUS inbox (RECENT UIDNEXT UIDVALIDITY HIGHESTMODSEQ DELETED "
	    "MAILBOXID APPENDLIMIT)", " 'INBOX' RECENT UIDNEXT UIDVALIDITY "
	    "DELETED HIGHESTMODSEQ MAILBOXID APPENDLIMIT" },
	{ "STATUS x ()", "!expected a status item at byte 12" },
	{ "STATUS x (FOO)", "!expected a status item at byte 12" },
	{ "STATUS x MESSAGES", "!expected '(' at byte 11" },

	{ "APPEND x {3}\r\nabc", " 'x' () 'abc'" },
	{ "APPEND x (\\Seen $Junk) \"17-Jul-1996 02:44:25 -0700\" {3+}\r\n"
	    "abc", " 'x' (\\Seen $Junk)\"17-Jul-1996 02:44:25 -0700\" 'abc'" },
	{ "APPEND x ~{3}\r\nabc", " 'x' ~() 'abc'" },
	{ "APPEND x () {1}\r\na (\\Seen) {2}\r\nbc",
	    " 'x' () 'a' (\\Seen) 'bc'" },
	{ "APPEND x {0}\r\n", " 'x' () ''" },
	{ "APPEND x", "!expected a space at byte 10" },
	{ "APPEND x abc", "!expected the message as a literal at byte 11" },
	{ "APPEND x \"abc\"", "!expected a date and time such as "
	    "\"17-Jul-1996 02:44:25 -0700\" at byte 11" },
	{ "APPEND x (\\Recent) {1}\r\na", "!expected a system flag that can "
	    "be set (\\Answered, \\Flagged, \\Deleted, \\Seen, \\Draft) at "
	    "byte 12" },
	{ "APPEND x {1}\r\na{1}\r\na",
	    "!expected the end of the command at byte 17" },

	{ "STORE 1 FLAGS ()", " 1 = ()" },
	{ "STORE 1:3 +FLAGS (\\Seen)", " 1:3 + (\\Seen)" },
	{ "STORE 1:* -flags.silent \\Seen x", " 1:0 - silent (\\Seen x)" },
	{ "STORE $ (UNCHANGEDSINCE 12) FLAGS.SILENT (x)",
	    " $ unchanged 12 = silent (x)" },
	{ "STORE 1 (UNCHANGEDSINCE 9223372036854775808) FLAGS ()",
	    "!expected a mod-sequence at byte 26" },
	{ "STORE 1 FOO ()", "!expected FLAGS or FLAGS.SILENT at byte 10" },
	{ "STORE 1 FLAGSX ()", "!expected FLAGS or FLAGS.SILENT at byte 10" },
	{ "STORE 1 FLAGS", "!expected a space at byte 15" },
	{ "STORE 1 FLAGS (x) y",
	    "!expected the end of the command at byte 19" },
	{ "STORE FLAGS ()", "!expected a number from 1 or '*' at byte 8" },
	{ "COPY 2,4:7 \"a b\"", " 2,4:7 'a b'" },
	{ "COPY 0 x", "!expected a number from 1 or '*' at byte 7" },
	{ "UID EXPUNGE 3:5", " 3:5" },
	{ "UID EXPUNGE", "!expected a space at byte 13" },

	{ "ENABLE condstore X-Y=z", " CONDSTORE X-Y=Z" },
	{ "ENABLE X,Y", "!expected a space at byte 10" },
	{ "ENABLE", "!expected a space at byte 8" },
	{ "ENABLE ", "!expected a capability at byte 9" },
	{ "ID", "!expected a space at byte 4" },
	{ "ID NIL", "" },
	{ "ID ()", "" },
	{ "ID (\"name\" \"x\" \"os\" nil)", " 'name' 'x' 'os' -" },
	{ "ID (\"name\")", "!expected a space at byte 12" },
	{ "ID (name \"x\")", "!expected a string at byte 6" },
	{ "ID x", "!expected '(' at byte 5" },

	{ "FETCH 1 ALL", " 1 flags date size envelope" },
	{ "FETCH 1 fast", " 1 flags date size" },
	{ "FETCH 1 FULL", " 1 flags date size envelope body" },
	{ "FETCH 1:* (FLAGS UID)", " 1:0 uid flags" },
	{ "FETCH 1 (INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE "
	    "MODSEQ EMAILID THREADID SAVEDATE)", " 1 date size envelope "
	    "body structure modseq emailid threadid savedate" },
	{ "FETCH 1 BODY[]", " 1  BODY[]" },
	{ "FETCH 1 body.peek[header]<0.10>",
	    " 1  peek:BODY[HEADER]<0>+10" },
	{ "FETCH 1 (BODY[1.2.3] BODY[4.MIME] BODY[1.TEXT] BODY[TEXT])",
	    " 1  BODY[1.2.3] BODY[4.MIME] BODY[1.TEXT] BODY[TEXT]" },
	{ "FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT UID)",
	    " 1 uid RFC822 peek:RFC822.HEADER RFC822.TEXT" },
	{ "FETCH 1 BODY.PEEK[HEADER.FIELDS (From \"To\" {2}\r\nCc)]",
	    " 1  peek:BODY[HEADER.FIELDS (From To Cc)]" },
	{ "FETCH 1 BODY[2.HEADER.FIELDS.NOT (X-a])]<5.1>",
	    " 1  BODY[2.HEADER.FIELDS.NOT (X-a])]<5>+1" },
	{ "UID FETCH 1:5 (FLAGS) (CHANGEDSINCE 7 VANISHED)",
	    " 1:5 flags since 7 vanished" },
	{ "FETCH $ FLAGS (CHANGEDSINCE 0)", " $ flags since 0" },
	{ "FETCH 1 FLAGS (VANISHED)",
	    "!expected CHANGEDSINCE with VANISHED at byte 25" },
	{ "FETCH 1 FLAGS (CHANGEDSINCE x)",
	    "!expected a mod-sequence at byte 30" },
	{ "FETCH 1 FLAGS (FOO)",
	    "!expected CHANGEDSINCE or VANISHED at byte 17" },
	{ "FETCH 1 ()", "!expected a data item at byte 11" },
	{ "FETCH 1 (ALL)", "!expected a data item at byte 11" },
	{ "FETCH 1 FOO", "!expected a data item at byte 10" },
	{ "FETCH 1 FLAGS UID", "!expected '(' at byte 16" },
	{ "FETCH 1 (FLAGS", "!expected ')' at byte 16" },
	{ "FETCH 1 BODY.PEEK", "!expected '[' at byte 19" },
	{ "FETCH 1 BODY[FOO]", "!expected " PART " or TEXT at byte 15" },
	{ "FETCH 1 BODY[MIME]", "!expected " PART " or TEXT at byte 15" },
	{ "FETCH 1 BODY[1.]", "!expected " PART ", TEXT or MIME at byte 17" },
	{ "FETCH 1 BODY[0]", "!expected a number from 1 at byte 15" },
	{ "FETCH 1 BODY[1.0]", "!expected a number from 1 at byte 17" },
	{ "FETCH 1 BODY[1", "!expected ']' at byte 16" },
	{ "FETCH 1 BODY[1 ", "!expected ']' at byte 16" },
	{ "FETCH 1 BODY[HEADER.FIELDS]", "!expected a space at byte 28" },
	{ "FETCH 1 BODY[HEADER.FIELDS ()]",
	    "!expected an atom or a string at byte 30" },
	{ "FETCH 1 BODY[HEADER.FIELDS (a:b)]",
	    "!expected the name of a header field at byte 30" },
	{ "FETCH 1 BODY[HEADER.FIELDS (!~)]",
	    " 1  BODY[HEADER.FIELDS (!~)]" },
	{ "FETCH 1 BODY[HEADER.FIELDS (\"a b\")]",
	    "!expected the name of a header field at byte 30" },
	{ "FETCH 1 BODY[HEADER.FIELDS (\"\")]",
	    "!expected the name of a header field at byte 30" },
	{ "FETCH 1 BODY[]<1>", "!expected '.' at byte 18" },
	{ "FETCH 1 BODY[]<1.0>", "!expected a number from 1 at byte 19" },
	{ "FETCH 1", "!expected a space at byte 9" },

	{ "SEARCH ALL", " (all)" },
	{ "SEARCH 1:3,* unseen", " (seq 1:3,0) (unflag \\Seen)" },
	{ "SEARCH $ UID 5:*", " (seq $) (uid 5:0)" },
	{ "SEARCH (1 2)", " (and (seq 1) (seq 2))" },
	{ "SEARCH OR SEEN NOT (DRAFT RECENT)", " (or (flag \\Seen) "
	    "(not (and (flag \\Draft) (flag \\Recent))))" },
	{ "SEARCH ANSWERED DELETED FLAGGED NEW OLD UNANSWERED UNDELETED "
	    "UNDRAFT UNFLAGGED SEEN", " (flag \\Answered) (flag \\Deleted) "
	    "(flag \\Flagged) (new) (unflag \\Recent) (unflag \\Answered) "
	    "(unflag \\Deleted) (unflag \\Draft) (unflag \\Flagged) "
	    "(flag \\Seen)" },
	{ "SEARCH BCC a CC b FROM c SUBJECT d TO e BODY f TEXT g",
	    " (header 'Bcc' 'a') (header 'Cc' 'b') (header 'From' 'c') "
	    "(header 'Subject' 'd') (header 'To' 'e') (body 'f') "
	    "(text 'g')" },
	{ "SEARCH HEADER X-y \"\"", " (header 'X-y' '')" },
	{ "SEARCH KEYWORD $Junk UNKEYWORD x",
	    " (keyword '$Junk') (unkeyword 'x')" },
	{ "SEARCH BEFORE 2-Jan-1970 ON 3-Jan-1970 SINCE \"4-Jan-1970\"",
	    " (before 1) (on 2) (since 3)" },
	{ "SEARCH SENTBEFORE 2-Jan-1970 SENTON 3-Jan-1970 SENTSINCE "
	    "4-Jan-1970", " (sentbefore 1) (senton 2) (sentsince 3)" },
	{ "SEARCH LARGER 10 SMALLER 4294967295",
	    " (larger 10) (smaller 4294967295)" },
	{ "SEARCH CHARSET utf-8 SUBJECT {2}\r\n\xc3\xa9",
	    " 'utf-8' 8bit (header 'Subject' '\xc3\xa9')" },
	{ "SEARCH RETURN (MIN COUNT) ALL", " return min count (all)" },
	{ "SEARCH RETURN () CHARSET x ALL", " return all 'x' (all)" },
	{ "SEARCH RETURN (SAVE MAX) 1", " return max save (seq 1)" },
	{ "SEARCH RETURN (FOO) 1",
	    "!expected MIN, MAX, ALL, COUNT or SAVE at byte 17" },
	{ "SEARCH", "!expected a space at byte 8" },
	{ "SEARCH ", KEY "9" },
	{ "SEARCH FOO", KEY "9" },
	{ "SEARCH ()", KEY "10" },
	{ "SEARCH (1", "!expected ')' at byte 11" },
	{ "SEARCH 1 ", KEY "11" },
	{ "SEARCH OR 1", "!expected a space at byte 13" },
	{ "SEARCH NOT", "!expected a space at byte 12" },
	{ "SEARCH LARGER x",
	    "!expected a number below 4294967296 at byte 16" },
	{ "SEARCH SINCE x",
	    "!expected a date such as 1-Feb-1994 at byte 15" },
	{ "SEARCH SUBJECT (", "!expected an atom or a string at byte 17" },
	{ "SEARCH HEADER x", "!expected a space at byte 17" },
	{ "SEARCH KEYWORD \"x\"", "!expected an atom at byte 17" },
	{ "SEARCH CHARSET utf-8", "!expected a space at byte 22" },
};

static void
arguments_are_parsed(void **state)
{
	struct buf out = BUF_INIT;
	struct arena a;
	size_t len, bad = 0;
	char *copy;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		len = strlen(rows[i].in) + 4;
		assert_non_null(copy = malloc(len));
		memcpy(copy, "a ", 2);
		memcpy(copy + 2, rows[i].in, len - 4);
		memcpy(copy + len - 2, "\r\n", 2);
		buf_clear(&out);
		command_print(&out, bytes_make(copy, len), &a);
		if (strcmp(buf_cstr(&out), rows[i].out) != 0) {
			print_error("'%s': \"%s\" not \"%s\"\n", rows[i].in,
			    buf_cstr(&out), rows[i].out);
			bad++;
		}
		free(copy);
		arena_clear(&a);
	}
	buf_free(&out);
	assert_int_equal(bad, 0);
}

/* Cut at any byte, a command is refused and nothing beyond its end is read. */
static void
cut_commands_are_refused(void **state)
{
	struct buf out = BUF_INIT, in = BUF_INIT;
	size_t len, head;
	struct arena a;
	char *copy;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_clear(&in);
		buf_printf(&in, "a %s\r\n", rows[i].in);
		head = strcspn(rows[i].in, " ") + 2;
		if (strncmp(rows[i].in, "UID", 3) == 0)
			head = strlen("a UID FETCH (");
		for (len = head + 2; len < in.len; len++) {
			assert_non_null(copy = malloc(len));
			memcpy(copy, in.data, len);
			buf_clear(&out);
			command_print(&out, bytes_make(copy, len), &a);
			assert_int_equal(buf_cstr(&out)[0], '!');
			free(copy);
			arena_clear(&a);
		}
	}
	buf_free(&in);
	buf_free(&out);
}

static void
streamed_append_is_parsed_in_steps(void **state)
{
	struct err err = ERR_INIT;
	struct imap_append x;
	struct imap_cursor c;
	struct imap_head head;
	struct bytes mailbox;
	struct arena a;

	arena_init(&a);
	imap_cursor_init(&c, BYTES("a APPEND x (\\Seen) {123456789}\r\n"), &a);
	assert_int_equal(imap_parse_head(&c, &head, &err), 0);
	assert_int_equal(imap_parse_append_mailbox(&c, &mailbox, &err), 0);
	assert_int_equal(imap_parse_append_next(&c, &x, true, &err), 0);
	assert_true(x.streamed && !x.binary && x.size == 123456789);
	assert_int_equal(x.flags.system, IMAP_FLAG_SEEN);

	imap_cursor_init(&c, BYTES(" ~{7+}\r\n"), &a);
	assert_false(imap_at_end(&c));
	assert_int_equal(imap_parse_append_next(&c, &x, true, &err), 0);
	assert_true(x.streamed && x.binary && x.size == 7);

	imap_cursor_init(&c, BYTES("\r\n"), &a);
	assert_true(imap_at_end(&c));
	imap_cursor_init(&c, BYTES(" {7+}\r\nx"), &a);
	assert_int_equal(imap_parse_append_next(&c, &x, true, &err), -1);
	imap_cursor_init(&c, BYTES(" {7+}x"), &a);
	assert_int_equal(imap_parse_append_next(&c, &x, true, &err), -1);
	assert_string_equal(err.text, "expected the end of the line at byte 5");
	arena_clear(&a);
}

/* Repetition and nesting are limited. */
static const struct {
	const char *before, *piece, *after;
	size_t max;
} bound_rows[] = {
	{ "a ENABLE", " X", "", IMAP_ENABLE_MAX },
	{ "a LIST \"\" (x", " x", ")", IMAP_LIST_PATTERNS_MAX - 1 },
	{ "a ID (\"a\" NIL", " \"a\" NIL", ")", IMAP_ID_MAX - 1 },
	{ "a FETCH 1 (UID", " BODY[]", ")", IMAP_FETCH_SECTIONS_MAX },
	{ "a FETCH 1 BODY[1", ".1", "]", IMAP_SECTION_DEPTH_MAX - 1 },
	{ "a FETCH 1 BODY[HEADER.FIELDS (x", " x", ")]",
	    IMAP_SECTION_FIELDS_MAX - 1 },
	{ "a SEARCH", " 1", "", IMAP_SEARCH_KEYS_MAX },
	{ "a SEARCH", " NOT", " 1", IMAP_SEARCH_DEPTH_MAX },
	{ "a SEARCH", " OR 1", " 1", IMAP_SEARCH_DEPTH_MAX },
};

static void
counts_and_depths_are_bounded(void **state)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNT(bound_rows); i++)
		for (size_t more = 0; more < 2; more++) {
			buf_clear(&in);
			buf_clear(&out);
			buf_str(&in, bound_rows[i].before);
			for (size_t k = 0; k < bound_rows[i].max + more; k++)
				buf_str(&in, bound_rows[i].piece);
			buf_printf(&in, "%s\r\n", bound_rows[i].after);
			command_print(&out, buf_view(&in), &a);
			if ((strncmp(buf_cstr(&out), "!more than", 10) == 0) !=
			    (more > 0))
				fail_msg("row %zu: %s", i, buf_cstr(&out));
			arena_clear(&a);
		}
	buf_clear(&in);
	buf_str(&in, "a SEARCH ");
	for (size_t i = 0; i < 100000; i++)
		buf_byte(&in, '(');
	buf_str(&in, "\r\n");
	buf_clear(&out);
	command_print(&out, buf_view(&in), &a);
	assert_string_equal(buf_cstr(&out),
	    "!more than 32 levels of search keys");
	arena_clear(&a);
	buf_free(&in);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_parsed),
		cmocka_unit_test(cut_commands_are_refused),
		cmocka_unit_test(streamed_append_is_parsed_in_steps),
		cmocka_unit_test(counts_and_depths_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
