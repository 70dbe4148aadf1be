/*
 * answer - refuses a command or a message
 *
 * All refusals of the milter go through here.  A refusal is logged with the
 * setting that decides it, and slows the connection down.  In the trial mode
 * (enforce = no) it is only logged and noted for a header field of the message.
 */
#ifndef MILTER_ANSWER_H
#define MILTER_ANSWER_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

#include "base/err.h"
#include "milter/refusal.h"
#include "milter/session.h"

#define ANSWER_TEXT_MAX		480	/* longer texts are cut */

/* Makes a refusal of imapd's reply, whose code must not be 0. */
struct refusal answer_from_reply(struct arena *a,
    const struct judge_reply *reply, const char *reason);

/*
 * Refuses the current command or message.  Returns what the callback must
 * return: SMFIS_CONTINUE in the trial mode.
 */
sfsistat answer_refuse(SMFICTX *ctx, struct session *s,
    const struct refusal *r);

/* The same, but it refuses in the trial mode too: the client asked for this
   error. */
sfsistat answer_always(SMFICTX *ctx, struct session *s,
    const struct refusal *r);

/* Refuses with 451 because of a problem of ours, and logs err. */
sfsistat answer_trouble(SMFICTX *ctx, struct session *s,
    const struct err *err);

/*
 * Delays a client after a refusal: at HELO, MAIL, RCPT, DATA and unknown
 * commands.  Returns true to continue, or false if too many clients are delayed
 * already; *out is then the answer.
 */
bool answer_slowly(SMFICTX *ctx, struct session *s, sfsistat *out);

#endif
