/*
 * word - encoded words in header values (RFC 2047)
 */
#ifndef MAIL_WORD_H
#define MAIL_WORD_H

#include "base/arena.h"
#include "base/buf.h"

/* Changes of charset in one value; behind them words stay as they are. */
#define WORD_CHANGES_MAX	1000

/*
 * Appends a raw header value as UTF-8 on one line: unfolded, encoded words
 * decoded, white space between two of them dropped, 8-bit bytes taken as
 * UTF-8 or Latin-1.  NUL, CR and LF never come out.  Never fails.
 */
void word_decode(struct buf *out, struct bytes value);

/* The same into an arena. */
struct bytes word_decode_arena(struct arena *a, struct bytes value);

#endif
