/*
 * The store when reads fail and memory runs out.
 *
 * A child opens a store and works on it; its n-th read of a file, or its n-th
 * allocation, fails.  It may go on or exit, but not crash.  Afterwards the
 * store has everything that was acknowledged, each operation completely or not
 * at all.  What the child itself reads meanwhile is correct or an error.
 *
 * With POSTERN_TEST_ALL set each n is tried, otherwise only some.  read() and
 * pread() are replaced for the whole program.  Allocations of our own code,
 * which includes those for Berkeley DB (kv/disk_hooks.c), are replaced by the
 * linker (--wrap, see local.mk).
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "power_disk.h"
#include "kv/disk.h"
#include "store_fate.h"
#include "store_sample.h"
#include "store/store_open.h"

#define MESSAGES	12
/* How fast n grows in the short test. */
#define GROWTH		2

enum what_fails { READS, MEMORY };

/* The part of the child's run in which calls are counted. */
enum part { AT_START, AT_WORK, WHEN_READING, PARTS };

static const char *const part_names[PARTS] = {
	"at the start", "at work", "when reading"
};

static enum what_fails failing;
static int countdown;
static bool armed, stays;	/* stays: all calls from the n-th on fail */

static bool
is_due(enum what_fails what)
{
	int n;

	if (!__atomic_load_n(&armed, __ATOMIC_SEQ_CST) || failing != what)
		return false;
	n = __atomic_sub_fetch(&countdown, 1, __ATOMIC_SEQ_CST);
	return n == 0 || (n < 0 && stays);
}

/* ---- reads ---- */

ssize_t read(int fd, void *p, size_t n);
ssize_t pread64(int fd, void *p, size_t n, off_t offset);
ssize_t pread(int fd, void *p, size_t n, off_t offset);

static bool
read_fails(void)
{
	if (!is_due(READS))
		return false;
	errno = EIO;
	return true;
}

ssize_t
read(int fd, void *p, size_t n)
{
	return read_fails() ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t
pread64(int fd, void *p, size_t n, off_t offset)
{
	return read_fails() ? -1 : syscall(SYS_pread64, fd, p, n, offset);
}

ssize_t
pread(int fd, void *p, size_t n, off_t offset)
{
	return pread64(fd, p, n, offset);
}

/* ---- memory ---- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);

static bool
memory_is_out(void)
{
	if (!is_due(MEMORY))
		return false;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return memory_is_out() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return memory_is_out() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return memory_is_out() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return memory_is_out() ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return memory_is_out() ? NULL : __real_strdup(s);
}

/* ---- the child ---- */

static char base[64], folder[80];
static struct record files;	/* names only */
static struct disk *disk;	/* the store that each child begins with */
static uint64_t seed = 1;
static int notes_fd;

static void
write_note(const struct note *n)
{
	if (write(notes_fd, n, sizeof(*n)) != sizeof(*n))
		_exit(9);
}

static void
arm(enum part part, enum part now)
{
	__atomic_store_n(&armed, part == now, __ATOMIC_SEQ_CST);
}

/* fatal() calls exit(), possibly while locks are held. */
static void
leave(void)
{
	_exit(1);
}

/* Exits with 0; 1: fatal(); 2: could not open the store; 4: there were fewer
   calls; 6: read wrong data. */
static _Noreturn void
live(enum part part, uint32_t serial)
{
	struct store_config config = sample_config(folder);
	struct writer w = { .serial = serial, .count = MESSAGES };
	struct err err = ERR_INIT;
	int n;

	atexit(leave);
	if (freopen("/dev/null", "w", stderr) == NULL)
		_exit(7);
	config.checkpoint_bytes = 100000;
	arm(part, AT_START);
	if (store_open(&config, NULL, &w.s, &err) == -1)
		_exit(2);
	arm(part, AT_WORK);
	if (part != WHEN_READING)
		fate_write(&w);
	arm(part, WHEN_READING);
	if (part == WHEN_READING && fate_read(w.s) != NULL)
		_exit(6);
	n = __atomic_load_n(&countdown, __ATOMIC_SEQ_CST);
	armed = false;
	store_close(&w.s);
	_exit(n > 0 ? 4 : 0);
}

/* ---- the parent ---- */

static void
take_notes(int fd)
{
	struct note n;

	while (read(fd, &n, sizeof(n)) == sizeof(n))
		fate_note(&n);
}

/* Runs one child.  Returns false if it made fewer calls. */
static bool
fail_one(enum part part, int n)
{
	static uint32_t serial = 1000;
	int fds[2], status;
	pid_t pid;

	serial += 100;
	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		close(fds[0]);
		notes_fd = fds[1];
		countdown = n;
		live(part, serial);
	}
	close(fds[1]);
	take_notes(fds[0]);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("%s, call %d: signal %d", part_names[part], n,
		    WTERMSIG(status));
	if (WEXITSTATUS(status) == 6)
		fail_msg("%s, call %d: something wrong was read",
		    part_names[part], n);
	if (WEXITSTATUS(status) > 4)
		fail_msg("%s, call %d: exit status %d", part_names[part], n,
		    WEXITSTATUS(status));
	return WEXITSTATUS(status) != 4;
}

static void
fail_calls(enum what_fails what, enum part part)
{
	bool all = getenv("POSTERN_TEST_ALL") != NULL, goes_on = true;
	unsigned runs = 0;
	const char *why;
	void *fates;
	int n = 1;

	failing = what;
	while (goes_on) {
		disk_write(disk, base, folder);
		fates = fate_save();
		goes_on = fail_one(part, n);
		why = goes_on ? fate_check(folder) : NULL;
		if (why != NULL)
			fail_msg("%s, call %d: %s", part_names[part], n, why);
		fate_restore(fates);
		sample_remove(folder);
		runs++;
		n += all && part != AT_START ? 1 : 1 + n * GROWTH;
	}
	print_message("# %s, %s%s: %u runs, up to call %d\n", what == READS ?
	    "a read fails" : "no memory", part_names[part],
	    stays ? ", for good" : "", runs, n);
}

static void
fail_in_all_parts(enum what_fails what)
{
	for (int part = 0; part < PARTS; part++)
		for (int s = 0; s < 2; s++) {
			stays = s == 1;
			fail_calls(what, (enum part)part);
		}
}

static void
a_failing_read_loses_nothing(void **state)
{
	fail_in_all_parts(READS);
}

static void
memory_that_runs_out_loses_nothing(void **state)
{
	fail_in_all_parts(MEMORY);
}

static int
setup(void **state)
{
	struct writer w = { .serial = 1, .count = 40 };

	snprintf(base, sizeof(base), "%s", sample_folder());
	snprintf(folder, sizeof(folder), "%s.try", base);
	w.s = sample_open(base);
	fate_begin(w.s);
	fate_tell = fate_note;
	fate_write(&w);
	store_close(&w.s);
	fate_tell = write_note;
	disk = disk_new(&files, BLOCK, &seed);
	disk_load(disk, &files, base);
	return 0;
}

static int
teardown(void **state)
{
	disk_free(&disk);
	record_clear(&files);
	fate_end();
	sample_remove(base);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failing_read_loses_nothing),
		cmocka_unit_test(memory_that_runs_out_loses_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
