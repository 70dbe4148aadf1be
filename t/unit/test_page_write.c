/*
 * page_write(): a row of this test is called for every change of messages.
 *
 * The row notes which messages have the keyword $Test, and adjusts flags of
 * those with \Draft.  It writes its notes as thread records of the store, with
 * numbers that no hash has.  What it cannot note at once is left to a
 * background step.  The whole store is verified after every test.
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/encode.h"
#include "kv/key.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "store/background.h"
#include "store/mailbox-private.h"
#include "store/message_row.h"
#include "store/page_write.h"
#include "store/store.h"
#include "store/view_sync.h"
#include "store_fixture.h"

#define TEST_KIND	((enum todo_kind)200)
#define AT_ONCE		64
#define STEP_PAGES	50

/* The number of a note: kind, mailbox, UID. */
enum { NOTED, MADE, DIED };
#define NUMBER(what, mbox, uid)						\
	((uint64_t)(what) << 40 | (uint64_t)(mbox) << 32 | (uid))

static struct fixture *f;

/* Seen and set by the test's thread and the committer's. */
static struct {
	_Atomic unsigned asked;		/* calls of interest() */
	_Atomic uint64_t noted;		/* slots noted within the operation */
	_Atomic unsigned slices;	/* slices of the background step */
	_Atomic uint32_t fails_at;	/* a UID; 0: never */
	_Atomic bool hold;		/* the background step waits */
} seen;

/* ---- the row ---- */

static void
number_put(struct batch *b, uint64_t account, uint64_t number,
    uint64_t value)
{
	struct buf v = BUF_INIT;
	struct key k;

	key_account_u64(&k, account, number);
	conversation_row_encode(value, &v);
	batch_put(b, T_THREAD, key_bytes(&k), buf_view(&v));
	buf_free(&v);
}

static void
number_del(struct batch *b, uint64_t account, uint64_t number)
{
	struct key k;

	key_account_u64(&k, account, number);
	batch_del(b, T_THREAD, key_bytes(&k));
}

static void
note(struct batch *b, uint64_t account, uint32_t mbox, uint32_t uid,
    bool has)
{
	if (has)
		number_put(b, account, NUMBER(NOTED, mbox, uid), 1);
	else
		number_del(b, account, NUMBER(NOTED, mbox, uid));
}

static uint64_t
test_interest(const struct page_change *c)
{
	int test = page_keyword(c, 0);

	seen.asked++;
	return (flagpage_keyword(c->before, test) & c->before->present) ^
	    (flagpage_keyword(c->after, test) & c->after->present);
}

static int
test_adjust(const struct page_change *c, uint64_t slots, uint64_t *changed,
    struct err *err)
{
	struct msgflags flags = { .system = FLAG_FLAGGED };
	unsigned index;

	slots &= flagpage_system(c->after, FLAG_DRAFT) &
	    flagpage_keyword(c->after, page_keyword(c, 0));
	if (slots == 0)
		return 0;
	if (page_keyword_make(c, 1, &index, err) == -1)
		return -1;
	assert_int_equal(page_keyword(c, 1), index);
	msgflags_set_keyword(&flags, index);
	*changed = flagpage_differing(c->after, slots, &flags, FLAGS_ADD);
	flagpage_add(c->after, slots, &flags);
	return 0;
}

static int
test_note(const struct page_change *c, uint64_t slots, struct err *err)
{
	uint64_t has = flagpage_keyword(c->after, page_keyword(c, 0)) &
	    c->after->present;

	for (; slots != 0; slots &= slots - 1) {
		unsigned slot = (unsigned)__builtin_ctzll(slots);
		uint32_t uid = PAGE_UID(c->page, slot);

		if (seen.fails_at != 0 && uid == seen.fails_at)
			return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
			    "the test refuses %u", uid);
		note(c->b, c->acc->id, c->mb->id, uid, has >> slot & 1);
		seen.noted++;
	}
	return 0;
}

/* Notes the source of a copy, or 1 for a new message, which also gets a zone of
   its own. */
