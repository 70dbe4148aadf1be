/*
 * Mailboxes and messages of one account: what each call does, and what it
 * refuses.  After every test the whole store is verified.
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/parsed.h"
#include "store/account.h"
#include "store/purge.h"
#include "store/sys.h"
#include "store_fixture.h"

static int
setup(void **state)
{
	*state = fixture_new(NULL);
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fixture_free(&f);
	return 0;
}

/* ---- names ---- */

static void
test_names(void **state)
{
	static const struct {
		const char *what, *name, *canonical;
	} rows[] = {
		{ "plain", "Work", "Work" },
		{ "levels", "Work/2026/a", "Work/2026/a" },
		{ "inbox in any case", "iNbOx", "INBOX" },
		{ "inbox as a parent", "inbox/Sub", "INBOX/Sub" },
		{ "not inbox", "inboxes", "inboxes" },
		{ "inbox below", "a/inbox", "a/inbox" },
		{ "composed", "Caf\xc3\xa9", "Caf\xc3\xa9" },
		{ "decomposed", "Cafe\xcc\x81", "Caf\xc3\xa9" },
		{ "space and stars", "a * b%", "a * b%" },
		{ "empty", "", NULL },
		{ "empty level", "a//b", NULL },
		{ "leading separator", "/a", NULL },
		{ "trailing separator", "a/", NULL },
		{ "tab", "a\tb", NULL },
		{ "delete", "a\x7f", NULL },
		{ "C1 control", "a\xc2\x85" "b", NULL },
		{ "line separator", "a\xe2\x80\xa8" "b", NULL },
		{ "not UTF-8", "a\xff", NULL },
		{ "overlong", "a\xc0\xaf", NULL },
	};
	char out[MAILBOX_NAME_MAX + 1];
	struct err err = ERR_INIT;
	int rc;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		rc = mailbox_name_canonical(bytes_of(rows[i].name), out,
		    &err);
		if (rc == 0 ? rows[i].canonical == NULL ||
		    strcmp(out, rows[i].canonical) != 0 :
		    rows[i].canonical != NULL)
			fail_msg("%s: '%s'", rows[i].what,
			    rc == 0 ? out : err.text);
	}
}

