/*
 * spf - may this host send for that domain? (RFC 7208)
 *
 *	struct spf_query q = { .ip = client, .helo = helo, .sender = from,
 *	    .receiver = settings->hostname, .deadline = deadline };
 *	spf_check(dns, &arena, &q, &r);
 *	if (r.status == SPF_FAIL)
 *		... r.explanation ...
 *
 * Two engines give the same kind of result: postern's own, and libspf2, to
 * which only records that our own parser finds good are shown.  The own one
 * evaluates records exactly as the RFC has it; where the RFC leaves a choice
 * this is ours:
 *
 * - What a macro made of a name that cannot be asked for (an empty label, a
 *   label that is too long) does not match.
 * - A void look-up is a question of a term that is answered by no such name,
 *   or by no such record.  The addresses of the hosts that PTR records name
 *   do not count (their author is the client), nor do hosts of MX records
 *   that exist and have no address of the client's family.
 * - PTR records beyond the tenth are ignored; MX records beyond the tenth are
 *   a permanent error.
 */
#ifndef AUTH_SPF_H
#define AUTH_SPF_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/addr.h"
#include "net/dns.h"

#define SPF_TERMS_MAX	10	/* that ask the DNS (RFC 7208 4.6.4) */
#define SPF_VOIDS_MAX	2
#define SPF_HOSTS_MAX	10	/* of one MX or PTR answer */

enum spf_status {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR
};

/* As in the setting spf-engine. */
enum spf_engine {
	SPF_ENGINE_POSTERN,
	SPF_ENGINE_LIBSPF2
};

struct spf_query {
	struct addr ip;
	struct bytes helo;	/* what the client called itself */
	struct bytes sender;	/* MAIL FROM without <>; empty: the identity
				   is postmaster@helo */
	const char *receiver;	/* our name, for %{r}; NULL: "unknown" */
	uint64_t deadline;	/* of clock_mono_ms() */
	uint64_t now;		/* seconds since 1970 for %{t}; 0: the clock */
	enum spf_engine engine;
};

/* A question that was asked, in order. */
struct spf_lookup {
	struct spf_lookup *next;
	const char *name;
	enum dns_type type;
	enum dns_status status;
	size_t n;		/* records */
};

/* All in the arena. */
struct spf_result {
	enum spf_status status;
	const char *domain;	/* whose policy was asked for; never NULL */
	const char *mechanism;	/* that decided, as it stands in the record;
				   NULL: none did */
	const char *explanation; /* what the domain says to a fail: printable
				   ASCII; NULL: nothing */
	const char *problem;	/* why there is no better result; NULL */
	unsigned terms;		/* that asked the DNS */
	unsigned voids;
	struct spf_lookup *lookups;	/* NULL with libspf2 */
};

/* The arena gets the result alone, not the records and answers behind it. */
void spf_check(struct dns *dns, struct arena *a, const struct spf_query *q,
    struct spf_result *result);

/*
 * Asks in advance for the record that spf_check() will begin with, without
 * waiting.
 */
void spf_start(struct dns *dns, const struct spf_query *q);

/* "none", "pass", ... as in Authentication-Results (RFC 8601 2.7.2). */
const char *spf_status_name(enum spf_status status);

#endif
