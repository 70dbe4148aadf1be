/*
 * dmarc-private - finding the record, for dmarc.c
 */
#ifndef AUTH_DMARC_PRIVATE_H
#define AUTH_DMARC_PRIVATE_H

#include "net/dns.h"
#include "auth/dmarc.h"

/* What one evaluation needs everywhere. */
struct dmarc_eval {
	const struct dmarc_lookup *lookup;	/* borrowed, as the rest */
	struct arena *arena;
};

/* DMARCbis 4.10: never more questions than this for one domain. */
#define DMARC_WALK_MAX		8

/*
 * The domains a tree walk asks about, from the domain itself up to its top
 * level; ends of domain's bytes.  Returns how many.
 */
size_t dmarc_walk_steps(struct bytes domain,
    struct bytes steps[DMARC_WALK_MAX]);

/* "_dmarc.DOMAIN" is asked for, without waiting. */
void dmarc_ask(struct dns *dns, struct bytes domain);

enum dmarc_found {
	DMARC_FOUND_NONE,
	DMARC_FOUND_ONE,
	DMARC_FOUND_SEVERAL,
	DMARC_FOUND_UNUSABLE,
	DMARC_FOUND_TEMPORARY
};

/*
 * The record that counts for a domain, and the domain's organization.
 * at is the domain whose record it is, empty without one.
 */
struct dmarc_place {
	enum dmarc_found found;
	struct bytes at, org;
	struct dmarc_record record;
};

void dmarc_find(const struct dmarc_eval *e, struct bytes domain,
    struct dmarc_place *out);

/* Its organization alone.  False: the DNS doesn't say. */
bool dmarc_find_org(const struct dmarc_eval *e, struct bytes domain,
    struct bytes *org);

#endif
