/*
 * site_secret - secret keys of this site
 *
 * T_META "site-secret": SITE_SECRET_LEN random bytes, made when they are
 * first needed.  Backups include them, so that keys derived from them stay the
 * same when a store is restored.  They are not exported.
 */
#ifndef DIRECTORY_SITE_SECRET_H
#define DIRECTORY_SITE_SECRET_H

#include "commit/database.h"

#define SITE_SECRET_ROW		"site-secret"
#define SITE_SECRET_LEN		32

/*
 * Derives the site's key for a purpose, by HKDF-Expand (RFC 5869 2.3) with
 * SHA-256.  The key for a purpose is always the same, and reveals nothing about
 * the keys for others.  Returns 0 or -1.
 */
int site_secret(struct database *db, const char *purpose,
    uint8_t out[SITE_SECRET_LEN], struct err *err);

#endif