static int
test_made(const struct made_message *made, struct err *err)
{
	(void)err;
	number_put(made->b, made->acc->id, NUMBER(MADE, made->mb->id,
	    made->m->uid), made->from == NULL ? 1 :
	    NUMBER(0, made->from->id, made->from_uid));
	if (made->from == NULL)
		made->m->internal_zone = 77;
	return 0;
}

static int
test_died(struct batch *b, const struct account *acc,
    const struct mailbox *mb, struct err *err)
{
	(void)err;
	number_put(b, acc->id, NUMBER(DIED, mb->id, 0), mb->messages);
	return 0;
}

static const char *const test_words[] = { "$Test", "$Auto", NULL };

static const struct page_row test_row = {
	.name = "test",
	.keywords = test_words,
	.todo = TEST_KIND,
	.at_once_max = AT_ONCE,
	.interest = test_interest,
	.adjust = test_adjust,
	.note = test_note,
	.made = test_made,
	.died = test_died
};

/* ---- the step: how messages are now, whatever happened to them ---- */

static int
page_reconcile(struct todo_work *w, const struct mailbox *mb,
    const struct page_ref *ref, struct bytes record, struct err *err)
{
	struct flagpage p;
	uint64_t has;
	int test = KEYWORD_ABSENT;

	if (flagpage_decode(&p, record, err) == -1)
		return -1;
	for (unsigned i = 0; i < mb->nkeywords; i++)
		if (strcmp(mb->keywords[i], "$Test") == 0)
			test = (int)i;
	has = flagpage_keyword(&p, test) & p.present;
	for (uint64_t m = ref->mask; m != 0; m &= m - 1)
		note(w->b, w->account, mb->id, PAGE_UID(ref->page,
		    __builtin_ctzll(m)), has >> __builtin_ctzll(m) & 1);
	return 0;
}

static int
test_slice(struct todo_work *w, enum todo_state *state, struct err *err)
{
	struct number_range range = { w->todo.first, w->todo.last };
	struct number_set set = { &range, 1 };
	struct page_list list;
	struct mailbox mb;
	int rc;

	if (seen.hold)
		return todo_later(state);
	seen.slices++;
	if (mailbox_read(batch_reader(w->b), w->account, w->todo.mbox, &w->a,
	    &mb, err) != 1)
		return -1;
	page_list_init(&list, w->account, mb.id, &set);
	rc = page_list_read(&list, batch_reader(w->b), STEP_PAGES, err);
	for (size_t i = 0; rc == 0 && i < list.n; i++)
		rc = page_reconcile(w, &mb, &list.ref[i],
		    page_list_record(&list, i), err);
	if (!list.end)
		w->todo.first = PAGE_UID(list.next, 0);
	if (rc == 0)
		rc = list.end ? todo_done(w, state) : todo_more(w, state);
	page_list_free(&list);
	return rc;
}

static const struct background_step test_step = {
	.name = "test",
	.todo = TEST_KIND,
	.slice = test_slice
};

static void
with_row(struct store_config *config)
{
	config->test_page_row = &test_row;
	config->test_step = &test_step;
}

static int
setup(void **state)
{
	(void)state;
	seen.asked = seen.slices = seen.fails_at = 0;
	seen.noted = 0;
	seen.hold = false;
	f = fixture_new(with_row);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	seen.hold = false;
	background_drain(f->s);
	fixture_free(&f);
	return 0;
}

/* ---- what is there ---- */

struct look {
	uint64_t from, to;		/* range of note numbers */
	struct buf ranges;		/* of struct number_range */
};

static int
look_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct look *look = arg;
	uint64_t number = be64_get(key.data + 8);

	(void)value;
	(void)err;
	if (number >= look->from && number < look->to)
		number_set_add(&look->ranges, (uint32_t)number);
	return 0;
}

/* UIDs of a mailbox's notes of that kind, "1:3,7". */
static const char *
numbers(int what, uint32_t mbox)
{
	struct look look = { NUMBER(what, mbox, 0), NUMBER(what, mbox + 1, 0),
	    BUF_INIT };
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct number_set set;
	const char *text;
	struct key k;

	key_account(&k, f->account);
	must(store_snap(f->s, &snap, &err));
	must(reader_scan(&snap.reader, T_THREAD, BYTES(""), key_bytes(&k),
	    look_step, &look, &err));
	kv_snap_end(&snap);
	set = number_set_view(&look.ranges);
	text = fixture_set_text(f, &set);
	buf_free(&look.ranges);
	return text;
}

