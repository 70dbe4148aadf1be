/*
 * The server with many clients at once, each with a random script; the answers
 * are compared.
 *
 * The test looks for races: a wake, an event or a resumption between any two
 * steps of a worker must not be lost, and no answer may come twice, be cut, or
 * go to another client.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "line_service.h"
#include "net/dial.h"

#define CLIENTS		6
#define ROUNDS		25
#define COMMANDS	30
#define WAIT_MS		20000

static struct rig rig;

struct client {
	pthread_t thread;
	uint64_t seed;
	struct buf script, answers;
	char failure[300];	/* empty: no failure */
};

static int
setup(void **state)
{
	rig_init(&rig);
	return 0;
}

/* Returns less than n; the sequence depends on the seed only (the constants of
   Knuth's MMIX generator). */
static uint64_t
random_below(struct client *k, uint64_t n)
{
	k->seed = k->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (k->seed >> 33) % n;
}

static void
buf_fill(struct buf *b, char c, size_t n)
{
	memset(buf_reserve(b, n), c, n);
	b->len += n;
}

/* Adds a command and its answer. */
static void
script_add(struct client *k)
{
	size_t n;

	switch (random_below(k, 8)) {
	case 0:
		n = random_below(k, 300000);
		buf_printf(&k->script, "big %zu\n", n);
		buf_fill(&k->answers, 'x', n);
		break;
	case 1:
		n = random_below(k, 100000);
		buf_printf(&k->script, "block %zu\n", n);
		buf_fill(&k->answers, 'y', n);
		break;
	case 2:
		n = random_below(k, 100000) + 1;
		buf_printf(&k->script, "take %zu\n", n);
		buf_fill(&k->script, '\n', n);
		buf_printf(&k->answers, "took %zu\n", n);
		break;
	case 3:
		buf_printf(&k->script, "again %d\n",
		    (int)random_below(k, 5) + 1);
		break;
	case 4:
		buf_printf(&k->script, "user %d\n",
		    (int)random_below(k, 2) + 1);
		break;
	case 5:
		buf_str(&k->script, "hold\n");
		buf_str(&k->answers, "held\n");
		break;
	default:
		n = (size_t)random_below(k, 1000000);
		buf_printf(&k->script, "echo %zu\n", n);
		buf_printf(&k->answers, "%zu\n", n);
		break;
	}
}

struct sender {
	int fd;
	uint64_t seed;
	const struct buf *script;	/* borrowed */
};

/* Sends the script in pieces of random sizes. */
static void *
sender_main(void *arg)
{
	const struct sender *s = arg;
	struct client dice = { .seed = s->seed };
	const struct buf *script = s->script;
	struct err err = ERR_INIT;
	size_t at = 0, n;

	while (at < script->len) {
		n = random_below(&dice, random_below(&dice, 4) == 0 ? 40000 :
		    20) + 1;
		if (n > script->len - at)
			n = script->len - at;
		if (dial_write(s->fd, script->data + at, n,
		    clock_mono_ms() + WAIT_MS, &err) == -1)
			break;
		at += n;
	}
	return NULL;
}

/* Reads and compares up to len bytes.  Returns false and fills failure if they
   differ. */
static bool
compare(struct client *k, int fd, size_t len)
{
	struct err err = ERR_INIT;
	static __thread char got[50000];
	size_t at = 0;
	ssize_t n;

	while (at < len) {
		n = dial_read(fd, got, random_below(k, sizeof(got)) + 1,
		    clock_mono_ms() + WAIT_MS, &err);
		if (n <= 0) {
			(void)snprintf(k->failure, sizeof(k->failure),
			    "after %zu of %zu bytes: %.150s", at, len,
			    n == 0 ? "the end" : err.text);
			return false;
		}
		if ((size_t)n > k->answers.len - at ||
		    memcmp(got, k->answers.data + at, (size_t)n) != 0) {
			(void)snprintf(k->failure, sizeof(k->failure),
			    "wrong answers within %zu to %zu", at,
			    at + (size_t)n);
			return false;
		}
		at += (size_t)n;
	}
	return true;
}

