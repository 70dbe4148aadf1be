/*
 * bench_flags - what changes of flags in a large mailbox cost
 *
 *	bench_flags [-n MESSAGES] [-r ROUNDS] FOLDER
 *
 * Fills a mailbox by copies, then changes flags of all its messages at once
 * (STORE 1:*), copies and moves 10,000 of them, moves as many to a mailbox that
 * marks them $Junk, and removes all.  Each line
 * is the shortest and the median time of the rounds, in milliseconds from the
 * call to the commit, and the CPU time of the committer's side of it.
 */
#include <config.h>

#include <sys/resource.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "directory/account.h"
#include "store/account_life.h"
#include "store/store_open.h"
#include "store/stored_message.h"

#define SOME		10000
#define ROUNDS_MAX	100

static struct {
	struct store *s;
	uint64_t account;
	uint32_t mbox;
	struct arena a;
	uint32_t messages;
	unsigned rounds;
} bench = { .messages = 500000, .rounds = 9 };

static void
check(int rc, const struct err *err)
{
	if (rc == -1)
		fatal("%s", err->text);
}

static struct mailbox
mailbox_named(const char *name)
{
	struct mailbox mb;
	struct err err = ERR_INIT;
	struct kv_snap snap;

	check(store_snap(bench.s, &snap, &err), &err);
	if (mailbox_by_name(&snap.reader, bench.account, name, &bench.a, &mb,
	    &err) != 1)
		fatal("no mailbox '%s'", name);
	kv_snap_end(&snap);
	return mb;
}

static struct number_set
all_uids(void)
{
	static struct number_range range = { 1, UINT32_MAX };

	return (struct number_set){ &range, 1 };
}

/* ---- what is measured ---- */

static void
change_flags(int how, uint32_t system, const char *keyword)
{
	struct bytes word = bytes_of(keyword == NULL ? "" : keyword);
	struct flags_change change = { .how = how, .system = system,
	    .keywords = &word, .nkeywords = keyword != NULL };
	struct number_set set = all_uids();
	struct err err = ERR_INIT;

	check(message_store(bench.s, bench.account, bench.mbox, &set, &change,
	    &bench.a, &err), &err);
}

static void
add_flagged(unsigned round)
{
	change_flags(round % 2 == 0 ? FLAGS_ADD : FLAGS_REMOVE, FLAG_FLAGGED,
	    NULL);
}

static void
add_keyword(unsigned round)
{
	change_flags(round % 2 == 0 ? FLAGS_ADD : FLAGS_REMOVE, 0, "$Label1");
}

static void
copy_some(unsigned round)
{
	struct number_range range = { 1 + round * SOME, (round + 1) * SOME };
	struct number_set set = { &range, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;

	check(message_copy(bench.s, bench.account, &(struct message_copy){
	    .mbox = bench.mbox, .uids = &set, .target = "Archive" }, &bench.a,
	    &out, &err), &err);
}

static void
move_to(uint32_t first, const char *target)
{
	struct number_range range = { first, first + SOME - 1 };
	struct number_set set = { &range, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;

	check(message_copy(bench.s, bench.account, &(struct message_copy){
	    .mbox = bench.mbox, .uids = &set, .target = target, .move = true
	    }, &bench.a, &out, &err), &err);
}

static void
move_some(unsigned round)
{
	move_to(1 + round * SOME, "Archive");
}

/* Others, from the end, and they get $Junk. */
static void
move_to_junk(unsigned round)
{
	move_to(bench.messages + 1 - (round + 1) * SOME, "Junk");
}

static void
remove_all(unsigned round)
{
	struct err err = ERR_INIT;
	uint64_t n;

	(void)round;
	check(message_expunge(bench.s, bench.account, bench.mbox, NULL, &n,
	    &err), &err);
	printf("expunged %llu\n", (unsigned long long)n);
}

/* ---- measuring ---- */

static double
cpu_ms(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1e3 +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e3;
}

static int
compare_double(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
measure(const char *what, unsigned rounds, void (*fn)(unsigned round))
{
	double ms[ROUNDS_MAX], cpu = cpu_ms();
	uint64_t begun;

	for (unsigned i = 0; i < rounds; i++) {
		begun = clock_mono_us();
		fn(i);
		ms[i] = (double)(clock_mono_us() - begun) / 1e3;
		arena_clear(&bench.a);
	}
	cpu = (cpu_ms() - cpu) / rounds;
	qsort(ms, rounds, sizeof(*ms), compare_double);
	printf("%-24s min-ms %.1f median-ms %.1f cpu-ms %.1f\n", what, ms[0],
	    ms[rounds / 2], cpu);
	fflush(stdout);
}

static void
fill(void)
{
	struct message_new m = {
	    .text = BYTES("Subject: one of many\r\n\r\nText\r\n") };
	struct message_copied out;
	struct message_added added;
	struct err err = ERR_INIT;
	uint32_t have = 0;

	for (; have < 100; have++)
		check(message_append(bench.s, bench.account, "INBOX", &m,
		    &added, &err), &err);
	while (have < bench.messages) {
		uint32_t more = have < bench.messages - have ? have :
		    bench.messages - have;
		struct number_range range = { 1, more };
		struct number_set set = { &range, 1 };

		check(message_copy(bench.s, bench.account, &(struct
		    message_copy){ .mbox = bench.mbox, .uids = &set,
		    .target = "INBOX" }, &bench.a, &out, &err), &err);
		have += more;
		arena_clear(&bench.a);
	}
}

static void
run(void)
{
	unsigned some = bench.messages / SOME;

	if (some > bench.rounds)
		some = bench.rounds;
	fill();
	printf("messages %u\n", mailbox_named("INBOX").messages);
	measure("STORE 1:* \\Flagged", bench.rounds, add_flagged);
	measure("STORE 1:* keyword", bench.rounds, add_keyword);
	if (some > 0) {
		measure("COPY 10,000", some, copy_some);
		measure("MOVE 10,000", (some + 1) / 2, move_some);
		measure("MOVE 10,000 to Junk", some / 2, move_to_junk);
	}
	change_flags(FLAGS_ADD, FLAG_DELETED, NULL);
	measure("EXPUNGE", 1, remove_all);
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
	struct store_config config = { .cache_size = 512 << 20,
	    .checkpoint_bytes = 64 << 20, .checkpoint_ms = 30000,
	    .commit_batch_max = 256, .commit_batch_bytes = 8 << 20,
	    .workers = 8, .keywords_max = 256, .mailboxes_max = 1000,
	    .purge_delay_s = 3600, .tombstones_max = 1000,
	    .delivered_keep_s = 86400, .message_size_max = 64 << 20,
	    .segment_min = 64 << 10, .body_memory_max = 1 << 20 };
	struct err err = ERR_INIT;
	int c;

	while ((c = getopt(argc, argv, "n:r:")) != -1) {
		if (c == 'n')
			bench.messages = (uint32_t)number(optarg, 1u << 30);
		else if (c == 'r')
			bench.rounds = (unsigned)number(optarg, ROUNDS_MAX);
		else
			return 1;
	}
	if (optind + 1 != argc)
		fatal("usage: bench_flags [-n messages] [-r rounds] folder");
	config.dir = argv[optind];
	arena_init(&bench.a);
	check(store_open(&config, NULL, &bench.s, &err), &err);
	check(account_create(bench.s, "bench", &bench.account, &err), &err);
	bench.mbox = mailbox_named("INBOX").id;
	run();
	arena_clear(&bench.a);
	store_close(&bench.s);
	return 0;
}
