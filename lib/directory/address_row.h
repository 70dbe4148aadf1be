/*
 * address_row - rows of domains and addresses
 *
 * T_DOMAIN (name): u8 version, u8 flags, separator.
 *
 * T_ADDRESS (canonical address): u8 version, u8 kind; of an account's: u64
 * account, mailbox; of an alias: u16 number of members, u64 each.
 *
 * Strings are u16 length and bytes; all numbers are big-endian.
 */
#ifndef DIRECTORY_ADDRESS_ROW_H
#define DIRECTORY_ADDRESS_ROW_H

#include "directory/address_map.h"

int domain_row_decode(struct bytes value, struct bytes name,
    struct domain *out, struct err *err);
void domain_row_encode(const struct domain *d, struct buf *out);

/* Members go into the arena. */
int address_row_decode(struct bytes value, struct bytes canonical,
    struct arena *a, struct address *out, struct err *err);
void address_row_encode(const struct address *addr, struct buf *out);

#endif
