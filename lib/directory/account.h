/*
 * account - the accounts that have mailboxes here
 *
 * Ids are random 64-bit numbers, never 0.
 *
 * No operation touches two accounts, or an account and the site's tables.  So
 * a login row whose account is absent, dead or has another login counts as
 * free, and an address of such an account counts as absent.
 */
#ifndef DIRECTORY_ACCOUNT_H
#define DIRECTORY_ACCOUNT_H

#include "commit/batch.h"
#include "directory/account_row.h"

/* Returns 1 if found, 0 if not (or if the account is dead), -1 on error. */
int account_get(const struct reader *r, uint64_t id, struct account *out,
    struct err *err);
/* Calls fn for each live account, in order of id. */
int account_each(const struct reader *r,
    int (*fn)(void *arg, const struct account *acc, struct err *err),
    void *arg, struct err *err);

/* ---- within an operation ---- */

/*
 * Gets a live account, for an operation on what belongs to it.  Returns 0, or
 * -1 with ERR_REFUSED and ERR_CODE_NOT_FOUND if there is none.
 */
int account_need(struct batch *b, uint64_t id, struct account *out,
    struct err *err);
void account_put(struct batch *b, const struct account *acc);

/*
 * The committer's seal(): raises log_seq in the row of each of these accounts,
 * so that the batches that changed an account are numbered.  Returns 0 or -1.
 */
int account_seal(struct batch *b, const uint64_t *accounts, size_t n,
    struct err *err);

#endif
