/*
 * address - mail addresses, in headers and in SMTP
 *
 * There are two parsers for two uses.  address_list_parse() takes the value of
 * a header field and never fails: it is for display, search and ENVELOPE.
 * address_parse() takes one mailbox as in an SMTP path.  It is strict, and
 * brings the address into a form that can be compared and stored.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* ---- in headers ------------------------------------------------------ */

/* Entries of one list that are kept; the rest are dropped. */
#define ADDRESS_LIST_MAX	8192

enum address_kind {
	ADDRESS_MAILBOX,
	ADDRESS_GROUP,		/* a group begins; name is its name */
	ADDRESS_GROUP_END
};

struct address_entry {
	struct address_entry *next;
	enum address_kind kind;
	struct bytes name;	/* the phrase, or else the comment; without
				   quotes, encoded words as they are; may be
				   empty */
	struct bytes route;	/* "@a,@b" of an obsolete route, or empty */
	struct bytes localpart;	/* without quotes; may be empty */
	struct bytes domain;	/* empty if the header has none */
};

/*
 * Parses a raw (still folded) value by RFC 5322 3.4 and 4.4.  Returns NULL for
 * an empty list.  All strings are in the arena.  Takes linear time.
 */
struct address_entry *address_list_parse(struct arena *a, struct bytes value);

/* ---- in SMTP --------------------------------------------------------- */

#define ADDRESS_LOCALPART_MAX	256	/* RFC 5321: 64, but some use more */
#define ADDRESS_DOMAIN_MAX	255

struct mail_address {
	struct bytes localpart;	/* without quotes, UTF-8 in NFC, case kept */
	struct bytes domain;	/* lower-case A-labels, or a literal such as
				   "[192.0.2.1]" or "[IPv6:2001:db8::1]" */
};

/*
 * Parses localpart@domain as in a path (RFC 5321 4.1.2, RFC 6531 3.3), without
 * the angle brackets.  The result is in the arena.  Returns 0, or -1 with
 * ERR_SYNTAX.
 */
int address_parse(struct arena *a, struct bytes text,
    struct mail_address *out, struct err *err);

/*
 * Converts a domain to lower-case A-labels without a final dot.  Literals are
 * not accepted.  Returns 0, or -1 with ERR_SYNTAX.
 */
int address_domain_parse(struct arena *a, struct bytes text,
    struct bytes *out, struct err *err);

/* Appends localpart@domain, the localpart in quotes if it needs them. */
void address_print(struct buf *out, const struct mail_address *addr);

/* Is it "[...]"? */
bool address_domain_is_literal(struct bytes domain);

/*
 * Returns the offset of the "@" before the domain of an address, without
 * parsing the rest.  It is the last "@", because a quoted localpart may contain
 * others.  -1 if there is none.
 */
ptrdiff_t address_at(struct bytes address);

/* Returns what follows that "@"; empty if there is none. */
struct bytes address_domain_part(struct bytes address);

/* Lower case by Unicode and NFC, for domains whose localparts ignore case. */
struct bytes address_localpart_fold(struct arena *a, struct bytes localpart);

#endif
