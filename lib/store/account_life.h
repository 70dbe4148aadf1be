/*
 * account_life - accounts begin with mailboxes and end with a purge
 */
#ifndef STORE_ACCOUNT_LIFE_H
#define STORE_ACCOUNT_LIFE_H

#include "store/store.h"

/* New account with the default mailboxes.  -1: ERR_CODE_EXISTS, ERR_SYNTAX
   (the login). */
int account_create(struct store *s, const char *login, uint64_t *id,
    struct err *err);
/* Marks it dead, frees its login, addresses and credentials; mail is purged
   in the background.  -1: ERR_CODE_NOT_FOUND. */
int account_delete(struct store *s, uint64_t id, struct err *err);

#endif
