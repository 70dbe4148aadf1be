/*
 * clock - the time
 *
 * Use clock_mono_ms(), which never jumps, for deadlines and durations, and
 * clock_wall_ms() for dates that are stored or shown.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds or microseconds since some fixed time; never goes back. */
uint64_t clock_mono_ms(void);
uint64_t clock_mono_us(void);

/* Milliseconds since 1970. */
uint64_t clock_wall_ms(void);

#define CLOCK_STAMP_SIZE	32

/* "2026-01-31T12:00:00.123Z" (RFC 3339); returns out. */
char *clock_stamp(uint64_t wall_ms, char out[CLOCK_STAMP_SIZE]);

#endif
