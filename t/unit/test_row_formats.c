/*
 * Row formats: what was encoded decodes to the same; a row that is cut, too
 * long or of another version is reported as damage.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "directory/account_row.h"
#include "directory/address_row.h"
#include "directory/credential_row.h"
#include "directory/domain.h"
#include "evidence/correspondent.h"
#include "evidence/submission_row.h"
#include "store/mailbox_row.h"
#include "store/message_row.h"
#include "store/todo.h"

/* ---- one function for each kind of row: decode, encode again ---- */

static struct arena arena;

static int
again_account(struct bytes v, struct buf *out, struct err *err)
{
	struct account x;
	int rc = account_row_decode(v, 7, &x, err);

	if (rc == 0)
		account_row_encode(&x, out);
	return rc;
}

static int
again_credential(struct bytes v, struct buf *out, struct err *err)
{
	struct credential x;
	int rc = credential_row_decode(v, &x, err);

	if (rc == 0)
		credential_row_encode(&x, out);
	return rc;
}

static int
again_password(struct bytes v, struct buf *out, struct err *err)
{
	struct secret x;
	int rc = secret_row_decode(v, SECRET_PASSWORD, &x, err);

	if (rc == 0)
		secret_row_encode(&x, out);
	return rc;
}

static int
again_scram(struct bytes v, struct buf *out, struct err *err)
{
	struct secret x;
	int rc = secret_row_decode(v, SECRET_SCRAM_SHA_256, &x, err);

	if (rc == 0)
		secret_row_encode(&x, out);
	return rc;
}

static int
again_login(struct bytes v, struct buf *out, struct err *err)
{
	uint64_t x;
	int rc = login_row_decode(v, &x, err);

	if (rc == 0)
		login_row_encode(x, out);
	return rc;
}

static int
again_mailbox(struct bytes v, struct buf *out, struct err *err)
{
	struct mailbox x;
	int rc = mailbox_row_decode(v, 7, &arena, &x, err);

	if (rc == 0)
		mailbox_row_encode(&x, out);
	return rc;
}

static int
again_mailbox_name(struct bytes v, struct buf *out, struct err *err)
{
	uint32_t x;
	int rc = mailbox_name_row_decode(v, &x, err);

	if (rc == 0)
		mailbox_name_row_encode(x, out);
	return rc;
}

static int
again_message(struct bytes v, struct buf *out, struct err *err)
{
	struct message x;
	int rc = message_row_decode(v, 7, &x, err);

	if (rc == 0)
		message_row_encode(&x, out);
	return rc;
}

static int
again_tombstone(struct bytes v, struct buf *out, struct err *err)
{
	struct buf x = BUF_INIT;
	int rc = tombstone_row_decode(v, &x, err);

	if (rc == 0)
		tombstone_row_encode((struct number_range *)(void *)x.data,
		    x.len / sizeof(struct number_range), out);
	buf_free(&x);
	return rc;
}

static int
again_body_ref(struct bytes v, struct buf *out, struct err *err)
{
	struct body_ref x;
	int rc = body_ref_row_decode(v, &x, err);

	if (rc == 0)
		body_ref_row_encode(&x, out);
	return rc;
}

static int
again_body_loc(struct bytes v, struct buf *out, struct err *err)
{
	struct body_loc x;
	int rc = body_loc_row_decode(v, &x, err);

	if (rc == 0)
		body_loc_row_encode(&x, out);
	return rc;
}

static int
again_thread(struct bytes v, struct buf *out, struct err *err)
{
	uint64_t x;
	int rc = conversation_row_decode(v, &x, err);

	if (rc == 0)
		conversation_row_encode(x, out);
	return rc;
}

static int
again_domain(struct bytes v, struct buf *out, struct err *err)
{
	struct domain x;
	int rc = domain_row_decode(v, BYTES("example.org"), &x, err);

	if (rc == 0)
		domain_row_encode(&x, out);
	return rc;
}

static int
again_address(struct bytes v, struct buf *out, struct err *err)
{
	struct address x;
	int rc = address_row_decode(v, BYTES("a@example.org"), &arena, &x,
	    err);

	if (rc == 0)
		address_row_encode(&x, out);
	return rc;
}

static int
again_todo(struct bytes v, struct buf *out, struct err *err)
{
	struct todo x;
	int rc = todo_row_decode(TODO_EXPUNGED, v, &x, err);

	if (rc == 0)
		todo_row_encode(TODO_EXPUNGED, &x, out);
	return rc;
}

