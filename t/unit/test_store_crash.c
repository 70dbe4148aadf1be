/*
 * Crashes of the store: after kill -9, after a failed write or flush, and after
 * an exit at any flush the store has no faults and everything that was
 * acknowledged.
 *
 * A child process writes, and reports through a pipe what it begins and what
 * was acknowledged.  With POSTERN_TEST_ALL set every call fails once, otherwise
 * only some.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "kv/disk.h"
#include "kv/disk_hooks.h"
#include "directory/account.h"
#include "store/background.h"
#include "store/stored_message.h"
#include "store_fate.h"
#include "store_sample.h"
#include "directory/account_settings.h"
#include "store/store_open.h"

#define KILLS		5

static char folder[64];
static int notes_fd;

/* ---- the child ---- */

static void
write_note(const struct note *n)
{
	if (write(notes_fd, n, sizeof(*n)) != sizeof(*n))
		_exit(9);
}

/* Writes until it is killed. */
static void
write_for_ever(uint32_t serial)
{
	struct store *s = sample_open(folder);
	struct writer w[WRITERS];
	pthread_t t[WRITERS];

	for (uint32_t i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ s, i, serial, UINT32_MAX };
		if (pthread_create(&t[i], NULL, fate_write, &w[i]) != 0)
			_exit(8);
	}
	for (uint32_t i = 0; i < WRITERS; i++)
		pthread_join(t[i], NULL);
}

/* ---- the parent ---- */

/* Reads notes, and kills the child after `kill_after' of them. */
static void
read_notes(int fd, pid_t child, unsigned kill_after)
{
	unsigned notes = 0;
	struct note n;

	while (read(fd, &n, sizeof(n)) == sizeof(n)) {
		fate_note(&n);
		if (++notes == kill_after)
			kill(child, SIGKILL);
	}
}

static void
check(void)
{
	const char *why = fate_check(folder);

	if (why != NULL)
		fail_msg("%s", why);
}

/* Starts a child.  In the parent, returns its pid and sets from to the
   descriptor of its notes. */
static pid_t
start_child(int *from)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	close(fds[pid == 0 ? 0 : 1]);
	if (pid == 0)
		notes_fd = fds[1];
	*from = fds[0];
	return pid;
}

static int
setup(void **state)
{
	struct store *s;

	snprintf(folder, sizeof(folder), "%s", sample_folder());
	s = sample_open(folder);
	fate_begin(s);
	store_close(&s);
	fate_tell = write_note;
	return 0;
}

static int
teardown(void **state)
{
	fate_end();
	sample_remove(folder);
	return 0;
}

static void
nothing_is_lost_by_kill_9(void **state)
{
	unsigned seed = 1;
	int from, status;
	pid_t pid;

	for (uint32_t i = 0; i < KILLS; i++) {
		if ((pid = start_child(&from)) == 0) {
			write_for_ever(1 + i * 1000000);
			_exit(0);
		}
		seed = seed * 1103515245 + 12345;
		read_notes(from, pid, 100 + seed / 65536 % 400);
		close(from);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		check();
	}
}

/* ---- calls that fail ---- */

enum fault {
	SYNC_FAILS,		/* the n-th flush, once */
	SYNC_ENDS,		/* the process exits before the n-th */
	WRITE_FULL,		/* the n-th write: no space, once */
	WRITE_STAYS_FULL,	/* from the n-th on */
	WRITE_FAILS,		/* from the n-th on: EIO */
	NO_ROOM,		/* from the n-th on no space can be reserved */
	FAULTS
};

static const char *const fault_names[FAULTS] = {
	"a flush fails", "the end at a flush", "a write meets a full disk",
	"the disk stays full", "writes fail",
	"no room can be reserved"
};

static enum fault fault;
static int fault_countdown;
static bool fault_armed;		/* calls are counted now */

/* Returns whether this call is the one to fail. */
static bool
is_due(void)
{
	return __atomic_load_n(&fault_armed, __ATOMIC_SEQ_CST) &&
	    __atomic_sub_fetch(&fault_countdown, 1, __ATOMIC_SEQ_CST) == 0;
}

