/*
 * address - mail addresses, in headers and in SMTP
 *
 * Two parsers, for two uses.  address_list_parse() takes what headers hold,
 * and never fails: it is for showing, searching and ENVELOPE.
 * address_parse() takes one mailbox as SMTP's paths have it, strictly, and
 * brings it into one form that can be compared and stored.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* ---- in headers ------------------------------------------------------ */

/* Entries of one list that are kept; the rest is left out. */
#define ADDRESS_LIST_MAX	8192

enum address_kind {
	ADDRESS_MAILBOX,
	ADDRESS_GROUP,		/* a group begins; name is its name */
	ADDRESS_GROUP_END
};

struct address_entry {
	struct address_entry *next;
	enum address_kind kind;
	struct bytes name;	/* the phrase, else the comment; quotes are
				   gone, encoded words stay; may be empty */
	struct bytes route;	/* "@a,@b" of an obsolete route, or empty */
	struct bytes localpart;	/* without quotes; may be empty */
	struct bytes domain;	/* empty: the header gave none */
};

/*
 * RFC 5322 3.4 and 4.4 of a raw (still folded) value.  Returns NULL for an
 * empty list.  All strings are in the arena.  Linear time.
 */
struct address_entry *address_list_parse(struct arena *a, struct bytes value);

/* ---- in SMTP --------------------------------------------------------- */

#define ADDRESS_LOCALPART_MAX	256	/* RFC 5321 has 64; senders have more */
#define ADDRESS_DOMAIN_MAX	255

struct mail_address {
	struct bytes localpart;	/* without quotes, UTF-8 in NFC, case kept */
	struct bytes domain;	/* lower-case A-labels, or a literal such as
				   "[192.0.2.1]" or "[IPv6:2001:db8::1]" */
};

/*
 * localpart@domain as in a path of RFC 5321 4.1.2 and RFC 6531 3.3, without
 * the angle brackets.  The result is in the arena.  0, or -1 with ERR_SYNTAX.
 */
int address_parse(struct arena *a, struct bytes text,
    struct mail_address *out, struct err *err);

/* A localpart alone, quoted or not. */
int address_localpart_parse(struct arena *a, struct bytes text,
    struct bytes *out, struct err *err);

/*
 * A domain in lower-case A-labels without a dot at its end.  No literals.
 * 0, or -1 with ERR_SYNTAX.
 */
int address_domain_parse(struct arena *a, struct bytes text,
    struct bytes *out, struct err *err);

/*
 * The domain as people read it (U-labels); unchanged where that isn't
 * possible or doesn't lead back to the same domain.
 */
struct bytes address_domain_display(struct arena *a, struct bytes domain);

/* localpart@domain, the localpart quoted if it needs to be. */
void address_print(struct buf *out, const struct mail_address *addr);
void address_localpart_print(struct buf *out, struct bytes localpart);

/* Same bytes; the case of ASCII and other letters of the localpart counts. */
bool address_eq(const struct mail_address *a, const struct mail_address *b);

/* Is it "[...]"? */
bool address_domain_is_literal(struct bytes domain);

/*
 * Of an address as text, without a look at the rest of it: the "@" in front of
 * its domain, which is the last, since a quoted localpart may hold others.
 * -1: there is none.
 */
ptrdiff_t address_at(struct bytes address);

/* What stands behind that "@"; empty without one. */
struct bytes address_domain_part(struct bytes address);

/* Lower case by Unicode, NFC: the localpart where case doesn't count. */
struct bytes address_localpart_fold(struct arena *a, struct bytes localpart);

#endif