static void
client_round(struct client *k)
{
	struct err err = ERR_INIT;
	pthread_t sender;
	bool early = random_below(k, 4) == 0;
	size_t len;
	int fd = dial_connect(random_below(k, 2) == 0 ? rig.tcp : rig.path,
	    clock_mono_ms() + WAIT_MS, &err);
	struct sender s = { .fd = fd, .script = &k->script };

	if (fd == -1) {
		(void)snprintf(k->failure, sizeof(k->failure), "%.250s",
		    err.text);
		return;
	}
	buf_clear(&k->script);
	buf_clear(&k->answers);
	buf_str(&k->answers, "hello\n");
	for (int i = 0; i < COMMANDS; i++)
		script_add(k);
	buf_str(&k->script, "quit\n");
	buf_str(&k->answers, "bye\n");
	s.seed = k->seed;
	len = early ? random_below(k, k->answers.len) : k->answers.len;
	if (pthread_create(&sender, NULL, sender_main, &s) != 0) {
		(void)snprintf(k->failure, sizeof(k->failure), "no thread");
	} else {
		/* Some clients close in the middle. */
		(void)compare(k, fd, len);
		(void)shutdown(fd, SHUT_RDWR);
		pthread_join(sender, NULL);
	}
	(void)close(fd);
}

static void *
client_main(void *arg)
{
	struct client *k = arg;

	for (int i = 0; i < ROUNDS && k->failure[0] == '\0'; i++)
		client_round(k);
	buf_free(&k->script);
	buf_free(&k->answers);
	return NULL;
}

struct waker {
	pthread_t thread;
	int end;		/* atomic */
};

/* Wakes continuously, while its own watchers come and go. */
static void *
waker_main(void *arg)
{
	struct waker *w = arg;
	struct err err = ERR_INIT;
	int fd = -1;

	for (int i = 0; !__atomic_load_n(&w->end, __ATOMIC_RELAXED); i++) {
		if (i % 50 == 0) {
			if (fd != -1)
				(void)close(fd);
			fd = dial_connect(rig.tcp, clock_mono_ms() + WAIT_MS,
			    &err);
			(void)dial_write(fd, "watch\n", 6,
			    clock_mono_ms() + WAIT_MS, &err);
		}
		line_wake_all();
	}
	if (fd != -1)
		(void)close(fd);
	return NULL;
}

/* Runs a storm; another seed_add makes another one. */
static void
storm(uint64_t seed_add)
{
	static struct client clients[CLIENTS];
	struct waker w = { .end = 0 };

	rig_start(&rig);
	memset(clients, 0, sizeof(clients));
	assert_int_equal(pthread_create(&w.thread, NULL, waker_main, &w), 0);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].seed = (uint64_t)i + seed_add;
		assert_int_equal(pthread_create(&clients[i].thread, NULL,
		    client_main, &clients[i]), 0);
	}
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i].thread, NULL);
	__atomic_store_n(&w.end, 1, __ATOMIC_RELAXED);
	pthread_join(w.thread, NULL);
	for (int i = 0; i < CLIENTS; i++)
		if (clients[i].failure[0] != '\0')
			fail_msg("client %d: %s", i, clients[i].failure);
	rig_await_connections(&rig, 0);
	rig_stop(&rig);
}

static void
with_one_worker(void **state)
{
	rig.config.workers_max = 1;
	storm(1000);
}

static void
with_three_workers(void **state)
{
	rig.config.workers_max = 3;
	rig.config.worker_idle_ms = 1;
	storm(2000);
}

static void
with_many_workers(void **state)
{
	rig.config.workers_max = 20;
	storm(3000);
}

static void
with_a_small_input_buffer(void **state)
{
	rig.service.input_max = 64;
	storm(4000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(with_one_worker, setup),
		cmocka_unit_test_setup(with_three_workers, setup),
		cmocka_unit_test_setup(with_many_workers, setup),
		cmocka_unit_test_setup(with_a_small_input_buffer, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