static ssize_t
faulty_write(int fd, const void *p, size_t n)
{
	if (fault == SYNC_FAILS || fault == SYNC_ENDS || fault == NO_ROOM)
		return write(fd, p, n);
	if (is_due() || (fault != WRITE_FULL &&
	    __atomic_load_n(&fault_countdown, __ATOMIC_SEQ_CST) < 0)) {
		errno = fault == WRITE_FAILS ? EIO : ENOSPC;
		return -1;
	}
	return write(fd, p, n);
}

static int
faulty_fdatasync(int fd)
{
	if (fault == SYNC_ENDS && is_due())
		_exit(3);
	if (fault == SYNC_FAILS && is_due()) {
		errno = EIO;
		return -1;
	}
	return fdatasync(fd);
}

static int
faulty_reserve(int fd, off_t len)
{
	if (fault == NO_ROOM && (is_due() ||
	    __atomic_load_n(&fault_countdown, __ATOMIC_SEQ_CST) < 0)) {
		errno = ENOSPC;
		return -1;
	}
	return 0;
}

/* ---- an end in the middle of a large copy ---- */

#define COPY_MESSAGES	4096

/* Copies INBOX of the first account onto itself until it has that many
   messages. */
static void
fill_inbox(struct store *s)
{
	struct number_range all = { 1, UINT32_MAX };
	struct number_set set = { &all, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;
	struct arena a;

	arena_init(&a);
	notes_fd = open("/dev/null", O_WRONLY);
	assert_int_not_equal(fate_deliver(s, 0, 1), 0);
	close(notes_fd);
	for (int n = 1; n < COPY_MESSAGES; n *= 2)
		if (message_copy(s, fate_accounts[0], &(struct message_copy){
		    .mbox = INBOX, .uids = &set, .target = "INBOX" }, &a, &out,
		    &err) == -1)
			fail_msg("%s", err.text);
	arena_clear(&a);
}

/* Slices of a copy are flushed together with other operations; these are the
   others. */
#define OTHERS	4

static unsigned flushes;	/* atomic: flushes of the others */

static void *
flush_always(void *arg)
{
	struct err err = ERR_INIT;

	while (account_set(arg, fate_accounts[1], "quota-messages", "9",
	    &err) == 0)
		__atomic_add_fetch(&flushes, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void
others_start(struct store *s)
{
	pthread_t other;

	for (int i = 0; i < OTHERS; i++)
		assert_int_equal(pthread_create(&other, NULL, flush_always,
		    &s->db), 0);
	while (__atomic_load_n(&flushes, __ATOMIC_RELAXED) < OTHERS)
		sched_yield();
}

/* Moves everything to Archive and exits at the n-th flush. */
static void
move_and_end(int n)
{
	struct number_range all = { 1, UINT32_MAX };
	struct number_set set = { &all, 1 };
	struct store *s;
	struct message_copied out;
	struct err err = ERR_INIT;
	struct arena a;

	arena_init(&a);
	fault = SYNC_ENDS;
	fault_countdown = n;
	disk_calls.fdatasync = faulty_fdatasync;
	s = sample_open(folder);
	others_start(s);
	__atomic_store_n(&fault_armed, true, __ATOMIC_SEQ_CST);
	if (message_copy(s, fate_accounts[0], &(struct message_copy){
	    .mbox = INBOX, .uids = &set, .target = "Archive", .move = true },
	    &a, &out, &err) == -1)
		_exit(5);
	_exit(0);
}

static uint32_t
count_messages(struct store *s, const char *name)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct mailbox mb;
	struct arena a;

	arena_init(&a);
	assert_int_equal(store_snap(s, &snap, &err), 0);
	assert_int_equal(mailbox_by_name(&snap.reader, fate_accounts[0],
	    name, &a, &mb, &err), 1);
	kv_snap_end(&snap);
	arena_clear(&a);
	return mb.messages;
}

static void
a_copy_is_all_or_nothing(void **state)
{
	struct store *s = sample_open(folder);
	int from, status, n = 0;
	uint32_t inbox;
	pid_t pid;

	fill_inbox(s);
	store_close(&s);
	do {
		if ((pid = start_child(&from)) == 0)
			move_and_end(n + 1);
		n++;
		close(from);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(sample_verify(folder), 0);
		s = sample_open(folder);
		inbox = count_messages(s, "INBOX");
		assert_int_equal(inbox + count_messages(s, "Archive"),
		    COPY_MESSAGES);
		assert_true(inbox == 0 || inbox == COPY_MESSAGES);
		background_drain(s);
		store_close(&s);
		assert_int_equal(sample_verify(folder), 0);
	} while (inbox > 0);
	/* The copy took several commits, and was interrupted in each.  (There
	   are more commits than this if the others get their turns.) */
	assert_true(n > 2);
}

/* ---- runs ---- */

/* Removes the reserved log files, as if they had been used. */
static void
use_up_room(void)
{
	char path[100];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/store/log/next.%d", folder,
		    i);
		(void)unlink(path);
	}
}

