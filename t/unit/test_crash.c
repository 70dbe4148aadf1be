/*
 * What was acknowledged is there after kill -9, after a failed write or
 * flush, and after an end at any flush; and the store has no faults.
 *
 * A child process writes, and tells through a pipe what it begins and what
 * was acknowledged.  With POSTERN_TEST_ALL set every call fails once, not
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
#include <signal.h>
#include <unistd.h>

#include "base/encode.h"
#include "store/account.h"
#include "store/message.h"
#include "store/purge.h"
#include "store/sys.h"
#include "store_sample.h"

#define WRITERS		4
#define UIDS_MAX	100000		/* of one account */
#define KILLS		5

/* ---- what a writer tells ---- */

enum step { BEGUN, DONE };
enum deed { DELIVER, FLAG, EXPUNGE };

struct note {
	uint32_t writer, uid, serial;
	uint8_t step, deed;
};

/* What is known of a message from the notes. */
struct fate {
	uint32_t serial;
	bool delivered, flagged, expunged;
	bool flag_begun, expunge_begun;
};

static char folder[64];
static uint64_t accounts[WRITERS];
static struct fate (*fates)[UIDS_MAX];	/* of each writer */
static int notes_fd;

static void
tell(uint32_t writer, enum step step, enum deed deed, uint32_t uid,
    uint32_t serial)
{
	struct note n = { writer, uid, serial, (uint8_t)step, (uint8_t)deed };

	if (write(notes_fd, &n, sizeof(n)) != sizeof(n))
		_exit(9);
}

/* ---- the child ---- */

static void
message_text(struct buf *out, uint32_t writer, uint32_t serial)
{
	buf_clear(out);
	buf_printf(out, "From: writer%u@example.org\r\nSubject: %u\r\n"
	    "Message-ID: <%u.%u@example.org>\r\n\r\n", writer, serial, serial,
	    writer);
	for (uint32_t i = 0; i < serial % 97 * 10; i++)
		buf_printf(out, "%u %u %u\r\n", writer, serial, i);
}

/* The operation may fail for want of space: that is an answer too. */
static uint32_t
deliver(struct store *s, uint32_t writer, uint32_t serial)
{
	static const char *const inbox = "INBOX";
	struct message_new m = { .internal_date = 1 };
	struct message_added added;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;
	int rc;

	message_text(&text, writer, serial);
	m.text = buf_view(&text);
	rc = message_deliver(s, accounts[writer], &inbox, 1, &m, &added, &err);
	buf_free(&text);
	if (rc == -1)
		return 0;
	tell(writer, DONE, DELIVER, added.uid, serial);
	return added.uid;
}

static void
change(struct store *s, uint32_t writer, enum deed deed, uint32_t uid)
{
	struct uid_range range = { uid, uid };
	struct uid_set set = { &range, 1 };
	struct flags_change flags = { .how = FLAGS_ADD,
	    .system = deed == FLAG ? FLAG_FLAGGED : FLAG_DELETED };
	struct err err = ERR_INIT;
	struct arena a;
	uint64_t n;
	int rc;

	arena_init(&a);
	tell(writer, BEGUN, deed, uid, 0);
	/* INBOX is the first mailbox of an account. */
	rc = message_store(s, accounts[writer], 1, &set, &flags, &a, &err);
	if (rc == 0 && deed == EXPUNGE)
		rc = message_expunge(s, accounts[writer], 1, &set, &n, &err);
	if (rc == 0)
		tell(writer, DONE, deed, uid, 0);
	arena_clear(&a);
}

struct writer {
	struct store *s;
	uint32_t number, serial, count;
};

static void *
write_all(void *arg)
{
	struct writer *w = arg;
	uint32_t uid;

	for (uint32_t i = 0; i < w->count; i++) {
		uid = deliver(w->s, w->number, w->serial + i);
		if (uid != 0 && i % 3 == 0)
			change(w->s, w->number, FLAG, uid);
		if (uid > 4 && i % 4 == 0)
			change(w->s, w->number, EXPUNGE, uid - 3);
	}
	return NULL;
}

