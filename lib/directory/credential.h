/*
 * credential - the passwords of accounts
 *
 * T_CREDENTIAL (a, id): u8 version, u64 created, u64 last used, label, hash.
 * Strings are u16 length and bytes; all numbers are big-endian.
 */
#ifndef DIRECTORY_CREDENTIAL_H
#define DIRECTORY_CREDENTIAL_H

#include "commit/database.h"

/* A password hash with a label; an account may have several. */
struct credential {
	uint32_t id;
	int64_t created, last_used;
	char label[64];
	char hash[256];		/* as lib/login/password.h encodes it */
};

int credential_each(const struct reader *r, uint64_t account,
    int (*fn)(void *arg, const struct credential *c, struct err *err),
    void *arg, struct err *err);
int credential_add(struct database *db, uint64_t account, const char *label,
    const char *hash, uint32_t *id, struct err *err);
/* Replaces all credentials labelled "" by one (the login password). */
int credential_set_main(struct database *db, uint64_t account, const char *hash,
    struct err *err);
/* It was used: for display; written at most once an hour, nobody waits. */
void credential_used(struct database *db, uint64_t account, uint32_t id);
int credential_remove(struct database *db, uint64_t account, uint32_t id,
    struct err *err);

/* Within an operation: deletes those with that label (NULL: all).  0, -1. */
int credential_remove_all(struct batch *b, uint64_t account,
    const char *label, struct err *err);

/* ---- the row ---- */

int credential_row_decode(struct bytes value, uint32_t id,
    struct credential *out, struct err *err);
void credential_row_encode(const struct credential *c, struct buf *out);

#endif
