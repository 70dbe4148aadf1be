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

#include "store/store.h"

#define ADDRESS_MAX		320	/* localpart 64, @, domain 255 */
#define ALIAS_MEMBERS_MAX	1000

struct domain {
	char name[256];			/* A-labels, lower case */
	char separator[8];		/* "+"; "" for none */
	bool case_sensitive;
	bool disabled;
};

int domain_get(const struct reader *r, const char *name, struct domain *out,
    struct err *err);
int domain_each(const struct reader *r,
    int (*fn)(void *arg, const struct domain *d, struct err *err), void *arg,
    struct err *err);
int domain_create(struct store *s, const char *name, const char *separator,
    bool case_sensitive, struct err *err);
/* Refused (ERR_CODE_IN_USE) while addresses of it exist. */
int domain_delete(struct store *s, const char *name, struct err *err);
/* "separator", "case-sensitive", "disabled". */
int domain_set(struct store *s, const char *name, const char *option,
    const char *value, struct err *err);

enum address_target { ADDRESS_ACCOUNT, ADDRESS_ALIAS };

/* How an address was found. */
enum address_how {
	ADDRESS_ITSELF,
	ADDRESS_POSTMASTER,	/* by the setting postmaster-account */
	ADDRESS_CATCH_ALL,	/* of its domain */
	ADDRESS_SITE_CATCH_ALL	/* by the setting catch-all-address */
};

struct address {
	enum address_target kind;
	enum address_how how;		/* address_resolve() */
	char canonical[ADDRESS_MAX + 1];
	uint64_t account;		/* ADDRESS_ACCOUNT */
	char mailbox[1025];		/* UTF-8 name; created when absent */
	size_t nmembers;		/* ADDRESS_ALIAS */
	uint64_t *members;		/* in the arena */
};

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
int address_add(struct store *s, const char *address, uint64_t account,
    const char *mailbox, struct err *err);
int address_remove(struct store *s, const char *address, struct err *err);
int alias_add(struct store *s, const char *address, struct err *err);
int alias_member(struct store *s, const char *address, uint64_t account,
    bool add, struct err *err);

/*
 * May this account send with that address (MAIL FROM, From)?  It resolves
 * without the site's catch-all to the account, or to an alias it is a member
 * of.  1 yes, 0 no, -1 error.
 */
int address_may_send(const struct reader *r, const struct address_site *site,
    struct bytes address, uint64_t account, struct err *err);

#endif
