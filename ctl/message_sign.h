/*
 * message_sign - signs a message, for commands that send or print one
 */
#ifndef CTL_MESSAGE_SIGN_H
#define CTL_MESSAGE_SIGN_H

#include "auth/dkim_sign.h"
#include "command/command.h"

/*
 * Puts a DKIM-Signature for each active key of the set in front of *message,
 * whose lines must end with CRLF.  The new message is in c's arena.  expire_s:
 * see dkim_sign_finish().  Returns COMMAND_OK, or another status after printing
 * the error.
 */
int message_sign(struct command *c, const struct dkim_keyset *set,
    uint64_t expire_s, struct bytes *message);

#endif
