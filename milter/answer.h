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

#include "base/err.h"
#include "milter/refusal.h"
#include "milter/session.h"

#define ANSWER_TEXT_MAX		480	/* longer texts are cut */

/* What imapd wants a client to be told, its code not 0, as a refusal. */
struct refusal answer_from_reply(struct arena *a,
    const struct judge_reply *reply, const char *reason);

/*
 * Refuses what is being asked; the callback returns the result, which is
 * SMFIS_CONTINUE in the trial mode.
 */
sfsistat answer_refuse(SMFICTX *ctx, struct session *s,
    const struct refusal *r);

/* The same, but in the trial mode too: somebody asked for this error. */
sfsistat answer_always(SMFICTX *ctx, struct session *s,
    const struct refusal *r);

/* 451: the trouble is ours, not the client's.  The log gets err. */
sfsistat answer_trouble(SMFICTX *ctx, struct session *s,
    const struct err *err);

/*
 * Lets a client wait that was refused something before: at HELO, MAIL, RCPT,
 * DATA and unknown commands.  True: go on; false: *out is the answer, since
 * too many clients wait already.
 */
bool answer_slowly(SMFICTX *ctx, struct session *s, sfsistat *out);

#endif
