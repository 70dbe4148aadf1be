/*
 * How much mail an account received recently: each window at its edge, what
 * counts and what does not, and the same after a restart.
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/encode.h"
#include "directory/account.h"
#include "evidence/arrivals.h"
#include "store_fixture.h"
#include "store/account_life.h"

/* Late enough that the background does not remove the tokens as old. */
#define START	INT64_C(4000000000)

static struct fixture *f;
static struct arrivals_limits limits;
static struct arrivals_question last;
static uint32_t serial;

static int
setup(void **state)
{
	f = fixture_new(NULL);
	memset(&limits, 0, sizeof(limits));
	serial = 0;
	return 0;
}

static int
teardown(void **state)
{
	fixture_free(&f);
	return 0;
}

/* A new token of that time. */
static const uint8_t *
token_at(int64_t time)
{
	static uint8_t token[ARRIVALS_TOKEN_LEN];

	be32_put((char *)token, (uint32_t)time);
	be32_put((char *)token + 4, ++serial);
	return token;
}

static int
ask_token(const char *client, uint64_t size, int64_t now,
    const uint8_t *token)
{
	struct err err = ERR_INIT;
	struct addr addr;
	int rc;

	assert_int_equal(addr_parse(bytes_of(client), &addr), 0);
	last = (struct arrivals_question){
		.account = f->account,
		.client = &addr,
		.size = size,
		.token = token,
		.now = now,
		.limits = &limits
	};
	must(rc = arrivals_ask(f->s->arrivals, &last, &err));
	return rc;
}

/* Asks at RCPT; takes a message that is accepted if there is room. */
static int
look(const char *client, int64_t now)
{
	return ask_token(client, 0, now, NULL);
}

static int
take(const char *client, uint64_t size, int64_t now)
{
	return ask_token(client, size, now, token_at(now));
}

/* Delivers a message without a token (no question was asked), or with one. */
static void
deliver_token(const char *client, const uint8_t *token, size_t size,
    const char *const *mailboxes, size_t n)
{
	char *text = arena_alloc(&f->a, size);
	struct message_added added[4];
	struct err err = ERR_INIT;
	struct message_new m = { .text = bytes_make(text, size),
	    .token = bytes_make(token, ARRIVALS_TOKEN_LEN) };
	struct addr addr;

	memset(text, 'x', size);
	if (client != NULL) {
		assert_int_equal(addr_parse(bytes_of(client), &addr), 0);
		m.client = &addr;
	}
	must(message_deliver(f->s, f->account, mailboxes, n, &m, added,
	    &err));
}

static void
deliver(const char *client, int64_t time, size_t size)
{
	static const char *const inbox[] = { "INBOX" };

	deliver_token(client, token_at(time), size, inbox, 1);
}

/* For each window and network: the last message that fits, the first that does
   not, and the time at which there is room again. */
