/*
 * domain_settings - creating, changing and deleting domains
 *
 * A change that would hide existing addresses is refused.
 */
#ifndef DIRECTORY_DOMAIN_SETTINGS_H
#define DIRECTORY_DOMAIN_SETTINGS_H

#include "commit/database.h"
#include "directory/domain.h"

/*
 * name may be an IDN.  Returns 0, or -1: ERR_SYNTAX, ERR_CODE_EXISTS.
 */
int domain_create(struct database *db, const char *name, const char *separator,
    bool case_sensitive, struct err *err);
/* Refused with ERR_CODE_IN_USE while the domain has addresses. */
int domain_delete(struct database *db, const char *name, struct err *err);
/* Options are "separator", "case-sensitive" and "disabled". */
int domain_set(struct database *db, const char *name, const char *option,
    const char *value, struct err *err);

#endif
