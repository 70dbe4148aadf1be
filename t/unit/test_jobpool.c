/* The job pool: fairness and limits. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "net/jobpool.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_open;
static int started;
static char order[64];

/* Waits until the gate is open, then appends its name to order. */
static void
job(void *arg)
{
	pthread_mutex_lock(&lock);
	started++;
	pthread_cond_broadcast(&changed);
	while (!is_open)
		pthread_cond_wait(&changed, &lock);
	order[strlen(order)] = *(const char *)arg;
	pthread_mutex_unlock(&lock);
}

static int
submit(struct jobpool *pool, uint64_t key, const char *name)
{
	return jobpool_submit(pool, key, job, (void *)(uintptr_t)name);
}

static void
job_pool_is_fair_and_bounded(void **state)
{
	struct jobpool_config config = {
		.threads = 1, .queue_max = 6, .key_max = 4
	};
	struct jobpool *pool = jobpool_new(&config);

	is_open = false;
	/* One job runs, so that the others are queued. */
	assert_int_equal(submit(pool, 0, "r"), 0);
	pthread_mutex_lock(&lock);
	while (started == 0)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 4; i++)
		assert_int_equal(submit(pool, 1, "a"), 0);
	assert_int_equal(submit(pool, 1, "a"), -1);
	assert_int_equal(submit(pool, 2, "b"), 0);
	assert_int_equal(submit(pool, 3, "c"), 0);
	assert_int_equal(submit(pool, 4, "d"), -1);
	pthread_mutex_lock(&lock);
	is_open = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	/* Queued jobs still run. */
	jobpool_free(&pool);
	assert_null(pool);
	assert_string_equal(order, "rabcaaa");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(job_pool_is_fair_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