static int
again_known(struct bytes v, struct buf *out, struct err *err)
{
	struct correspondent x;
	int rc = correspondent_row_decode(v, &x, err);

	if (rc == 0)
		correspondent_row_encode(&x, out);
	return rc;
}

static int
again_sums(struct bytes v, struct buf *out, struct err *err)
{
	struct submission_sums x;
	int rc = submission_sums_decode(v, &x, err);

	if (rc == 0)
		submission_sums_encode(&x, out);
	return rc;
}

static int
again_answered(struct bytes v, struct buf *out, struct err *err)
{
	struct submission_answered x;
	int rc = submission_answered_decode(v, &x, err);

	if (rc == 0)
		submission_answered_encode(&x, out);
	return rc;
}

static int
again_accepted(struct bytes v, struct buf *out, struct err *err)
{
	struct submission_accepted x;
	int rc = submission_accepted_decode(v, &x, err);

	if (rc == 0)
		submission_accepted_encode(&x, out);
	return rc;
}

static int
again_refused(struct bytes v, struct buf *out, struct err *err)
{
	struct submission_refused x;
	int rc = submission_refused_decode(v, &x, err);

	if (rc == 0)
		submission_refused_encode(&x, out);
	return rc;
}

/* ---- rows to begin with ---- */

static void
make_account(struct buf *b)
{
	struct account x = { .log_seq = 1, .used_bytes = 2, .next_body = 3,
	    .quota_bytes = QUOTA_NONE, .dead = true, .created = 4,
	    .login = "somebody", .recipients_per_day = 5,
	    .first_time_per_day = QUOTA_NONE, .sent_is_known = true,
	    .junk = { .changes = 6, .on = JUNK_FLAGS_YES,
	    .is_own = { false, true, true }, .expression = { "", "^in", "" }
	    } };

	account_row_encode(&x, b);
}

static void
make_credential(struct buf *b)
{
	struct credential x = { .kind = CREDENTIAL_ADDITIONAL,
	    .protocols = PROTOCOL_IMAP, .lookup = 0x123456789abcdef0,
	    .created = 1, .last_used = -1, .label = "phone" };

	credential_row_encode(&x, b);
}

static void
make_password(struct buf *b)
{
	struct secret x;
	struct err err = ERR_INIT;

	assert_int_equal(secret_of_password(BYTES("$argon2id$x"), &x, &err),
	    0);
	secret_row_encode(&x, b);
}

static void
make_scram(struct buf *b)
{
	struct secret x = { .kind = SECRET_SCRAM_SHA_256, .count = 4096,
	    .salt_len = SECRET_SALT_MAX, .value_len = 64 };

	secret_row_encode(&x, b);
}

static void
make_login(struct buf *b)
{
	login_row_encode(0x123456789abcdef0, b);
}

static void
make_mailbox(struct buf *b)
{
	const char *words[] = { "one", "$Two" };
	struct mailbox x = { .uidvalidity = 1, .uidnext = 2, .messages = 3,
	    .highestmodseq = 4, .use = USE_JUNK, .uid_reserved = 5,
	    .object_id = 6, .tombstones = 7, .name = "a/b",
	    .nkeywords = 2, .keywords = words };

	mailbox_row_encode(&x, b);
}

static void
make_mailbox_name(struct buf *b)
{
	mailbox_name_row_encode(17, b);
}

static void
make_message(struct buf *b)
{
	struct message x = { .body = 1, .size = 2, .internal_date = -3,
	    .internal_zone = -60, .save_date = 4, .email_id = 5,
	    .thread_id = 6, .mailbox_orig = 7 };

	message_row_encode(&x, b);
}

static void
make_tombstone(struct buf *b)
{
	static const struct number_range x[] = { { 1, 1 }, { 3, 9 },
	    { 11, UINT32_MAX } };

	tombstone_row_encode(x, 3, b);
}

static void
make_body_ref(struct buf *b)
{
	struct body_ref x = { 1, 2000, 3, 400 };

	body_ref_row_encode(&x, b);
}

static void
make_body_loc(struct buf *b)
{
	struct body_loc x = { BODY_IN_TABLE, 0, 0 };

	body_loc_row_encode(&x, b);
}

static void
make_thread(struct buf *b)
{
	conversation_row_encode(42, b);
}

