/*
 * outgoing - mail from users, own networks and the MTA itself
 *
 * Called at the end of a message (finish.c).
 */
#ifndef MILTER_OUTGOING_H
#define MILTER_OUTGOING_H

#include "milter/session.h"

/*
 * May this user send this message to this many recipients?  Returns 1 if yes, 0
 * with *why (strings in the message's arena) if not, -1 if imapd cannot be
 * reached.
 */
int outgoing_check(SMFICTX *ctx, struct session *s, struct refusal *why,
    struct err *err);

/* Adds Date and Message-ID if missing, and signs.  Returns 0, or -1 if the MTA
   refuses a field. */
int outgoing_sign(SMFICTX *ctx, struct session *s, struct err *err);

#endif
