/*
 * account_life - creates and deletes accounts
 */
#ifndef STORE_ACCOUNT_LIFE_H
#define STORE_ACCOUNT_LIFE_H

#include "store/store.h"

/* Creates an account with the default mailboxes.  Returns 0, or -1:
   ERR_CODE_EXISTS, ERR_SYNTAX (bad login). */
int account_create(struct store *s, const char *login, uint64_t *id,
    struct err *err);
/* Marks an account as dead, and deletes its login, addresses and credentials.
   Its mail is purged in the background.  Returns 0, or -1:
   ERR_CODE_NOT_FOUND. */
int account_delete(struct store *s, uint64_t id, struct err *err);

#endif