static uint32_t
mbox_of(const char *name)
{
	return fixture_mailbox(f, name).id;
}

static const char *
noted(const char *mailbox)
{
	return numbers(NOTED, mbox_of(mailbox));
}

/* The value of a note, or UINT64_MAX if there is none. */
static uint64_t
number_value(uint64_t number)
{
	struct buf value = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t v = UINT64_MAX;
	struct kv_snap snap;
	struct key k;

	key_account_u64(&k, f->account, number);
	must(store_snap(f->s, &snap, &err));
	if (reader_get(&snap.reader, T_THREAD, key_bytes(&k), &value,
	    &err) == 1)
		must(conversation_row_decode(buf_view(&value), &v, &err));
	kv_snap_end(&snap);
	buf_free(&value);
	return v;
}

/* The row's todo record for the mailbox as "FIRST:LAST", or "-". */
static const char *
left(uint32_t mbox)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct todo todo;
	int rc;

	must(store_snap(f->s, &snap, &err));
	must(rc = todo_range_get(&snap.reader, f->account, TEST_KIND, mbox,
	    &todo, &err));
	kv_snap_end(&snap);
	return rc == 0 ? "-" : arena_printf(&f->a, "%u:%u", todo.first,
	    todo.last);
}

static bool
has_message(uint32_t mbox, uint32_t uid)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct message m;
	int rc;

	must(store_snap(f->s, &snap, &err));
	must(rc = message_get(&snap.reader, f->account, mbox, uid, &m,
	    &err));
	kv_snap_end(&snap);
	return rc == 1;
}

/* ---- what is done ---- */

static const char *const with_test[] = { "$Test", NULL };

static int
try_store(const char *mailbox, const char *set, int how, uint32_t system,
    const char *keyword, struct flags_change *change, struct err *err)
{
	struct number_set uids = fixture_set(f, set);
	struct bytes word = bytes_of(keyword == NULL ? "" : keyword);

	memset(change, 0, sizeof(*change));
	change->how = how;
	change->system = system;
	change->keywords = &word;
	change->nkeywords = keyword != NULL;
	return message_store(f->s, f->account, mbox_of(mailbox), &uids,
	    change, &f->a, err);
}

static void
store_flags(const char *mailbox, const char *set, int how, uint32_t system,
    const char *keyword)
{
	struct flags_change change;
	struct err err = ERR_INIT;

	must(try_store(mailbox, set, how, system, keyword, &change, &err));
}

static int
try_copy(const char *from, const char *set, const char *to, bool move,
    struct err *err)
{
	struct number_set uids = fixture_set(f, set);
	struct message_copied out;

	return message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mbox_of(from), .uids = &uids, .target = to, .move = move },
	    &f->a, &out, err);
}

static void
copy(const char *from, const char *set, const char *to, bool move)
{
	struct err err = ERR_INIT;

	must(try_copy(from, set, to, move, &err));
}

static void
expunge(const char *mailbox, const char *set)
{
	struct number_set uids = fixture_set(f, set);
	struct err err = ERR_INIT;
	uint64_t n;

	store_flags(mailbox, set, FLAGS_ADD, FLAG_DELETED, NULL);
	must(message_expunge(f->s, f->account, mbox_of(mailbox), &uids, &n,
	    &err));
}

static void
append(const char *mailbox, uint32_t system, bool test)
{
	fixture_append_text(f, mailbox, "Subject: x\r\n\r\nText\r\n", system,
	    test ? with_test : NULL);
}

/* Appends one message and copies until there are n. */
static void
fill(const char *mailbox, uint32_t n)
{
	append(mailbox, 0, false);
	for (uint32_t have = 1; have < n; have *= 2)
		copy(mailbox, arena_printf(&f->a, "1:%u", have < n - have ?
		    have : n - have), mailbox, false);
	assert_int_equal(fixture_mailbox(f, mailbox).messages, n);
}

