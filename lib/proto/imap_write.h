/*
 * imap_write - pieces of IMAP responses, appended to a buffer
 */
#ifndef PROTO_IMAP_WRITE_H
#define PROTO_IMAP_WRITE_H

#include "base/number_set.h"
#include "proto/imap_flag.h"
#include "proto/imap_parse_fetch.h"

/* Above this length a string is sent as a literal. */
#define IMAP_QUOTED_MAX		1000

/*
 * Quoted if it is ASCII without CR, LF and NUL, and short; else a literal.
 * NIL when data is NULL.
 */
void imap_write_nstring(struct buf *out, struct bytes s);
/* "{n}" CRLF; the data is the caller's. */
void imap_write_literal_head(struct buf *out, uint64_t size);
/*
 * A mailbox name given as UTF-8, as modified UTF-7.  A name that isn't
 * well-formed UTF-8 is a fault of the store: written with "?" for each bad
 * byte, so that the client sees something.
 */
void imap_write_mailbox(struct buf *out, struct bytes name);

/* "* seq FETCH (" */
void imap_write_fetch_begin(struct buf *out, uint32_t seq);
/* The names of the bits, separated by spaces, without parentheses. */
void imap_write_bits(struct buf *out, const struct imap_bit_name *names,
    unsigned bits);

/* "1:3,5"; an empty set writes nothing, which no response may have. */
void imap_write_number_set(struct buf *out, const struct number_set *set);

/* "\"17-Jul-1996 02:44:25 -0700\"", with the quotes. */
void imap_write_datetime(struct buf *out, struct mail_date date);

/* "BODY[1.HEADER.FIELDS (\"Subject\")]<0>", as a FETCH response names it. */
void imap_write_section(struct buf *out, const struct imap_section *s);

#endif
