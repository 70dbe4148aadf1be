/*
 * incoming - a message's text made ready for the store
 *
 * What LMTP and APPEND have in common: the text is parsed once, outside the
 * committer, and everything that is written once with it is computed here:
 * the parsed record and the hashes for its thread.
 */
#ifndef IMAPD_INCOMING_H
#define IMAPD_INCOMING_H

#include "mail/message.h"
#include "store/message.h"

/*
 * Fills text, parsed and the thread hashes of *m; the rest is as the caller
 * left it.  root is the tree of exactly this text.  Results are in the arena;
 * text is borrowed.
 */
void incoming_prepare(struct arena *a, struct bytes text,
    const struct mail_part *root, struct message_new *m);

#endif
