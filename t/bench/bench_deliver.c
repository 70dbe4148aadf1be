/*
 * bench_deliver - durable deliveries per second by message_deliver()
 *
 *	bench_deliver [-c] [-a ACCOUNTS] [-b BYTES] [-n MESSAGES] [-p PART]
 *	    [-t THREADS] FOLDER
 *
 * The store may be there already; open-ms is what opening it took, recovery
 * included.  One line is printed for each PART of the messages.
 *
 * What LMTP costs without the network: the message is parsed by its thread,
 * then committed.  cpu-us is CPU time of a message, worker-us the part of it
 * in the sending threads; the rest is the committer's.  With -c each message
 * comes from a client of the Internet, one of 1,000, that the account's limits
 * are asked about before.
 */
#include <config.h>

#include <sys/resource.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "commit/committer.h"
#include "directory/account.h"
#include "directory/login_name.h"
#include "evidence/arrivals.h"
#include "store/account_life.h"
#include "store/store_open.h"
#include "store/stored_message.h"

#define THREADS_MAX	256

static struct {
	struct store *s;
	unsigned accounts, threads;
	size_t body_size;
	uint64_t messages;		/* still to send; shared */
	uint64_t all, part;
	uint64_t *ids;
	char *body;
	bool counts;
} bench = { .accounts = 1000, .threads = 32, .body_size = 4096,
    .all = 50000, .part = UINT64_MAX };

static uint64_t
timespec_us(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * 1000000 + (uint64_t)ts->tv_nsec / 1000;
}

/* Asks about the account's limits first, as the milter does. */
static void
count_one(struct message_new *m, uint64_t account, struct addr *client,
    uint64_t number)
{
	/* Limits that are never reached cost as much as others. */
	static const struct arrivals_limits limits = {
		.messages = { { UINT64_MAX, UINT64_MAX, UINT64_MAX } }
	};
	struct arrivals_question q = {
		.account = account,
		.client = client,
		.size = m->text.len,
		.token = (const uint8_t *)m->token.data,
		.now = (int64_t)(clock_wall_ms() / 1000),
		.limits = &limits
	};
	struct err err = ERR_INIT;

	memset(client, 0, sizeof(*client));
	client->family = ADDR_IPV4;
	be32_put((char *)client->ip, 0xc6336400 + (uint32_t)(number % 1000));
	m->client = client;
	if (arrivals_ask(bench.s->arrivals, &q, &err) != 0)
		fatal("%s", err.text);
}

static void
deliver_one(uint64_t *seed)
{
	static const char *const inbox[] = { "INBOX" };
	char prefix[300], token[16];
	struct message_new m = { .text = bytes_make(bench.body,
	    bench.body_size), .token = bytes_make(token, sizeof(token)) };
	struct message_added added;
	struct err err = ERR_INIT;
	struct addr client;
	int n;

	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	n = snprintf(prefix, sizeof(prefix),
	    "Return-Path: <a@example.org>\r\nDelivered-To: <b@example.org>\r\n"
	    "Received: from a by b; Sat, 21 Nov 2026 10:00:00 +0000\r\n"
	    "Message-ID: <%016llx@example.org>\r\n",
	    (unsigned long long)*seed);
	m.prefix = bytes_make(prefix, (size_t)n);
	be32_put(token, (uint32_t)(clock_wall_ms() / 1000));
	be64_put(token + 4, *seed);
	memset(token + 12, 0, 4);
	if (bench.counts)
		count_one(&m, bench.ids[*seed % bench.accounts], &client,
		    *seed >> 32);
	if (message_deliver(bench.s, bench.ids[*seed % bench.accounts], inbox,
	    1, &m, &added, &err) == -1)
		fatal("%s", err.text);
}

static void *
sender_main(void *arg)
{
	uint64_t seed = random_u64() | 1;
	struct timespec ts;

	while (__atomic_fetch_sub(&bench.messages, 1, __ATOMIC_RELAXED) - 1 <
	    UINT64_MAX / 2)
		deliver_one(&seed);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	*(uint64_t *)arg = timespec_us(&ts);
	return NULL;
}

static uint64_t
process_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return timespec_us(&ts);
}

