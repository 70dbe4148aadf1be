/* clock - reads the system's clocks. */
#include <config.h>

#include <time.h>

#include "base/clock.h"

uint64_t
clock_mono_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

uint64_t
clock_wall_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

char *
clock_stamp(uint64_t wall_ms, char out[CLOCK_STAMP_SIZE])
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;
	size_t n = 0;

	out[0] = '\0';
	if (gmtime_r(&t, &tm) != NULL)
		n = strftime(out, CLOCK_STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + n, CLOCK_STAMP_SIZE - n, ".%03uZ",
	    (unsigned)(wall_ms % 1000));
	return out;
}
