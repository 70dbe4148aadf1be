/*
 * imap_flag - system flags (RFC 3501 2.3.2) and special uses (RFC 6154)
 *
 * Both are bits of an unsigned.  The names include the backslash.
 */
#ifndef PROTO_IMAP_FLAG_H
#define PROTO_IMAP_FLAG_H

#include "base/buf.h"

enum imap_flag {
	IMAP_FLAG_ANSWERED = 1,
	IMAP_FLAG_FLAGGED = 2,
	IMAP_FLAG_DELETED = 4,
	IMAP_FLAG_SEEN = 8,
	IMAP_FLAG_DRAFT = 16,
	IMAP_FLAG_RECENT = 32	/* sent to clients, which cannot set it */
};

enum imap_use {
	IMAP_USE_ALL = 1,
	IMAP_USE_ARCHIVE = 2,
	IMAP_USE_DRAFTS = 4,
	IMAP_USE_FLAGGED = 8,
	IMAP_USE_JUNK = 16,
	IMAP_USE_SENT = 32,
	IMAP_USE_TRASH = 64
};

struct imap_bit_name {
	unsigned bit;
	const char *name;
};

/* Ended by a row with name NULL. */
extern const struct imap_bit_name imap_flag_names[];
extern const struct imap_bit_name imap_use_names[];

/* Returns the bit of a name, ignoring case; 0 if there is none. */
unsigned imap_bit_of(const struct imap_bit_name *names, struct bytes name);

#endif
