/*
 * Power cuts at any moment.
 *
 * Writers work on a store while every system call below it is recorded.  Then,
 * for many moments of that record, the disk is written as it might have been:
 * everything that was flushed, and a random part of the rest, in pieces of 4
 * KB, which includes the names of files.  From each such disk the store must
 * recover, have no faults, and have everything that had been acknowledged by
 * then.
 *
 * The start after a cut, with some more mail, is recorded too, and cut again.
 *
 * With POSTERN_TEST_ALL set there are many more records and cuts.  POSTERN_SEED
 * changes the choices, POSTERN_ROUNDS the number of records.  The order of
 * threads still differs from run to run, so a disk that is found wrong is kept.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "power_disk.h"
#include "power_record.h"
#include "store_fate.h"
#include "store_sample.h"
#include "store/store_open.h"

#define MESSAGES	40	/* per writer */
#define MESSAGES_AFTER	4	/* of one writer, after the first cut */
#define ROUNDS_ALL	20

/* How many cuts of one record, in the short and in the long test. */
struct cuts {
	unsigned first, second, sector;
};

static const struct cuts few = { 30, 20, 30 };
static const struct cuts many = { 200, 200, 100 };

static char folder[64];
static struct record record;
static uint64_t seed;
static struct cuts done;		/* so far */

static uint64_t
rnd(uint64_t n)
{
	return disk_random(&seed, n);
}

static bool
is_long(void)
{
	return getenv("POSTERN_TEST_ALL") != NULL;
}

static unsigned long
number_from(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

/* ---- recording ---- */

/* Settings with many checkpoints and many log files; some with hardly any
   cache. */
static struct store_config
small_config(const char *dir)
{
	static const uint64_t checkpoints[] = { 50000, 150000, 400000 };
	struct store_config config = sample_config(dir);

	config.checkpoint_bytes = checkpoints[rnd(3)];
	config.log_file_bytes = 256 * 1024;
	return config;
}

static void
record_work(void)
{
	struct store_config config = small_config(folder);
	uint32_t serial = 1 + (uint32_t)rnd(1000000);
	struct writer w[WRITERS];
	pthread_t t[WRITERS];
	struct err err = ERR_INIT;
	struct store *s;

	if (store_open(&config, NULL, &s, &err) == -1)
		fail_msg("%s", err.text);
	fate_begin(s);
	for (uint32_t i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ s, i, serial, MESSAGES };
		assert_int_equal(pthread_create(&t[i], NULL, fate_write,
		    &w[i]), 0);
	}
	for (uint32_t i = 0; i < WRITERS; i++)
		pthread_join(t[i], NULL);
	store_close(&s);
}

static void
round_begin(void)
{
	snprintf(folder, sizeof(folder), "%s", sample_folder());
	fate_tell = record_note;
	record_begin(&record);
	record_work();
	record_end();
}

static void
round_end(void)
{
	fate_end();
	record_clear(&record);
	sample_remove(folder);
}

/* ---- cutting ---- */

/* How often cuts did harm, and how often the harm was not noticed. */
struct harm {
	unsigned all, silent;
};

static int
compare_sizes(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Chooses n events of the record, in order. */
static size_t *
choose_cuts(unsigned n)
{
	size_t *at = calloc(n, sizeof(*at));

	assert_non_null(at);
	for (unsigned k = 0; k < n; k++)
		at[k] = rnd(record.n);
	qsort(at, n, sizeof(*at), compare_sizes);
	return at;
}

static void
step_to(struct disk *d, const struct record *r, size_t *i, size_t end,
    bool folders_are_flushed)
{
	for (; *i < end; (*i)++) {
		disk_step(d, *i, folders_are_flushed);
		if (r->events[*i].what == NOTE)
			fate_note(&r->events[*i].note);
	}
}

/* Tries the disk.  Returns NULL, or what is wrong. */
static const char *
try_disk(struct disk *d, const char *from, const char *to, bool keep)
{
	uint64_t before = seed;
	char kept[200];
	const char *why;

	disk_write(d, from, to);
	why = fate_check(to);
	sample_remove(to);
	if (why == NULL || !keep)
		return why;
	/* Write it as it was before the check. */
	seed = before;
	snprintf(kept, sizeof(kept), "%s.wrong", to);
	disk_write(d, from, kept);
	print_message("# kept: %s\n", kept);
	return why;
}

/*
 * Starts a server on it all the same: it must exit, or return correct data or
 * an error.  Runs in a process of its own, which may die.
 */
static bool
serves_wrong(const char *dir)
{
	struct store_config config = sample_config(dir);
	struct err err = ERR_INIT;
	struct store *s;
	int status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL ||
		    store_open(&config, NULL, &s, &err) == -1)
			_exit(1);
		_exit(fate_read(s) == NULL ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) == 3;
}

/* Writes a disk whose damage was reported once more, and serves it. */
static bool
is_served_wrong(struct disk *d, const char *to, uint64_t from_seed)
{
	uint64_t after = seed;
	bool wrong;

	seed = from_seed;
	disk_write(d, folder, to);
	wrong = serves_wrong(to);
	sample_remove(to);
	seed = after;
	return wrong;
}

