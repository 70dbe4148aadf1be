/*
 * The server frame, tested with a line service over loopback and Unix sockets.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "line_service.h"
#include "net/dial.h"
#include "net/scheduler-private.h"

#define MANY	2000

static struct rig rig;

static int
setup(void **state)
{
	rig_init(&rig);
	return 0;
}

/* Reads n bytes, which must all be c. */
static void
expect_bytes(int fd, size_t n, char c)
{
	struct err err = ERR_INIT;
	static char got[65536];
	size_t piece;

	for (; n > 0; n -= piece) {
		piece = n < sizeof(got) ? n : sizeof(got);
		if (read_full(fd, got, piece, 20000, &err) == -1)
			fail_msg("%s, %zu bytes before the end", err.text, n);
		for (size_t i = 0; i < piece; i++)
			assert_int_equal(got[i], c);
	}
}

static void
pipelined_commands_are_answered_in_order(void **state)
{
	int fd;

	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "echo a\necho b\nnonsense\necho c\nquit\necho never\n");
	expect(fd, "a\nb\nwhat?\nc\nbye\n");
	expect_eof(fd);
	rig_stop(&rig);
}

static void
input_may_come_byte_by_byte(void **state)
{
	static const char text[] = "echo one\ntake 5\nabcdeecho two\nquit\n";
	char c[2] = "";
	int fd;

	rig_start(&rig);
	fd = rig_dial_at(rig.path);
	expect(fd, "hello\n");
	for (size_t i = 0; text[i] != '\0'; i++) {
		c[0] = text[i];
		say(fd, c);
		/* Half of the time, wait until the connection is parked between
		   two bytes. */
		if (i % 2 == 0)
			rig_await_rest(&rig);
	}
	expect(fd, "one\ntook 5\ntwo\nbye\n");
	expect_eof(fd);
	rig_stop(&rig);
}

static void
peers_are_known(void **state)
{
	char answer[64];
	int fd;

	rig_start(&rig);
	fd = rig_dial_at(rig.path);
	expect(fd, "hello\n");
	say(fd, "who\n");
	(void)snprintf(answer, sizeof(answer), "%d of %d\n", (int)getuid(),
	    (int)getpid());
	expect(fd, answer);
	(void)close(fd);
	fd = rig_dial(&rig);
	say(fd, "who\n");
	expect(fd, "127.0.0.1 loopback\n");
	(void)close(fd);
	rig_stop(&rig);
}

static void
slow_reader_gets_all_of_a_pump(void **state)
{
	int fd, other;

	rig.config.workers_max = 1;
	rig_start(&rig);
	fd = rig_dial(&rig);
	other = rig_dial(&rig);
	say(fd, "big 20000000\necho done\n");
	/* The client that does not read does not hold the only worker. */
	for (int i = 0; i < 20; i++) {
		say(other, "echo there\n");
		expect(other, "there\n");
	}
	expect_bytes(fd, 20000000, 'x');
	expect(fd, "done\n");
	(void)close(fd);
	(void)close(other);
	rig_stop(&rig);
}

static void
blocking_writes_wait_for_the_reader(void **state)
{
	int fd;

	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "block 9000000\necho done\n");
	expect_bytes(fd, 9000000, 'y');
	expect(fd, "done\n");
	(void)close(fd);
	rig_stop(&rig);
}

static void
reader_that_never_reads_is_given_up(void **state)
{
	static const char *const commands[] = {
		"block 50000000\n", "big 50000000\n"
	};
	int fd[2];

	rig.service.write_ms = 100;
	rig_start(&rig);
	for (int i = 0; i < 2; i++) {
		fd[i] = rig_dial(&rig);
		say(fd[i], commands[i]);
	}
	rig_await_connections(&rig, 0);
	assert_int_equal(line_closed(), 2);
	(void)close(fd[0]);
	(void)close(fd[1]);
	rig_stop(&rig);
}

static void
large_input_is_taken_in_pieces(void **state)
{
	static char piece[100000];
	struct err err = ERR_INIT;
	int fd;

	memset(piece, 'z', sizeof(piece));
	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "take 10000000\n");
	for (int i = 0; i < 100; i++)
		assert_int_equal(dial_write(fd, piece, sizeof(piece),
		    clock_mono_ms() + 20000, &err), 0);
	expect(fd, "took 10000000\n");
	(void)close(fd);
	rig_stop(&rig);
}

static void
long_line_meets_the_bound(void **state)
{
	char line[2000];
	int fd;

	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	rig.service.input_max = 1000;
	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, line);
	expect(fd, "too long\n");
	expect_eof(fd);
	rig_stop(&rig);
}

