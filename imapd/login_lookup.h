/*
 * login_lookup - finds the account for a user name, and its secrets
 *
 * A user name is the login name of an account, or any address that belongs to
 * that account only.
 */
#ifndef IMAPD_LOGIN_LOOKUP_H
#define IMAPD_LOGIN_LOOKUP_H

#include "imapd/imapd.h"

/*
 * Creates an authenticator (login/authenticate.h) for this store, with the
 * current settings.  Returns 0, or -1 if the store cannot be read.
 */
int login_auth_new(struct imapd *d, struct auth **out, struct err *err);

#endif
