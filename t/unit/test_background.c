/* Background work, slice by slice: carrying out todo records. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "kv/key.h"
#include "directory/account.h"
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

/* ---- expunged messages ---- */

/* Copies INBOX onto itself until it has that many messages. */
static void
fill_by_copies(uint32_t mbox, uint32_t messages)
{
	struct number_set all = fixture_set(f, "1:4294967295");
	struct message_copied out;
	struct err err = ERR_INIT;

	for (int i = 0; i < 100; i++)
		fixture_append(f, "INBOX", 0);
	while (fixture_mailbox(f, "INBOX").messages < messages)
		must(message_copy(f->s, f->account, &(struct message_copy){
		    .mbox = mbox, .uids = &all, .target = "INBOX" }, &f->a,
		    &out, &err));
}

/* How often the store has looked at a database page. */
static uint64_t
pages_looked_at(void)
{
	struct kv_stat list[100];
	size_t n = kv_stats(f->s->db.kv, list, 100);

	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, "cache-hits") == 0)
			return list[i].value;
	fail_msg("there is no counter cache-hits");
	return 0;
}

/*
 * Two messages that are far apart are expunged at once.  Their purge does not
 * read the messages between them, which would hold up the committer.
 */
static void
what_lies_between_is_not_read(void **state)
{
	struct number_set set = fixture_set(f, "1,51200");
	struct flags_change change = { .how = FLAGS_ADD,
	    .system = FLAG_DELETED };
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;
	struct err err = ERR_INIT;
	uint64_t n, before;

	fill_by_copies(mbox, 51200);
	must(message_store(f->s, f->account, mbox, &set, &change, &f->a,
	    &err));
	background_drain(f->s);
	before = pages_looked_at();
	must(message_expunge(f->s, f->account, mbox, &set, &n, &err));
	assert_int_equal(n, 2);
	background_drain(f->s);
	assert_in_range(pages_looked_at() - before, 0, 500);
	assert_string_equal(fixture_uids(f, "INBOX"), "2:51199");
}

/* ---- dead accounts ---- */

/* Runs the oldest record of a kind to its end, like the background thread. */
struct step_op {
	struct op op;
	enum todo_kind kind;
	uint64_t seq;			/* 0: find the first record */
};

static int
first_of_kind(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct step_op *o = arg;
	enum todo_kind kind;
	uint64_t account, seq;

	assert_int_equal(todo_key_parse(key, &account, &kind, &seq), 0);
	if (kind != o->kind)
		return 0;
	o->seq = seq;
	return 1;
}

static enum op_result
step_run(struct batch *b, struct op *op)
{
	struct step_op *o = (struct step_op *)op;
	struct todo_work w = { .s = f->s, .b = b, .account = op->account,
	    .kind = o->kind };
	enum todo_state state;
	struct key k;

	key_account(&k, op->account);
	if (o->seq == 0 && reader_scan(batch_reader(b), T_TODO, BYTES(""),
	    key_bytes(&k), first_of_kind, o, &op->err) != 1)
		return op_refuse(op, ERR_CODE_NOT_FOUND, "no such record");
	w.number = o->seq;
	if (background_slice(&w, &state, &op->err) == -1)
		return op_fail(op);
	return state == TODO_MORE ? OP_MORE : OP_DONE;
}

static int
work_off(uint64_t account, enum todo_kind kind, struct err *err)
{
	struct step_op o = { .op = { .run = step_run, .class = OP_BACKGROUND,
	    .account = account }, .kind = kind };

	return op_submit(&f->s->db, &o.op, err);
}

/* More todo records than one slice removes. */
static enum op_result
many_todos_run(struct batch *b, struct op *op)
{
	struct todo todo = { .body = 1, .chunks = 1 };
	struct account acc;

	if (account_get(batch_reader(b), op->account, &acc, &op->err) != 1)
		return op_fail(op);
	for (int i = 0; i < 2500; i++)
		todo_put(b, op->account, TODO_BODY, acc.next_todo++, &todo);
	account_put(b, &acc);
	return OP_DONE;
}

static void
an_account_goes_with_all_its_records(void **state)
{
	struct step_op many = { .op = { .run = many_todos_run,
	    .account = f->account } };
	struct err err = ERR_INIT;

	background_stop(&f->s->background);
	must(op_submit(&f->s->db, &many.op, &err));
	must(account_delete(f->s, f->account, &err));
	assert_int_equal(fixture_rows(f, T_TODO), 2501);
	must(work_off(f->account, TODO_ACCOUNT, &err));
	assert_int_equal(fixture_rows(f, T_ACCOUNT), 0);
	assert_int_equal(fixture_rows(f, T_TODO), 0);
}

static void
all_in_the_database(struct store_config *config)
{
	config->segment_min = UINT64_MAX;
}

/* A mailbox with a body of many chunks was deleted before its account. */
static void
a_large_body_of_a_dead_account_goes(void **state)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	fixture_free(&f);
	f = fixture_new(all_in_the_database);
	background_stop(&f->s->background);
	must(mailbox_create(f->s, f->account, "Big", USE_NONE, NULL, &err));
	while (text.len < 6 * BODY_CHUNK)
		buf_str(&text, "Subject: a line like any other one\r\n");
	fixture_append_text(f, "Big", buf_cstr(&text), 0, NULL);
	buf_free(&text);
	must(mailbox_delete(f->s, f->account, "Big", &err));
	must(account_delete(f->s, f->account, &err));
	must(work_off(f->account, TODO_MAILBOX, &err));
	must(work_off(f->account, TODO_ACCOUNT, &err));
	assert_int_equal(fixture_rows(f, T_BODY), 0);
	assert_int_equal(fixture_rows(f, T_TODO), 0);
}

/* ---- when ---- */

/* After a commit a pass starts within a second or two; without one, only after
   ten. */
static void
the_background_is_woken_by_a_commit(void **state)
{
	struct err err = ERR_INIT;
	unsigned tries = 0;

	background_drain(f->s);
	must(mailbox_create(f->s, f->account, "Gone", USE_NONE, NULL, &err));
	must(mailbox_delete(f->s, f->account, "Gone", &err));
	while (fixture_rows(f, T_TODO) > 0 && tries++ < 60)
		usleep(100000);
	assert_int_equal(fixture_rows(f, T_TODO), 0);
}

int
main(void)
{
#define STORE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		STORE_TEST(the_background_is_woken_by_a_commit),
		STORE_TEST(what_lies_between_is_not_read),
		STORE_TEST(an_account_goes_with_all_its_records),
		STORE_TEST(a_large_body_of_a_dead_account_goes),
	};

	return cmocka_run_group_tests_name("background", tests, NULL, NULL);
}
