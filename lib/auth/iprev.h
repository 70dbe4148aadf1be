/*
 * iprev - checks whether a client's name leads back to its address
 *         (RFC 8601 2.7.3)
 *
 *	iprev_start(dns, &ip);			// when the client connects
 *	...
 *	iprev_check(dns, &arena, &ip, deadline, &r);
 *
 * Only the first IPREV_NAMES_MAX PTR records are used.
 */
#ifndef AUTH_IPREV_H
#define AUTH_IPREV_H

#include <stdint.h>

#include "base/arena.h"
#include "net/addr.h"
#include "net/dns.h"

#define IPREV_NAMES_MAX	10

enum iprev_status {
	IPREV_PASS,		/* a name has the client's address */
	IPREV_FAIL,		/* there are names, but none has it */
	IPREV_PERMERROR,	/* there is no name */
	IPREV_TEMPERROR		/* the DNS did not answer */
};

/* Only the name is in the arena. */
struct iprev_result {
	enum iprev_status status;
	const char *name;	/* the one that passed, or else the first one,
				   which proves nothing; NULL if none */
	bool secure;		/* both look-ups were validated by DNSSEC */
};

/* Starts the first look-up, without waiting. */
void iprev_start(struct dns *dns, const struct addr *ip);

/* Waits until deadline (clock_mono_ms()) at the latest. */
void iprev_check(struct dns *dns, struct arena *a, const struct addr *ip,
    uint64_t deadline, struct iprev_result *result);

/* "pass", "fail", "permerror", "temperror". */
const char *iprev_status_name(enum iprev_status status);

#endif
