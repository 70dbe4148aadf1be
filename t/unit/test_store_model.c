/*
 * The store against a model: random operations and refusals, one after the
 * other.  Then the same in a child that is killed: the store must have the
 * acknowledged operations; the one in progress may be there as well, whole, or
 * in part if it changes many messages.
 *
 * TEST_SEED, TEST_STEPS and TEST_KILLS change the run.
 */
#include <config.h>

#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "directory/account.h"
#include "store/background.h"
#include "store_fixture.h"
#include "store_model.h"
#include "directory/account_settings.h"
#include "store/account_life.h"
#include "store/store_open.h"

/* More UIDs than this test uses. */
#define UIDS_MAX	200000

static uint32_t
env_number(const char *name, uint32_t otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : (uint32_t)strtoul(value, NULL, 10);
}

static void
agree(const struct model *m, struct store *s, uint32_t step)
{
	const char *differs;
	struct arena a;

	arena_init(&a);
	differs = model_differs(m, s, &a);
	if (differs != NULL)
		fail_msg("step %u: %s", step, differs);
	arena_clear(&a);
}

static void
small_tombstones(struct store_config *config)
{
	config->tombstones_max = 5;
}

/* Two accounts take turns; one has a quota that it reaches. */
static void
test_model(void **state)
{
	struct fixture *f = fixture_new(small_tombstones);
	struct model *m = calloc(2, sizeof(*m));
	uint32_t steps = env_number("TEST_STEPS", 1500);
	uint64_t seed = env_number("TEST_SEED", 20261121), two;
	struct err err = ERR_INIT;

	(void)state;
	must(account_create(f->s, "two", &two, &err));
	must(account_set(&f->s->db, two, "quota-messages", "8000", &err));
	model_init(&m[0], f->account, seed * 77 + 1);
	model_init(&m[1], two, seed * 99 + 1);
	m[1].quota = 8000;
	for (uint32_t i = 0; i < steps; i++) {
		if (i % 100 >= 50 && i % 100 < 52)
			model_grow(&m[i % 2], f->s);
		model_step(&m[i % 2], f->s);
		if (i % 20 == 0)
			agree(&m[i % 2], f->s, i);
		if (i % 300 == 150)
			background_drain(f->s);
		if (i % 500 == 499)
			fixture_reopen(f);
	}
	background_drain(f->s);
	agree(&m[0], f->s, steps);
	agree(&m[1], f->s, steps);
	free(m);
	fixture_free(&f);
}

/* ---- kill -9 ---- */

static _Noreturn void
child_main(struct fixture *f, struct model *m, int fd)
{
	struct err err = ERR_INIT;

	if (store_open(&f->config, NULL, &f->s, &err) == -1)
		_exit(1);
	for (;;) {
		model_step(m, f->s);
		if (write(fd, "+", 1) != 1)
			_exit(1);
	}
}

/* Kills the child when, or soon after, it has acknowledged `limit' operations.
   Returns how many it acknowledged. */
static uint32_t
run_and_kill(struct fixture *f, struct model *m, uint32_t limit)
{
	uint32_t acked = 0;
	char buf[64];
	ssize_t n;
	int fd[2], status;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		close(fd[0]);
		child_main(f, m, fd[1]);
	}
	close(fd[1]);
	while ((n = read(fd[0], buf, acked < limit ? 1 : sizeof(buf))) > 0) {
		acked += (uint32_t)n;
		if (acked == limit) {
			/* At a random moment. */
			usleep((useconds_t)(m->random % 30000));
			kill(pid, SIGKILL);
		}
	}
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return acked;
}

/* Returns whether the step happened for a part of a mailbox, up to the end of a
   page. */
static bool
was_cut(struct fixture *f, struct model *m, const struct model *next,
    struct arena *a)
{
	struct model *cut = malloc(sizeof(*cut));
	bool found = false;

	assert_non_null(cut);
	for (uint32_t last = 63; !found && last < UIDS_MAX; last += 64) {
		if (!model_cut(m, next, last, cut))
			break;
		found = model_differs(cut, f->s, a) == NULL;
	}
	if (found)
		*m = *cut;
	free(cut);
	return found;
}

/*
 * The store must equal the model as it is now, or after one more step, or after
 * a part of that step.
 */
static void
survived(struct fixture *f, struct model *m, uint32_t acked)
{
	struct model *next = malloc(sizeof(*next));
	const char *differs, *differs_next;
	struct arena a;

	assert_non_null(next);
	arena_init(&a);
	*next = *m;
	model_step(next, NULL);
	model_take_uidnext(m, f->s);
	differs = model_differs(m, f->s, &a);
	if (differs != NULL) {
		model_take_uidnext(next, f->s);
		differs_next = model_differs(next, f->s, &a);
		if (differs_next == NULL)
			*m = *next;
		else if (!was_cut(f, m, next, &a))
			fail_msg("after %u: %s; or: %s", acked, differs,
			    differs_next);
	}
	arena_clear(&a);
	free(next);
}

static void
test_kill(void **state)
{
	struct fixture *f = fixture_new(small_tombstones);
	struct model *m = calloc(1, sizeof(*m));
	uint64_t seed = env_number("TEST_SEED", 20261121) * 55 + 1;
	uint32_t kills = env_number("TEST_KILLS", 6), acked;
	struct err err = ERR_INIT;

	(void)state;
	model_init(m, f->account, seed);
	while (m->box[0].n == 0)
		model_step(m, f->s);
	for (uint32_t i = 0; i < kills; i++) {
		uint32_t limit = 20 + (uint32_t)(m->random % 50);

		model_grow(m, f->s);
		store_close(&f->s);
		acked = run_and_kill(f, m, limit);
		for (uint32_t k = 0; k < acked; k++)
			model_step(m, NULL);
		must(store_open(&f->config, NULL, &f->s, &err));
		survived(f, m, acked);
		if (i % 2 == 1)
			background_drain(f->s);
		agree(m, f->s, acked);
	}
	background_drain(f->s);
	free(m);
	fixture_free(&f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_kill),
	};

	return cmocka_run_group_tests_name("store_model", tests, NULL, NULL);
}
