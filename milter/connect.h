/*
 * connect - connect, HELO and unknown commands
 */
#ifndef MILTER_CONNECT_H
#define MILTER_CONNECT_H

#include "milter/session.h"

sfsistat connect_on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *sa);
sfsistat connect_on_helo(SMFICTX *ctx, char *helo);
sfsistat connect_on_unknown(SMFICTX *ctx, const char *verb);

/*
 * Asks the limits whether the client may come in, once.  False: *answer is
 * what it is told.
 */
bool connect_may_enter(SMFICTX *ctx, struct session *s, sfsistat *answer);

/* reject-unresolvable-helo.  False: *answer is what the client is told. */
bool connect_helo_is_right(SMFICTX *ctx, struct session *s,
    sfsistat *answer);

#endif
