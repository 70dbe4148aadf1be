/*
 * Threads, and their waits on a machine whose clock is set back by a day.
 *
 * The program's CLOCK_REALTIME is a day ahead of the kernel's.  A deadline that
 * is made from it is a day away for the kernel, just as if the clock had been
 * set back after the deadline was made.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/thread.h"
#include "kv/key.h"
#include "commit/batch.h"
#include "store/background.h"
#include "line_service.h"
#include "store_fixture.h"
#include "commit/committer.h"
#include "segment/tables.h"

#define DAY_S		86400
#define PATIENCE_MS	8000

int __real_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	int r = __real_clock_gettime(clock, ts);

	if (r == 0 && clock == CLOCK_REALTIME)
		ts->tv_sec += DAY_S;
	return r;
}

/* Fails the test if is_so(arg) does not become true within a few seconds. */
static void
await(bool (*is_so)(void *arg), void *arg, const char *what)
{
	uint64_t until = clock_mono_ms() + PATIENCE_MS;

	while (!is_so(arg)) {
		if (clock_mono_ms() > until) {
			/* A thread that sleeps for a day cannot be joined. */
			print_error("%s\n", what);
			_exit(1);
		}
		(void)poll(NULL, 0, 10);
	}
}

static void
the_clock_is_set_back(void **state)
{
	struct timespec ours, kernels;

	(void)clock_gettime(CLOCK_REALTIME, &ours);
	(void)__real_clock_gettime(CLOCK_REALTIME, &kernels);
	assert_in_range(ours.tv_sec - kernels.tv_sec, DAY_S - 1, DAY_S + 1);
}

/* --- threads ------------------------------------------------------------ */

struct seen {
	sigset_t blocked;
	char name[16];
	size_t stack;
};

static void *
look(void *arg)
{
	struct seen *seen = arg;
	pthread_attr_t attr;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
	(void)pthread_getname_np(pthread_self(), seen->name,
	    sizeof(seen->name));
	if (pthread_getattr_np(pthread_self(), &attr) == 0) {
		(void)pthread_attr_getstacksize(&attr, &seen->stack);
		(void)pthread_attr_destroy(&attr);
	}
	return seen;
}

static void
a_thread_has_a_name_a_stack_and_no_signals(void **state)
{
	struct seen seen = { .stack = 0 };
	struct err err = ERR_INIT;
	sigset_t before, after;
	pthread_t thread;
	void *result;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &before);
	must(thread_start(&thread, "fifteen-letters", look, &seen, &err));
	(void)pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &seen);
	assert_string_equal(seen.name, "fifteen-letters");
	assert_in_range(seen.stack, 256 * 1024, 3 * 1024 * 1024);
	assert_true(sigismember(&seen.blocked, SIGTERM));
	assert_true(sigismember(&seen.blocked, SIGHUP));
	assert_int_equal(sigismember(&before, SIGTERM),
	    sigismember(&after, SIGTERM));
}

/* --- waits -------------------------------------------------------------- */

static void
a_wait_ends_in_time(void **state)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond;
	uint64_t begin = clock_mono_ms(), until = begin + 50;

	condition_init(&cond);
	pthread_mutex_lock(&lock);
	while (condition_wait_until(&cond, &lock, until))
		;
	/* A time in the past. */
	assert_false(condition_wait_until(&cond, &lock, begin));
	pthread_mutex_unlock(&lock);
	assert_in_range(clock_mono_ms() - begin, 50, PATIENCE_MS);
	pthread_cond_destroy(&cond);
}

static void
often(struct store_config *config)
{
	config->checkpoint_ms = 100;
}

static bool
all_is_checkpointed(void *arg)
{
	const struct fixture *f = arg;

	return kv_unwritten(f->s->db.kv) == 0;
}

static void
checkpoints_are_written(void **state)
{
	struct fixture *f = fixture_new(often);

	/* By then the keeper sleeps. */
	(void)poll(NULL, 0, 200);
	fixture_append(f, "INBOX", 0);
	await(all_is_checkpointed, f, "no checkpoint was written");
	fixture_free(&f);
}

struct busy_op {
	struct op op;
	int times;			/* how often it is busy */
	bool is_done;
};

static enum op_result
busy_run(struct batch *b, struct op *op)
{
	struct busy_op *o = (struct busy_op *)op;

	return o->times-- > 0 ? OP_BUSY : OP_DONE;
}

static void
busy_done(struct op *op, bool committed)
{
	struct busy_op *o = (struct busy_op *)op;

	__atomic_store_n(&o->is_done, true, __ATOMIC_RELEASE);
}

static bool
busy_is_done(void *arg)
{
	struct busy_op *o = arg;

	return __atomic_load_n(&o->is_done, __ATOMIC_ACQUIRE);
}

static void
a_busy_operation_is_tried_again(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct busy_op o = { .op = { .run = busy_run, .done = busy_done,
	    .account = f->account }, .times = 3 };

	must_(committer_submit(f->s->db.committer, &o.op), &o.op.err, "submit",
	    __FILE__, __LINE__);
	await(busy_is_done, &o, "the operation was not tried again");
	fixture_free(&f);
}

static bool
nothing_is_left_to_do(void *arg)
{
	return fixture_rows(arg, T_TODO) == 0;
}

static void
expunged_messages_are_purged(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct err err = ERR_INIT;
	struct number_set all;
	uint64_t n;

	fixture_append(f, "INBOX", FLAG_DELETED);
	all = fixture_set(f, "1");
	/* A pass has just ended, so the next one must wait. */
	background_drain(f->s);
	must(message_expunge(f->s, f->account,
	    fixture_mailbox(f, "INBOX").id, &all, &n, &err));
	assert_int_equal(n, 1);
	assert_false(nothing_is_left_to_do(f));
	await(nothing_is_left_to_do, f, "the expunged message stays");
	fixture_free(&f);
}

static bool
one_worker_is_left(void *arg)
{
	struct server_stats stats;

	server_stats(arg, &stats);
	return stats.workers == 1;
}

static bool
three_workers_are_busy(void *arg)
{
	return line_in_gate() == 3;
}

static void
idle_workers_end(void **state)
{
	struct server_stats stats;
	struct rig r;
	int fd[3];

	rig_init(&r);
	r.config.worker_idle_ms = 50;
	r.service.class = CONN_INTERACTIVE;
	rig_start(&r);
	line_gate_shut();
	for (int i = 0; i < 3; i++) {
		fd[i] = rig_dial(&r);
		say(fd[i], "gate\n");
	}
	await(three_workers_are_busy, NULL, "the commands do not run");
	server_stats(r.srv, &stats);
	assert_in_range(stats.workers, 3, 4);
	line_gate_open();
	await(one_worker_is_left, r.srv, "idle workers stay");
	for (int i = 0; i < 3; i++)
		(void)close(fd[i]);
	rig_stop(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clock_is_set_back),
		cmocka_unit_test(a_thread_has_a_name_a_stack_and_no_signals),
		cmocka_unit_test(a_wait_ends_in_time),
		cmocka_unit_test(checkpoints_are_written),
		cmocka_unit_test(a_busy_operation_is_tried_again),
		cmocka_unit_test(expunged_messages_are_purged),
		cmocka_unit_test(idle_workers_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
