/*
 * How much an account may send: both limits at their edge, which recipients
 * count as known, the same answer to the same question, and concurrent
 * submissions.
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kv/key.h"
#include "directory/account.h"
#include "evidence/correspondent.h"
#include "evidence/submission.h"
#include "store/background.h"
#include "store_fixture.h"
#include "segment/tables.h"
#include "directory/account_settings.h"

/* Late enough that the background does not remove it as old. */
#define START	INT64_C(4000000000)
#define DAY	86400

static struct fixture *f;
static struct submission last;
static unsigned serial;

static int
setup(void **state)
{
	f = fixture_new(NULL);
	serial = 0;
	return 0;
}

static int
teardown(void **state)
{
	fixture_free(&f);
	return 0;
}

/* Submits to "a@x b@x" with that queue id. */
static enum submission_answer
submit_id(const char *queue_id, const char *recipients, int64_t now,
    uint64_t max, uint64_t first_time_max)
{
	struct bytes rest = bytes_of(recipients), list[400];
	struct err err = ERR_INIT;
	ptrdiff_t at;
	size_t n = 0;

	while (rest.len > 0) {
		at = bytes_index(rest, ' ');
		list[n++] = at < 0 ? rest : bytes_make(rest.data, (size_t)at);
		rest = at < 0 ? BYTES("") : bytes_from(rest, (size_t)at + 1);
	}
	last = (struct submission){
		.account = f->account,
		.queue_id = bytes_of(queue_id),
		.recipients = list,
		.nrecipients = n,
		.recipients_max = max,
		.first_time_max = first_time_max,
		.now = now
	};
	must(submission_record(&f->s->db, &last, &err));
	return last.answer;
}

/* The same with a new queue id. */
static enum submission_answer
submit(const char *recipients, int64_t now, uint64_t max,
    uint64_t first_time_max)
{
	char id[32];

	snprintf(id, sizeof(id), "q%u", ++serial);
	return submit_id(id, recipients, now, max, first_time_max);
}

static void
recipients_at_the_edge(void **state)
{
	assert_int_equal(submit("a@x b@x", START, 5, 100), SUBMISSION_OK);
	assert_int_equal(submit("a@x A@x", START + 10, 5, 100),
	    SUBMISSION_OK);
	assert_int_equal(last.count, 4);
	assert_int_equal(last.first_time, 2);
	assert_int_equal(submit("a@x b@x", START + 20, 5, 100),
	    SUBMISSION_OVER_RECIPIENTS);
	assert_int_equal(last.limit, 5);
	assert_int_equal(last.count, 4);
	assert_int_equal(submit("c@x", START + 20, 5, 100), SUBMISSION_OK);
	assert_int_equal(submit("c@x", START + DAY - 1, 5, 100),
	    SUBMISSION_OVER_RECIPIENTS);
	/* By then the first two are a day old. */
	assert_int_equal(submit("c@x", START + DAY, 5, 100), SUBMISSION_OK);
	assert_int_equal(last.count, 4);
	assert_int_equal(submit("c@x c@x", START + DAY, 5, 100),
	    SUBMISSION_OVER_RECIPIENTS);
	assert_int_equal(submit("c@x c@x c@x", START + DAY + 10, 5, 100),
	    SUBMISSION_OK);
	/* More than the limit never fits, and uses up nothing. */
	assert_int_equal(submit("a@x b@x c@x d@x e@x f@x", START + 9 * DAY, 5,
	    100), SUBMISSION_OVER_RECIPIENTS);
	assert_int_equal(submit("a@x b@x c@x d@x e@x", START + 9 * DAY, 5,
	    100), SUBMISSION_OK);
}