static void
parked_connection_is_woken(void **state)
{
	int fd;

	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "watch\n");
	expect(fd, "watching\n");
	for (int i = 0; i < 100; i++) {
		if (i % 2 == 0)
			rig_await_rest(&rig);
		line_wake_all();
		expect(fd, "woken\n");
	}
	(void)close(fd);
	rig_stop(&rig);
}

/* The worker waits a moment for the next command; the wake comes then. */
static void
wake_between_commands_is_not_lost(void **state)
{
	int fd;

	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "watch\n");
	expect(fd, "watching\n");
	for (int i = 0; i < 200; i++) {
		say(fd, "echo x\n");
		expect(fd, "x\n");
		line_wake_all();
		expect(fd, "woken\n");
	}
	(void)close(fd);
	rig_stop(&rig);
}

static void
wake_during_a_command_comes_after_it(void **state)
{
	int fd;

	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "watch\ngate\n");
	while (line_in_gate() == 0)
		(void)poll(NULL, 0, 1);
	line_wake_all();
	line_gate_open();
	expect(fd, "watching\nthrough\nwoken\n");
	(void)close(fd);
	rig_stop(&rig);
}

struct waker {
	pthread_t thread;
	int end;		/* atomic */
};

static void *
waker_main(void *arg)
{
	struct waker *w = arg;

	while (!__atomic_load_n(&w->end, __ATOMIC_RELAXED))
		line_wake_all();
	return NULL;
}

/* Wakes at any moment, while a dialogue goes on and connections come and go. */
static void
wakes_at_any_moment_do_no_harm(void **state)
{
	struct waker w = { .end = 0 };
	char got[4096], *p;
	struct err err = ERR_INIT;
	int fd, echoes;
	ssize_t n;

	rig_start(&rig);
	assert_int_equal(pthread_create(&w.thread, NULL, waker_main, &w), 0);
	for (int round = 0; round < 20; round++) {
		fd = rig_dial(&rig);
		say(fd, "watch\n");
		for (int i = 0; i < 50; i++)
			say(fd, "echo #\n");
		echoes = 0;
		while (echoes < 50) {
			n = dial_read(fd, got, sizeof(got),
			    clock_mono_ms() + 20000, &err);
			assert_true(n > 0);
			for (p = got; p < got + n; p++)
				echoes += *p == '#';
		}
		(void)close(fd);
	}
	__atomic_store_n(&w.end, 1, __ATOMIC_RELAXED);
	pthread_join(w.thread, NULL);
	rig_stop(&rig);
}

static void
waiting_connection_is_resumed(void **state)
{
	int fd;

	rig_start(&rig);
	fd = rig_dial(&rig);
	for (int i = 0; i < 200; i++) {
		say(fd, "hold\necho x\n");
		expect(fd, "held\nx\n");
	}
	say(fd, "again 30\necho y\n");
	expect(fd, "y\n");
	(void)close(fd);
	rig_stop(&rig);
}

static void
idle_connection_times_out(void **state)
{
	uint64_t begin = clock_mono_ms();
	int fd;

	rig.service.idle_ms = 60;
	rig_start(&rig);
	fd = rig_dial(&rig);
	expect(fd, "timeout\n");
	expect_eof(fd);
	assert_true(clock_mono_ms() - begin >= 60);
	rig_stop(&rig);
}

static void
login_time_ends_even_when_bytes_trickle(void **state)
{
	struct err err = ERR_INIT;
	uint64_t begin = clock_mono_ms();
	struct pollfd p = { .events = POLLIN };

	rig.service.class = CONN_PRELOGIN;
	rig.service.login_ms = 150;
	rig.service.idle_ms = 100000;
	rig_start(&rig);
	p.fd = rig_dial(&rig);
	while (poll(&p, 1, 5) == 0 && clock_mono_ms() - begin < 20000)
		(void)dial_write(p.fd, "a", 1, clock_mono_ms() + 1000, &err);
	expect(p.fd, "timeout\n");
	assert_true(clock_mono_ms() - begin >= 150);
	assert_true(clock_mono_ms() - begin < 15000);
	(void)close(p.fd);
	rig_stop(&rig);
}

static void
connection_after_login_has_the_idle_time(void **state)
{
	int fd;

	rig.service.class = CONN_PRELOGIN;
	rig.service.login_ms = 100;
	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "user 7\necho in\n");
	expect(fd, "in\n");
	(void)poll(NULL, 0, 200);
	say(fd, "echo still\n");
	expect(fd, "still\n");
	(void)close(fd);
	rig_stop(&rig);
}

