/*
 * verify - everything that the DNS and signatures say about a message
 *
 * Combines SPF, DKIM, DMARC, ARC, reverse DNS and block lists for a connection
 * and its messages, in the order in which a milter learns of them.  Nothing is
 * refused here: there are results, the value of an Authentication-Results
 * field, and the fields of the origin.
 *
 *	struct verify *v = verify_new(site, &client, authserv_id);
 *	verify_helo(v, name);
 *	verify_mail(v, mail_from);		// a message begins
 *	... verify_sender_domain(v), verify_spf_passed(v) if wanted ...
 *	... verify_header(v, name, value) for each field from the top ...
 *	verify_eoh(v);
 *	... verify_body(v, piece) ...
 *	r = verify_end(v);			// waits for the DNS
 *	verify_origin(r, &arena, &origin);
 *	... or verify_reset(v) at any time, then the next verify_mail()
 *	verify_free(&v);
 *
 * Each stage starts all look-ups that it can foresee and does not wait.  Only
 * verify_sender_domain() and verify_spf_passed() (5 seconds each at most) and
 * verify_end() wait; verify_end() has one deadline for everything, the setting
 * dns-deadline.  A part without an answer by then is a temperror; the others
 * count.
 *
 * Different connections may be in different threads.  One connection is used by
 * one thread at a time, but not always by the same.  A stage that was left out
 * (no HELO, no header) counts as empty.
 */
#ifndef AUTH_VERIFY_H
#define AUTH_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/settings.h"
#include "net/addr.h"
#include "auth/dmarc.h"
#include "auth/origin.h"
#include "auth/sender_domain.h"

struct arc_result;		/* auth/arc.h */
struct dkim_results;		/* auth/dkim_verify.h */
struct dns;
struct dnsbl_result;		/* auth/dnsbl.h */
struct iprev_result;		/* auth/iprev.h */
struct spf_result;		/* auth/spf.h */
struct verify;
struct verify_site;

/*
 * What all connections share.  settings and dns are borrowed for as long as it
 * lives.  secret (borrowed during the call; may be empty) keeps senders from
 * choosing whether the pct of a DMARC record selects their message; all hosts
 * of a site use the same.  Returns 0 or -1.
 */
int verify_site_new(const struct settings *settings, struct dns *dns,
    struct bytes secret, struct verify_site **site, struct err *err);
/* Call it after all its connections were freed. */
void verify_site_free(struct verify_site **site);

/*
 * Begins a connection: starts looking up its reverse name and the lists.
 * authserv_id is our name in results; if empty, the setting authserv-id is
 * used, or else hostname.
 */
struct verify *verify_new(struct verify_site *site, const struct addr *client,
    struct bytes authserv_id);
void verify_free(struct verify **v);

/* HELO or EHLO; the last one counts. */
void verify_helo(struct verify *v, struct bytes name);

/* MAIL FROM without <>, empty for a bounce.  Ends the previous message. */
void verify_mail(struct verify *v, struct bytes mail_from);

/*
 * The peer is one of our relays, and this is the client that it got this
 * message from: SPF, reverse DNS and lists are about that client.  Call it
 * between verify_mail() and verify_end().
 */
void verify_client(struct verify *v, const struct addr *client,
    struct bytes helo);

/* The result for the domain of MAIL FROM; started by verify_mail(). */
enum sender_domain verify_sender_domain(struct verify *v);

/* Did SPF of MAIL FROM pass?  verify_end() retries a temperror. */
bool verify_spf_passed(struct verify *v);

/*
 * Adds a field as received; value includes the space after the colon, and its
 * lines end with LF or CRLF.
 */
void verify_header(struct verify *v, struct bytes name, struct bytes value);
void verify_eoh(struct verify *v);
void verify_body(struct verify *v, struct bytes piece);

/* What From holds, as far as finding a policy is concerned. */
enum verify_from {
	VERIFY_FROM_ONE,	/* one field, one address */
	VERIFY_FROM_NONE,	/* no field */
	VERIFY_FROM_SEVERAL,	/* fields or addresses */
	VERIFY_FROM_MALFORMED	/* no address that mail could go to */
};

struct verify_result {
	struct addr client;
	struct bytes helo, mail_from;

	enum verify_from from_is;
	/* Set for VERIFY_FROM_ONE, else empty.  Domains are A-labels. */
	struct bytes from_domain, from_org_domain;

	/* None of these is NULL. */
	const struct iprev_result *iprev;
	const struct spf_result *spf_helo;
	const struct spf_result *spf_mail;	/* of HELO for a bounce */
	const struct dkim_results *dkim;
	const struct arc_result *arc;
	const struct dnsbl_result *dnsbl;	/* DNSBL and DNSWL */
	const struct dmarc_result *dmarc;

	/* The value for an Authentication-Results field, without the space
	   after the colon; lines end with "\n", as libmilter wants them. */
	struct bytes authentication_results;
	unsigned wait_ms;	/* how long verify_end() waited */
};

/* Waits.  The result is valid until verify_reset() or verify_free(). */
const struct verify_result *verify_end(struct verify *v);

/* Forgets the message but keeps the connection. */
void verify_reset(struct verify *v);

/*
 * Sets the fields of the origin that come from verification; they point into
 * the result and the arena.  Other fields are not changed.
 */
void verify_origin(const struct verify_result *r, struct arena *a,
    struct origin *o);

/*
 * Appends one line for the log and for people: "spf=pass
 * dkim=pass(example.org) dmarc=pass ...".
 */
void verify_summary(const struct verify_result *r, struct buf *out);

#endif
