/*
 * content - the callbacks for the header and the body of a message
 */
#ifndef MILTER_CONTENT_H
#define MILTER_CONTENT_H

#include "milter/session.h"

sfsistat content_on_header(SMFICTX *ctx, char *name, char *value);
sfsistat content_on_eoh(SMFICTX *ctx);
sfsistat content_on_body(SMFICTX *ctx, unsigned char *data, size_t n);

/*
 * Returns the SHA-256 of the message as it was received, without Postern-Origin
 * fields, in the message's arena.  Empty if no recipient can be ours.
 */
struct bytes content_sha256(struct message *m);

#endif
