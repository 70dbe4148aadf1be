/*
 * domain - the domains that are hosted here
 */
#ifndef DIRECTORY_DOMAIN_H
#define DIRECTORY_DOMAIN_H

#include "commit/batch.h"
#include "directory/domain_row.h"

/* Name in A-labels.  Returns 1 if found, 0 if not, -1 on error. */
int domain_get(const struct reader *r, const char *name, struct domain *out,
    struct err *err);
int domain_each(const struct reader *r,
    int (*fn)(void *arg, const struct domain *d, struct err *err), void *arg,
    struct err *err);

/* Within an operation. */
void domain_put(struct batch *b, const struct domain *d);

#endif