/* Until it is killed. */
static void
write_for_ever(uint32_t serial)
{
	struct store *s = sample_open(folder);
	struct writer w[WRITERS];
	pthread_t t[WRITERS];

	for (uint32_t i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ s, i, serial, UINT32_MAX };
		if (pthread_create(&t[i], NULL, write_all, &w[i]) != 0)
			_exit(8);
	}
	for (uint32_t i = 0; i < WRITERS; i++)
		pthread_join(t[i], NULL);
}

/* ---- the parent: notes, and whether the store agrees ---- */

static void
take_note(const struct note *n)
{
	struct fate *f;

	assert_true(n->writer < WRITERS && n->uid < UIDS_MAX);
	f = &fates[n->writer][n->uid];
	if (n->deed == DELIVER) {
		f->delivered = true;
		f->serial = n->serial;
	} else if (n->deed == FLAG) {
		f->flag_begun = true;
		f->flagged = n->step == DONE;
	} else {
		f->expunge_begun = true;
		f->expunged = n->step == DONE;
	}
}

/* Reads notes; after `kill_after' of them kills the child.  Returns how many
   deliveries were acknowledged. */
static unsigned
read_notes(int fd, pid_t child, unsigned kill_after)
{
	unsigned deliveries = 0, notes = 0;
	struct note n;

	while (read(fd, &n, sizeof(n)) == sizeof(n)) {
		take_note(&n);
		deliveries += n.deed == DELIVER;
		if (++notes == kill_after)
			kill(child, SIGKILL);
	}
	return deliveries;
}

static void
check_message(struct store *s, const struct reader *r, uint32_t writer,
    uint32_t uid, const struct fate *f)
{
	struct flagpage p;
	struct message m;
	struct err err = ERR_INIT;
	struct buf body = BUF_INIT, text = BUF_INIT;
	uint64_t bit = (uint64_t)1 << UID_SLOT(uid);
	bool present = flagpage_read(r, accounts[writer], 1, UID_PAGE(uid), &p,
	    &err) == 1 && (p.present & bit) != 0;

	if (f->expunged && present)
		fail_msg("%u/%u is back", writer, uid);
	if (!present && !f->expunge_begun)
		fail_msg("%u/%u is lost", writer, uid);
	if (!present)
		return;
	if (f->flagged && (p.system[1] & bit) == 0)
		fail_msg("%u/%u has lost its flag", writer, uid);
	if (!f->flag_begun && (p.system[1] & bit) != 0)
		fail_msg("%u/%u has a flag", writer, uid);
	if (message_get(r, accounts[writer], 1, uid, &m, &err) != 1 ||
	    body_read(s, accounts[writer], m.body, 0, m.size, &body,
	    &err) == -1)
		fail_msg("%u/%u cannot be read", writer, uid);
	message_text(&text, writer, f->serial);
	assert_true(bytes_eq(buf_view(&body), buf_view(&text)));
	buf_free(&body);
	buf_free(&text);
}

static void
check_store(void)
{
	struct store *s;
	struct kv_snap snap;
	struct err err = ERR_INIT;

	if (sample_verify(folder) != 0)
		fail_msg("the store has faults");
	s = sample_open(folder);
	assert_int_equal(store_snap(s, &snap, &err), 0);
	for (uint32_t w = 0; w < WRITERS; w++)
		for (uint32_t uid = 1; uid < UIDS_MAX; uid++)
			if (fates[w][uid].delivered)
				check_message(s, &snap.reader, w, uid,
				    &fates[w][uid]);
	kv_snap_end(&snap);
	store_close(&s);
}

/* Starts a child; in the parent its pid and where its notes come from. */
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
	struct err err = ERR_INIT;
	struct store *s;
	char login[20];

	snprintf(folder, sizeof(folder), "%s", sample_folder());
	fates = calloc(WRITERS, sizeof(*fates));
	s = sample_open(folder);
	for (unsigned i = 0; i < WRITERS; i++) {
		snprintf(login, sizeof(login), "writer%u", i);
		assert_int_equal(account_create(s, login, &accounts[i], &err),
		    0);
	}
	store_close(&s);
	return 0;
}

static int
teardown(void **state)
{
	free(fates);
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
		check_store();
	}
}

/* ---- calls that fail ---- */

