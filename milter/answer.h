/*
 * answer - refusing something, or saying that it would have been
 *
 * Every refusal of the milter goes through here: it is logged with the
 * setting behind it, slows the connection down, and in the trial mode
 * (enforce = no) is only noted, for a header field of the message.
 */
#ifndef MILTER_ANSWER_H
#define MILTER_ANSWER_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

#include "base/arena.h"
#include "base/buf.h"

#define ANSWER_TRIALS_MAX	20	/* notes kept for one message */
#define ANSWER_TEXT_MAX		480	/* longer texts are cut */

/* What the client is told, and why.  Strings are borrowed. */
struct refusal {
	const char *code, *enhanced;	/* "550", "5.1.1" */
	const char *text;		/* in plain words */
	const char *setting;		/* that decided; NULL: none */
	const char *reason;		/* a word for the log */
	struct bytes recipient;		/* data NULL: of no one recipient */
	bool slows;			/* the connection from now on */
};

/* Refusals that would have been. */
struct trials {
	const char *v[ANSWER_TRIALS_MAX];	/* in an arena */
	size_t n;
};

struct session;

/*
 * Refuses what is being asked: the callback returns the result.  In the
 * trial mode that goes on.
 */
sfsistat answer_refuse(SMFICTX *ctx, struct session *s,
    const struct refusal *r);

/* The same where it is not refused by us but may not pass: no trial mode. */
sfsistat answer_always(SMFICTX *ctx, struct session *s,
    const struct refusal *r);

/* 451: our own trouble, not the client's.  Told in the log by err. */
struct err;
sfsistat answer_trouble(SMFICTX *ctx, struct session *s,
    const struct err *err);

/*
 * Where clients wait that were refused something: HELO, MAIL, RCPT, DATA and
 * unknown commands.  True: go on; false: *out is the answer (the budget is
 * used up, and they are to come again later).
 */
bool answer_slowly(SMFICTX *ctx, struct session *s, sfsistat *out);

#endif
