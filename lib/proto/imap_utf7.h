/*
 * imap_utf7 - modified UTF-7, the encoding of mailbox names in IMAP4rev1
 *
 * RFC 3501 5.1.3.  The decoder is strict, so that a name has only one form:
 * no bytes outside printable ASCII, no printable ASCII inside base64, no
 * two shifts in a row, no bits left over, no lone surrogate, no NUL.
 */
#ifndef PROTO_IMAP_UTF7_H
#define PROTO_IMAP_UTF7_H

#include "base/buf.h"

/* Appends the UTF-8 form.  Returns 0, or -1 with nothing appended. */
int imap_utf7_decode(struct buf *out, struct bytes in);

/*
 * Appends the modified UTF-7 form of well-formed UTF-8.  Returns 0, or -1 with
 * nothing appended if the input is not well-formed or contains a NUL.
 */
int imap_utf7_encode(struct buf *out, struct bytes in);

#endif
