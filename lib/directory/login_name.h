/*
 * login_name - the names by which accounts log in
 *
 * Login names are unique, at most LOGIN_MAX bytes of UTF-8, and compared
 * after case folding.  T_LOGIN is a table of the site, so claiming a name and
 * after case folding.  T_LOGIN is a table of the site, so claiming a name and
 * changing its account are two operations: claim the name first, then change
 * the account, and there check with login_check() that the name is still
 * claimed.
 */
#ifndef DIRECTORY_LOGIN_NAME_H
#define DIRECTORY_LOGIN_NAME_H

#include "commit/database.h"
#include "directory/account.h"

/* Makes the form in which logins are stored and compared.  -1: ERR_SYNTAX (not
   UTF-8, a control character or space, too long). */
int login_canonical(struct bytes login, char out[LOGIN_MAX + 1],
    struct err *err);

/* Finds the live account with that login, which may be in any form.  Returns 1
   if found, 0 if not, -1 on error. */
int account_by_login(const struct reader *r, const char *login,
    struct account *out, struct err *err);

/* Claims the canonical name for the account.  0, or -1: ERR_CODE_EXISTS. */
int login_claim(struct database *db, const char *login, uint64_t id,
    struct err *err);
/* Frees the name if it still belongs to this account.  Returns 0 or -1. */
int login_release(struct database *db, const char *login, uint64_t id,
    struct err *err);

/* Within an operation: checks that id has claimed the name.  Returns 0, or -1
   with ERR_CODE_EXISTS. */
int login_check(struct batch *b, const char *login, uint64_t id,
    struct err *err);

#endif
