/*
 * spf - whether a host may send mail for a domain (RFC 7208)
 *
 *	struct spf_query q = { .ip = client, .helo = helo, .sender = from,
 *	    .receiver = settings->hostname, .deadline = deadline };
 *	spf_check(dns, &arena, &q, &r);
 *	if (r.status == SPF_FAIL)
 *		... r.explanation ...
 *
 * There are two engines with the same kind of result: postern's own, and
 * libspf2, which is given only records that our own parser accepts.  Our own
 * evaluates records exactly as the RFC says.  Where the RFC leaves a choice, it
 * does this:
 *
 * - A macro that expands to a name that cannot be looked up (an empty label, a
 *   label that is too long) does not match.
 * - A void look-up is a term's question that is answered with "no such name" or
 *   "no such record".  The addresses of hosts named by PTR records do not count
 *   (the client controls them), nor do hosts of MX records that exist but have
 *   no address of the client's family.
 * - PTR records after the tenth are ignored; MX records after the tenth are a
 *   permanent error.
 */
#ifndef AUTH_SPF_H
#define AUTH_SPF_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/addr.h"
#include "net/dns.h"

#define SPF_TERMS_MAX	10	/* that query the DNS (RFC 7208 4.6.4) */
#define SPF_VOIDS_MAX	2
#define SPF_HOSTS_MAX	10	/* in one MX or PTR answer */

enum spf_status {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR
};

/* Values of the setting spf-engine. */
enum spf_engine {
	SPF_ENGINE_POSTERN,
	SPF_ENGINE_LIBSPF2
};

struct spf_query {
	struct addr ip;
	struct bytes helo;	/* the client's name in HELO or EHLO */
	struct bytes sender;	/* MAIL FROM without <>; empty: the identity
				   is postmaster@helo */
	const char *receiver;	/* our name, for %{r}; NULL: "unknown" */
	uint64_t deadline;	/* by clock_mono_ms() */
	uint64_t now;		/* seconds since 1970, for %{t}; 0: the clock */
	enum spf_engine engine;
};

/* A look-up that was made; in order. */
struct spf_lookup {
	struct spf_lookup *next;
	const char *name;
	enum dns_type type;
	enum dns_status status;
	size_t n;		/* records */
};

/* Everything is in the arena. */
struct spf_result {
	enum spf_status status;
	const char *domain;	/* whose policy was looked up; never NULL */
	const char *mechanism;	/* that decided, as in the record; NULL if
				   none did */
	const char *explanation; /* the domain's text for a fail: printable
				   ASCII; NULL if none */
	const char *problem;	/* why there is no better result, or NULL */
	unsigned terms;		/* that queried the DNS */
	unsigned voids;
	struct spf_lookup *lookups;	/* NULL with libspf2 */
};

/* Only the result is allocated in the arena, not records and answers. */
void spf_check(struct dns *dns, struct arena *a, const struct spf_query *q,
    struct spf_result *result);

/*
 * Starts looking up the record that spf_check() begins with, without waiting.
 */
void spf_start(struct dns *dns, const struct spf_query *q);

/* "none", "pass", ... as in Authentication-Results (RFC 8601 2.7.2). */
const char *spf_status_name(enum spf_status status);

#endif
