/*
 * connect - the callbacks for connect, HELO and unknown commands
 */
#ifndef MILTER_CONNECT_H
#define MILTER_CONNECT_H

#include "milter/session.h"

sfsistat connect_on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *sa);
sfsistat connect_on_helo(SMFICTX *ctx, char *helo);
sfsistat connect_on_unknown(SMFICTX *ctx, const char *verb);

/*
 * Checks, once in a session, whether the client is within its limits.  Returns
 * false if not; *answer is then what the callback must return.
 */
bool connect_may_enter(SMFICTX *ctx, struct session *s, sfsistat *answer);

/*
 * Checks the HELO name (reject-unresolvable-helo).  Returns false to refuse it;
 * *answer is then what the callback must return.
 */
bool connect_helo_is_right(SMFICTX *ctx, struct session *s,
    sfsistat *answer);

#endif
