/*
 * address_map-private - addresses, for the rest of this folder
 */
#ifndef DIRECTORY_ADDRESS_MAP_PRIVATE_H
#define DIRECTORY_ADDRESS_MAP_PRIVATE_H

#include "mail/address.h"
#include "directory/address_map.h"
#include "directory/domain.h"

/*
 * An address as it is stored: a catch-all "@domain", or localpart and domain
 * that are parsed already.  d is the domain's row.  0, or -1: ERR_REFUSED,
 * ERR_CODE_LIMIT when it is too long.  cut: at the separator.
 */
int address_canonical(struct arena *a, const struct domain *d,
    struct bytes localpart, bool cut, char out[ADDRESS_MAX + 1],
    struct err *err);
/* Has the localpart the domain's separator in it? */
bool has_separator(const struct domain *d, struct bytes localpart);

/*
 * Is there anybody behind it: an account that lives, or an alias?  Members
 * that are gone are taken out of an alias; one without any still counts.
 */
int address_is_alive(const struct reader *r, struct address *addr,
    struct err *err);

#endif
