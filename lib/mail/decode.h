/*
 * decode - undoes the transfer encoding and charset of a body part, streaming
 *
 *	struct mail_decoder *d = mail_decoder_new(encoding, charset);
 *	... mail_decoder_feed(d, piece, &out), use and clear out ...
 *	mail_decoder_finish(d, &out);
 *	mail_decoder_free(&d);
 *
 * Tolerant, as mail clients are: characters that are not base64 are ignored, an
 * invalid =XX stays as it is.  The output is at most four times the input.
 */
#ifndef MAIL_DECODE_H
#define MAIL_DECODE_H

#include "base/buf.h"
#include "mail/message.h"

struct mail_decoder;

/*
 * If charset.data is NULL, bytes are not converted to UTF-8.
 */
struct mail_decoder *mail_decoder_new(enum mail_encoding encoding,
    struct bytes charset);
/* Appends what can be decoded so far to out. */
void mail_decoder_feed(struct mail_decoder *d, struct bytes piece,
    struct buf *out);
/*
 * Ends the body.  Returns 0, or -1 if the body does not conform to its
 * encoding, which matters to BINARY (RFC 3516) but not to a search.
 */
int mail_decoder_finish(struct mail_decoder *d, struct buf *out);
void mail_decoder_free(struct mail_decoder **d);

#endif
