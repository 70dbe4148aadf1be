/* The milter's delays: limits, and waking them. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "base/clock.h"
#include "milter/slow.h"

struct sleeper {
	struct slow *slow;
	enum slow_end end;
};

static void *
sleep_for_an_hour(void *arg)
{
	struct sleeper *s = arg;

	s->end = slow_wait(s->slow, 3600000, 3, 0, NULL, NULL);
	return NULL;
}

static void
sleepers_are_few_and_can_be_woken(void **state)
{
	struct sleeper sleepers[2];
	struct slow *slow = slow_new();
	pthread_t threads[2];

	for (int i = 0; i < 2; i++) {
		sleepers[i].slow = slow;
		assert_int_equal(pthread_create(&threads[i], NULL,
		    sleep_for_an_hour, &sleepers[i]), 0);
	}
	/* Two may sleep: until both do, this one sleeps too. */
	while (slow_wait(slow, 1, 2, 0, NULL, NULL) != SLOW_FULL)
		;
	assert_int_equal(slow_wait(slow, 1, UINT64_MAX, 0, NULL, NULL),
	    SLOW_WAITED);
	slow_stop(slow);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(sleepers[i].end, SLOW_STOPPED);
	}
	slow_free(&slow);
	(void)state;
}

static void
count_tick(void *arg)
{
	++*(int *)arg;
}

static void
long_waits_tick(void **state)
{
	struct slow *slow = slow_new();
	uint64_t begin = clock_mono_ms();
	int ticks = 0;

	assert_int_equal(slow_wait(slow, 25, 1, 10, count_tick, &ticks),
	    SLOW_WAITED);
	assert_int_equal(ticks, 2);
	assert_true(clock_mono_ms() - begin >= 25);
	assert_int_equal(slow_wait(slow, 0, 0, 0, NULL, NULL), SLOW_WAITED);
	slow_free(&slow);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleepers_are_few_and_can_be_woken),
		cmocka_unit_test(long_waits_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
