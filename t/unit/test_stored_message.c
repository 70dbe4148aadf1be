/*
 * Messages of one account: adding them, STORE, EXPUNGE, COPY and MOVE, and what
 * each of these refuses.  The whole store is verified after every test.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/parsed.h"
#include "directory/account.h"
#include "store/background.h"
#include "store_fixture.h"
#include "directory/account_settings.h"
#include "store/body.h"

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
		/* It begins with a time, here in 2037: the background deletes
		   old tokens. */
		.token = BYTES("\x7f" "123456789abcdef")
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

	/* A token counts once per mailbox. */
	must(message_deliver(f->s, f->account, boxes, 3, &m, again, &err));
	assert_true(again[0].repeated && again[1].repeated &&
	    again[2].repeated);
	assert_int_equal(again[1].mbox, added[1].mbox);
	must(message_deliver(f->s, f->account,
	    (const char *const[]){ "INBOX", "Sent" }, 2, &m, again, &err));
	assert_true(again[0].repeated);
	assert_false(again[1].repeated);
	assert_string_equal(fixture_uids(f, "INBOX"), "1");

	/* There is one body, with both parts of the text. */
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

/* Bodies of a few chunks are read unchanged, from any offset. */
static void
test_large_bodies(void **state)
{
	static const size_t sizes[] = {
		1, 1048575, 1048576, 1048577, 2 * 1048576, 5 * 1048576 + 17
	};
	struct fixture *f = *state;
	struct number_set all = fixture_set(f, "1:100");
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
	/* The purge removes the large ones in slices. */
	must(message_store(f->s, f->account, fixture_mailbox(f, "INBOX").id,
	    &all, &change, &f->a, &err));
	must(message_expunge(f->s, f->account,
	    fixture_mailbox(f, "INBOX").id, NULL, &n, &err));
	assert_int_equal(n, sizeof(sizes) / sizeof(*sizes));
	background_drain(f->s);
	background_drain(f->s);
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
	must(account_set(&f->s->db, f->account, "quota-messages", "none", &err));
	must(account_set(&f->s->db, f->account, "quota-bytes", "100", &err));
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
	must(account_set(&f->s->db, f->account, "disabled", "yes", &err));
	m.text.len = 1;
	assert_int_equal(message_append(f->s, f->account, "INBOX", &m, &added,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_DISABLED);
	fixture_free(&f);
}

static uint64_t
conversation_of(struct fixture *f, uint32_t uid)
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
		/* Its parent is delivered later. */
		"Message-ID: <4@x>\r\nReferences: <1@x> <3@x>\r\n\r\n",
		"Message-ID: <3@x>\r\n\r\n",
		"Subject: none\r\n\r\n",
		"Subject: none\r\n\r\n",
	};
	struct fixture *f = *state;
	uint64_t t[8];

	for (uint32_t i = 0; i < 7; i++) {
		fixture_append_text(f, "INBOX", texts[i], 0, NULL);
		t[i] = conversation_of(f, i + 1);
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
		const char *flags2;	/* flags of UID 2 afterwards */
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
		struct number_set set = fixture_set(f, rows[i].set);
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
	struct number_set two = fixture_set(f, "2");
	struct number_set all = fixture_set(f, "1:3");
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
	struct number_set one = fixture_set(f, "1");
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
	/* A keyword need not exist to be removed. */
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
	struct number_set set = fixture_set(f, "1:70"), gone;
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
	background_drain(f->s);
	/* Purged: their rows are gone, the others are unchanged. */
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
	struct number_set gone;
	struct kv_snap snap;
	uint64_t n;

	(void)state;
	for (uint32_t i = 1; i <= 10; i++) {
		fixture_append(f, "INBOX", FLAG_DELETED);
		must(message_expunge(f->s, f->account, mbox, NULL, &n, &err));
	}
	background_drain(f->s);
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
	struct number_set set = fixture_set(f, "1,3:99");
	struct message_copied out;
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;

	/* So that the keywords have other numbers in that mailbox. */
	fixture_append_text(f, "Sent", "a: b\r\n\r\n", 0,
	    (const char *const[]){ "First", "Second", NULL });
	for (int i = 0; i < 3; i++)
		fixture_append(f, "INBOX", 0);
	fixture_append_text(f, "INBOX", "a: b\r\n\r\n", FLAG_SEEN,
	    (const char *const[]){ "Second", "Third", NULL });
	must(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mbox, .uids = &set, .target = "Sent" }, &f->a, &out,
	    &err));
	assert_string_equal(fixture_set_text(f, &out.source), "1,3:4");
	assert_string_equal(fixture_set_text(f, &out.dest), "2:4");
	assert_int_equal(out.uidvalidity,
	    fixture_mailbox(f, "Sent").uidvalidity);
	assert_string_equal(fixture_uids(f, "Sent"), "1:4");
	assert_string_equal(fixture_uids(f, "INBOX"), "1:4");
	assert_string_equal(fixture_flags(f, "Sent", 4),
	    "\\Seen Second Third");
	assert_int_equal(fixture_account(f).used_messages, 8);

	/* A copy onto itself; of nothing; to no mailbox. */
	must(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mbox, .uids = &set, .target = "inbox" }, &f->a, &out,
	    &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "1:7");
	set = fixture_set(f, "50");
	must(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mbox, .uids = &set, .target = "Sent" }, &f->a, &out,
	    &err));
	assert_int_equal(out.uidvalidity, 0);
	assert_int_equal(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mbox, .uids = &set, .target = "none" }, &f->a, &out, &err),
	    -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
}

static void
test_move(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct number_set set = fixture_set(f, "2:3");
	struct message_copied out;
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;

	for (int i = 0; i < 4; i++)
		fixture_append(f, "INBOX", FLAG_FLAGGED);
	/* A full account can still move. */
	must(account_set(&f->s->db, f->account, "quota-messages", "4", &err));
	must(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mbox, .uids = &set, .target = "Trash", .move = true },
	    &f->a, &out, &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "1,4");
	assert_string_equal(fixture_uids(f, "Trash"), "1:2");
	assert_int_equal(out.nmodseqs, 1);
	assert_int_equal(fixture_account(f).used_messages, 4);
	assert_int_equal(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mbox,
	    .uids = &(struct number_set){ &(struct number_range){ 1, 1 }, 1 },
	    .target = "Trash" }, &f->a, &out, &err), -1);
	assert_int_equal(err.code, ERR_CODE_OVER_QUOTA);
	background_drain(f->s);
	assert_string_equal(fixture_flags(f, "Trash", 2), "\\Flagged");

	/* A move onto itself assigns new UIDs. */
	set = fixture_set(f, "4");
	must(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mbox, .uids = &set, .target = "INBOX", .move = true },
	    &f->a, &out, &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "1,5");
	assert_int_equal(fixture_account(f).used_messages, 4);
	background_drain(f->s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_deliver),
		FIXTURE_TEST(test_large_bodies),
		cmocka_unit_test(test_add_refusals),
		FIXTURE_TEST(test_threads),
		FIXTURE_TEST(test_store),
		FIXTURE_TEST(test_store_unchangedsince),
		FIXTURE_TEST(test_keywords_max),
		FIXTURE_TEST(test_expunge),
		cmocka_unit_test(test_tombstones_max),
		FIXTURE_TEST(test_copy),
		FIXTURE_TEST(test_move),
	};

	return cmocka_run_group_tests_name("stored messages", tests, NULL, NULL);
}
