/* condition - condition variables with timed waits on the monotonic clock. */
#include <config.h>

#include <errno.h>
#include <time.h>

#include "base/condition.h"
#include "base/err.h"

void
condition_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0 ||
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(cond, &attr) != 0)
		fatal("cannot make a condition variable");
	pthread_condattr_destroy(&attr);
}

bool
condition_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock,
    uint64_t mono_ms)
{
	struct timespec until = {
		.tv_sec = (time_t)(mono_ms / 1000),
		.tv_nsec = (long)(mono_ms % 1000) * 1000000
	};

	return pthread_cond_timedwait(cond, lock, &until) != ETIMEDOUT;
}
