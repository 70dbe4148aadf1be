/*
 * site_secret - keys that this site keeps to itself
 *
 * T_META "site-secret": SITE_SECRET_LEN random bytes, made when they are
 * first asked for.  They are in backups, so what is made from them stays the
 * same when a store is restored; they are not exported.
 */
#ifndef DIRECTORY_SITE_SECRET_H
#define DIRECTORY_SITE_SECRET_H

#include "commit/database.h"

#define SITE_SECRET_ROW		"site-secret"
#define SITE_SECRET_LEN		32

/*
 * The site's key for a purpose, by HKDF-Expand (RFC 5869 2.3) with SHA-256:
 * the same whenever it is asked for, and telling nothing about another's.
 * 0 or -1.
 */
int site_secret(struct database *db, const char *purpose,
    uint8_t out[SITE_SECRET_LEN], struct err *err);

#endif
