/*
 * imap_capability - the extensions that CAPABILITY lists and ENABLE accepts
 *
 * A row is an extension: its name, the conditions for listing it, and the bit
 * that ENABLE sets.  SASL mechanisms (AUTH=...) are not in this table; see
 * login/sasl.h.
 */
#ifndef IMAPD_IMAP_CAPABILITY_H
#define IMAPD_IMAP_CAPABILITY_H

#include "base/buf.h"

/* Conditions of a connection other than its state. */
enum {
	IMAP_MAY_STARTTLS = 1 << 0,
	IMAP_REFUSES_PASSWORDS = 1 << 1	/* because the connection has no TLS */
};

struct imap_capability {
	const char *name;
	unsigned states;		/* listed in these states: IN_* */
	unsigned needs;			/* and only if all of these hold */
	unsigned enables;		/* bit set by ENABLE; 0 if the
					   extension cannot be enabled */
};

/* The server's table; the last row has no name. */
extern const struct imap_capability imap_capabilities[];

/* What the table needs to know about a session. */
struct imap_capability_facts {
	unsigned state;			/* IN_* */
	unsigned conditions;		/* IMAP_* */
};

/* Appends the names of the rows that are listed, separated by spaces. */
void imap_capability_write(const struct imap_capability *rows,
    const struct imap_capability_facts *facts, struct buf *out);

/*
 * RFC 5161 3.1: enables the named extensions that are listed and can be
 * enabled, and ignores other names.  Sets the bits in *enabled.  Appends a
 * space and the name of each extension that was not enabled before.
 */
void imap_capability_enable(const struct imap_capability *rows,
    const struct imap_capability_facts *facts, const char *const *names,
    size_t n, unsigned *enabled, struct buf *out);

#endif