enum fault {
	SYNC_FAILS,		/* the n-th flush, once */
	SYNC_ENDS,		/* the process is gone before the n-th */
	WRITE_FULL,		/* the n-th write: no space, once */
	WRITE_STAYS_FULL,	/* from the n-th on */
	WRITE_FAILS,		/* from the n-th on: EIO */
	FAULTS
};

static const char *const fault_names[FAULTS] = {
	"a flush fails", "the end at a flush", "a write meets a full disk",
	"the disk stays full", "writes fail"
};

static enum fault fault;
static int fault_countdown;
static bool fault_armed;		/* counting */

/* Is it this call's turn? */
static bool
is_due(void)
{
	return __atomic_load_n(&fault_armed, __ATOMIC_SEQ_CST) &&
	    __atomic_sub_fetch(&fault_countdown, 1, __ATOMIC_SEQ_CST) == 0;
}

static ssize_t
faulty_write(int fd, const void *p, size_t n)
{
	if (fault == SYNC_FAILS || fault == SYNC_ENDS)
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

/* ---- an end in the middle of a large copy ---- */

#define COPY_MESSAGES	4096

/* INBOX of the first account gets that many messages, by copies of itself. */
static void
fill_inbox(struct store *s)
{
	struct uid_range all = { 1, UINT32_MAX };
	struct uid_set set = { &all, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;
	struct arena a;

	arena_init(&a);
	notes_fd = open("/dev/null", O_WRONLY);
	assert_int_not_equal(deliver(s, 0, 1), 0);
	close(notes_fd);
	for (int n = 1; n < COPY_MESSAGES; n *= 2)
		if (message_copy(s, accounts[0], 1, &set, "INBOX", false, &a,
		    &out, &err) == -1)
			fail_msg("%s", err.text);
	arena_clear(&a);
}

/* Moves all of it into Archive; the end comes at the n-th flush. */
static void
move_and_end(int n)
{
	struct uid_range all = { 1, UINT32_MAX };
	struct uid_set set = { &all, 1 };
	struct store *s;
	struct message_copied out;
	struct err err = ERR_INIT;
	struct arena a;

	arena_init(&a);
	fault = SYNC_ENDS;
	fault_countdown = n;
	sys_calls.fdatasync = faulty_fdatasync;
	s = sample_open(folder);
	fault_armed = true;
	if (message_copy(s, accounts[0], 1, &set, "Archive", true, &a, &out,
	    &err) == -1)
		_exit(5);
	fault_armed = false;
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
	assert_int_equal(mailbox_by_name(&snap.reader, accounts[0], name, &a,
	    &mb, &err), 1);
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
		purge_drain(s);
		store_close(&s);
		assert_int_equal(sample_verify(folder), 0);
	} while (inbox > 0);
	/* It took several commits, and was cut in each. */
	assert_true(n > 5);
}

/* ---- runs ---- */

static void
write_with_fault(uint32_t serial, bool opening)
{
	struct store_config config = sample_config(folder);
	struct writer w = { .serial = serial, .count = 12 };
	struct err err = ERR_INIT;

	sys_calls.write = faulty_write;
	sys_calls.fdatasync = faulty_fdatasync;
	sys_install(true);
	if (freopen("/dev/null", "w", stderr) == NULL)
		_exit(7);
	/* Small enough that pages leave the cache while it runs. */
	config.checkpoint_bytes = 100000;
	fault_armed = opening;
	if (store_open(&config, NULL, &w.s, &err) == -1)
		_exit(2);
	__atomic_store_n(&fault_armed, true, __ATOMIC_SEQ_CST);
	w.number = serial / 100 % WRITERS;
	write_all(&w);
	store_close(&w.s);
}

/*
 * One run with the n-th call failing, from the start or once the store is
 * open; false when it had fewer calls.
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
	/* A failed flush is the end, at once. */
	if (which == SYNC_FAILS && WEXITSTATUS(status) != 1)
		fail_msg("flush %d failed: exit status %d", n,
		    WEXITSTATUS(status));
	/* A full disk is an answer, not the end. */
	if (which == WRITE_FULL && !opening && WEXITSTATUS(status) != 0)
		fail_msg("write %d met a full disk: exit status %d", n,
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
		check_store();
		n = all ? n + 1 : n + 1 + n * (opening ? 4 : 1);
	}
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
