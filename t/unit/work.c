/* work - the counter behind work.h. */
#include <config.h>

#include "unit/work.h"

static _Thread_local uint64_t done;

uint64_t
work_done(void)
{
	return done;
}

void
work_add(size_t n)
{
	done += n;
}

void
__sanitizer_cov_trace_pc(void)
{
	done++;
}
