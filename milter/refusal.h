/*
 * refusal - what a client is told when something is refused, and why
 *
 * answer.h says it to the client; limits and others only fill it in.
 */
#ifndef MILTER_REFUSAL_H
#define MILTER_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define REFUSAL_TRIALS_MAX	20	/* notes kept for one message */

/* Strings are borrowed. */
struct refusal {
	const char *code, *enhanced;	/* "550", "5.1.1"; NULL: no refusal */
	const char *text;		/* in plain words */
	const char *setting;		/* that decided; NULL: none */
	const char *reason;		/* a word for the log */
	struct bytes recipient;		/* data NULL: of no one recipient */
	bool slows;			/* the connection from now on */
};

/* What would have been refused, were it not for the trial mode. */
struct trials {
	const char *v[REFUSAL_TRIALS_MAX];	/* in an arena */
	size_t n;
};

#endif
