/*
 * progress - how far long work has come, on a terminal
 *
 *	struct progress p;
 *
 *	progress_begin(&p, "messages", count);
 *	... progress_step(&p) after each ...
 *	progress_end(&p);
 *
 * Prints to standard error, one line that is written over, a few times a
 * second; nothing if it is not a terminal or the work takes less than a
 * second.
 */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;	/* borrowed */
	uint64_t total, done;
	uint64_t began_ms, next_ms;
	bool terminal, shown;
};

void progress_begin(struct progress *p, const char *what, uint64_t total);
void progress_step(struct progress *p);
/* Removes the line. */
void progress_end(struct progress *p);

#endif
