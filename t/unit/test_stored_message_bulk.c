/*
 * Changes of thousands of messages at once, which go in slices.  The whole
 * store is verified after every test.
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

#include "kv/disk.h"
#include "directory/account.h"
#include "store/background.h"
#include "store_fixture.h"
#include "directory/account_settings.h"

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
	struct number_range all = { 1, UINT32_MAX };
	struct number_set set = { &all, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;
	struct mailbox mb = fixture_mailbox(f, "INBOX");

	if (mb.messages == 0)
		append_many(f, 100);
	while ((mb = fixture_mailbox(f, "INBOX")).messages < n)
		must(message_copy(f->s, f->account, &(struct message_copy){
		    .mbox = mb.id, .uids = &set, .target = "INBOX" }, &f->a,
		    &out, &err));
}

static void
test_bulk(void **state)
{
	struct fixture *f = *state;
	struct number_range all = { 1, UINT32_MAX };
	struct number_set set = { &all, 1 };
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
	must(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mb.id, .uids = &set, .target = "Archive", .move = true },
	    &f->a, &out, &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "");
	assert_string_equal(fixture_uids(f, "Archive"), "1:6401");
	assert_string_equal(fixture_set_text(f, &out.dest), "2:6401");
	to = fixture_mailbox(f, "Archive");
	assert_int_equal(to.unseen, mb.unseen + 1);
	assert_int_equal(fixture_account(f).used_messages, 6401);
	background_drain(f->s);
	must(message_store(f->s, f->account, to.id, &set, &change, &f->a,
	    &err));
	must(message_expunge(f->s, f->account, to.id, NULL, &n, &err));
	assert_int_equal(n, 6401);
	assert_int_equal(fixture_account(f).used_bytes, 0);
	background_drain(f->s);
}

static unsigned flushes;

static int
counted_fdatasync(int fd)
{
	__atomic_add_fetch(&flushes, 1, __ATOMIC_RELAXED);
	return fdatasync(fd);
}

/* Slices that nobody can see yet are not flushed; the last one is. */
static void
test_bulk_flushes(void **state)
{
	struct fixture *f = *state;
	struct number_range all = { 1, UINT32_MAX };
	struct number_set set = { &all, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;

	fill_inbox(f, 5000);
	fixture_append(f, "Archive", 0);
	disk_calls.fdatasync = counted_fdatasync;
	__atomic_store_n(&flushes, 0, __ATOMIC_RELAXED);
	must(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = fixture_mailbox(f, "INBOX").id, .uids = &set,
	    .target = "Archive" }, &f->a, &out, &err));
	disk_calls.fdatasync = fdatasync;
	assert_in_range(__atomic_load_n(&flushes, __ATOMIC_RELAXED), 1, 6);
	assert_int_equal(fixture_mailbox(f, "Archive").messages, 6401);
}

/* A bulk copy that exceeds the quota leaves nothing behind. */
static void
test_bulk_refused(void **state)
{
	struct fixture *f = *state;
	struct number_range all = { 1, UINT32_MAX };
	struct number_set set = { &all, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;
	struct mailbox mb;
	struct account acc;

	fill_inbox(f, 3000);
	mb = fixture_mailbox(f, "INBOX");
	acc = fixture_account(f);
	must(account_set(&f->s->db, f->account, "quota-messages", "4500", &err));
	assert_int_equal(message_copy(f->s, f->account, &(struct message_copy){
	    .mbox = mb.id, .uids = &set, .target = "Archive" }, &f->a, &out,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_OVER_QUOTA);
	assert_int_equal(fixture_account(f).used_bytes, acc.used_bytes);
	assert_string_equal(fixture_uids(f, "Archive"), "");
	/*
	 * A message added before the purge gets a UID above the removed ones.
	 */
	assert_true(fixture_append(f, "Archive", 0) > 500);
	background_drain(f->s);
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

/* Additions during bulk copies: each gets its UID, all in order. */
static void
test_bulk_beside_appends(void **state)
{
	struct fixture *f = *state;
	int stop = 0;
	struct appender ap[2] = {
		{ .f = f, .mailbox = "Archive", .stop = &stop },
		{ .f = f, .mailbox = "INBOX", .stop = &stop }
	};
	struct number_range all = { 1, 0 };
	struct number_set set = { &all, 1 };
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
		must(message_copy(f->s, f->account, &(struct message_copy){
		    .mbox = mb.id, .uids = &set, .target = "Archive",
		    .move = i == 3 }, &f->a, &out, &err));
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
	background_drain(f->s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_bulk),
		FIXTURE_TEST(test_bulk_flushes),
		FIXTURE_TEST(test_bulk_refused),
		FIXTURE_TEST(test_bulk_beside_appends),
	};

	return cmocka_run_group_tests_name("bulk changes", tests, NULL, NULL);
}
