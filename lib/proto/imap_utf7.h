/*
 * imap_utf7 - mailbox names as IMAP4rev1 sends them: modified UTF-7
 *
 * RFC 3501 5.1.3.  Strict when decoding, so that a name has one form only:
 * no bytes outside printable ASCII, no printable ASCII inside base64, no
 * two shifts in a row, no bits left over, no lone surrogate, no NUL.
 */
#ifndef PROTO_IMAP_UTF7_H
#define PROTO_IMAP_UTF7_H

#include "base/buf.h"

/* Appends the UTF-8 form.  0, or -1 with nothing appended. */
int imap_utf7_decode(struct buf *out, struct bytes in);

/*
 * Appends the modified UTF-7 form of well-formed UTF-8.  0, or -1 with
 * nothing appended when it isn't well-formed or holds a NUL.
 */
int imap_utf7_encode(struct buf *out, struct bytes in);

#endif
