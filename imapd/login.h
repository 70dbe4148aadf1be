/*
 * login - finds the account behind a user name, for those who log in
 */
#ifndef IMAPD_LOGIN_H
#define IMAPD_LOGIN_H

#include "imapd/imapd.h"

/*
 * Checks passwords (login/authenticate.h) against this store.  A user is named
 * by the account's login name or by any address that belongs to one account.
 */
struct auth *login_auth_new(struct imapd *d);

#endif