static void
run(void)
{
	pthread_t thread[THREADS_MAX];
	uint64_t us[THREADS_MAX], workers = 0, n = bench.messages;
	uint64_t begun = clock_mono_us(), cpu = process_us();
	struct committer_stats before, st;

	committer_get_stats(bench.s->db.committer, &before);
	for (unsigned i = 0; i < bench.threads; i++)
		pthread_create(&thread[i], NULL, sender_main, &us[i]);
	for (unsigned i = 0; i < bench.threads; i++) {
		pthread_join(thread[i], NULL);
		workers += us[i];
	}
	begun = clock_mono_us() - begun;
	cpu = process_us() - cpu;
	committer_get_stats(bench.s->db.committer, &st);
	printf("threads %u bytes %zu messages %llu per-second %.0f "
	    "batch %.1f cpu-us %.1f worker-us %.1f\n", bench.threads,
	    bench.body_size, (unsigned long long)n,
	    (double)n * 1e6 / (double)begun,
	    (double)(st.ops - before.ops) /
	    (double)(st.batches - before.batches), (double)cpu / (double)n,
	    (double)workers / (double)n);
	fflush(stdout);
}

static void
run_parts(void)
{
	while (bench.all > 0) {
		bench.messages = bench.all < bench.part ? bench.all :
		    bench.part;
		bench.all -= bench.messages;
		run();
	}
}

static void
store_begin(const struct store_config *config)
{
	uint64_t begun = clock_mono_us();
	struct err err = ERR_INIT;

	if (store_open(config, NULL, &bench.s, &err) == -1)
		fatal("%s", err.text);
	printf("open-ms %.1f\n", (double)(clock_mono_us() - begun) / 1e3);
}

static void
accounts_make(void)
{
	struct account acc;
	char login[32];
	struct err err = ERR_INIT;

	bench.ids = calloc(bench.accounts, sizeof(*bench.ids));
	for (unsigned i = 0; i < bench.accounts; i++) {
		snprintf(login, sizeof(login), "u%04u", i);
		if (account_by_login(kv_latest(bench.s->db.kv), login, &acc,
		    &err) == 1)
			bench.ids[i] = acc.id;
		else if (account_create(bench.s, login, &bench.ids[i],
		    &err) == -1)
			fatal("%s", err.text);
	}
}

static uint64_t
number(const char *text, uint64_t max)
{
	uint64_t n;

	if (decimal_parse(bytes_of(text), max, &n) == -1 || n == 0)
		fatal("'%s' is not a number up to %llu", text,
		    (unsigned long long)max);
	return n;
}

int
main(int argc, char **argv)
{
	struct store_config config = {
		.cache_size = 256 << 20, .checkpoint_bytes = 64 << 20,
		.checkpoint_ms = 30000, .commit_batch_max = 256,
		.commit_batch_bytes = 8 << 20, .workers = 64,
		.keywords_max = 256, .mailboxes_max = 10000,
		.tombstones_max = 10000, .delivered_keep_s = 864000,
		.message_size_max = 100 << 20, .segment_min = 64 << 10
	};
	int c;

	while ((c = getopt(argc, argv, "a:b:cn:p:t:")) != -1) {
		if (c == 'a')
			bench.accounts = (unsigned)number(optarg, 100000);
		else if (c == 'b')
			bench.body_size = number(optarg, 100 << 20);
		else if (c == 'c')
			bench.counts = true;
		else if (c == 'n')
			bench.all = number(optarg, UINT32_MAX);
		else if (c == 'p')
			bench.part = number(optarg, UINT32_MAX);
		else if (c == 't')
			bench.threads = (unsigned)number(optarg, THREADS_MAX);
		else
			return 1;
	}
	if (optind + 1 != argc)
		fatal("usage: bench_deliver [-c] [-a accounts] [-b bytes] "
		    "[-n messages] [-p part] [-t threads] folder");
	bench.body = malloc(bench.body_size + 1);
	memcpy(bench.body, "\r\n", bench.body_size < 2 ?
	    bench.body_size : 2);
	for (size_t i = 2; i < bench.body_size; i++)
		bench.body[i] = (char)(i % 78 == 77 ? '\n' : 'a' + i % 26);
	config.dir = argv[optind];
	store_begin(&config);
	accounts_make();
	run_parts();
	store_close(&bench.s);
	free(bench.ids);
	free(bench.body);
	return 0;
}
