/*
 * account - who has mailboxes here
 *
 * Ids are random 64-bit numbers, never 0.
 *
 * No operation touches two accounts, or an account and the site's tables.  So
 * a login row that names an account which is absent, dead or of another login
 * counts as free, an address of such an account as not there.
 */
#ifndef DIRECTORY_ACCOUNT_H
#define DIRECTORY_ACCOUNT_H

#include "commit/batch.h"
#include "directory/account_row.h"

/* 1 found (dead ones are not), 0 not, -1 error. */
int account_get(const struct reader *r, uint64_t id, struct account *out,
    struct err *err);
/* Calls fn for each living account, in order of id. */
int account_each(const struct reader *r,
    int (*fn)(void *arg, const struct account *acc, struct err *err),
    void *arg, struct err *err);

/* ---- within an operation ---- */

/*
 * A living account, for an operation on what belongs to it.  -1: ERR_REFUSED,
 * ERR_CODE_NOT_FOUND.
 */
int account_need(struct batch *b, uint64_t id, struct account *out,
    struct err *err);
void account_put(struct batch *b, const struct account *acc);

/*
 * The committer's seal(): raises log_seq in the row of each of these accounts,
 * so that the batches that changed an account are numbered.  0 or -1.
 */
int account_seal(struct batch *b, const uint64_t *accounts, size_t n,
    struct err *err);

#endif