/* ---- tests ---- */

static void
every_change_is_noted(void **state)
{
	(void)state;
	append("INBOX", 0, true);
	append("INBOX", 0, false);
	append("INBOX", 0, true);
	assert_string_equal(noted("INBOX"), "1,3");
	store_flags("INBOX", "2", FLAGS_ADD, 0, "$Test");
	store_flags("INBOX", "3", FLAGS_REMOVE, 0, "$test");
	assert_string_equal(noted("INBOX"), "1:2");
	store_flags("INBOX", "1:3", FLAGS_SET, FLAG_SEEN, "$Test");
	assert_string_equal(noted("INBOX"), "1:3");
	copy("INBOX", "1,3", "Archive", false);
	assert_string_equal(noted("Archive"), "1:2");
	copy("INBOX", "2:3", "Archive", true);
	assert_string_equal(noted("Archive"), "1:4");
	assert_string_equal(noted("INBOX"), "1");
	copy("Archive", "1", "Archive", true);
	assert_string_equal(noted("Archive"), "2:5");
	expunge("Archive", "3,5");
	assert_string_equal(noted("Archive"), "2,4");
	assert_string_equal(left(mbox_of("Archive")), "-");
}

static void
rows_of_messages_and_mailboxes_are_seen(void **state)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct message m;
	uint32_t inbox = mbox_of("INBOX"), x;

	(void)state;
	must(mailbox_create(f->s, f->account, "x", USE_NONE, NULL, &err));
	x = mbox_of("x");
	append("INBOX", 0, false);
	append("INBOX", 0, false);
	copy("INBOX", "2", "x", false);
	assert_string_equal(numbers(MADE, inbox), "1:2");
	assert_int_equal(number_value(NUMBER(MADE, inbox, 1)), 1);
	assert_int_equal(number_value(NUMBER(MADE, x, 1)),
	    NUMBER(0, inbox, 2));
	must(store_snap(f->s, &snap, &err));
	assert_int_equal(message_get(&snap.reader, f->account, inbox, 2, &m,
	    &err), 1);
	kv_snap_end(&snap);
	assert_int_equal(m.internal_zone, 77);
	must(mailbox_delete(f->s, f->account, "x", &err));
	assert_int_equal(number_value(NUMBER(DIED, x, 0)), 1);
}

/* A session is told what the row added, even if it made the change itself. */
static void
what_is_adjusted_is_news_to_who_caused_it(void **state)
{
	struct view_sync ask = { .with_expunges = true };
	struct flags_change change;
	struct view *mine, *other;
	struct watcher w, v;
	struct view_delta d;
	struct err err = ERR_INIT;
	struct mailbox row;

	(void)state;
	append("INBOX", 0, false);
	append("INBOX", FLAG_DRAFT, false);
	append("INBOX", 0, false);
	watch_add(f->s, &w, f->account, mbox_of("INBOX"));
	watch_add(f->s, &v, f->account, mbox_of("INBOX"));
	mine = view_get(f->s, &w, &f->a, &row, &err);
	other = view_get(f->s, &v, &f->a, &row, &err);
	must(try_store("INBOX", "1:3", FLAGS_ADD, 0, "$Test", &change, &err));
	assert_int_equal(change.nmodseqs, 1);
	assert_string_equal(fixture_set_text(f, &change.changed), "1:3");
	ask.watcher = &w;
	ask.old = mine;
	ask.own_modseqs = change.modseqs;
	ask.nown = change.nmodseqs;
	must(view_sync(f->s, &ask, &f->a, &d, &err));
	assert_int_equal(d.nchanged, 1);
	assert_int_equal(d.changed[0].uid, 2);
	assert_int_equal(d.changed[0].flags.system, FLAG_DRAFT |
	    FLAG_FLAGGED);
	assert_int_equal(d.changed[0].modseq, d.view->modseq);
	assert_string_equal(fixture_flags(f, "INBOX", 2),
	    "\\Flagged \\Draft $Test $Auto");
	assert_string_equal(fixture_flags(f, "INBOX", 1), "$Test");
	view_unref(&d.view);
	ask = (struct view_sync){ .watcher = &v, .old = other,
	    .with_expunges = true };
	must(view_sync(f->s, &ask, &f->a, &d, &err));
	assert_int_equal(d.nchanged, 3);
	view_unref(&d.view);
	view_unref(&mine);
	view_unref(&other);
	watch_remove(f->s, &w);
	watch_remove(f->s, &v);
}

