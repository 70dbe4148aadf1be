/*
 * login_name - the names by which accounts log in
 *
 * Login names are unique, at most LOGIN_MAX bytes of UTF-8, and compared
 * after case folding.  T_LOGIN is a table of the site, so claiming a name and
 * changing the account that has it are two operations: claim the name first,
 * then change the account, and look with login_check() there whether the
 * name is still claimed.
 */
#ifndef DIRECTORY_LOGIN_NAME_H
#define DIRECTORY_LOGIN_NAME_H

#include "commit/database.h"
#include "directory/account.h"

/* The form logins are stored and compared in.  -1: ERR_SYNTAX (no UTF-8, a
   control character or space, too long). */
int login_canonical(struct bytes login, char out[LOGIN_MAX + 1],
    struct err *err);

/* The living account with that login, in any form: 1, 0, -1. */
int account_by_login(const struct reader *r, const char *login,
    struct account *out, struct err *err);

/* The canonical name is this account's.  0, or -1: ERR_CODE_EXISTS. */
int login_claim(struct database *db, const char *login, uint64_t id,
    struct err *err);
/* Frees the name if it is still this account's.  0 or -1. */
int login_release(struct database *db, const char *login, uint64_t id,
    struct err *err);

/* Within an operation: is the name claimed by id?  -1: ERR_CODE_EXISTS. */
int login_check(struct batch *b, const char *login, uint64_t id,
    struct err *err);

#endif
