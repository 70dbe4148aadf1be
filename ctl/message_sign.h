/*
 * message_sign - a whole message signed, for commands that send or print one
 */
#ifndef CTL_MESSAGE_SIGN_H
#define CTL_MESSAGE_SIGN_H

#include "auth/dkim_sign.h"
#include "command/command.h"

/*
 * Puts a DKIM-Signature for each active key of the set in front of *message,
 * whose lines end with CRLF; the new one is in c's arena.  expire_s: see
 * dkim_sign_finish().  COMMAND_OK, or a status after saying what is wrong.
 */
int message_sign(struct command *c, const struct dkim_keyset *set,
    uint64_t expire_s, struct bytes *message);

#endif
