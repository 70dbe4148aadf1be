/*
 * refusal - the reply to a client that is refused, and the reason
 *
 * limits.h and others fill it in; answer.h sends it to the client.
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
	const char *text;		/* of the reply */
	const char *setting;		/* that decides; NULL: none */
	const char *reason;		/* a word for the log */
	struct bytes recipient;		/* data NULL: not about a recipient */
	bool slows;			/* slows the connection from now on */
};

/* The refusals that were only noted because of the trial mode. */
struct trials {
	const char *v[REFUSAL_TRIALS_MAX];	/* in an arena */
	size_t n;
};

#endif
