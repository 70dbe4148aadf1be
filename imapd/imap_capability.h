/*
 * imap_capability - what CAPABILITY announces, and what ENABLE takes
 *
 * An extension is a row: its name, when it is announced, and what becomes
 * true of a session that enables it.  Mechanisms (AUTH=...) are no rows here
 * but in login/sasl.h.
 */
#ifndef IMAPD_IMAP_CAPABILITY_H
#define IMAPD_IMAP_CAPABILITY_H

#include "base/buf.h"

/* What is true of a connection, beside its state. */
enum {
	IMAP_MAY_STARTTLS = 1 << 0,
	IMAP_REFUSES_PASSWORDS = 1 << 1	/* over this connection */
};

struct imap_capability {
	const char *name;
	unsigned states;		/* announced in these: IN_* */
	unsigned needs;			/* and if all of these are true */
	unsigned enables;		/* bit of the session's enabled
					   extensions; 0: not by ENABLE */
};

/* The server's; the last one has no name. */
extern const struct imap_capability imap_capabilities[];

/* A session, as far as the table knows one. */
struct imap_capability_facts {
	unsigned state;			/* IN_* */
	unsigned conditions;		/* IMAP_* */
};

/* Appends the names of the rows that are announced, spaces between them. */
void imap_capability_write(const struct imap_capability *rows,
    const struct imap_capability_facts *facts, struct buf *out);

/*
 * RFC 5161 3.1: enables what is announced and can be enabled, and ignores
 * other names.  Sets the bits in *enabled, and appends a space and the name
 * of each extension that was not enabled before.
 */
void imap_capability_enable(const struct imap_capability *rows,
    const struct imap_capability_facts *facts, const char *const *names,
    size_t n, unsigned *enabled, struct buf *out);

#endif