static void
additions_are_adjusted_too(void **state)
{
	(void)state;
	append("INBOX", FLAG_DRAFT, true);
	assert_string_equal(fixture_flags(f, "INBOX", 1),
	    "\\Flagged \\Draft $Test $Auto");
	append("INBOX", FLAG_DRAFT, false);
	/* The keywords have other numbers in that mailbox. */
	append("Archive", 0, false);
	store_flags("Archive", "1", FLAGS_ADD, 0, "$Other");
	copy("INBOX", "1:2", "Archive", false);
	assert_string_equal(fixture_flags(f, "Archive", 2),
	    "\\Flagged \\Draft $Test $Auto");
	store_flags("Archive", "2", FLAGS_SET, FLAG_DRAFT, NULL);
	copy("Archive", "2", "INBOX", true);
	assert_string_equal(fixture_flags(f, "INBOX", 3), "\\Draft");
	assert_string_equal(noted("INBOX"), "1");
	assert_string_equal(noted("Archive"), "");
}

/* The limit applies to the operation: 63 slots of one page and 1 of another are
   noted at once, and one more is not. */
static void
a_few_are_noted_at_once_more_are_left(void **state)
{
	(void)state;
	fill("INBOX", 200);
	seen.hold = true;
	store_flags("INBOX", "1:64", FLAGS_ADD, 0, "$Test");
	assert_string_equal(noted("INBOX"), "1:64");
	assert_string_equal(left(mbox_of("INBOX")), "-");
	store_flags("INBOX", "1:64", FLAGS_REMOVE, 0, "$Test");
	store_flags("INBOX", "10:74", FLAGS_ADD, 0, "$Test");
	assert_string_equal(noted("INBOX"), "10:63");
	assert_string_equal(left(mbox_of("INBOX")), "64:74");
	/* The range of the todo record grows in both directions. */
	store_flags("INBOX", "130:200", FLAGS_ADD, 0, "$Test");
	assert_string_equal(left(mbox_of("INBOX")), "64:200");
	seen.hold = false;
	background_drain(f->s);
	seen.hold = true;
	store_flags("INBOX", "1:200", FLAGS_SET, 0, NULL);
	store_flags("INBOX", "130:200", FLAGS_ADD, 0, "$Test");
	background_drain(f->s);
	assert_string_equal(left(mbox_of("INBOX")), "64:200");
	seen.hold = false;
	background_drain(f->s);
	seen.hold = true;
	store_flags("INBOX", "128,131:200", FLAGS_REMOVE, 0, "$Test");
	assert_string_equal(left(mbox_of("INBOX")), "192:200");
	store_flags("INBOX", "64:127,129", FLAGS_ADD, 0, "$Test");
	assert_string_equal(left(mbox_of("INBOX")), "129:200");
	store_flags("INBOX", "1:63", FLAGS_ADD, 0, "$Test");
	seen.hold = false;
	background_drain(f->s);
	assert_string_equal(left(mbox_of("INBOX")), "-");
	assert_string_equal(noted("INBOX"), "1:127,129:130");
}

/* Both the operation and the background step work in slices. */
static void
many_are_noted_in_slices(void **state)
{
	struct committer_stats before, after;

	(void)state;
	fill("INBOX", 20000);
	seen.hold = true;
	seen.noted = 0;
	committer_get_stats(f->s->db.committer, &before);
	store_flags("INBOX", "1:4294967295", FLAGS_ADD, 0, "$Test");
	committer_get_stats(f->s->db.committer, &after);
	assert_true(after.slices - before.slices >= 2);
	assert_int_equal(seen.noted, 63);
	assert_string_equal(left(mbox_of("INBOX")), "64:20000");
	store_flags("INBOX", "70:80", FLAGS_REMOVE, 0, "$Test");
	expunge("INBOX", "90:20000");
	seen.hold = false;
	background_drain(f->s);
	assert_string_equal(noted("INBOX"), "1:69,81:89");
	assert_true(seen.slices >= 6);
}