static void
too_many_connections_are_refused(void **state)
{
	int fd[3], late;

	rig.service.connections_max = 3;
	rig_start(&rig);
	for (int i = 0; i < 3; i++)
		fd[i] = rig_dial(&rig);
	late = rig_dial_at(rig.tcp);
	expect(late, "full: too many connections\r\n");
	expect_eof(late);
	say(fd[1], "echo fine\nquit\n");
	expect(fd[1], "fine\nbye\n");
	expect_eof(fd[1]);
	rig_await_connections(&rig, 2);
	fd[1] = rig_dial(&rig);
	for (int i = 0; i < 3; i++)
		(void)close(fd[i]);
	rig_stop(&rig);
}

static void
one_address_has_a_limit_before_login(void **state)
{
	int fd[3], late, local;

	rig.service.strangers_max = 2;
	rig.service.strangers_setting = "strangers-max";
	rig_start(&rig);
	fd[0] = rig_dial(&rig);
	fd[1] = rig_dial(&rig);
	late = rig_dial_at(rig.tcp);
	expect(late, "full: too many connections from your address have not "
	    "logged in (setting strangers-max)\r\n");
	expect_eof(late);
	local = rig_dial_at(rig.path);
	expect(local, "hello\n");
	say(fd[0], "user 5\necho in\n");
	expect(fd[0], "in\n");
	fd[2] = rig_dial(&rig);
	for (int i = 0; i < 3; i++)
		(void)close(fd[i]);
	(void)close(local);
	rig_stop(&rig);
}

/* Replaces libc's, to count the server's calls. */
static unsigned accepts;

int
accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags)
{
	union {
		void *p;
		int (*f)(int, struct sockaddr *, socklen_t *, int);
	} libc = { dlsym(RTLD_NEXT, "accept4") };

	__atomic_add_fetch(&accepts, 1, __ATOMIC_SEQ_CST);
	return libc.f(fd, sa, len, flags);
}

/* Runs in a child process with few descriptors. */
static void
few_descriptors_main(void)
{
	struct rlimit r = { 300, 300 };
	unsigned before, after;
	int spare[300], n = 0, late;

	if (setrlimit(RLIMIT_NOFILE, &r) == -1)
		_exit(2);
	/* The test causes these errors on purpose. */
	log_set_level(LOG_LEVEL_FATAL);
	rig.config.connections_max = 100;
	rig_start(&rig);
	late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	while (n < 300 && (spare[n] = dup(0)) >= 0)
		n++;
	/* One descriptor is left for the client, none for the server. */
	(void)close(late);
	late = rig_dial_at(rig.tcp);
	before = __atomic_load_n(&accepts, __ATOMIC_SEQ_CST);
	(void)poll(NULL, 0, 300);
	after = __atomic_load_n(&accepts, __ATOMIC_SEQ_CST);
	while (n > 0)
		(void)close(spare[--n]);
	expect(late, "hello\n");
	/* Meanwhile the server did not spin: it tries once a second. */
	_exit(after - before > 5);
}

static void
lack_of_descriptors_is_survived(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		few_descriptors_main();
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)unlink(rig.path);
	assert_int_equal(rmdir(rig.dir), 0);
}

static void
count_reload(struct server *srv, void *arg)
{
	(void)__atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
}

/* Runs in a child process, which gets the signals. */
static void
signals_main(void)
{
	int reloads = 0, fd;

	rig.config.no_signals = 0;
	rig.config.reload = count_reload;
	rig.config.arg = &reloads;
	rig_start(&rig);
	fd = rig_dial(&rig);
	for (int i = 1; i <= 2; i++) {
		(void)kill(getpid(), SIGHUP);
		while (__atomic_load_n(&reloads, __ATOMIC_RELAXED) < i)
			(void)poll(NULL, 0, 1);
		say(fd, "echo on\n");
		expect(fd, "on\n");
	}
	(void)kill(getpid(), SIGTERM);
	expect(fd, "stopping\n");
	expect_eof(fd);
	pthread_join(rig.thread, NULL);
	_exit(rig.result == 0 ? 0 : 1);
}

static void
signals_reload_and_stop(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		signals_main();
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(rmdir(rig.dir), 0);
}

