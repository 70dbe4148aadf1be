/*
 * content - header and body of a message
 */
#ifndef MILTER_CONTENT_H
#define MILTER_CONTENT_H

#include "milter/session.h"

sfsistat content_on_header(SMFICTX *ctx, char *name, char *value);
sfsistat content_on_eoh(SMFICTX *ctx);
sfsistat content_on_body(SMFICTX *ctx, unsigned char *data, size_t n);

/*
 * SHA-256 of the message as it was received, without Postern-Origin fields;
 * into the message's arena.  Empty when none of its recipients can be ours.
 */
struct bytes content_sha256(struct message *m);

#endif