static void
make_domain(struct buf *b)
{
	struct domain x = { .separator = "+", .case_sensitive = true };

	domain_row_encode(&x, b);
}

static void
make_address(struct buf *b)
{
	struct address x = { .kind = ADDRESS_ACCOUNT, .account = 1,
	    .mailbox = "INBOX" };

	address_row_encode(&x, b);
}

static void
make_alias(struct buf *b)
{
	uint64_t members[] = { 1, 2, 3 };
	struct address x = { .kind = ADDRESS_ALIAS, .nmembers = 3,
	    .members = members };

	address_row_encode(&x, b);
}

static void
make_todo(struct buf *b)
{
	struct todo x = { .mbox = 1, .modseq = 2, .time = 3, .first = 4 };

	todo_row_encode(TODO_EXPUNGED, &x, b);
}

static void
make_known(struct buf *b)
{
	struct correspondent x = { .first = 1, .last = -1, .submitted = 2,
	    .sent = 3 };

	correspondent_row_encode(&x, b);
}

static void
make_sums(struct buf *b)
{
	struct submission_sums x = { 1, 2, 3, 4 };

	submission_sums_encode(&x, b);
}

static void
make_answered(struct buf *b)
{
	struct submission_answered x = { 1, 2, SUBMISSION_OVER_FIRST_TIME,
	    3 };

	submission_answered_encode(&x, b);
}

static void
make_accepted(struct buf *b)
{
	struct submission_accepted x = { 1, 2, 3, 4, "4bXyz" };

	submission_accepted_encode(&x, b);
}

static void
make_refused(struct buf *b)
{
	struct submission_refused x = { "4bXyz" };

	submission_refused_encode(&x, b);
}

static const struct row_kind {
	const char *name;
	void (*make)(struct buf *b);
	int (*again)(struct bytes v, struct buf *out, struct err *err);
	bool cuts_legal;	/* some shorter rows are valid */
	bool no_version;
} kinds[] = {
	{ "account", make_account, again_account, false, false },
	{ "credential", make_credential, again_credential, false, false },
	{ "password", make_password, again_password, false, false },
	{ "SCRAM secret", make_scram, again_scram, false, false },
	{ "login", make_login, again_login, false, false },
	{ "mailbox", make_mailbox, again_mailbox, false, false },
	{ "mailbox name", make_mailbox_name, again_mailbox_name, false,
	  false },
	{ "message", make_message, again_message, false, false },
	{ "tombstone", make_tombstone, again_tombstone, true, false },
	{ "body", make_body_ref, again_body_ref, false, false },
	{ "body's place", make_body_loc, again_body_loc, false, true },
	{ "thread", make_thread, again_thread, false, false },
	{ "domain", make_domain, again_domain, false, false },
	{ "address", make_address, again_address, false, false },
	{ "alias", make_alias, again_address, false, false },
	{ "todo", make_todo, again_todo, false, true },
	{ "recipient", make_known, again_known, false, false },
	{ "submission sums", make_sums, again_sums, false, false },
	{ "submission answer", make_answered, again_answered, false, false },
	{ "submission", make_accepted, again_accepted, false, false },
	{ "refused submission", make_refused, again_refused, false, false },
};

static void
check_kind(const struct row_kind *kind)
{
	struct buf row = BUF_INIT, out = BUF_INIT;
	struct err err = ERR_INIT;
	char *exact;

	kind->make(&row);
	if (kind->again(buf_view(&row), &out, &err) == -1)
		fail_msg("%s: %s", kind->name, err.text);
	assert_int_equal(out.len, row.len);
	assert_memory_equal(out.data, row.data, row.len);
	for (size_t n = 0; n < row.len; n++) {
		/*
		 * A block of the exact size, so that a sanitizer sees its end.
		 */
		exact = malloc(n + 1);
		assert_non_null(exact);
		memcpy(exact, row.data, n);
		exact = realloc(exact, n == 0 ? 1 : n);
		err_clear(&err);
		buf_clear(&out);
		if (kind->again(bytes_make(exact, n), &out, &err) == 0 ?
		    !kind->cuts_legal : err.kind != ERR_INTERNAL)
			fail_msg("%s cut at %zu", kind->name, n);
		free(exact);
	}
	buf_byte(&row, 0);
	assert_int_equal(kind->again(buf_view(&row), &out, &err), -1);
	row.len--;
	row.data[0]++;
	if (!kind->no_version)
		assert_int_equal(kind->again(buf_view(&row), &out, &err),
		    -1);
	row.data[0]--;
	/* Changes every byte: the result is an error or a row, and nothing
	   worse. */
	for (size_t i = 0; i < row.len; i++)
		for (int v = 0; v < 256; v += 5) {
			char old = row.data[i];

			row.data[i] = (char)v;
			(void)kind->again(buf_view(&row), &out, &err);
			buf_clear(&out);
			row.data[i] = old;
		}
	buf_free(&row);
	buf_free(&out);
}