static void
messages_at_the_edge(void **state)
{
	static const struct {
		enum arrivals_window window;
		unsigned level;
		int64_t length;
		const char *from, *other, *outside;
	} rows[] = {
		{ ARRIVALS_MINUTE, 0, 60, "192.0.2.1", "192.0.2.1",
		    "192.0.2.2" },
		{ ARRIVALS_MINUTE, 1, 60, "192.0.2.1", "192.0.2.63",
		    "192.0.2.64" },
		{ ARRIVALS_MINUTE, 2, 60, "192.0.2.1", "192.0.7.255",
		    "192.0.8.0" },
		{ ARRIVALS_DAY, 0, 86400, "192.0.2.1", "192.0.2.1",
		    "192.0.2.2" },
		{ ARRIVALS_DAY, 1, 86400, "192.0.2.1", "192.0.2.63",
		    "192.0.2.64" },
		{ ARRIVALS_DAY, 2, 86400, "192.0.2.1", "192.0.7.255",
		    "192.0.8.0" },
		{ ARRIVALS_DAY, 0, 86400, "2001:db8::1",
		    "2001:db8::ffff:0:0:1", "2001:db8:0:1::1" },
		{ ARRIVALS_DAY, 1, 86400, "2001:db8::1", "2001:db8:0:1::1",
		    "2001:db8:1::1" },
		{ ARRIVALS_MINUTE, 2, 60, "2001:db8::1", "2001:db8:1::1",
		    "2001:db9::1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t at = START + (int64_t)i * 200000;

		memset(&limits, 0, sizeof(limits));
		limits.messages[rows[i].window][rows[i].level] = 3;
		deliver(rows[i].from, at, 100);
		deliver(rows[i].other, at + 5, 100);
		assert_int_equal(look(rows[i].from, at + 5), 0);
		deliver(rows[i].from, at + 10, 100);
		assert_int_equal(look(rows[i].from, at + 10), 1);
		assert_int_equal(last.window, rows[i].window);
		assert_int_equal(last.level, rows[i].level);
		assert_int_equal(last.limit, 3);
		assert_false(last.is_bytes);
		assert_int_equal(look(rows[i].other, at + 10), 1);
		assert_int_equal(look(rows[i].outside, at + 10), 0);
		assert_int_equal(look(rows[i].from,
		    at + rows[i].length - 1), 1);
		fixture_reopen(f);
		assert_int_equal(look(rows[i].from,
		    at + rows[i].length - 1), 1);
		assert_int_equal(look(rows[i].from, at + rows[i].length), 0);
		/* The window slides: the second message leaves it at its own
		   time. */
		deliver(rows[i].from, at + rows[i].length, 100);
		assert_int_equal(look(rows[i].from,
		    at + rows[i].length + 4), 1);
		assert_int_equal(look(rows[i].from,
		    at + rows[i].length + 5), 0);
	}
}

static void
bytes_at_the_edge(void **state)
{
	for (int w = 0; w < ARRIVALS_WINDOWS; w++) {
		int64_t at = START + w * 200000;

		memset(&limits, 0, sizeof(limits));
		limits.bytes[w][1] = 10000;
		deliver("192.0.2.1", at, 4000);
		deliver("192.0.2.2", at, 5000);
		assert_int_equal(ask_token("192.0.2.3", 1000, at, NULL), 0);
		assert_int_equal(ask_token("192.0.2.3", 1001, at, NULL), 1);
		assert_true(last.is_bytes);
		assert_int_equal(last.limit, 10000);
		assert_int_equal(last.level, 1);
		/* A message of unknown size fits if there is any room. */
		assert_int_equal(look("192.0.2.3", at), 0);
		deliver("192.0.2.3", at, 1000);
		assert_int_equal(look("192.0.2.3", at), 1);
		assert_int_equal(ask_token("192.0.2.99", 9000, at, NULL), 0);
		/* A message above the limit never fits. */
		assert_int_equal(ask_token("192.0.2.99", 10001, at, NULL), 1);
	}
}

/* An accepted message counts at once; its delivery does not count again. */
static void
accepted_counts_once(void **state)
{
	static const char *const two[] = { "INBOX", "Other" };
	uint8_t token[ARRIVALS_TOKEN_LEN];

	limits.messages[ARRIVALS_DAY][0] = 2;
	memcpy(token, token_at(START), sizeof(token));
	assert_int_equal(ask_token("192.0.2.1", 10, START, token), 0);
	assert_int_equal(ask_token("192.0.2.1", 10, START, token), 0);
	deliver_token("192.0.2.1", token, 10, two, 2);
	deliver_token("192.0.2.1", token, 10, two, 2);
	assert_int_equal(look("192.0.2.1", START + 1), 0);
	assert_int_equal(take("192.0.2.1", 10, START + 1), 0);
	assert_int_equal(take("192.0.2.1", 10, START + 1), 1);
	/* The same question again gets the same answer. */
	assert_int_equal(ask_token("192.0.2.1", 10, START + 1, token), 0);
	fixture_reopen(f);
	assert_int_equal(look("192.0.2.1", START + 1), 0);
	deliver("192.0.2.1", START + 2, 10);
	assert_int_equal(look("192.0.2.1", START + 2), 1);
}

/* A message that was accepted and never delivered, because of another
   recipient. */
static void
undelivered_is_forgotten(void **state)
{
	static const char *const inbox[] = { "INBOX" };
	uint8_t token[ARRIVALS_TOKEN_LEN];

	limits.messages[ARRIVALS_DAY][0] = 1;
	memcpy(token, token_at(START), sizeof(token));
	assert_int_equal(ask_token("192.0.2.1", 10, START, token), 0);
	assert_int_equal(look("192.0.2.1", START + ARRIVALS_PENDING_S - 1),
	    1);
	assert_int_equal(look("192.0.2.1", START + ARRIVALS_PENDING_S), 0);
	/* Another message takes the room and keeps it. */
	assert_int_equal(take("192.0.2.1", 10, START + ARRIVALS_PENDING_S),
	    0);
	assert_int_equal(ask_token("192.0.2.1", 10,
	    START + ARRIVALS_PENDING_S, token), 1);
	limits.messages[ARRIVALS_DAY][0] = 2;
	assert_int_equal(look("192.0.2.1", START + ARRIVALS_PENDING_S), 0);
	limits.messages[ARRIVALS_DAY][0] = 1;
	assert_int_equal(look("192.0.2.1", START + 2 * ARRIVALS_PENDING_S),
	    0);
	/* The first message is delivered after all. */
	deliver_token("192.0.2.1", token, 10, inbox, 1);
	assert_int_equal(look("192.0.2.1", START + 2 * ARRIVALS_PENDING_S),
	    1);
	assert_int_equal(look("192.0.2.1", START + 86399), 1);
	assert_int_equal(look("192.0.2.1", START + 86400), 0);
}

static void
others_do_not_count(void **state)
{
	static const char *const inbox[] = { "INBOX" };
	struct err err = ERR_INIT;
	struct addr unix_peer = { .family = ADDR_UNIX };

	limits.messages[ARRIVALS_DAY][0] = 1;
	/* Without a client address: forwarded mail, or our own. */
	deliver_token(NULL, token_at(START), 10, inbox, 1);
	fixture_append(f, "INBOX", 0);
	assert_int_equal(look("192.0.2.1", START), 0);
	last.client = &unix_peer;
	assert_int_equal(arrivals_ask(f->s->arrivals, &last, &err), 0);
	/* Mail of another account. */
	deliver("192.0.2.1", START, 10);
	assert_int_equal(look("192.0.2.1", START), 1);
	must(account_create(f->s, "two", &f->account, &err));
	assert_int_equal(look("192.0.2.1", START), 0);
}

/* Expunging makes no room: what counts is what was delivered. */
static void
removed_counts(void **state)
{
	struct err err = ERR_INIT;
	struct mailbox inbox = fixture_mailbox(f, "INBOX");
	struct flags_change change = { .how = FLAGS_ADD,
	    .system = FLAG_DELETED };
	struct number_set all = fixture_set(f, "1:9");
	uint64_t n;

	limits.messages[ARRIVALS_DAY][0] = 1;
	deliver("192.0.2.1", START, 10);
	must(message_store(f->s, f->account, inbox.id, &all, &change, &f->a,
	    &err));
	must(message_expunge(f->s, f->account, inbox.id, NULL, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(look("192.0.2.1", START), 1);
	fixture_reopen(f);
	assert_int_equal(look("192.0.2.1", START), 1);
}

/* A random history: whether counted as it happens or read from the store, in
   order or not, the answers equal those of a plain count. */
static void
a_model_agrees(void **state)
{
	struct { int64_t time; unsigned host, size; } took[400];
	char client[32];
	size_t n = 0;

	srandom(7);
	limits.messages[ARRIVALS_MINUTE][0] = 4;
	limits.messages[ARRIVALS_DAY][1] = 40;
	limits.bytes[ARRIVALS_DAY][0] = 9000;
	/* Several messages a minute, then none for hours. */
	for (int64_t now = START; n < 400; now += random() %
	    (random() % 20 == 0 ? 40000 : 60)) {
		unsigned host = (unsigned)random() % 8 * 16;
		unsigned size = (unsigned)random() % 1000 + 1;
		uint64_t minute = 0, day = 0, bytes = 0;
		bool over;

		for (size_t i = 0; i < n; i++) {
			if (now - took[i].time >= 86400)
				continue;
			day += took[i].host / 64 == host / 64;
			if (took[i].host != host)
				continue;
			bytes += took[i].size;
			minute += now - took[i].time < 60;
		}
		over = minute >= 4 || day >= 40 || bytes + size > 9000;
		snprintf(client, sizeof(client), "192.0.2.%u", host);
		assert_int_equal(ask_token(client, size, now, NULL), over);
		took[n].time = now - random() % 100;
		took[n].host = host;
		took[n++].size = size;
		deliver(client, took[n - 1].time, size);
		if (random() % 150 == 0)
			fixture_reopen(f);
	}
}

static void
little_memory(struct store_config *config)
{
	config->arrivals_memory = 4096;
}

/* Accounts that were dropped from memory are counted again. */
static void
memory_is_bounded(void **state)
{
	uint64_t accounts[50], bytes, first;
	struct err err = ERR_INIT;
	char name[32];
	size_t n;

	fixture_free(&f);
	f = fixture_new(little_memory);
	first = f->account;
	limits.messages[ARRIVALS_DAY][0] = 2;
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		must(account_create(f->s, name, &accounts[i], &err));
		f->account = accounts[i];
		assert_int_equal(look("192.0.2.1", START), 0);
		deliver("192.0.2.1", START, 10);
		deliver("192.0.2.1", START, 10);
		arrivals_stat(f->s->arrivals, &n, &bytes);
		assert_true(bytes <= 4096);
	}
	assert_true(n < 10);
	for (int i = 0; i < 50; i++) {
		f->account = accounts[i];
		assert_int_equal(look("192.0.2.1", START), 1);
	}
	f->account = first;
}

/* ---- many at the same time ---- */

#define THREADS		4
#define ACCOUNTS	5

static uint64_t shared[ACCOUNTS];

struct asker {
	pthread_t thread;
	uint32_t number;
	unsigned accepted[ACCOUNTS];
};

static void
ask_one(struct asker *s, unsigned account, uint32_t i)
{
	static const char *const inbox[] = { "INBOX" };
	uint8_t token[ARRIVALS_TOKEN_LEN] = { 0 };
	struct addr client = { .family = ADDR_IPV4, .ip = { 192, 0, 2, 1 } };
	struct message_added added;
	struct err err = ERR_INIT;
	struct message_new m = { .text = BYTES("\r\nx\r\n"),
	    .token = bytes_make(token, sizeof(token)), .client = &client };
	struct arrivals_question q = { .account = shared[account],
	    .client = &client, .size = 5, .token = token, .now = START,
	    .limits = &limits };

	be32_put((char *)token, START);
	be32_put((char *)token + 4, s->number);
	be32_put((char *)token + 8, i);
	if (arrivals_ask(f->s->arrivals, &q, &err) != 0)
		return;
	s->accepted[account]++;
	(void)message_deliver(f->s, shared[account], inbox, 1, &m, &added,
	    &err);
}

static void *
ask_many(void *arg)
{
	struct asker *s = arg;

	for (uint32_t i = 0; i < 100; i++)
		ask_one(s, (s->number + i) % ACCOUNTS, i);
	return NULL;
}

static void
ask_all(unsigned accepted[ACCOUNTS])
{
	struct asker askers[THREADS];
	struct err err = ERR_INIT;
	char name[16];

	for (int i = 0; i < ACCOUNTS; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		must(account_create(f->s, name, &shared[i], &err));
		accepted[i] = 0;
	}
	for (uint32_t i = 0; i < THREADS; i++) {
		memset(&askers[i], 0, sizeof(askers[i]));
		askers[i].number = i;
		assert_int_equal(pthread_create(&askers[i].thread, NULL,
		    ask_many, &askers[i]), 0);
	}
	for (uint32_t i = 0; i < THREADS; i++) {
		pthread_join(askers[i].thread, NULL);
		for (int a = 0; a < ACCOUNTS; a++)
			accepted[a] += askers[i].accepted[a];
	}
}

/* The last room is given to one message only; and with hardly any memory every
   delivery still counts. */
static void
many_threads_agree(void **state)
{
	unsigned accepted[ACCOUNTS];

	limits.messages[ARRIVALS_DAY][0] = 30;
	ask_all(accepted);
	for (int i = 0; i < ACCOUNTS; i++)
		assert_int_equal(accepted[i], 30);
	fixture_free(&f);
	f = fixture_new(little_memory);
	ask_all(accepted);
	for (int i = 0; i < ACCOUNTS; i++)
		assert_true(accepted[i] >= 30);
	fixture_reopen(f);
	for (int i = 0; i < ACCOUNTS; i++) {
		f->account = shared[i];
		assert_int_equal(look("192.0.2.1", START), 1);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_at_the_edge, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(bytes_at_the_edge, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(accepted_counts_once, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(undelivered_is_forgotten,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(others_do_not_count, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(removed_counts, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(a_model_agrees, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(memory_is_bounded, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(many_threads_agree, setup,
		    teardown),
	};

	return cmocka_run_group_tests_name("arrivals", tests, NULL, NULL);
}
