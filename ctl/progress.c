/* progress - counts steps, and estimates the time left from those done. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/progress.h"

#define FIRST_MS	1000
#define PAUSE_MS	250
/* Looking at the clock takes longer than most steps. */
#define STEPS_PER_LOOK	16

void
progress_begin(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress){ .what = what, .total = total };
	p->terminal = isatty(STDERR_FILENO);
	p->began_ms = clock_mono_ms();
	p->next_ms = p->began_ms + FIRST_MS;
}

static void
line_print(struct progress *p, uint64_t now)
{
	uint64_t left_s = (now - p->began_ms) * (p->total - p->done) /
	    p->done / 1000;

	(void)fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " %s, %" PRIu64
	    " %%, %" PRIu64 ":%02" PRIu64 " left \033[K", p->done, p->total,
	    p->what, p->done * 100 / p->total, left_s / 60, left_s % 60);
	p->shown = true;
}

void
progress_step(struct progress *p)
{
	uint64_t now;

	p->done++;
	if (!p->terminal || p->done % STEPS_PER_LOOK != 0 ||
	    p->done > p->total)
		return;
	if ((now = clock_mono_ms()) < p->next_ms)
		return;
	p->next_ms = now + PAUSE_MS;
	line_print(p, now);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		(void)fputs("\r\033[K", stderr);
	p->shown = false;
}
