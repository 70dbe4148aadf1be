/* Recipients of mail in \Sent, however and whenever it got there. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kv/key.h"
#include "directory/account.h"
#include "evidence/correspondent.h"
#include "evidence/submission.h"
#include "store/background.h"
#include "store_fixture.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "store/account_life.h"

static struct fixture *f;

static int
setup(void **state)
{
	f = fixture_new(NULL);
	return 0;
}

static int
teardown(void **state)
{
	fixture_free(&f);
	return 0;
}

static int
correspondent_text(void *arg, struct bytes address,
    const struct correspondent *k, struct err *err)
{
	buf_printf(arg, " " BYTES_FMT ":%u", BYTES_ARG(address),
	    (unsigned)k->sent);
	return 0;
}

/* Returns " a@x:1 b@x:2" once all messages have been read. */
static const char *
known(void)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	const char *text;

	background_drain(f->s);
	must(store_snap(f->s, &snap, &err));
	must(correspondent_each(&snap.reader, f->account, BYTES(""),
	    correspondent_text, &b, &err));
	kv_snap_end(&snap);
	text = arena_strdup(&f->a, buf_cstr(&b));
	buf_free(&b);
	return text;
}

static uint32_t
append(const char *mailbox, const char *header)
{
	return fixture_append_text(f, mailbox, arena_printf(&f->a,
	    "From: me@here.test\r\n%s\r\nText\r\n", header), 0, NULL);
}

static void
fields_are_read(void **state)
{
	append("Sent", "To: \"B, b\" <B@x.test>, a@x.test\r\n"
	    "Cc: friends: c@x.test, d@x.test;\r\nBcc: e@x.test\r\n"
	    "Reply-To: no@x.test\r\n");
	assert_string_equal(known(), " a@x.test:1 b@x.test:1 c@x.test:1 "
	    "d@x.test:1 e@x.test:1");
	/* A recipient counts once per message. */
	append("Sent", "To: a@x.test, A@X.test\r\nCc: a@x.test\r\n");
	assert_string_equal(known(), " a@x.test:2 b@x.test:1 c@x.test:1 "
	    "d@x.test:1 e@x.test:1");
	append("Sent", "To: undisclosed-recipients:;\r\n");
	append("Sent", "To: nobody, @x.test, x@\r\n");
	append("Sent", "");
	fixture_append_text(f, "Sent", "", 0, NULL);
	assert_string_equal(known(), " a@x.test:2 b@x.test:1 c@x.test:1 "
	    "d@x.test:1 e@x.test:1");
}

static void
other_mailboxes_do_not_count(void **state)
{
	struct err err = ERR_INIT;

	append("INBOX", "To: a@x.test\r\n");
	append("Drafts", "To: b@x.test\r\n");
	must(mailbox_create(f->s, f->account, "Sent/2026", USE_NONE, NULL,
	    &err));
	append("Sent/2026", "To: c@x.test\r\n");
	assert_string_equal(known(), "");
	/* The special use decides, not the name. */
	must(mailbox_create(f->s, f->account, "Gesendet", USE_SENT, NULL,
	    &err));
	append("Gesendet", "To: d@x.test\r\n");
	must(mailbox_rename(f->s, f->account, "Sent", "Old", &err));
	append("Old", "To: e@x.test\r\n");
	assert_string_equal(known(), " d@x.test:1 e@x.test:1");
}

static void
copy_set(const char *from, const char *set, const char *to, bool move)
{
	struct mailbox mb = fixture_mailbox(f, from);
	struct number_set uids = fixture_set(f, set);
	struct message_copied copied;
	struct err err = ERR_INIT;

	must(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mb.id, .uids = &uids, .target = to, .move = move }, &f->a,
	    &copied, &err));
}

static void
copies_and_moves_count(void **state)
{
	static const char *const boxes[] = { "INBOX", "Sent" };
	struct message_new m = {
	    .text = BYTES("To: d@x.test\r\n\r\nText\r\n") };
	struct message_added added[2];
	struct err err = ERR_INIT;

	append("INBOX", "To: a@x.test\r\n");
	append("INBOX", "To: b@x.test\r\n");
	append("INBOX", "To: c@x.test\r\n");
	copy_set("INBOX", "1", "Sent", false);
	assert_string_equal(known(), " a@x.test:1");
	copy_set("INBOX", "2", "Sent", true);
	assert_string_equal(known(), " a@x.test:1 b@x.test:1");
	copy_set("Sent", "1:2", "INBOX", true);
	assert_string_equal(known(), " a@x.test:1 b@x.test:1");
	must(message_deliver(f->s, f->account, boxes, 2, &m, added, &err));
	assert_string_equal(known(), " a@x.test:1 b@x.test:1 d@x.test:1");
}

/* More than one slice; and a copy that takes several operations. */
static void
many_are_read_in_slices(void **state)
{
	char header[64];
	const char *text;

	for (int i = 0; i < 270; i++) {
		snprintf(header, sizeof(header), "To: r%d@x.test, all@x.test"
		    "\r\n", i);
		append("INBOX", header);
	}
	for (int i = 0; i < 3; i++)
		copy_set("INBOX", "1:9999", "INBOX", false);
	copy_set("INBOX", "1:9999", "Sent", false);
	text = known();
	assert_non_null(strstr(text, " all@x.test:2160 "));
	assert_non_null(strstr(text, " r0@x.test:8 "));
	assert_non_null(strstr(text, " r269@x.test:8 "));
}

