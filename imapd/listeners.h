/*
 * listeners - which services listen where, and who may connect
 */
#ifndef IMAPD_LISTENERS_H
#define IMAPD_LISTENERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "imapd/imapd.h"

/*
 * Opens all listeners of the settings.  Call it before privileges are dropped.
 * as_root: each program has its own user, which owns its socket; otherwise all
 * programs run as the current user.  Returns 0, or -1 on error.
 */
int listeners_open(struct imapd *d, bool as_root, struct err *err);

#endif
