/*
 * units - numbers with a unit: 10M, 15s
 *
 * A number consists of decimal digits and one unit in upper or lower case.  0
 * needs no unit.
 */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include <stdint.h>

#include "base/buf.h"

enum units {
	UNITS_NONE,		/* a number without a unit */
	UNITS_SIZE,		/* bytes: none, K, M, G, T; K is 1024 */
	UNITS_DURATION		/* milliseconds: ms, s, min, h, d, w */
};

/* Parses all of text.  Returns 0, or -1 if it is not such a number. */
int units_parse(enum units units, const char *text, uint64_t *out);

/* Appends n with the largest unit that keeps it a whole number. */
void units_format(enum units units, uint64_t n, struct buf *out);

#endif
