/*
 * address_map-private - canonical addresses, for the files of this folder
 */
#ifndef DIRECTORY_ADDRESS_MAP_PRIVATE_H
#define DIRECTORY_ADDRESS_MAP_PRIVATE_H

#include "mail/address.h"
#include "directory/address_map.h"
#include "directory/domain.h"

/*
 * Writes the stored form of an address to out: "@domain" for a catch-all
 * (empty localpart), or a localpart and domain that are already parsed.  d is
 * the domain's row.  cut: end the localpart at the domain's separator.
 * Returns 0, or -1 with ERR_REFUSED and ERR_CODE_LIMIT if it is too long.
 */
int address_canonical(struct arena *a, const struct domain *d,
    struct bytes localpart, bool cut, char out[ADDRESS_MAX + 1],
    struct err *err);
/* Does the localpart contain the domain's separator? */
bool has_separator(const struct domain *d, struct bytes localpart);

/*
 * Does the address belong to a live account or to an alias?  Removes members
 * that no longer exist from the alias in addr; an alias without members still
 * counts.  Returns 1 if so, 0 if not, -1 on error.
 */
int address_is_alive(const struct reader *r, struct address *addr,
    struct err *err);

#endif
