/*
 * program - other programs that a command runs
 */
#ifndef CTL_PROGRAM_H
#define CTL_PROGRAM_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Runs argv (ends with NULL; found by PATH) without input, its errors
 * discarded, and appends its output, at most max bytes, to out.  0 when it
 * ended with status 0; -1 otherwise.
 */
int program_output(const char *const *argv, size_t max, struct buf *out);

#endif