static struct harm
cut_power(unsigned cuts, size_t piece, bool folders_are_flushed, bool keep)
{
	struct disk *d = disk_new(&record, piece, &seed);
	size_t *at = choose_cuts(cuts), i = 0;
	struct harm harm = { 0, 0 };
	const char *why;
	uint64_t before;
	char to[100];

	snprintf(to, sizeof(to), "%s.cut", folder);
	for (unsigned k = 0; k < cuts; k++) {
		step_to(d, &record, &i, at[k], folders_are_flushed);
		before = seed;
		why = try_disk(d, folder, to, keep);
		if (why != NULL)
			print_message("# cut at %zu: %s\n", at[k], why);
		harm.all += why != NULL;
		harm.silent += why != NULL &&
		    (strncmp(why, "message", 7) == 0 ||
		    is_served_wrong(d, to, before));
	}
	fate_forget();
	disk_free(&d);
	free(at);
	return harm;
}

/* ---- cutting twice ---- */

/* Starts the store after a cut and delivers some mail. */
static void
work_again(const char *dir)
{
	struct store_config config = small_config(dir);
	struct writer w = { .number = (uint32_t)rnd(WRITERS),
	    .serial = 2000000 + (uint32_t)rnd(1000000),
	    .count = (uint32_t)rnd(MESSAGES_AFTER) };
	struct err err = ERR_INIT;

	if (store_open(&config, NULL, &w.s, &err) == -1)
		fail_msg("after a cut: %s", err.text);
	fate_write(&w);
	store_close(&w.s);
}

/* Cuts while the store in `dir', itself made by a cut, starts again. */
static const char *
cut_again(const char *dir)
{
	struct record r = { .n = 0 };
	struct disk *d = disk_new(&r, BLOCK, &seed);
	void *fates = fate_save();
	const char *why;
	size_t i = 0, end;
	char to[100];

	disk_load(d, &r, dir);
	record_begin(&r);
	work_again(dir);
	record_end();
	end = rnd(r.n + 1);
	step_to(d, &r, &i, end, true);
	snprintf(to, sizeof(to), "%s.again", dir);
	why = try_disk(d, dir, to, true);
	if (why != NULL)
		print_message("# second cut at %zu of %zu: %s\n", end, r.n,
		    why);
	fate_restore(fates);
	disk_free(&d);
	record_clear(&r);
	return why;
}

static unsigned
cut_power_twice(unsigned cuts)
{
	struct disk *d = disk_new(&record, BLOCK, &seed);
	size_t *at = choose_cuts(cuts), i = 0;
	unsigned harm = 0;
	uint64_t before;
	char to[100];

	snprintf(to, sizeof(to), "%s.cut", folder);
	for (unsigned k = 0; k < cuts; k++) {
		step_to(d, &record, &i, at[k], true);
		before = seed;
		disk_write(d, folder, to);
		if (cut_again(to) != NULL) {
			print_message("# after a first cut at %zu\n", at[k]);
			harm++;
			sample_remove(to);
			seed = before;
			disk_write(d, folder, to);
			print_message("# kept: %s\n", to);
			break;
		}
		sample_remove(to);
	}
	fate_forget();
	disk_free(&d);
	free(at);
	return harm;
}

/* ---- the tests ---- */

static const struct cuts *
cuts_wanted(void)
{
	return is_long() ? &many : &few;
}

static void
nothing_is_lost_by_power_cuts(void **state)
{
	unsigned n = cuts_wanted()->first;

	assert_int_equal(cut_power(n, BLOCK, true, true).all, 0);
	done.first += n;
}

static void
nothing_is_lost_by_a_second_cut(void **state)
{
	unsigned n = cuts_wanted()->second;

	assert_int_equal(cut_power_twice(n), 0);
	done.second += n;
}

/* A page torn in the middle may be lost, but is not served. */
static void
no_loss_by_torn_pages_is_silent(void **state)
{
	unsigned n = cuts_wanted()->sector;

	assert_int_equal(cut_power(n, SECTOR, true, false).silent, 0);
	done.sector += n;
}

static void
all_rounds(void **state)
{
	unsigned long n = number_from("POSTERN_ROUNDS",
	    is_long() ? ROUNDS_ALL : 1);

	for (unsigned long i = 0; i < n; i++) {
		round_begin();
		nothing_is_lost_by_power_cuts(state);
		nothing_is_lost_by_a_second_cut(state);
		no_loss_by_torn_pages_is_silent(state);
		round_end();
	}
	print_message("# %lu records, %u cuts, %u second cuts, %u torn at "
	    "%d bytes\n", n, done.first, done.second, done.sector, SECTOR);
}

/* The test must be able to find what it looks for. */
static void
without_flushed_folders_mail_is_lost(void **state)
{
	round_begin();
	assert_true(cut_power(20, BLOCK, false, false).all > 0);
	round_end();
}

static int
setup(void **state)
{
	seed = 88172645463325252u + number_from("POSTERN_SEED", 0) * 1000003;
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_rounds),
		cmocka_unit_test(without_flushed_folders_mail_is_lost),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