static void
stop_says_goodbye_and_finishes_commands(void **state)
{
	int idle, busy, stuck;

	rig.config.stop_ms = 300;
	rig.config.workers_max = 8;
	rig_start(&rig);
	idle = rig_dial(&rig);
	busy = rig_dial(&rig);
	stuck = rig_dial(&rig);
	say(stuck, "big 50000000\n");
	expect_bytes(stuck, 1, 'x');
	say(busy, "gate\necho after\n");
	while (line_in_gate() == 0)
		(void)poll(NULL, 0, 1);
	rig_await_connections(&rig, 3);
	server_stop(rig.srv);
	expect(idle, "stopping\n");
	expect_eof(idle);
	line_gate_open();
	expect(busy, "through\nafter\nstopping\n");
	expect_eof(busy);
	/* The connection that does not read is closed after stop_ms. */
	rig_stop(&rig);
	(void)close(stuck);
}

static void
client_that_goes_away_is_noticed(void **state)
{
	int fd[4];

	rig_start(&rig);
	for (int i = 0; i < 4; i++)
		fd[i] = rig_dial(&rig);
	say(fd[1], "big 50000000\n");
	expect_bytes(fd[1], 1, 'x');
	say(fd[2], "block 50000000\n");
	expect_bytes(fd[2], 1, 'y');
	say(fd[3], "echo half");
	for (int i = 0; i < 4; i++)
		(void)close(fd[i]);
	rig_await_connections(&rig, 0);
	assert_int_equal(line_closed(), 4);
	rig_stop(&rig);
}

static void
half_closed_client_gets_its_replies(void **state)
{
	int fd;

	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "echo a\nbig 3000000\nhold\necho b\n");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	expect(fd, "a\n");
	expect_bytes(fd, 3000000, 'x');
	expect(fd, "held\nb\n");
	expect_eof(fd);
	rig_stop(&rig);
}

/* All connections of one account run slow commands. */
static void
one_account_leaves_workers_to_others(void **state)
{
	int busy[8], other;

	rig.config.workers_max = 8;
	rig_start(&rig);
	for (int i = 0; i < 8; i++) {
		busy[i] = rig_dial(&rig);
		say(busy[i], "user 1\necho in\n");
		expect(busy[i], "in\n");
	}
	for (int i = 0; i < 8; i++)
		say(busy[i], "gate\n");
	other = rig_dial(&rig);
	say(other, "user 2\necho in\n");
	expect(other, "in\n");
	while (line_in_gate() < 4)
		(void)poll(NULL, 0, 1);
	for (int i = 0; i < 100; i++) {
		say(other, "echo on\n");
		expect(other, "on\n");
	}
	assert_int_equal(line_in_gate(), 4);
	line_gate_open();
	for (int i = 0; i < 8; i++) {
		expect(busy[i], "through\n");
		(void)close(busy[i]);
	}
	(void)close(other);
	rig_stop(&rig);
}

/* Connections without a login get a quarter of the workers, however many they
   are. */
static void
strangers_leave_workers_to_users(void **state)
{
	int stranger[8], user;

	rig.service.class = CONN_PRELOGIN;
	rig_start(&rig);
	user = rig_dial(&rig);
	say(user, "user 9\necho in\n");
	expect(user, "in\n");
	for (int i = 0; i < 8; i++)
		stranger[i] = rig_dial(&rig);
	for (int i = 0; i < 8; i++)
		say(stranger[i], "gate\n");
	while (line_in_gate() < 2)
		(void)poll(NULL, 0, 1);
	for (int i = 0; i < 100; i++) {
		say(user, "echo on\n");
		expect(user, "on\n");
	}
	assert_int_equal(line_in_gate(), 2);
	line_gate_open();
	for (int i = 0; i < 8; i++) {
		expect(stranger[i], "through\n");
		(void)close(stranger[i]);
	}
	(void)close(user);
	rig_stop(&rig);
}

/* Two long pumps and one worker: the third client waits for neither. */
static void
long_replies_give_way(void **state)
{
	int big[2], small;

	rig.config.workers_max = 1;
	rig_start(&rig);
	for (int i = 0; i < 2; i++) {
		big[i] = rig_dial(&rig);
		say(big[i], "big 3000000000\n");
		expect_bytes(big[i], 1, 'x');
	}
	small = rig_dial(&rig);
	for (int i = 0; i < 20; i++) {
		say(small, "echo me\n");
		expect_bytes(big[i % 2], 500000, 'x');
		expect(small, "me\n");
	}
	(void)close(big[0]);
	(void)close(big[1]);
	(void)close(small);
	rig_stop(&rig);
}

