/*
 * imap_structure - ENVELOPE, BODY and BODYSTRUCTURE as IMAP sends them
 *
 * RFC 3501 7.4.2.  Strings are written by imap_write_nstring(), without any
 * NUL.  Multipart parts and message/rfc822 are written with their inner
 * structure; message/global is written as a basic type, because RFC 3501 does
 * not know it, but its parts can be fetched.
 */
#ifndef PROTO_IMAP_STRUCTURE_H
#define PROTO_IMAP_STRUCTURE_H

#include <stdbool.h>

#include "base/buf.h"
#include "mail/message.h"

/* "(date subject (from) ... )".  If env is NULL, all members are NIL. */
void imap_envelope_write(struct buf *out, const struct mail_envelope *env);

/* BODYSTRUCTURE, or BODY if not extended. */
void imap_structure_write(struct buf *out, const struct mail_part *part,
    bool extended);

#endif