static void
test_rows(void **state)
{
	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		check_kind(&kinds[i]);
	arena_clear(&arena);
}

/* A row from before an account could have several logins. */
static void
test_old_login(void **state)
{
	static const char old[] = "\1\x12\x34\x56\x78\x9a\xbc\xde\xf0";
	struct err err = ERR_INIT;
	uint64_t account;

	assert_int_equal(login_row_decode(bytes_make(old, sizeof(old) - 1),
	    &account, &err), 0);
	assert_true(account == 0x123456789abcdef0);
	/* A later version is refused. */
	assert_int_equal(login_row_decode(BYTES("\2\0\0\0\0\0\0\0\7"
	    "\0\0\0\1"), &account, &err), -1);
}

static void
test_tombstone_order(void **state)
{
	static const struct number_range bad[][2] = {
		{ { 5, 4 }, { 6, 6 } },
		{ { 1, 5 }, { 5, 6 } },
		{ { 9, 9 }, { 1, 1 } },
		{ { 0, 0 }, { 1, 1 } },
	};
	struct buf row = BUF_INIT, out = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		buf_clear(&row);
		tombstone_row_encode(bad[i], 2, &row);
		assert_int_equal(tombstone_row_decode(buf_view(&row), &out,
		    &err), -1);
	}
	buf_free(&row);
	buf_free(&out);
}

/* An account from before there were limits on sending. */
static void
test_old_account(void **state)
{
	struct account x = { .login = "old", .quota_bytes = 9,
	    .sent_is_known = true, .recipients_per_day = 5 };
	struct buf row = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	x.sent_is_known = false;
	account_row_encode(&x, &row);
	row.data[0] = 1;
	row.len -= 22;
	memset(&x.junk, 0xff, sizeof(x.junk));
	assert_int_equal(account_row_decode(buf_view(&row), 7, &x, &err), 0);
	assert_string_equal(x.login, "old");
	assert_int_equal(x.quota_bytes, 9);
	assert_int_equal(x.recipients_per_day, 0);
	assert_int_equal(x.first_time_per_day, 0);
	assert_false(x.sent_is_known);
	assert_int_equal(x.junk.on, JUNK_FLAGS_DEFAULT);
	assert_int_equal(x.junk.changes, 0);
	assert_false(x.junk.is_own[0]);
	buf_free(&row);
}

/* Accounts and mailboxes made before there were junk flags. */
static void
test_before_junk_flags(void **state)
{
	struct account x = { .login = "old", .first_time_per_day = 7,
	    .junk = { .on = JUNK_FLAGS_NO } };
	struct mailbox mb = { .uidnext = 1, .name = "INBOX",
	    .meaning = MEANS_JUNK, .meaning_stamp = 5 };
	struct buf row = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	account_row_encode(&x, &row);
	row.data[0] = 2;
	row.len -= 6;
	assert_int_equal(account_row_decode(buf_view(&row), 7, &x, &err), 0);
	assert_int_equal(x.first_time_per_day, 7);
	assert_int_equal(x.junk.on, JUNK_FLAGS_DEFAULT);
	buf_clear(&row);
	mailbox_row_encode(&mb, &row);
	row.data[0] = 1;
	row.len -= 9;
	assert_int_equal(mailbox_row_decode(buf_view(&row), 1, &arena, &mb,
	    &err), 0);
	assert_int_equal(mb.meaning, MEANS_NOTHING);
	assert_int_equal(mb.meaning_stamp, 0);
	buf_free(&row);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_old_account),
		cmocka_unit_test(test_before_junk_flags),
		cmocka_unit_test(test_old_login),
		cmocka_unit_test(test_tombstone_order),
	};

	return cmocka_run_group_tests_name("row formats", tests, NULL, NULL);
}
