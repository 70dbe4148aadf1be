/*
 * orgdomain - the organization a domain belongs to, by the public suffix list
 *
 * The organizational domain is the public suffix and one label more:
 * example.co.uk of a.b.example.co.uk.  The list is the newest of the one the
 * system keeps and the one libpsl was built with.  A top level domain that is
 * not in the list is a suffix.
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

/* Reads the list.  Any thread may use it then.  0, or -1: there is none. */
int orgdomain_new(struct orgdomain **list, struct err *err);
void orgdomain_free(struct orgdomain **list);

/*
 * The organizational domain, as the end of domain's own bytes.  A public
 * suffix is its own.
 */
struct bytes orgdomain_of(const struct orgdomain *list, struct bytes domain);

/* Do both belong to one organization? */
bool orgdomain_is_same(const struct orgdomain *list, struct bytes a,
    struct bytes b);

/* Is domain below, or equal to, parent?  No list is needed. */
bool domain_is_within(struct bytes domain, struct bytes parent);

#endif
