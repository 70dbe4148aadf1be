/*
 * work - counts how much work a parser does
 *
 * Elapsed time depends on the machine as much as on the code.  libwork.a has
 * the parsers compiled so that each basic block that runs calls a function here
 * (-fsanitize-coverage=trace-pc), and so that libc's memory functions count the
 * bytes that they touch (work_libc.h).  Link it before the libraries whose
 * sources it contains.
 */
#ifndef UNIT_WORK_H
#define UNIT_WORK_H

#include <stddef.h>
#include <stdint.h>

uint64_t work_done(void);

void work_add(size_t n);

/* Called by code that the compiler inserts. */
void __sanitizer_cov_trace_pc(void);

#endif
