/*
 * dmarc-private - finding the record of a domain
 */
#ifndef AUTH_DMARC_PRIVATE_H
#define AUTH_DMARC_PRIVATE_H

#include "net/dns.h"
#include "auth/dmarc.h"

/* What all functions of one evaluation need. */
struct dmarc_eval {
	const struct dmarc_lookup *lookup;	/* borrowed */
	struct arena *arena;
};

/* DMARCbis 4.10: the most questions for one domain. */
#define DMARC_WALK_MAX		8

/*
 * Gets the domains that a tree walk asks about, from the domain itself up to
 * its top level; each is the end of domain's bytes.  Returns how many.
 */
size_t dmarc_walk_steps(struct bytes domain,
    struct bytes steps[DMARC_WALK_MAX]);

/* Starts the look-up of "_dmarc.DOMAIN", without waiting. */
void dmarc_ask(struct dns *dns, struct bytes domain);

enum dmarc_found {
	DMARC_FOUND_NONE,
	DMARC_FOUND_ONE,
	DMARC_FOUND_SEVERAL,
	DMARC_FOUND_UNUSABLE,
	DMARC_FOUND_TEMPORARY
};

/*
 * The record that applies to a domain, and the domain's organization.  `at' is
 * the domain that has the record, empty if there is none.
 */
struct dmarc_place {
	enum dmarc_found found;
	struct bytes at, org;
	struct dmarc_record record;
};

void dmarc_find(const struct dmarc_eval *e, struct bytes domain,
    struct dmarc_place *out);

/* Finds only the organization.  Returns false if the DNS does not answer. */
bool dmarc_find_org(const struct dmarc_eval *e, struct bytes domain,
    struct bytes *org);

#endif
