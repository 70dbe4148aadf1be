/*
 * work - how much a parser does, counted
 *
 * A time says as much about the machine as about the code.  libwork.a has the
 * parsers compiled so that each basic block that is run calls us
 * (-fsanitize-coverage=trace-pc), and so that libc's functions on memory
 * count the bytes they look at (work_libc.h).  Link it before the libraries
 * it is made of.
 *
 *	begin = work_done();
 *	... parse ...
 *	assert_true(work_done() - begin < 100 * len);
 *
 * Of one thread; what system calls and other libraries do is not counted.
 */
#ifndef UNIT_WORK_H
#define UNIT_WORK_H

#include <stddef.h>
#include <stdint.h>

uint64_t work_done(void);

void work_add(size_t n);

/* Called by the compiler's code. */
void __sanitizer_cov_trace_pc(void);

#endif
