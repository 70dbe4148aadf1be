/*
 * units - numbers as people write them: 10M, 15s
 *
 * A number is decimal digits and one unit, upper or lower case.  0 needs no
 * unit.
 */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include <stdint.h>

#include "base/buf.h"

enum units {
	UNITS_NONE,		/* a bare number */
	UNITS_SIZE,		/* bytes: none, K, M, G, T, of 1024 */
	UNITS_DURATION		/* milliseconds: ms, s, min, h, d, w */
};

/* The whole of text.  0, or -1. */
int units_parse(enum units units, const char *text, uint64_t *out);

/* With the largest unit that loses nothing. */
void units_format(enum units units, uint64_t n, struct buf *out);

#endif