static void
test_name_limits(void **state)
{
	char name[MAILBOX_NAME_MAX + 3], out[MAILBOX_NAME_MAX + 1];
	struct err err = ERR_INIT;

	(void)state;
	memset(name, 'x', sizeof(name));
	assert_int_equal(mailbox_name_canonical(
	    bytes_make(name, MAILBOX_NAME_MAX), out, &err), 0);
	assert_int_equal(mailbox_name_canonical(
	    bytes_make(name, MAILBOX_NAME_MAX + 1), out, &err), -1);
	for (size_t i = 1; i < sizeof(name); i += 2)
		name[i] = '/';
	assert_int_equal(mailbox_name_canonical(
	    bytes_make(name, MAILBOX_DEPTH_MAX * 2 - 1), out, &err), 0);
	assert_int_equal(mailbox_name_canonical(
	    bytes_make(name, MAILBOX_DEPTH_MAX * 2 + 1), out, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	/* NUL in the middle. */
	assert_int_equal(mailbox_name_canonical(bytes_make("a\0b", 3), out,
	    &err), -1);
}

/* ---- mailboxes ---- */

static const char *
list_text(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct mailbox *list;
	struct kv_snap snap;
	struct buf b = BUF_INIT;
	const char *text;
	size_t n;

	must(store_snap(f->s, &snap, &err));
	must(mailbox_list(&snap.reader, f->account, &f->a, &list, &n, &err));
	kv_snap_end(&snap);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s%s%s", i == 0 ? "" : " ", list[i].name,
		    list[i].subscribed ? "+" : "",
		    special_use_name(list[i].use) == NULL ? "" :
		    special_use_name(list[i].use));
	text = arena_strdup(&f->a, buf_cstr(&b));
	buf_free(&b);
	return text;
}

static void
test_defaults(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(list_text(f), "Archive+\\Archive Drafts+\\Drafts "
	    "INBOX+ Junk+\\Junk Rejects+ Sent+\\Sent Trash+\\Trash");
	assert_int_equal(fixture_mailbox(f, "Rejects").use, USE_REJECTS);
}

static void
test_create_delete(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint64_t id = 0;
	uint32_t uidvalidity;

	must(mailbox_create(f->s, f->account, "a/b/c/", USE_NONE, &id, &err));
	assert_int_not_equal(id, 0);
	assert_int_equal(fixture_mailbox(f, "a/b/c").object_id, id);
	assert_true(fixture_has_mailbox(f, "a/b"));
	assert_true(fixture_has_mailbox(f, "a"));
	assert_int_equal(mailbox_create(f->s, f->account, "a/b", USE_NONE,
	    &id, &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	assert_int_equal(mailbox_delete(f->s, f->account, "a/b", &err), -1);
	assert_int_equal(err.code, ERR_CODE_IN_USE);
	assert_int_equal(mailbox_delete(f->s, f->account, "inbox", &err), -1);
	assert_int_equal(err.code, ERR_CODE_CANNOT);
	assert_int_equal(mailbox_delete(f->s, f->account, "none", &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);

	/* The name can be used again, by another mailbox. */
	uidvalidity = fixture_mailbox(f, "a/b/c").uidvalidity;
	fixture_append(f, "a/b/c", 0);
	must(mailbox_delete(f->s, f->account, "a/b/c", &err));
	assert_false(fixture_has_mailbox(f, "a/b/c"));
	assert_int_equal(fixture_account(f).used_messages, 0);
	assert_int_equal(fixture_account(f).used_bytes, 0);
	must(mailbox_create(f->s, f->account, "a/b/c", USE_NONE, &id, &err));
	assert_true(fixture_mailbox(f, "a/b/c").uidvalidity > uidvalidity);
	assert_string_equal(fixture_uids(f, "a/b/c"), "");
	purge_drain(f->s);
}

static void
few_mailboxes(struct store_config *config)
{
	config->mailboxes_max = 9;
}

static void
test_mailboxes_max(void **state)
{
	struct fixture *f = fixture_new(few_mailboxes);
	struct err err = ERR_INIT;
	uint64_t id;

	(void)state;
	must(mailbox_create(f->s, f->account, "a", USE_NONE, &id, &err));
	assert_int_equal(mailbox_create(f->s, f->account, "x/y/z", USE_NONE,
	    &id, &err), -1);
	assert_int_equal(err.code, ERR_CODE_LIMIT);
	assert_non_null(strstr(err.text, "mailboxes-max"));
	/* All or nothing: the parents are not there either. */
	assert_false(fixture_has_mailbox(f, "x"));
	must(mailbox_create(f->s, f->account, "b", USE_NONE, &id, &err));
	assert_int_equal(mailbox_create(f->s, f->account, "c", USE_NONE, &id,
	    &err), -1);
	fixture_free(&f);
}

static void
test_rename(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct mailbox before, after;
	uint64_t id;

	must(mailbox_create(f->s, f->account, "a/b/c", USE_NONE, &id, &err));
	must(mailbox_create(f->s, f->account, "ab", USE_NONE, &id, &err));
	fixture_append_text(f, "a/b", "x: y\r\n\r\n", 0,
	    (const char *const[]){ "word", NULL });
	before = fixture_mailbox(f, "a/b");
	must(mailbox_rename(f->s, f->account, "a", "z/y", &err));
	after = fixture_mailbox(f, "z/y/b");
	assert_int_equal(before.id, after.id);
	assert_int_equal(before.uidvalidity, after.uidvalidity);
	assert_string_equal(fixture_flags(f, "z/y/b", 1), "word");
	assert_true(fixture_has_mailbox(f, "z/y/b/c"));
	assert_true(fixture_has_mailbox(f, "ab"));
	assert_false(fixture_has_mailbox(f, "a"));
	assert_false(fixture_has_mailbox(f, "a/b/c"));

	assert_int_equal(mailbox_rename(f->s, f->account, "z", "z/y/q", &err),
	    -1);
	assert_int_equal(err.code, ERR_CODE_CANNOT);
	assert_int_equal(mailbox_rename(f->s, f->account, "z", "ab", &err),
	    -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	assert_int_equal(mailbox_rename(f->s, f->account, "no", "new", &err),
	    -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
}

static void
test_rename_inbox(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint64_t id;
	uint32_t inbox;

	must(mailbox_create(f->s, f->account, "INBOX/sub", USE_NONE, &id,
	    &err));
	inbox = fixture_mailbox(f, "INBOX").id;
	fixture_append(f, "INBOX", FLAG_SEEN);
	fixture_append(f, "INBOX", 0);
	must(mailbox_rename(f->s, f->account, "Inbox", "old/2026", &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "");
	assert_int_equal(fixture_mailbox(f, "INBOX").id, inbox);
	assert_string_equal(fixture_uids(f, "old/2026"), "1:2");
	assert_string_equal(fixture_flags(f, "old/2026", 1), "\\Seen");
	assert_true(fixture_has_mailbox(f, "INBOX/sub"));
	assert_int_equal(fixture_account(f).used_messages, 2);
	assert_int_equal(mailbox_rename(f->s, f->account, "INBOX", "Sent",
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	purge_drain(f->s);
}

static void
test_subscriptions(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	char **names;
	size_t n;

	must(mailbox_subscribe(f->s, f->account, "Sent", false, &err));
	must(mailbox_subscribe(f->s, f->account, "not/there", true, &err));
	must(store_snap(f->s, &snap, &err));
	must(subscription_list(&snap.reader, f->account, &f->a, &names, &n,
	    &err));
	kv_snap_end(&snap);
	assert_int_equal(n, 7);
	assert_string_equal(names[6], "not/there");
	assert_string_equal(names[5], "Trash");
}

/* ---- adding ---- */

static void
test_deliver(void **state)
{
	struct fixture *f = *state;
	struct message_new m = {
		.prefix = BYTES("Delivered-To: one@example.org\r\n"),
		.text = BYTES("Subject: hello\r\nMessage-ID: <1@x>\r\n\r\n"
		    "Text\r\n"),
		.origin = BYTES("where from"),
		.token = BYTES("0123456789abcdef")
	};
	const char *const boxes[] = { "INBOX", "Lists/a", "inbox" };
	struct message_added added[3], again[3];
	struct message msg, msg2;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct parsed pd;
	struct buf b = BUF_INIT;

	must(message_deliver(f->s, f->account, boxes, 3, &m, added, &err));
	assert_int_equal(added[0].uid, 1);
	assert_int_equal(added[1].uid, 1);
	assert_int_equal(added[2].mbox, added[0].mbox);
	assert_int_not_equal(added[1].mbox, added[0].mbox);
	assert_false(added[0].repeated);
	assert_string_equal(fixture_uids(f, "INBOX"), "1");
	assert_string_equal(fixture_uids(f, "Lists/a"), "1");
	assert_int_equal(fixture_account(f).used_messages, 2);

	/* The token counts once per mailbox. */
	must(message_deliver(f->s, f->account, boxes, 3, &m, again, &err));
	assert_true(again[0].repeated && again[1].repeated &&
	    again[2].repeated);
	assert_int_equal(again[1].mbox, added[1].mbox);
	must(message_deliver(f->s, f->account,
	    (const char *const[]){ "INBOX", "Sent" }, 2, &m, again, &err));
	assert_true(again[0].repeated);
	assert_false(again[1].repeated);
	assert_string_equal(fixture_uids(f, "INBOX"), "1");

	/* One body, with both parts of the text. */
	must(store_snap(f->s, &snap, &err));
	assert_int_equal(message_get(&snap.reader, f->account, added[0].mbox,
	    1, &msg, &err), 1);
	assert_int_equal(message_get(&snap.reader, f->account, added[1].mbox,
	    1, &msg2, &err), 1);
	assert_int_equal(msg.body, msg2.body);
	assert_int_equal(msg.size, m.prefix.len + m.text.len);
	assert_int_equal(origin_read(&snap.reader, f->account, msg.body, &b,
	    &err), 1);
	assert_string_equal(buf_cstr(&b), "where from");
	must(parsed_read(f->s, &snap.reader, f->account, msg.body, &b, &err));
	must(parsed_open(buf_view(&b), &pd, &err));
	assert_true(bytes_eq_str(parsed_text(&pd, PARSED_SUBJECT), "hello"));
	kv_snap_end(&snap);
	buf_clear(&b);
	must(body_read(f->s, f->account, msg.body, 10, 29, &b, &err));
	assert_string_equal(buf_cstr(&b), "To: one@example.org\r\nSubject:");
	buf_free(&b);
}

/* Bodies of a few chunks come back as they were, from any offset. */
static void
test_large_bodies(void **state)
{
	static const size_t sizes[] = {
		1, 1048575, 1048576, 1048577, 2 * 1048576, 5 * 1048576 + 17
	};
	struct fixture *f = *state;
	struct uid_set all = fixture_set(f, "1:100");
	struct flags_change change = {
		.how = FLAGS_ADD, .system = FLAG_DELETED
	};
	uint64_t n;
	char *text = malloc(6 << 20);
	struct err err = ERR_INIT;

	assert_non_null(text);
	for (size_t i = 0; i < 6u << 20; i++)
		text[i] = (char)('a' + i * 7 % 23 + i / 1048576);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct message_new m = {
			.prefix = bytes_make(text, sizes[i] / 3 < 1000 ?
			    sizes[i] / 3 : 1000)
		};
		struct message_added added;
		struct message msg;
		struct kv_snap snap;
		struct buf b = BUF_INIT;

		m.text = bytes_make(text + m.prefix.len,
		    sizes[i] - m.prefix.len);
		must(message_append(f->s, f->account, "INBOX", &m, &added,
		    &err));
		must(store_snap(f->s, &snap, &err));
		assert_int_equal(message_get(&snap.reader, f->account,
		    added.mbox, added.uid, &msg, &err), 1);
		kv_snap_end(&snap);
		must(body_read(f->s, f->account, msg.body, 0, SIZE_MAX, &b,
		    &err));
		assert_int_equal(b.len, sizes[i]);
		assert_memory_equal(b.data, text, b.len);
		buf_clear(&b);
		must(body_read(f->s, f->account, msg.body, sizes[i] / 2,
		    1048576, &b, &err));
		assert_memory_equal(b.data, text + sizes[i] / 2, b.len);
		buf_clear(&b);
		must(body_read(f->s, f->account, msg.body, sizes[i], 10, &b,
		    &err));
		assert_int_equal(b.len, 0);
		buf_free(&b);
	}
	free(text);
	/* The purge takes the large ones in slices. */
	must(message_store(f->s, f->account, fixture_mailbox(f, "INBOX").id,
	    &all, &change, &f->a, &err));
	must(message_expunge(f->s, f->account,
	    fixture_mailbox(f, "INBOX").id, NULL, &n, &err));
	assert_int_equal(n, sizeof(sizes) / sizeof(*sizes));
	purge_drain(f->s);
	purge_drain(f->s);
}

static void
small_messages(struct store_config *config)
{
	config->message_size_max = 100;
	config->quota_messages = 3;
}

static void
test_add_refusals(void **state)
{
	struct fixture *f = fixture_new(small_messages);
	char text[200];
	struct message_new m = { .text = BYTES("a: b\r\n\r\n") };
	struct message_added added;
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(message_append(f->s, f->account, "none", &m, &added,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	assert_int_equal(message_append(f->s, 17, "INBOX", &m, &added, &err),
	    -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	for (int i = 0; i < 3; i++)
		must(message_append(f->s, f->account, "INBOX", &m, &added,
		    &err));
	assert_int_equal(message_append(f->s, f->account, "INBOX", &m, &added,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_OVER_QUOTA);
	must(account_set(f->s, f->account, "quota-messages", "none", &err));
	must(account_set(f->s, f->account, "quota-bytes", "100", &err));
	m.text = bytes_make(text, 77);
	assert_int_equal(message_append(f->s, f->account, "INBOX", &m, &added,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_OVER_QUOTA);
	m.text.len = 76;
	must(message_append(f->s, f->account, "INBOX", &m, &added, &err));
	m.text.len = 101;
	assert_int_equal(message_append(f->s, f->account, "INBOX", &m, &added,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_TOO_LARGE);
	must(account_set(f->s, f->account, "disabled", "yes", &err));
	m.text.len = 1;
	assert_int_equal(message_append(f->s, f->account, "INBOX", &m, &added,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_DISABLED);
	fixture_free(&f);
}

static uint64_t
thread_of(struct fixture *f, uint32_t uid)
{
	struct err err = ERR_INIT;
	struct mailbox mb = fixture_mailbox(f, "INBOX");
	struct message m;
	struct kv_snap snap;

	must(store_snap(f->s, &snap, &err));
	assert_int_equal(message_get(&snap.reader, f->account, mb.id, uid, &m,
	    &err), 1);
	kv_snap_end(&snap);
	return m.thread_id;
}

static void
test_threads(void **state)
{
	static const char *const texts[] = {
		"Message-ID: <1@x>\r\n\r\n",
		"Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n\r\n",
		"Message-ID: <9@x>\r\n\r\n",
		/* Its parent comes later. */
		"Message-ID: <4@x>\r\nReferences: <1@x> <3@x>\r\n\r\n",
		"Message-ID: <3@x>\r\n\r\n",
		"Subject: none\r\n\r\n",
		"Subject: none\r\n\r\n",
	};
	struct fixture *f = *state;
	uint64_t t[8];

	for (uint32_t i = 0; i < 7; i++) {
		fixture_append_text(f, "INBOX", texts[i], 0, NULL);
		t[i] = thread_of(f, i + 1);
	}
	assert_true(t[0] == t[1] && t[1] == t[3] && t[3] == t[4]);
	assert_true(t[2] != t[0] && t[5] != t[0] && t[5] != t[6]);
}

/* ---- STORE ---- */

static void
test_store(void **state)
{
	static const struct {
		const char *what, *set;
		int how;
		uint32_t system;
		const char *keyword;
		const char *changed;
		const char *flags2;	/* of UID 2 after it */
		unsigned unseen, deleted;
	} rows[] = {
		{ "add", "1:2", FLAGS_ADD, FLAG_SEEN, NULL, "1:2",
		  "\\Seen", 3, 0 },
		{ "add again", "1:3", FLAGS_ADD, FLAG_SEEN, NULL, "3",
		  "\\Seen", 2, 0 },
		{ "a keyword", "2:4", FLAGS_ADD, 0, "Work", "2:4",
		  "\\Seen Work", 2, 0 },
		{ "in another case", "2,5", FLAGS_ADD, FLAG_DELETED, "wORK",
		  "2,5", "\\Deleted \\Seen Work", 2, 2 },
		{ "remove one", "1:5", FLAGS_REMOVE, 0, "work", "2:5",
		  "\\Deleted \\Seen", 2, 2 },
		{ "remove what nobody has", "1:5", FLAGS_REMOVE, FLAG_DRAFT,
		  "None", "", "\\Deleted \\Seen", 2, 2 },
		{ "set", "2:3", FLAGS_SET, FLAG_FLAGGED, "Other", "2:3",
		  "\\Flagged Other", 4, 1 },
		{ "set to nothing", "2:3", FLAGS_SET, 0, NULL, "2:3", "",
		  4, 1 },
		{ "beyond the end", "6:4294967295", FLAGS_ADD, FLAG_SEEN,
		  NULL, "", "", 4, 1 },
		{ "nothing", "", FLAGS_ADD, FLAG_SEEN, NULL, "", "", 4, 1 },
	};
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct mailbox mb;

	for (int i = 0; i < 5; i++)
		fixture_append(f, "INBOX", 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bytes word = bytes_of(rows[i].keyword == NULL ? "" :
		    rows[i].keyword);
		struct uid_set set = fixture_set(f, rows[i].set);
		struct flags_change change = {
			.how = rows[i].how,
			.system = rows[i].system,
			.keywords = &word,
			.nkeywords = word.len > 0
		};
		uint64_t before = fixture_mailbox(f, "INBOX").highestmodseq;

		must(message_store(f->s, f->account,
		    fixture_mailbox(f, "INBOX").id, &set, &change, &f->a,
		    &err));
		mb = fixture_mailbox(f, "INBOX");
		if (strcmp(fixture_set_text(f, &change.changed),
		    rows[i].changed) != 0 ||
		    strcmp(fixture_flags(f, "INBOX", 2), rows[i].flags2) != 0)
			fail_msg("%s: changed %s, flags '%s'", rows[i].what,
			    fixture_set_text(f, &change.changed),
			    fixture_flags(f, "INBOX", 2));
		assert_int_equal(mb.unseen, rows[i].unseen);
		assert_int_equal(mb.deleted, rows[i].deleted);
		assert_int_equal(mb.highestmodseq,
		    before + (rows[i].changed[0] != '\0'));
		assert_int_equal(change.nmodseqs, rows[i].changed[0] != '\0');
	}
}

static void
test_store_unchangedsince(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;
	struct uid_set two = fixture_set(f, "2"), all = fixture_set(f, "1:3");
	struct flags_change change = { .how = FLAGS_ADD, .system = FLAG_SEEN };
	uint64_t known;

	for (int i = 0; i < 3; i++)
		fixture_append(f, "INBOX", 0);
	known = fixture_mailbox(f, "INBOX").highestmodseq;
	must(message_store(f->s, f->account, mbox, &two, &change, &f->a,
	    &err));
	change.system = FLAG_FLAGGED;
	change.known_modseq = known;
	must(message_store(f->s, f->account, mbox, &all, &change, &f->a,
	    &err));
	assert_string_equal(fixture_set_text(f, &change.overtaken), "2");
	change.if_unchanged = true;
	change.unchanged_since = change.modseqs[0];
	change.system = FLAG_DRAFT;
	must(message_store(f->s, f->account, mbox, &two, &change, &f->a,
	    &err));
	change.unchanged_since = change.modseqs[0] - 1;
	change.system = FLAG_DELETED;
	must(message_store(f->s, f->account, mbox, &all, &change, &f->a,
	    &err));
	assert_string_equal(fixture_set_text(f, &change.modified), "2");
	assert_string_equal(fixture_set_text(f, &change.changed), "1,3");
}

static void
test_keywords_max(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;
	struct uid_set one = fixture_set(f, "1");
	char name[16], big[80];
	struct bytes word;
	struct flags_change change = {
		.how = FLAGS_ADD, .keywords = &word, .nkeywords = 1
	};

	fixture_append(f, "INBOX", 0);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		word = bytes_of(name);
		must(message_store(f->s, f->account, mbox, &one, &change,
		    &f->a, &err));
	}
	word = BYTES("another");
	assert_int_equal(message_store(f->s, f->account, mbox, &one, &change,
	    &f->a, &err), -1);
	assert_int_equal(err.code, ERR_CODE_LIMIT);
	assert_non_null(strstr(err.text, "keywords-max"));
	memset(big, 'x', sizeof(big));
	word = bytes_make(big, 65);
	assert_int_equal(message_store(f->s, f->account, mbox, &one, &change,
	    &f->a, &err), -1);
	assert_int_equal(err.code, ERR_CODE_LIMIT);
	/* It is not needed to take it away. */
	change.how = FLAGS_REMOVE;
	must(message_store(f->s, f->account, mbox, &one, &change, &f->a,
	    &err));
}

/* ---- EXPUNGE ---- */

static void
test_expunge(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;
	struct uid_set set = fixture_set(f, "1:70"), gone;
	struct kv_snap snap;
	uint64_t n, modseq;

	for (uint32_t i = 1; i <= 200; i++)
		fixture_append(f, "INBOX", i % 2 == 0 ? FLAG_DELETED : 0);
	modseq = fixture_mailbox(f, "INBOX").highestmodseq;
	must(message_expunge(f->s, f->account, mbox, &set, &n, &err));
	assert_int_equal(n, 35);
	assert_int_equal(fixture_mailbox(f, "INBOX").deleted, 65);
	must(message_expunge(f->s, f->account, mbox, NULL, &n, &err));
	assert_int_equal(n, 65);
	must(message_expunge(f->s, f->account, mbox, NULL, &n, &err));
	assert_int_equal(n, 0);
	assert_int_equal(fixture_mailbox(f, "INBOX").messages, 100);
	assert_int_equal(fixture_account(f).used_messages, 100);
	assert_int_equal(fixture_account(f).used_bytes,
	    fixture_mailbox(f, "INBOX").bytes);
	must(store_snap(f->s, &snap, &err));
	assert_int_equal(expunged_since(&snap.reader, f->account, mbox,
	    modseq, &f->a, &gone, &err), 0);
	assert_int_equal(gone.n, 100);
	assert_int_equal(expunged_since(&snap.reader, f->account, mbox,
	    modseq + 1, &f->a, &gone, &err), 0);
	assert_int_equal(gone.n, 65);
	kv_snap_end(&snap);
	purge_drain(f->s);
	/* Purged: the rows are gone, the others as they were. */
	assert_int_equal(fixture_mailbox(f, "INBOX").messages, 100);
	assert_string_equal(fixture_flags(f, "INBOX", 199), "");
	assert_string_equal(fixture_flags(f, "INBOX", 200), "-");
}

static void
few_tombstones(struct store_config *config)
{
	config->tombstones_max = 3;
}

static void
test_tombstones_max(void **state)
{
	struct fixture *f = fixture_new(few_tombstones);
	struct err err = ERR_INIT;
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;
	struct uid_set gone;
	struct kv_snap snap;
	uint64_t n;

	(void)state;
	for (uint32_t i = 1; i <= 10; i++) {
		fixture_append(f, "INBOX", FLAG_DELETED);
		must(message_expunge(f->s, f->account, mbox, NULL, &n, &err));
	}
	purge_drain(f->s);
	assert_int_equal(fixture_mailbox(f, "INBOX").tombstones, 3);
	must(store_snap(f->s, &snap, &err));
	assert_int_equal(expunged_since(&snap.reader, f->account, mbox, 1,
	    &f->a, &gone, &err), 1);
	assert_string_equal(fixture_set_text(f, &gone), "8:10");
	assert_int_equal(expunged_since(&snap.reader, f->account, mbox,
	    fixture_mailbox(f, "INBOX").purged_modseq, &f->a, &gone, &err),
	    0);
	kv_snap_end(&snap);
	fixture_free(&f);
}

/* ---- COPY and MOVE ---- */

static void
test_copy(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct uid_set set = fixture_set(f, "1,3:99");
	struct message_copied out;
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;

	/* So that keywords have other numbers there. */
	fixture_append_text(f, "Sent", "a: b\r\n\r\n", 0,
	    (const char *const[]){ "First", "Second", NULL });
	for (int i = 0; i < 3; i++)
		fixture_append(f, "INBOX", 0);
	fixture_append_text(f, "INBOX", "a: b\r\n\r\n", FLAG_SEEN,
	    (const char *const[]){ "Second", "Third", NULL });
	must(message_copy(f->s, f->account, mbox, &set, "Sent", false, &f->a,
	    &out, &err));
	assert_string_equal(fixture_set_text(f, &out.source), "1,3:4");
	assert_string_equal(fixture_set_text(f, &out.dest), "2:4");
	assert_int_equal(out.uidvalidity,
	    fixture_mailbox(f, "Sent").uidvalidity);
	assert_string_equal(fixture_uids(f, "Sent"), "1:4");
	assert_string_equal(fixture_uids(f, "INBOX"), "1:4");
	assert_string_equal(fixture_flags(f, "Sent", 4),
	    "\\Seen Second Third");
	assert_int_equal(fixture_account(f).used_messages, 8);

	/* Onto itself; nothing; nowhere. */
	must(message_copy(f->s, f->account, mbox, &set, "inbox", false, &f->a,
	    &out, &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "1:7");
	set = fixture_set(f, "50");
	must(message_copy(f->s, f->account, mbox, &set, "Sent", false, &f->a,
	    &out, &err));
	assert_int_equal(out.uidvalidity, 0);
	assert_int_equal(message_copy(f->s, f->account, mbox, &set, "none",
	    false, &f->a, &out, &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
}

static void
test_move(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct uid_set set = fixture_set(f, "2:3");
	struct message_copied out;
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;

	for (int i = 0; i < 4; i++)
		fixture_append(f, "INBOX", FLAG_FLAGGED);
	/* A full account can still move. */
	must(account_set(f->s, f->account, "quota-messages", "4", &err));
	must(message_copy(f->s, f->account, mbox, &set, "Trash", true, &f->a,
	    &out, &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "1,4");
	assert_string_equal(fixture_uids(f, "Trash"), "1:2");
	assert_int_equal(out.nmodseqs, 1);
	assert_int_equal(fixture_account(f).used_messages, 4);
	assert_int_equal(message_copy(f->s, f->account, mbox,
	    &(struct uid_set){ &(struct uid_range){ 1, 1 }, 1 }, "Trash",
	    false, &f->a, &out, &err), -1);
	assert_int_equal(err.code, ERR_CODE_OVER_QUOTA);
	purge_drain(f->s);
	assert_string_equal(fixture_flags(f, "Trash", 2), "\\Flagged");

	/* Onto itself: new UIDs. */
	set = fixture_set(f, "4");
	must(message_copy(f->s, f->account, mbox, &set, "INBOX", true, &f->a,
	    &out, &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "1,5");
	assert_int_equal(fixture_account(f).used_messages, 4);
	purge_drain(f->s);
}

static void
append_many(struct fixture *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fixture_append(f, "INBOX", i % 3 == 0 ? FLAG_SEEN : 0);
}

/* Doubles INBOX into itself until it has at least n messages. */
static void
fill_inbox(struct fixture *f, unsigned n)
{
	struct uid_range all = { 1, UINT32_MAX };
	struct uid_set set = { &all, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;
	struct mailbox mb = fixture_mailbox(f, "INBOX");

	if (mb.messages == 0)
		append_many(f, 100);
	while ((mb = fixture_mailbox(f, "INBOX")).messages < n)
		must(message_copy(f->s, f->account, mb.id, &set, "INBOX",
		    false, &f->a, &out, &err));
}

static void
test_bulk(void **state)
{
	struct fixture *f = *state;
	struct uid_range all = { 1, UINT32_MAX };
	struct uid_set set = { &all, 1 };
	struct message_copied out;
	struct flags_change change = {
		.how = FLAGS_ADD, .system = FLAG_DELETED
	};
	struct err err = ERR_INIT;
	struct mailbox mb, to;
	uint64_t n;

	fill_inbox(f, 5000);
	mb = fixture_mailbox(f, "INBOX");
	assert_int_equal(mb.messages, 6400);
	fixture_append(f, "Archive", 0);
	must(message_copy(f->s, f->account, mb.id, &set, "Archive", true,
	    &f->a, &out, &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "");
	assert_string_equal(fixture_uids(f, "Archive"), "1:6401");
	assert_string_equal(fixture_set_text(f, &out.dest), "2:6401");
	to = fixture_mailbox(f, "Archive");
	assert_int_equal(to.unseen, mb.unseen + 1);
	assert_int_equal(fixture_account(f).used_messages, 6401);
	purge_drain(f->s);
	must(message_store(f->s, f->account, to.id, &set, &change, &f->a,
	    &err));
	must(message_expunge(f->s, f->account, to.id, NULL, &n, &err));
	assert_int_equal(n, 6401);
	assert_int_equal(fixture_account(f).used_bytes, 0);
	purge_drain(f->s);
}

static unsigned flushes;

static int
counted_fdatasync(int fd)
{
	__atomic_add_fetch(&flushes, 1, __ATOMIC_RELAXED);
	return fdatasync(fd);
}

/* Slices that nobody sees are not flushed, the last one is. */
static void
test_bulk_flushes(void **state)
{
	struct fixture *f = *state;
	struct uid_range all = { 1, UINT32_MAX };
	struct uid_set set = { &all, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;

	fill_inbox(f, 5000);
	fixture_append(f, "Archive", 0);
	sys_calls.fdatasync = counted_fdatasync;
	__atomic_store_n(&flushes, 0, __ATOMIC_RELAXED);
	must(message_copy(f->s, f->account, fixture_mailbox(f, "INBOX").id,
	    &set, "Archive", false, &f->a, &out, &err));
	sys_calls.fdatasync = fdatasync;
	assert_in_range(__atomic_load_n(&flushes, __ATOMIC_RELAXED), 1, 6);
	assert_int_equal(fixture_mailbox(f, "Archive").messages, 6401);
}

/* A bulk copy that the quota stops leaves nothing behind. */
static void
test_bulk_refused(void **state)
{
	struct fixture *f = *state;
	struct uid_range all = { 1, UINT32_MAX };
	struct uid_set set = { &all, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;
	struct mailbox mb;
	struct account acc;

	fill_inbox(f, 3000);
	mb = fixture_mailbox(f, "INBOX");
	acc = fixture_account(f);
	must(account_set(f->s, f->account, "quota-messages", "4500", &err));
	assert_int_equal(message_copy(f->s, f->account, mb.id, &set,
	    "Archive", false, &f->a, &out, &err), -1);
	assert_int_equal(err.code, ERR_CODE_OVER_QUOTA);
	assert_int_equal(fixture_account(f).used_bytes, acc.used_bytes);
	assert_string_equal(fixture_uids(f, "Archive"), "");
	/* An addition that comes before the purge begins behind it. */
	assert_true(fixture_append(f, "Archive", 0) > 500);
	purge_drain(f->s);
	assert_int_equal(fixture_mailbox(f, "Archive").messages, 1);
	assert_int_equal(fixture_mailbox(f, "Archive").uid_reserved, 0);
}

struct appender {
	struct fixture *f;
	const char *mailbox;
	uint32_t last;
	bool ordered;
	int *stop;
};

static void *
appender_main(void *arg)
{
	struct appender *ap = arg;
	struct message_new m = { .text = BYTES("Subject: beside\r\n\r\n") };
	struct message_added added;
	struct err err = ERR_INIT;

	ap->ordered = true;
	while (!__atomic_load_n(ap->stop, __ATOMIC_ACQUIRE)) {
		if (message_append(ap->f->s, ap->f->account, ap->mailbox, &m,
		    &added, &err) == -1 || added.uid <= ap->last)
			ap->ordered = false;
		ap->last = added.uid;
	}
	return NULL;
}

/* Additions beside bulk copies: each gets its UID, all in order. */
static void
test_bulk_beside_appends(void **state)
{
	struct fixture *f = *state;
	int stop = 0;
	struct appender ap[2] = {
		{ .f = f, .mailbox = "Archive", .stop = &stop },
		{ .f = f, .mailbox = "INBOX", .stop = &stop }
	};
	struct uid_range all = { 1, 0 };
	struct uid_set set = { &all, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;
	struct mailbox mb;
	pthread_t thread[2];
	uint32_t last = 0;

	fill_inbox(f, 3000);
	mb = fixture_mailbox(f, "INBOX");
	all.last = mb.uidnext - 1;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL,
		    appender_main, &ap[i]), 0);
	for (int i = 0; i < 4; i++) {
		must(message_copy(f->s, f->account, mb.id, &set, "Archive",
		    i == 3, &f->a, &out, &err));
		assert_int_equal(out.dest.n, 1);
		assert_true(out.dest.range->first > last);
		last = out.dest.range->last;
		assert_int_equal(last - out.dest.range->first, 3199);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		assert_true(ap[i].ordered);
	}
	assert_true(fixture_mailbox(f, "Archive").messages >= 4 * 3200);
	purge_drain(f->s);
}

/* ---- accounts ---- */

static int
count_account(void *arg, const struct account *acc, struct err *err)
{
	(void)acc;
	(void)err;
	++*(int *)arg;
	return 0;
}

static void
test_account_delete(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct account acc;
	struct kv_snap snap;
	uint64_t id, other;
	int n = 0;

	assert_int_equal(account_create(f->s, "ONE", &id, &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	must(account_create(f->s, "two", &other, &err));
	assert_int_equal(account_set(f->s, other, "login", "One", &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	must(account_set(f->s, other, "login", "Zw\xc3\xb6lf", &err));
	fill_inbox(f, 100);
	must(account_delete(f->s, f->account, &err));
	must(store_snap(f->s, &snap, &err));
	assert_int_equal(account_get(&snap.reader, f->account, &acc, &err),
	    0);
	assert_int_equal(account_by_login(&snap.reader, "one", &acc, &err),
	    0);
	assert_int_equal(account_by_login(&snap.reader, "two", &acc, &err),
	    0);
	assert_int_equal(account_by_login(&snap.reader, "ZW\xc3\x96LF", &acc,
	    &err), 1);
	assert_int_equal(acc.id, other);
	must(account_each(&snap.reader, count_account, &n, &err));
	kv_snap_end(&snap);
	assert_int_equal(n, 1);
	purge_drain(f->s);
	must(account_create(f->s, "one", &f->account, &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "");
	assert_int_equal(account_delete(f->s, id, &err), -1);
}

static int
credential_text(void *arg, const struct credential *c, struct err *err)
{
	(void)err;
	buf_printf(arg, "%u:%s:%s ", c->id, c->label, c->hash);
	return 0;
}

static void
test_credentials(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct buf b = BUF_INIT;
	uint32_t id;

	must(credential_set_main(f->s, f->account, "h1", &err));
	must(credential_add(f->s, f->account, "phone", "h2", &id, &err));
	must(credential_set_main(f->s, f->account, "h3", &err));
	must(credential_add(f->s, f->account, "tablet", "h4", &id, &err));
	must(credential_remove(f->s, f->account, id, &err));
	assert_int_equal(credential_remove(f->s, f->account, id, &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	credential_used(f->s, f->account, 2);
	must(credential_add(f->s, f->account, "new", "h5", &id, &err));
	must(store_snap(f->s, &snap, &err));
	must(credential_each(&snap.reader, f->account, credential_text, &b,
	    &err));
	kv_snap_end(&snap);
	assert_string_equal(buf_cstr(&b), "2:phone:h2 3::h3 5:new:h5 ");
	buf_free(&b);
}

int
main(void)
{
#define STORE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_name_limits),
		STORE_TEST(test_defaults),
		STORE_TEST(test_create_delete),
		cmocka_unit_test(test_mailboxes_max),
		STORE_TEST(test_rename),
		STORE_TEST(test_rename_inbox),
		STORE_TEST(test_subscriptions),
		STORE_TEST(test_deliver),
		STORE_TEST(test_large_bodies),
		cmocka_unit_test(test_add_refusals),
		STORE_TEST(test_threads),
		STORE_TEST(test_store),
		STORE_TEST(test_store_unchangedsince),
		STORE_TEST(test_keywords_max),
		STORE_TEST(test_expunge),
		cmocka_unit_test(test_tombstones_max),
		STORE_TEST(test_copy),
		STORE_TEST(test_move),
		STORE_TEST(test_bulk),
		STORE_TEST(test_bulk_flushes),
		STORE_TEST(test_bulk_refused),
		STORE_TEST(test_bulk_beside_appends),
		STORE_TEST(test_account_delete),
		STORE_TEST(test_credentials),
	};

	return cmocka_run_group_tests_name("boxes", tests, NULL, NULL);
}
