/*
 * account_settings - what an administrator sets for one account
 */
#ifndef DIRECTORY_ACCOUNT_SETTINGS_H
#define DIRECTORY_ACCOUNT_SETTINGS_H

#include "commit/database.h"

/*
 * Settings by name: "quota-bytes", "quota-messages", "recipients-per-day",
 * "first-time-recipients-per-day" (a number, "none" or "default"), "disabled"
 * ("yes", "no"), "login".  0, or -1: ERR_SYNTAX (the value), ERR_CODE_NOT_FOUND
 * (no such account or setting), ERR_CODE_EXISTS (the login is another's).
 */
int account_set(struct database *db, uint64_t id, const char *name,
    const char *value, struct err *err);

#endif