static void
two_thousand_idle_connections_answer(void **state)
{
	static int fd[MANY];
	struct server_stats stats;
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur < 2 * MANY + 200)
		skip();
	rig_start(&rig);
	for (int i = 0; i < MANY; i++)
		fd[i] = rig_dial(&rig);
	server_stats(rig.srv, &stats);
	assert_int_equal(stats.connections, MANY);
	assert_true(stats.workers <= 8);
	for (int i = 0; i < MANY; i++)
		say(fd[i], "watch\n");
	for (int i = 0; i < MANY; i++)
		expect(fd[i], "watching\n");
	line_wake_all();
	for (int i = 0; i < MANY; i++)
		expect(fd[i], "woken\n");
	for (int i = 0; i < MANY; i += 2)
		(void)close(fd[i]);
	rig_await_connections(&rig, MANY / 2);
	server_stop(rig.srv);
	for (int i = 1; i < MANY; i += 2) {
		expect(fd[i], "stopping\n");
		expect_eof(fd[i]);
	}
	rig_stop(&rig);
}

/* --- state --------------------------------------------------------------- */

static pthread_mutex_t traced_lock = PTHREAD_MUTEX_INITIALIZER;
static struct buf traced;

/* Appends "FROM>TO " of a trace line about a change of state or stage. */
static void
note_change(enum log_level level, struct bytes line)
{
	char text[512], from[32], to[32];
	const char *at;

	(void)snprintf(text, sizeof(text), "%.*s", (int)line.len, line.data);
	if (strstr(text, "\"connection st") == NULL ||
	    (at = strstr(text, " from=")) == NULL ||
	    sscanf(at, " from=%31s to=%31s", from, to) != 2)
		return;
	pthread_mutex_lock(&traced_lock);
	buf_printf(&traced, "%s>%s ", from, to);
	pthread_mutex_unlock(&traced_lock);
}

static void
changes_of_state_are_traced(void **state)
{
	int level = log_level_now, fd;

	rig.service.class = CONN_PRELOGIN;
	rig_start(&rig);
	log_set_sink(note_change);
	log_set_level(LOG_LEVEL_TRACE);
	fd = rig_dial(&rig);
	rig_await_rest(&rig);
	say(fd, "quit\n");
	expect(fd, "bye\n");
	expect_eof(fd);
	(void)close(fd);
	rig_await_connections(&rig, 0);
	log_set_level((enum log_level)level);
	log_set_sink(NULL);
	rig_stop(&rig);
	buf_add(&traced, "", 1);
	assert_string_equal(traced.data, "new>queued queued>running "
	    "new>open running>parked-read parked-read>queued queued>running "
	    "open>closing closing>shut shut>ended running>dead ");
	buf_free(&traced);
}

static void
a_change_that_cannot_be_ends_the_process(void **state)
{
	struct conn c = { .state = STATE_WAITING, .stage = STAGE_SHUT };
	int status;
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		if ((pid = fork()) == 0) {
			(void)signal(SIGABRT, SIG_DFL);
			(void)close(STDERR_FILENO);
			if (i == 0)
				conn_set_state(&c, STATE_RUNNING, "test");
			else
				conn_set_stage(&c, STAGE_OPEN, "test");
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
	}
}

/* The service writes its reply, which finds the peer gone, and goes on. */
static void
starttls_of_a_lost_peer_is_nothing(void **state)
{
	struct conn c = { .stage = STAGE_BROKEN };

	conn_starttls(&c);
	assert_int_equal(c.stage, STAGE_BROKEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f)	cmocka_unit_test_setup(f, setup)
		T(pipelined_commands_are_answered_in_order),
		T(input_may_come_byte_by_byte),
		T(peers_are_known),
		T(slow_reader_gets_all_of_a_pump),
		T(blocking_writes_wait_for_the_reader),
		T(reader_that_never_reads_is_given_up),
		T(large_input_is_taken_in_pieces),
		T(long_line_meets_the_bound),
		T(parked_connection_is_woken),
		T(wake_between_commands_is_not_lost),
		T(wake_during_a_command_comes_after_it),
		T(wakes_at_any_moment_do_no_harm),
		T(waiting_connection_is_resumed),
		T(idle_connection_times_out),
		T(login_time_ends_even_when_bytes_trickle),
		T(connection_after_login_has_the_idle_time),
		T(too_many_connections_are_refused),
		T(one_address_has_a_limit_before_login),
		T(lack_of_descriptors_is_survived),
		T(signals_reload_and_stop),
		T(stop_says_goodbye_and_finishes_commands),
		T(client_that_goes_away_is_noticed),
		T(half_closed_client_gets_its_replies),
		T(one_account_leaves_workers_to_others),
		T(strangers_leave_workers_to_users),
		T(long_replies_give_way),
		T(two_thousand_idle_connections_answer),
		T(changes_of_state_are_traced),
		T(a_change_that_cannot_be_ends_the_process),
		T(starttls_of_a_lost_peer_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
