/*
 * orgdomain - the organization that a domain belongs to
 *
 * The organizational domain is the public suffix and one label more:
 * example.co.uk for a.b.example.co.uk.  The list is the newer one of the
 * system's and the one built into libpsl.  A top-level domain that is not in
 * the list is a public suffix.
 *
 * Domains are lower-case A-labels without a dot at the end, as
 * address_domain_parse() makes them.
 */
#ifndef AUTH_ORGDOMAIN_H
#define AUTH_ORGDOMAIN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct orgdomain;

/* Loads the list; then any thread may use it.  0, or -1 if there is none. */
int orgdomain_new(struct orgdomain **list, struct err *err);
void orgdomain_free(struct orgdomain **list);

/*
 * Returns the organizational domain, as the end of domain's own bytes.  A
 * public suffix is its own organizational domain.
 */
struct bytes orgdomain_of(const struct orgdomain *list, struct bytes domain);

/* Do both belong to the same organization? */
bool orgdomain_is_same(const struct orgdomain *list, struct bytes a,
    struct bytes b);

/* Is domain equal to parent or a subdomain of it?  Needs no list. */
bool domain_is_within(struct bytes domain, struct bytes parent);

#endif
