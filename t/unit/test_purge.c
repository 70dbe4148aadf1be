/* Background work, step by step: what todo records ask for. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/account.h"
#include "store/key.h"
#include "store/message_purge.h"
#include "store/op.h"
#include "store_fixture.h"

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

/* Copies what is in INBOX into it until it has that many. */
static void
fill_by_copies(uint32_t mbox, uint32_t messages)
{
	struct uid_set all = fixture_set(f, "1:4294967295");
	struct message_copied out;
	struct err err = ERR_INIT;

	for (int i = 0; i < 100; i++)
		fixture_append(f, "INBOX", 0);
	while (fixture_mailbox(f, "INBOX").messages < messages)
		must(message_copy(f->s, f->account, mbox, &all, "INBOX",
		    false, &f->a, &out, &err));
}

/* How often the store looked at a page so far. */
static uint64_t
pages_looked_at(void)
{
	struct kv_stat list[100];
	size_t n = kv_stats(f->s->kv, list, 100);

	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, "cache-hits") == 0)
			return list[i].value;
	fail_msg("there is no counter cache-hits");
	return 0;
}

/*
 * Two messages with many between them are expunged at once: their purge does
 * not read those between, which would hold up the committer.
 */
static void
what_lies_between_is_not_read(void **state)
{
	struct uid_set set = fixture_set(f, "1,51200");
	struct flags_change change = { .how = FLAGS_ADD,
	    .system = FLAG_DELETED };
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;
	struct err err = ERR_INIT;
	uint64_t n, before;

	fill_by_copies(mbox, 51200);
	must(message_store(f->s, f->account, mbox, &set, &change, &f->a,
	    &err));
	purge_drain(f->s);
	before = pages_looked_at();
	must(message_expunge(f->s, f->account, mbox, &set, &n, &err));
	assert_int_equal(n, 2);
	purge_drain(f->s);
	assert_in_range(pages_looked_at() - before, 0, 500);
	assert_string_equal(fixture_uids(f, "INBOX"), "2:51199");
}

int
main(void)
{
#define STORE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		STORE_TEST(what_lies_between_is_not_read),
	};

	return cmocka_run_group_tests_name("purge", tests, NULL, NULL);
}
