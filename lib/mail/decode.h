/*
 * decode - a body part's transfer encoding and charset, undone as it streams
 *
 *	struct mail_decoder *d = mail_decoder_new(encoding, charset);
 *	... mail_decoder_feed(d, piece, &out), use and clear out ...
 *	mail_decoder_finish(d, &out);
 *	mail_decoder_free(&d);
 *
 * Tolerant, as mail clients are: characters that are not base64 are skipped,
 * a broken =XX stays as it is.  Output is at most four times the input.
 */
#ifndef MAIL_DECODE_H
#define MAIL_DECODE_H

#include "base/buf.h"
#include "mail/message.h"

struct mail_decoder;

/*
 * With charset.data NULL the bytes come out as they are, without conversion
 * to UTF-8.
 */
struct mail_decoder *mail_decoder_new(enum mail_encoding encoding,
    struct bytes charset);
/* Appends to out what can be decoded so far. */
void mail_decoder_feed(struct mail_decoder *d, struct bytes piece,
    struct buf *out);
/*
 * The end.  0, or -1 when the body was not in its encoding: of interest to
 * BINARY (RFC 3516), not to a search.
 */
int mail_decoder_finish(struct mail_decoder *d, struct buf *out);
void mail_decoder_free(struct mail_decoder **d);

#endif
