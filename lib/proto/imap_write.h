/*
 * imap_write - pieces of IMAP responses, appended to a buffer
 */
#ifndef PROTO_IMAP_WRITE_H
#define PROTO_IMAP_WRITE_H

#include "base/number_set.h"
#include "proto/imap_flag.h"
#include "proto/imap_parse_fetch.h"

/* Longer strings are sent as literals. */
#define IMAP_QUOTED_MAX		1000

/*
 * Writes a quoted string if it is ASCII without CR, LF and NUL, and short;
 * otherwise a literal.  NIL if data is NULL.
 */
void imap_write_nstring(struct buf *out, struct bytes s);
/* Writes "{n}" CRLF.  The caller must send the data. */
void imap_write_literal_head(struct buf *out, uint64_t size);
/*
 * Writes a mailbox name, given as UTF-8, in modified UTF-7.  If the store holds
 * a name that is not well-formed UTF-8, each bad byte is written as "?", so
 * that the client sees something.
 */
void imap_write_mailbox(struct buf *out, struct bytes name);

/* "* seq FETCH (" */
void imap_write_fetch_begin(struct buf *out, uint32_t seq);
/* The names of the bits, separated by spaces, without parentheses. */
void imap_write_bits(struct buf *out, const struct imap_bit_name *names,
    unsigned bits);

/* "1:3,5".  Not for an empty set, which no response may contain. */
void imap_write_number_set(struct buf *out, const struct number_set *set);

/* "\"17-Jul-1996 02:44:25 -0700\"", with the quotes. */
void imap_write_datetime(struct buf *out, struct mail_date date);

/* "BODY[1.HEADER.FIELDS (\"Subject\")]<0>", as a FETCH response names it. */
void imap_write_section(struct buf *out, const struct imap_section *s);

#endif
