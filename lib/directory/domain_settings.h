/*
 * domain_settings - domains come, change and go
 *
 * A change that would hide addresses that there are is refused.
 */
#ifndef DIRECTORY_DOMAIN_SETTINGS_H
#define DIRECTORY_DOMAIN_SETTINGS_H

#include "commit/database.h"
#include "directory/domain.h"

/*
 * name may be an IDN.  0, or -1: ERR_SYNTAX, ERR_CODE_EXISTS.
 */
int domain_create(struct database *db, const char *name, const char *separator,
    bool case_sensitive, struct err *err);
/* Refused (ERR_CODE_IN_USE) while addresses of it exist. */
int domain_delete(struct database *db, const char *name, struct err *err);
/* "separator", "case-sensitive", "disabled". */
int domain_set(struct database *db, const char *name, const char *option,
    const char *value, struct err *err);

#endif
