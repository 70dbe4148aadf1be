/*
 * credential - the passwords of an account's logins, and their secrets
 *
 * A credential is one password: the main one of a login, or an additional one
 * with a label.  It has a row with its properties, which may be shown, and a
 * row for each kind of secret made from it (login/secret.h), which must not be
 * shown.  The keys of all begin with (account, login, id).  At present an
 * account has one login, CREDENTIAL_LOGIN.
 *
 *	struct secret secret;
 *	struct credential_new c = { .label = "phone", .secrets = &secret,
 *	    .nsecrets = 1 };
 *
 *	if (secret_of_password(hash, &secret, err) == -1 ||
 *	    credential_add(db, account, &c, &id, err) == -1)
 *		return -1;
 *
 * The caller must wipe each struct secret that it reads.
 */
#ifndef DIRECTORY_CREDENTIAL_H
#define DIRECTORY_CREDENTIAL_H

#include "commit/database.h"
#include "directory/credential_row.h"

/* Calls fn for each credential of the account, in order of login and id.
   Returns 0, 1 if fn did, -1 on error. */
int credential_each(const struct reader *r, uint64_t account,
    int (*fn)(void *arg, const struct credential *c, struct err *err),
    void *arg, struct err *err);

/* Gets one secret.  Returns 1 if found, 0 if not, -1 on error. */
int credential_secret(const struct reader *r, uint64_t account,
    const struct credential *c, enum secret_kind kind, struct secret *out,
    struct err *err);

/* The secrets of one kind of a login. */
struct credential_query {
	uint64_t account;
	uint32_t login;
	enum secret_kind kind;
	uint32_t protocols;		/* for at least one of these */
};

/*
 * Adds the secrets to the list, in order of the ids of their credentials, but
 * not more than SECRETS_MAX.  Returns 0 or -1; the caller must clear the list
 * either way.
 */
int credential_secrets(const struct reader *r,
    const struct credential_query *query, struct secret_list *list,
    struct err *err);

struct credential_new {
	const char *label;		/* "": replaces the main one */
	const struct secret *secrets;	/* one of each kind */
	size_t nsecrets;
};

/* Returns 0 and the id, or -1: ERR_CODE_NOT_FOUND, ERR_CODE_LIMIT. */
int credential_add(struct database *db, uint64_t account,
    const struct credential_new *c, uint32_t *id, struct err *err);
/* Removes a credential by its id, which is unique in the account.  Returns 0
   or -1. */
int credential_remove(struct database *db, uint64_t account, uint32_t id,
    struct err *err);
/* Records when a credential was used, for display.  Written at most once an
   hour; does not wait for the commit. */
void credential_used(struct database *db, uint64_t account, uint32_t login,
    uint32_t id);

/* Within an operation: deletes all credentials of the account.  Returns 0 or
   -1. */
int credential_remove_all(struct batch *b, uint64_t account,
    struct err *err);

/*
 * Converts the rows of store formats before 4, which had the hash in the row of
 * the credential.  Must run when the store is opened, before anything else uses
 * it; may be repeated if it was interrupted.  Damaged rows are kept, so that
 * postern-imapd --verify reports them.  Returns 0 or -1.
 */
int credential_convert(struct kv *kv, struct err *err);

#endif
