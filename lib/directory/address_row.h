/*
 * address_row - rows of addresses
 *
 * T_ADDRESS (canonical address): u8 version, u8 kind; for an account: u64
 * account, mailbox; for an alias: u16 number of members, u64 for each.
 *
 * Strings are u16 length and bytes; all numbers are big-endian.
 */
#ifndef DIRECTORY_ADDRESS_ROW_H
#define DIRECTORY_ADDRESS_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define ADDRESS_MAX		320	/* localpart 64, @, domain 255 */
#define ALIAS_MEMBERS_MAX	1000

enum address_target { ADDRESS_ACCOUNT, ADDRESS_ALIAS };

/* How an address was found. */
enum address_how {
	ADDRESS_ITSELF,
	ADDRESS_POSTMASTER,	/* setting postmaster-account */
	ADDRESS_CATCH_ALL,	/* its domain's */
	ADDRESS_SITE_CATCH_ALL	/* setting catch-all-address */
};

struct address {
	enum address_target kind;
	enum address_how how;		/* set by address_resolve() */
	char canonical[ADDRESS_MAX + 1];
	uint64_t account;		/* ADDRESS_ACCOUNT */
	char mailbox[1025];		/* UTF-8; created if missing */
	size_t nmembers;		/* ADDRESS_ALIAS */
	uint64_t *members;		/* in the arena */
};

/* Members are allocated in the arena. */
int address_row_decode(struct bytes value, struct bytes canonical,
    struct arena *a, struct address *out, struct err *err);
void address_row_encode(const struct address *addr, struct buf *out);

#endif
