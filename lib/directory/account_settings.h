/*
 * account_settings - what an administrator can set for one account
 */
#ifndef DIRECTORY_ACCOUNT_SETTINGS_H
#define DIRECTORY_ACCOUNT_SETTINGS_H

#include "commit/database.h"

/*
 * Changes a setting:
 *
 *	login
 *	disabled		"yes" or "no"
 *	quota-bytes, quota-messages, recipients-per-day,
 *	first-time-recipients-per-day
 *				a number, "none" or "default"
 *	junk-flags		"yes", "no" or "default"
 *	junk-flags-junk, junk-flags-neutral, junk-flags-notjunk
 *				a regular expression, "" for none, or
 *				"default" (junk_meaning.h)
 *
 * Returns 0, or -1: ERR_SYNTAX (bad value), ERR_CODE_NOT_FOUND (no such account
 * or setting), ERR_CODE_EXISTS (another account has the login).
 */
int account_set(struct database *db, uint64_t id, const char *name,
    const char *value, struct err *err);

#endif