static void
write_with_fault(uint32_t serial, bool opening)
{
	struct store_config config = sample_config(folder);
	struct writer w = { .serial = serial, .count = 12 };
	struct err err = ERR_INIT;

	disk_calls.write = faulty_write;
	disk_calls.fdatasync = faulty_fdatasync;
	disk_calls.reserve = faulty_reserve;
	disk_hooks_install(true);
	if (freopen("/dev/null", "w", stderr) == NULL)
		_exit(7);
	/* So small that pages leave the cache while it runs, and that some log
	   files are filled. */
	config.checkpoint_bytes = 100000;
	config.log_file_bytes = 32 * 1024;
	fault_armed = opening;
	use_up_room();
	if (store_open(&config, NULL, &w.s, &err) == -1)
		_exit(2);
	use_up_room();
	__atomic_store_n(&fault_armed, true, __ATOMIC_SEQ_CST);
	w.number = serial / 100 % WRITERS;
	fate_write(&w);
	store_close(&w.s);
}

/*
 * One run in which the n-th call fails, counted from the start or from when the
 * store is open.  Returns false if there were fewer calls.
 */
static bool
run_with_fault(enum fault which, bool opening, int n)
{
	static uint32_t serial;
	int from, status;
	pid_t pid;

	serial += 100;
	if ((pid = start_child(&from)) == 0) {
		fault = which;
		fault_countdown = n;
		write_with_fault(serial, opening);
		_exit(__atomic_load_n(&fault_countdown, __ATOMIC_SEQ_CST) > 0 ?
		    4 : 0);
	}
	read_notes(from, pid, 0);
	close(from);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("%s, %d: signal %d", fault_names[which], n,
		    WTERMSIG(status));
	if (WEXITSTATUS(status) == 4)
		return false;
	/* A failed flush ends the process at once. */
	if (which == SYNC_FAILS && WEXITSTATUS(status) != 1)
		fail_msg("flush %d failed: exit status %d", n,
		    WEXITSTATUS(status));
	/* A full disk is an error, and the process goes on. */
	if ((which == WRITE_FULL || which == NO_ROOM) && !opening && WEXITSTATUS(status) != 0)
		fail_msg("%s, %d: exit status %d", fault_names[which], n,
		    WEXITSTATUS(status));
	if (WEXITSTATUS(status) > 3)
		fail_msg("%s, %d: exit status %d", fault_names[which], n,
		    WEXITSTATUS(status));
	return true;
}

static void
fail_calls(enum fault which, bool opening)
{
	bool all = getenv("POSTERN_TEST_ALL") != NULL;
	int n = 1;

	while (run_with_fault(which, opening, n)) {
		check();
		n = all ? n + 1 : n + 1 + n * (opening ? 4 : 1);
	}
	print_message("# %s%s: up to call %d\n", fault_names[which],
	    opening ? ", from the start" : "", n - 1);
}

static void
nothing_is_lost_by_a_failing_call(void **state)
{
	for (int which = 0; which < FAULTS; which++)
		fail_calls((enum fault)which, false);
}

static void
nothing_is_lost_by_a_failing_call_at_the_start(void **state)
{
	for (int which = 0; which < FAULTS; which++)
		fail_calls((enum fault)which, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_lost_by_kill_9,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(a_copy_is_all_or_nothing,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    nothing_is_lost_by_a_failing_call, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    nothing_is_lost_by_a_failing_call_at_the_start, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
