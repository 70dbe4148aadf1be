/*
 * address_map - which account an address belongs to
 *
 * An address belongs to an account and names one of its mailboxes, or is an
 * alias with accounts as members.  Canonical form: localpart (in lower case
 * unless its domain is case-sensitive, cut at the domain's separator, NFC),
 * "@", domain in A-labels.  A catch-all is "@domain".
 *
 * Look-up order: postmaster at one of our host names or without a domain; the
 * canonical address; the domain's catch-all; "postmaster" of any hosted
 * domain; the site's catch-all address (a setting).
 */
#ifndef DIRECTORY_ADDRESS_MAP_H
#define DIRECTORY_ADDRESS_MAP_H

#include "commit/database.h"
#include "directory/address_row.h"

/*
 * Settings that the look-up uses.  The host name is in lower case.
 */
struct address_site {
	const char *hostname;
	const char *postmaster;		/* login of an account, or "" */
	const char *catch_all;		/* address for the rest, or "" */
};

/*
 * Resolves an address as received (in any case, IDN or not, with a separator).
 * Returns 1 if found, 0 if not, -1 on error (ERR_SYNTAX: it is not an address
 * and the site has no catch-all for these).
 */
int address_resolve(const struct reader *r, const struct address_site *site,
    struct bytes address, struct arena *a, struct address *out,
    struct err *err);

/* Gets a stored address by its canonical form only. */
int address_get(const struct reader *r, const char *canonical,
    struct arena *a, struct address *out, struct err *err);
int address_each(const struct reader *r, struct arena *a,
    int (*fn)(void *arg, const struct address *addr, struct err *err),
    void *arg, struct err *err);

/* ERR_CODE_EXISTS if it exists; refused if the localpart contains the domain's
   separator. */
int address_add(struct database *db, const char *address, uint64_t account,
    const char *mailbox, struct err *err);
int address_remove(struct database *db, const char *address, struct err *err);
int alias_add(struct database *db, const char *address, struct err *err);
int alias_member(struct database *db, const char *address, uint64_t account,
    bool add, struct err *err);

/*
 * May this account send with that address (MAIL FROM, From)?  It may if the
 * address resolves, without the site's catch-all, to the account or to an
 * alias that it is a member of.  Returns 1 if so, 0 if not, -1 on error.
 */
int address_may_send(const struct reader *r, const struct address_site *site,
    struct bytes address, uint64_t account, struct err *err);

/* Deletes the addresses of an account and removes it from all aliases. */
int address_forget_account(struct database *db, uint64_t account,
    struct err *err);

#endif
