/*
 * address_map - which account an address belongs to
 *
 * An address belongs to an account and names a mailbox of it, or is an alias
 * with member accounts.  Canonical form: localpart (lower-cased unless its
 * domain is case-sensitive, cut at the domain's separator, NFC) "@" domain
 * in A-labels; a catch-all is "@domain".
 *
 * Look-up order: postmaster at a host name of ours or without domain; exact
 * canonical address; the domain's catch-all; "postmaster" of any hosted
 * domain; the site's catch-all address (setting); else not found.
 */
#ifndef DIRECTORY_ADDRESS_MAP_H
#define DIRECTORY_ADDRESS_MAP_H

#include "commit/database.h"
#include "directory/address_row.h"


/*
 * Site-wide parts of the look-up that are settings.  Host names: lower case.
 */
struct address_site {
	const char *hostname;
	const char *postmaster;		/* account's login, or "" */
	const char *catch_all;		/* address for all else, or "" */
};

/*
 * Resolves an address as it came (any case, IDN or not, with separator).
 * 1 found, 0 not found, -1 error (ERR_SYNTAX: not an address, when the site
 * has no catch-all for such).
 */
int address_resolve(const struct reader *r, const struct address_site *site,
    struct bytes address, struct arena *a, struct address *out,
    struct err *err);

/* Only a canonical address that is stored. */
int address_get(const struct reader *r, const char *canonical,
    struct arena *a, struct address *out, struct err *err);
int address_each(const struct reader *r, struct arena *a,
    int (*fn)(void *arg, const struct address *addr, struct err *err),
    void *arg, struct err *err);

/* ERR_CODE_EXISTS; refused when the localpart holds the separator. */
int address_add(struct database *db, const char *address, uint64_t account,
    const char *mailbox, struct err *err);
int address_remove(struct database *db, const char *address, struct err *err);
int alias_add(struct database *db, const char *address, struct err *err);
int alias_member(struct database *db, const char *address, uint64_t account,
    bool add, struct err *err);

/*
 * May this account send with that address (MAIL FROM, From)?  It resolves
 * without the site's catch-all to the account, or to an alias it is a member
 * of.  1 yes, 0 no, -1 error.
 */
int address_may_send(const struct reader *r, const struct address_site *site,
    struct bytes address, uint64_t account, struct err *err);

/* Deletes the addresses of an account, and takes it out of aliases. */
int address_forget_account(struct database *db, uint64_t account,
    struct err *err);

#endif
