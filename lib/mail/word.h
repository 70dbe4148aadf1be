/*
 * word - encoded words in header values (RFC 2047)
 */
#ifndef MAIL_WORD_H
#define MAIL_WORD_H

#include "base/arena.h"
#include "base/buf.h"

/* Changes of charset in one value; after that, words are not decoded. */
#define WORD_CHANGES_MAX	1000

/*
 * Appends a raw header value as UTF-8 on one line: unfolded, encoded words
 * decoded, without white space between two of them, 8-bit bytes taken as UTF-8
 * or Latin-1.  The result never contains NUL, CR or LF.  Never fails.
 */
void word_decode(struct buf *out, struct bytes value);

/* Returns the same in an arena. */
struct bytes word_decode_arena(struct arena *a, struct bytes value);

#endif