struct again_op {
	struct op op;
	struct todo range;
};

static enum op_result
again_run(struct batch *b, struct op *op)
{
	struct again_op *o = (struct again_op *)op;

	return todo_range_add(b, op->account, TEST_KIND, &o->range,
	    &op->err) == -1 ? op_fail(op) : OP_DONE;
}

static void
the_step_can_be_repeated(void **state)
{
	struct again_op o = { .op = { .run = again_run,
	    .account = f->account }, .range = { .first = 1,
	    .last = 300 } };
	struct err err = ERR_INIT;

	(void)state;
	fill("INBOX", 300);
	o.range.mbox = mbox_of("INBOX");
	store_flags("INBOX", "1:100,250:300", FLAGS_ADD, 0, "$Test");
	for (int i = 0; i < 2; i++) {
		background_drain(f->s);
		assert_string_equal(noted("INBOX"), "1:100,250:300");
		must(op_submit(&f->s->db, &o.op, &err));
	}
}

/* If an operation is refused, nothing stays of what its rows wrote. */
static void
a_refusal_takes_all_back(void **state)
{
	static const char *const boxes[] = { "INBOX", "Archive" };
	struct bytes word = BYTES("$Test");
	struct message_new m = { .text = BYTES("Subject: x\r\n\r\nText\r\n"),
	    .keywords = &word, .nkeywords = 1 };
	struct message_added added[2];
	struct flags_change change;
	struct mailbox before, after;
	struct err err = ERR_INIT;

	(void)state;
	fill("INBOX", 70);
	fill("Archive", 3);
	before = fixture_mailbox(f, "INBOX");
	seen.fails_at = 65;
	assert_int_equal(try_store("INBOX", "60:66", FLAGS_ADD, 0, "$Test",
	    &change, &err), -1);
	assert_int_equal(err.code, ERR_CODE_LIMIT);
	assert_string_equal(noted("INBOX"), "");
	assert_string_equal(fixture_flags(f, "INBOX", 60), "");
	/* The second mailbox refuses, so the message is in neither. */
	seen.fails_at = 4;
	assert_int_equal(message_deliver(f->s, f->account, boxes, 2, &m,
	    added, &err), -1);
	assert_string_equal(noted("INBOX"), "");
	after = fixture_mailbox(f, "INBOX");
	assert_int_equal(after.highestmodseq, before.highestmodseq);
	assert_int_equal(after.messages, 70);
	assert_int_equal(after.nkeywords, 0);
	/* MOVE: adding to the target succeeded before. */
	seen.fails_at = 0;
	store_flags("INBOX", "60:66", FLAGS_ADD, 0, "$Test");
	seen.fails_at = 66;
	assert_int_equal(try_copy("INBOX", "60:66", "Archive", true, &err),
	    -1);
	assert_string_equal(noted("INBOX"), "60:66");
	assert_string_equal(noted("Archive"), "");
	assert_string_equal(fixture_uids(f, "Archive"), "1:3");
	seen.fails_at = 0;
}

static void *
append_main(void *arg)
{
	(void)arg;
	append("Archive", 0, true);
	copy("INBOX", "1:64", "Archive", false);
	return NULL;
}

/* Waiting for a reserved mailbox makes an operation run several times. */
static void
an_operation_that_runs_again_counts_once(void **state)
{
	struct reservation res = { .account = f->account,
	    .mbox = mbox_of("Archive") };
	pthread_t thread;

	(void)state;
	fill("INBOX", 64);
	store_flags("INBOX", "1:64", FLAGS_ADD, 0, "$Test");
	seen.hold = true;
	seen.noted = 0;
	mailbox_reserve(f->s, &res);
	pthread_create(&thread, NULL, append_main, NULL);
	usleep(100000);
	assert_string_equal(noted("Archive"), "");
	mailbox_release(f->s, &res);
	pthread_join(thread, NULL);
	assert_string_equal(noted("Archive"), "1:65");
	assert_string_equal(left(mbox_of("Archive")), "-");
	assert_int_equal(seen.noted, 65);
}

