/*
 * account-private - accounts, within operations of this folder
 */
#ifndef DIRECTORY_ACCOUNT_PRIVATE_H
#define DIRECTORY_ACCOUNT_PRIVATE_H

#include "directory/account.h"

/*
 * A living account, for an operation on what belongs to it.  -1: ERR_REFUSED,
 * ERR_CODE_NOT_FOUND.
 */
int account_need(struct batch *b, uint64_t id, struct account *out,
    struct err *err);

/*
 * Takes room from the quota: adds to what is used.  -1: ERR_REFUSED,
 * ERR_CODE_OVER_QUOTA.
 */
int account_charge(const struct store *s, struct account *acc,
    uint64_t bytes, uint64_t messages, struct err *err);
/* Gives it back; never below nothing. */
void account_discharge(struct account *acc, uint64_t bytes,
    uint64_t messages);
/* The same look, taking nothing. */
int account_has_room(const struct store *s, const struct account *acc,
    uint64_t bytes, uint64_t messages, struct err *err);

/* Deletes the credentials with that label (NULL: all).  0 or -1. */
int credential_remove_all(struct batch *b, uint64_t account,
    const char *label, struct err *err);

#endif
