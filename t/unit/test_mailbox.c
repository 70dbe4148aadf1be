/*
 * Mailboxes of one account: their names, and the operations on them.  The whole
 * store is verified after every test.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/background.h"
#include "store_fixture.h"

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
	/* A NUL in the middle. */
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

	/* The name can be used again, for another mailbox. */
	uidvalidity = fixture_mailbox(f, "a/b/c").uidvalidity;
	fixture_append(f, "a/b/c", 0);
	must(mailbox_delete(f->s, f->account, "a/b/c", &err));
	assert_false(fixture_has_mailbox(f, "a/b/c"));
	assert_int_equal(fixture_account(f).used_messages, 0);
	assert_int_equal(fixture_account(f).used_bytes, 0);
	must(mailbox_create(f->s, f->account, "a/b/c", USE_NONE, &id, &err));
	assert_true(fixture_mailbox(f, "a/b/c").uidvalidity > uidvalidity);
	assert_string_equal(fixture_uids(f, "a/b/c"), "");
	background_drain(f->s);
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
	/* All or nothing: the parents were not created either. */
	assert_false(fixture_has_mailbox(f, "x"));
	must(mailbox_create(f->s, f->account, "b", USE_NONE, &id, &err));
	assert_int_equal(mailbox_create(f->s, f->account, "c", USE_NONE, &id,
	    &err), -1);
	fixture_free(&f);
}

static void
test_subscriptions_max(void **state)
{
	struct fixture *f = fixture_new(few_mailboxes);
	struct err err = ERR_INIT;

	(void)state;
	/* Seven names are subscribed from the beginning. */
	must(mailbox_subscribe(f->s, f->account, "a", true, &err));
	must(mailbox_subscribe(f->s, f->account, "b", true, &err));
	assert_int_equal(mailbox_subscribe(f->s, f->account, "c", true,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_LIMIT);
	assert_non_null(strstr(err.text, "mailboxes-max"));
	must(mailbox_subscribe(f->s, f->account, "a", true, &err));
	must(mailbox_subscribe(f->s, f->account, "b", false, &err));
	must(mailbox_subscribe(f->s, f->account, "c", true, &err));
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
	background_drain(f->s);
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

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_name_limits),
		FIXTURE_TEST(test_defaults),
		FIXTURE_TEST(test_create_delete),
		cmocka_unit_test(test_mailboxes_max),
		cmocka_unit_test(test_subscriptions_max),
		FIXTURE_TEST(test_rename),
		FIXTURE_TEST(test_rename_inbox),
		FIXTURE_TEST(test_subscriptions),
	};

	return cmocka_run_group_tests_name("mailboxes", tests, NULL, NULL);
}