/*
 * A copy in slices: its messages are noted once they are visible, not before.
 */
static void
a_large_copy_is_noted_when_it_is_revealed(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	fill("INBOX", 2500);
	fill("Archive", 2);
	store_flags("INBOX", "1:2500", FLAGS_ADD, 0, "$Test");
	background_drain(f->s);
	assert_string_equal(noted("INBOX"), "1:2500");
	/* The row fails while it notes some of the 2,500 at once. */
	seen.fails_at = 3;
	assert_int_equal(try_copy("INBOX", "1:2500", "Archive", false, &err),
	    -1);
	background_drain(f->s);
	assert_string_equal(noted("Archive"), "");
	assert_string_equal(fixture_uids(f, "Archive"), "1:2");
	assert_false(has_message(mbox_of("Archive"), 3));
	seen.fails_at = 0;
	copy("INBOX", "1:2500", "Archive", true);
	background_drain(f->s);
	/* The UIDs of the failed copy are not used again. */
	assert_string_equal(noted("Archive"), "2503:5002");
	assert_string_equal(noted("INBOX"), "");
}

/* Bodies stay until the background step that needs them has run. */
static void
what_is_expunged_waits_for_the_step(void **state)
{
	uint32_t inbox = mbox_of("INBOX");
	unsigned asked;

	(void)state;
	fill("INBOX", 100);
	seen.hold = true;
	store_flags("INBOX", "1:100", FLAGS_ADD, 0, "$Test");
	expunge("INBOX", "1:50");
	background_drain(f->s);
	assert_true(has_message(inbox, 1));
	assert_string_equal(left(inbox), "64:100");
	seen.hold = false;
	asked = seen.asked;
	background_drain(f->s);
	assert_false(has_message(inbox, 1));
	assert_true(has_message(inbox, 51));
	assert_string_equal(noted("INBOX"), "51:100");
	/* Clearing their slots is not reported as a change. */
	assert_int_equal(seen.asked, asked);
}

static void
a_deleted_mailbox_waits_for_the_step(void **state)
{
	struct err err = ERR_INIT;
	uint32_t x;

	(void)state;
	must(mailbox_create(f->s, f->account, "x", USE_NONE, NULL, &err));
	x = mbox_of("x");
	fill("x", 100);
	seen.hold = true;
	store_flags("x", "1:100", FLAGS_ADD, 0, "$Test");
	must(mailbox_delete(f->s, f->account, "x", &err));
	background_drain(f->s);
	assert_true(has_message(x, 1));
	assert_string_equal(left(x), "64:100");
	assert_int_equal(number_value(NUMBER(DIED, x, 0)), 100);
	seen.hold = false;
	background_drain(f->s);
	assert_false(has_message(x, 1));
	assert_string_equal(left(x), "-");
	assert_true(seen.slices > 0);
}

int
main(void)
{
#define ROW_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		ROW_TEST(every_change_is_noted),
		ROW_TEST(rows_of_messages_and_mailboxes_are_seen),
		ROW_TEST(what_is_adjusted_is_news_to_who_caused_it),
		ROW_TEST(additions_are_adjusted_too),
		ROW_TEST(a_few_are_noted_at_once_more_are_left),
		ROW_TEST(many_are_noted_in_slices),
		ROW_TEST(the_step_can_be_repeated),
		ROW_TEST(a_refusal_takes_all_back),
		ROW_TEST(an_operation_that_runs_again_counts_once),
		ROW_TEST(a_large_copy_is_noted_when_it_is_revealed),
		ROW_TEST(what_is_expunged_waits_for_the_step),
		ROW_TEST(a_deleted_mailbox_waits_for_the_step),
	};

	return cmocka_run_group_tests_name("page_write", tests, NULL, NULL);
}
