/*
 * listeners - which services listen where, and who may come in
 */
#ifndef IMAPD_LISTENERS_H
#define IMAPD_LISTENERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "imapd/imapd.h"

/*
 * Opens all listeners that the settings name; before privileges are dropped.
 * as_root: programs have users of their own, which own their sockets; else
 * all are the user that runs.  0, or -1 with one sentence.
 */
int listeners_open(struct imapd *d, bool as_root, struct err *err);

#endif
