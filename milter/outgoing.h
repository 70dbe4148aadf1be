/*
 * outgoing - what users, own networks and the MTA itself send
 *
 * Parts of the end of a message (finish.c).
 */
#ifndef MILTER_OUTGOING_H
#define MILTER_OUTGOING_H

#include "milter/session.h"

/*
 * May this be sent, by this user, to so many?  1 yes, 0 no: *why (strings in
 * the message's arena), -1 imapd cannot be asked.
 */
int outgoing_check(SMFICTX *ctx, struct session *s, struct refusal *why,
    struct err *err);

/* Adds what is missing, and signs.  0, or -1: the MTA took no field. */
int outgoing_sign(SMFICTX *ctx, struct session *s, struct err *err);

#endif
