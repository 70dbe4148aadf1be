/*
 * quota - how much an account may keep
 */
#ifndef STORE_QUOTA_H
#define STORE_QUOTA_H

#include "directory/account.h"
#include "store/store.h"

/* The limits in force; UINT64_MAX: none. */
void account_quota(const struct store *s, const struct account *acc,
    uint64_t *bytes, uint64_t *messages);

/*
 * Is there room beside what copies under way will take?  -1: ERR_REFUSED,
 * ERR_CODE_OVER_QUOTA, naming the setting.
 */
int account_has_room(const struct store *s, const struct account *acc,
    uint64_t bytes, uint64_t messages, struct err *err);
/* The same, and adds it to what is used. */
int account_charge(const struct store *s, struct account *acc,
    uint64_t bytes, uint64_t messages, struct err *err);
/* Gives it back; never below nothing. */
void account_discharge(struct account *acc, uint64_t bytes,
    uint64_t messages);

#endif
