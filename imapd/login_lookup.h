/*
 * login_lookup - the account behind a user name, and its secrets
 *
 * A user is named by the account's login name, or by any address that
 * belongs to that account alone.
 */
#ifndef IMAPD_LOGIN_LOOKUP_H
#define IMAPD_LOGIN_LOOKUP_H

#include "imapd/imapd.h"

/*
 * Authentication (login/authenticate.h) against this store, as the settings
 * say.  -1: the store cannot be read.
 */
int login_auth_new(struct imapd *d, struct auth **out, struct err *err);

#endif
