/*
 * quota - how much an account may keep
 */
#ifndef STORE_QUOTA_H
#define STORE_QUOTA_H

#include "directory/account.h"
#include "store/store.h"

/* Gets the effective limits; UINT64_MAX if unlimited. */
void account_quota(const struct store *s, const struct account *acc,
    uint64_t *bytes, uint64_t *messages);

/*
 * Returns 0 if the account has room for this in addition to its running copies,
 * or -1 with ERR_REFUSED and ERR_CODE_OVER_QUOTA, which names the setting.
 */
int account_has_room(const struct store *s, const struct account *acc,
    uint64_t bytes, uint64_t messages, struct err *err);
/* The same, and adds it to the usage. */
int account_charge(const struct store *s, struct account *acc,
    uint64_t bytes, uint64_t messages, struct err *err);
/* Subtracts it from the usage, but never below 0. */
void account_discharge(struct account *acc, uint64_t bytes,
    uint64_t messages);

#endif