static void
hostile_headers_are_bounded(void **state)
{
	struct buf b = BUF_INIT;
	const char *text;
	size_t n = 0;

	buf_str(&b, "To: ");
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, "a%d@x.test,%s", i, i % 10 == 9 ? "\r\n " :
		    "");
	buf_str(&b, "z@x.test\r\n");
	for (int i = 0; i < 5; i++)
		append("Sent", buf_cstr(&b));
	append("Sent", "To: last@x.test\r\n");
	text = known();
	for (const char *p = text; (p = strchr(p, ':')) != NULL; p++)
		n++;
	assert_int_equal(n, 1001);
	assert_non_null(strstr(text, " last@x.test:1"));
	buf_free(&b);
}

/* When the background comes, the messages or the whole mailbox are gone. */
static void
what_is_gone_meanwhile_counts(void **state)
{
	struct number_set all = fixture_set(f, "1:9");
	struct flags_change change = { .how = FLAGS_ADD,
	    .system = FLAG_DELETED };
	struct err err = ERR_INIT;
	uint64_t n;

	must(mailbox_create(f->s, f->account, "Gesendet", USE_SENT, NULL,
	    &err));
	background_stop(&f->s->background);
	append("Sent", "To: a@x.test\r\n");
	must(message_store(f->s, f->account, fixture_mailbox(f, "Sent").id,
	    &all, &change, &f->a, &err));
	must(message_expunge(f->s, f->account, fixture_mailbox(f, "Sent").id,
	    NULL, &n, &err));
	append("Gesendet", "To: b@x.test\r\n");
	must(mailbox_delete(f->s, f->account, "Gesendet", &err));
	must(background_start(f->s, &f->s->background, &err));
	assert_string_equal(known(), " a@x.test:1 b@x.test:1");
}

/* ---- accounts from before ---- */

struct old_op {
	struct op op;
};

static int
recipient_del(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct key k;

	key_init(&k);
	key_rest(&k, key);
	batch_del(arg, T_RECIPIENT, key_bytes(&k));
	return 0;
}

static enum op_result
old_run(struct batch *b, struct op *op)
{
	struct account acc;
	struct key k;

	key_account(&k, op->account);
	assert_int_equal(account_get(batch_reader(b), op->account, &acc,
	    &op->err), 1);
	acc.sent_is_known = false;
	account_put(b, &acc);
	assert_int_equal(reader_scan(batch_reader(b), T_RECIPIENT, BYTES(""),
	    key_bytes(&k), recipient_del, b, &op->err), 0);
	return OP_DONE;
}

static void
mail_from_before_counts(void **state)
{
	struct old_op o = { .op = { .run = old_run } };
	struct bytes recipient = BYTES("a@x.test");
	struct submission m = { .account = f->account,
	    .queue_id = BYTES("q"), .recipients = &recipient,
	    .nrecipients = 1, .recipients_max = 10, .first_time_max = 0 };
	struct err err = ERR_INIT;

	append("Sent", "To: a@x.test\r\n");
	append("Sent", "To: b@x.test\r\n");
	append("INBOX", "To: c@x.test\r\n");
	assert_string_equal(known(), " a@x.test:1 b@x.test:1");
	o.op.account = f->account;
	must(op_submit(&f->s->db, &o.op, &err));
	assert_string_equal(known(), "");
	fixture_reopen(f);
	assert_string_equal(known(), " a@x.test:1 b@x.test:1");
	fixture_reopen(f);
	assert_string_equal(known(), " a@x.test:1 b@x.test:1");
	must(submission_record(&f->s->db, &m, &err));
	assert_int_equal(m.answer, SUBMISSION_OK);
	assert_int_equal(m.first_time, 0);
}

static void
the_account_takes_them_along(void **state)
{
	struct err err = ERR_INIT;
	struct correspondent k = { .first = 5, .last = 9, .submitted = 2,
	    .sent = 3 }, got;
	struct kv_snap snap;
	uint64_t one = f->account;

	must(account_create(f->s, "two", &f->account, &err));
	append("Sent", "To: a@x.test\r\n");
	assert_string_equal(known(), " a@x.test:1");
	/* Import: the larger counts and the wider range of times win. */
	must(correspondent_import(&f->s->db, f->account, BYTES("A@X.test"), &k,
	    &err));
	must(correspondent_import(&f->s->db, f->account, BYTES("b@x.test"), &k,
	    &err));
	assert_string_equal(known(), " a@x.test:3 b@x.test:3");
	must(store_snap(f->s, &snap, &err));
	assert_int_equal(correspondent_get(&snap.reader, f->account,
	    BYTES("a@x.test"), &got, &err), 1);
	kv_snap_end(&snap);
	assert_int_equal(got.first, 5);
	assert_true(got.last > 9);
	assert_int_equal(got.submitted, 2);
	/* They are removed with the account. */
	append("Sent", "To: c@x.test\r\n");
	must(account_delete(f->s, f->account, &err));
	assert_string_equal(known(), "");
	f->account = one;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fields_are_read, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(other_mailboxes_do_not_count,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(copies_and_moves_count, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(many_are_read_in_slices,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_headers_are_bounded,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_gone_meanwhile_counts,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(mail_from_before_counts,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(the_account_takes_them_along,
		    setup, teardown),
	};

	return cmocka_run_group_tests_name("sent", tests, NULL, NULL);
}