static void
first_time_at_the_edge(void **state)
{
	assert_int_equal(submit("a@x b@x", START, 100, 3), SUBMISSION_OK);
	assert_int_equal(submit("c@x d@x", START + 1, 100, 3),
	    SUBMISSION_OVER_FIRST_TIME);
	assert_int_equal(last.limit, 3);
	/* Known recipients do not count; the same one twice counts once. */
	assert_int_equal(submit("a@x b@x c@x C@X", START + 1, 100, 3),
	    SUBMISSION_OK);
	assert_int_equal(last.first_time, 3);
	assert_int_equal(submit("d@x", START + DAY - 1, 100, 3),
	    SUBMISSION_OVER_FIRST_TIME);
	/* Refused recipients are as new as before. */
	assert_int_equal(submit("d@x e@x", START + DAY, 100, 3),
	    SUBMISSION_OK);
	assert_int_equal(last.first_time, 3);
	assert_int_equal(submit("f@x", START + DAY, 100, 3),
	    SUBMISSION_OVER_FIRST_TIME);
	assert_int_equal(submit("f@x", START + DAY + 1, 100, 3),
	    SUBMISSION_OK);
}

static void
limits_of_the_account_count(void **state)
{
	struct err err = ERR_INIT;

	must(account_set(&f->s->db, f->account, "recipients-per-day", "2", &err));
	assert_int_equal(submit("a@x b@x c@x", START, 1, 1),
	    SUBMISSION_OVER_RECIPIENTS);
	assert_int_equal(last.limit, 2);
	assert_int_equal(submit("a@x b@x", START, 1, 1),
	    SUBMISSION_OVER_FIRST_TIME);
	must(account_set(&f->s->db, f->account, "first-time-recipients-per-day",
	    "none", &err));
	assert_int_equal(submit("a@x b@x", START, 1, 1), SUBMISSION_OK);
	must(account_set(&f->s->db, f->account, "recipients-per-day", "none",
	    &err));
	assert_int_equal(submit("c@x", START, 1, 1), SUBMISSION_OK);
	must(account_set(&f->s->db, f->account, "recipients-per-day", "0", &err));
	assert_int_equal(submit("c@x", START, 4, 1), SUBMISSION_OK);
	assert_int_equal(submit("c@x", START, 4, 1),
	    SUBMISSION_OVER_RECIPIENTS);
	assert_int_equal(submit("c@x", START, SUBMISSION_NO_LIMIT,
	    SUBMISSION_NO_LIMIT), SUBMISSION_OK);
}

/* The answer was lost: the question is repeated, also after a restart. */
static void
answers_are_repeated(void **state)
{
	assert_int_equal(submit_id("one", "a@x b@x", START, 3, 9),
	    SUBMISSION_OK);
	assert_false(last.is_repeated);
	fixture_reopen(f);
	assert_int_equal(submit_id("one", "a@x b@x", START + 5, 3, 9),
	    SUBMISSION_OK);
	assert_true(last.is_repeated);
	assert_int_equal(last.count, 2);
	assert_int_equal(submit_id("two", "c@x d@x", START + 5, 3, 9),
	    SUBMISSION_OVER_RECIPIENTS);
	/* Now there would be room. */
	assert_int_equal(submit_id("two", "c@x d@x", START + 6, 30, 9),
	    SUBMISSION_OVER_RECIPIENTS);
	assert_true(last.is_repeated);
	assert_int_equal(last.limit, 3);
	assert_int_equal(submit_id("one", "a@x b@x", START + DAY - 1, 3, 9),
	    SUBMISSION_OK);
	assert_true(last.is_repeated);
	/* After so long it is another message with the same id. */
	assert_int_equal(submit_id("one", "a@x b@x", START + DAY, 3, 9),
	    SUBMISSION_OK);
	assert_false(last.is_repeated);
	assert_int_equal(submit_id("two", "d@x", START + DAY, 3, 9),
	    SUBMISSION_OK);
	assert_false(last.is_repeated);
	assert_int_equal(last.count, 3);
}

static int
count_one(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	++*(size_t *)arg;
	return 0;
}

static size_t
rows(enum table t)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct key k;
	size_t n = 0;

	key_account(&k, f->account);
	must(store_snap(f->s, &snap, &err));
	must(reader_scan(&snap.reader, t, BYTES(""), key_bytes(&k), count_one,
	    &n, &err));
	kv_snap_end(&snap);
	return n;
}

/* However much is sent for months, only the rows of a day are kept. */
static void
old_records_go(void **state)
{
	for (int i = 0; i < 500; i++)
		submit(i % 3 == 0 ? "a@x b@x c@x" : "a@x",
		    START + i * 1800, 60, 9);
	/* Of 48 submissions in a day the accepted ones are kept, and the last
	   two refused ones; each with its answer. */
	assert_true(rows(T_SUBMISSION) <= 1 + 2 * (60 * 3 / 5 + 2));
	assert_int_equal(rows(T_RECIPIENT), 3);
	submit("a@x", START + 900 * DAY, 60, 9);
	submit("a@x", START + 900 * DAY, 60, 9);
	submit("a@x", START + 900 * DAY, 60, 9);
	assert_int_equal(rows(T_SUBMISSION), 1 + 2 * 3);
}

/* Nothing is sent any more: the background removes what is old. */
static void
old_records_go_by_themselves(void **state)
{
	int64_t now = (int64_t)time(NULL);

	for (int i = 0; i < 270; i++)
		submit("a@x", now - 3 * DAY, SUBMISSION_NO_LIMIT, 9);
	submit("a@x", now - 3 * DAY, 3, 9);
	/* The background may have begun to remove them. */
	fixture_reopen(f);
	background_drain(f->s);
	assert_int_equal(rows(T_SUBMISSION), 1);
	assert_int_equal(rows(T_RECIPIENT), 1);
	submit("a@x", now, 3, 9);
	fixture_reopen(f);
	background_drain(f->s);
	assert_int_equal(rows(T_SUBMISSION), 3);
}

/* Removing an old record does not remove a newer one with the same queue id. */
static void
ids_come_again(void **state)
{
	char id[16];

	for (int i = 0; i < 40; i++) {
		snprintf(id, sizeof(id), "id%d", i);
		submit_id(id, "a@x", START, 100, 9);
	}
	assert_int_equal(submit_id("id39", "a@x", START + DAY, 100, 9),
	    SUBMISSION_OK);
	assert_false(last.is_repeated);
	submit("a@x", START + DAY, 100, 9);
	submit_id("id39", "a@x", START + DAY, 100, 9);
	assert_true(last.is_repeated);
	assert_int_equal(last.count, 2);
}

/* The clock is set back: what was counted stays counted. */
static void
clock_goes_back(void **state)
{
	assert_int_equal(submit("a@x b@x", START, 3, 9), SUBMISSION_OK);
	assert_int_equal(submit("a@x", START - 5000, 3, 9), SUBMISSION_OK);
	assert_int_equal(submit("a@x", START - 5000, 3, 9),
	    SUBMISSION_OVER_RECIPIENTS);
	assert_int_equal(submit("a@x", START + DAY, 3, 9), SUBMISSION_OK);
	assert_int_equal(last.count, 1);
}

/* But not for as long as the clock was wrong, if that was a day or more. */
static void
clock_was_wrong(void **state)
{
	uint64_t count, first_time;
	struct err err = ERR_INIT;
	struct kv_snap snap;

	assert_int_equal(submit("a@x b@x", START + 400 * DAY, 2, 100),
	    SUBMISSION_OK);
	assert_int_equal(submit("c@x", START + 400 * DAY, 2, 100),
	    SUBMISSION_OVER_RECIPIENTS);
	assert_int_equal(submit("c@x d@x", START, 2, 100), SUBMISSION_OK);
	assert_int_equal(submit("e@x", START + 10, 2, 100),
	    SUBMISSION_OVER_RECIPIENTS);
	must(store_snap(f->s, &snap, &err));
	must(submission_used(&snap.reader, f->account, START + 10, &count,
	    &first_time, &err));
	kv_snap_end(&snap);
	assert_int_equal(count, 2);
	assert_int_equal(submit("e@x", START + DAY, 2, 100), SUBMISSION_OK);
}

static void
names_are_canonical(void **state)
{
	static const char *const row[][2] = {
		{ "Jo@Example.ORG", "jo@example.org" },
		{ "\"jo\"@example.org", "jo@example.org" },
		{ "J\xc3\x96@b\xc3\xbc" "cher.example",
		    "j\xc3\xb6@xn--bcher-kva.example" },
		{ "J\x4f\xcc\x88@x.test", "j\xc3\xb6@x.test" },
		{ "No Address", "no address" },
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct bytes got = correspondent_canonical(&a, bytes_of(row[i][0]));

		if (!bytes_eq_str(got, row[i][1]))
			fail_msg("'%s' is '" BYTES_FMT "'", row[i][0],
			    BYTES_ARG(got));
	}
	arena_clear(&a);
}

/* ---- two at the same time ---- */

#define THREADS	8

struct sender {
	pthread_t thread;
	unsigned number;
	const char *queue_id;		/* NULL: a new one each time */
	unsigned accepted;
};

static void *
send_many(void *arg)
{
	struct sender *s = arg;
	struct bytes recipient = BYTES("a@x");
	struct err err = ERR_INIT;
	char id[32];

	for (int i = 0; i < 50; i++) {
		struct submission m = { .account = f->account,
		    .recipients = &recipient, .nrecipients = 1,
		    .recipients_max = 100, .first_time_max = 10,
		    .now = START };

		snprintf(id, sizeof(id), "q%u.%d", s->number, i);
		m.queue_id = bytes_of(s->queue_id == NULL ? id :
		    s->queue_id);
		if (submission_record(&f->s->db, &m, &err) == 0 &&
		    m.answer == SUBMISSION_OK && !m.is_repeated)
			s->accepted++;
	}
	return NULL;
}

static unsigned
send_all(const char *queue_id)
{
	struct sender senders[THREADS];
	unsigned accepted = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		senders[i] = (struct sender){ .number = i,
		    .queue_id = queue_id };
		assert_int_equal(pthread_create(&senders[i].thread, NULL,
		    send_many, &senders[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(senders[i].thread, NULL);
		accepted += senders[i].accepted;
	}
	return accepted;
}

static void
last_room_is_taken_once(void **state)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	uint64_t count, first_time;

	assert_int_equal(send_all("the same"), 1);
	/* 400 more ask for the remaining 99. */
	assert_int_equal(send_all(NULL), 99);
	must(store_snap(f->s, &snap, &err));
	must(submission_used(&snap.reader, f->account, START, &count,
	    &first_time, &err));
	kv_snap_end(&snap);
	assert_int_equal(count, 100);
	assert_int_equal(first_time, 1);
}

/* ---- what is wrong ---- */

static void
wrong_ones_are_refused(void **state)
{
	struct bytes recipient = BYTES("a@x"), empty = BYTES("");
	char long_id[SUBMISSION_QUEUE_ID_MAX + 2];
	struct submission m = { .account = f->account,
	    .recipients = &recipient, .nrecipients = 1 };
	struct err err = ERR_INIT;

	memset(long_id, 'x', sizeof(long_id));
	m.queue_id = BYTES("");
	assert_int_equal(submission_record(&f->s->db, &m, &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	m.queue_id = bytes_make(long_id, sizeof(long_id));
	assert_int_equal(submission_record(&f->s->db, &m, &err), -1);
	m.queue_id = BYTES("a\0b");
	assert_int_equal(submission_record(&f->s->db, &m, &err), -1);
	m.queue_id = BYTES("q");
	m.recipients = &empty;
	assert_int_equal(submission_record(&f->s->db, &m, &err), -1);
	m.nrecipients = 0;
	assert_int_equal(submission_record(&f->s->db, &m, &err), -1);
	m.nrecipients = 1;
	m.recipients = &recipient;
	m.account = 5;
	assert_int_equal(submission_record(&f->s->db, &m, &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(recipients_at_the_edge, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(first_time_at_the_edge, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(limits_of_the_account_count,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(answers_are_repeated, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(old_records_go, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(old_records_go_by_themselves,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(ids_come_again, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(clock_was_wrong, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(clock_goes_back, setup,
		    teardown),
		cmocka_unit_test(names_are_canonical),
		cmocka_unit_test_setup_teardown(last_room_is_taken_once,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_ones_are_refused, setup,
		    teardown),
	};

	return cmocka_run_group_tests_name("submission", tests, NULL, NULL);
}
