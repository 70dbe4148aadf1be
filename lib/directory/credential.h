/*
 * credential - the passwords of an account's logins, and their secrets
 *
 * A credential is one password: the login's own, or one more with a label.
 * It is a row about it, which may be shown, and a secret of each kind that
 * was made from it (login/secret.h), which may not.  Both rows begin with
 * (account, login, id).  An account has one login today: CREDENTIAL_LOGIN.
 *
 *	struct secret secret;
 *	struct credential_new c = { .label = "phone", .secrets = &secret,
 *	    .nsecrets = 1 };
 *
 *	if (secret_of_password(hash, &secret, err) == -1 ||
 *	    credential_add(db, account, &c, &id, err) == -1)
 *		return -1;
 *
 * What was read as a struct secret is to be wiped by who read it.
 */
#ifndef DIRECTORY_CREDENTIAL_H
#define DIRECTORY_CREDENTIAL_H

#include "commit/database.h"
#include "directory/credential_row.h"

/* Calls fn for each of the account's, by login and id.  0, 1 (fn), -1. */
int credential_each(const struct reader *r, uint64_t account,
    int (*fn)(void *arg, const struct credential *c, struct err *err),
    void *arg, struct err *err);

/* One secret of it: 1 found, 0 not, -1 error. */
int credential_secret(const struct reader *r, uint64_t account,
    const struct credential *c, enum secret_kind kind, struct secret *out,
    struct err *err);

/* Which secrets: of one kind, of one login. */
struct credential_query {
	uint64_t account;
	uint32_t login;
	enum secret_kind kind;
	uint32_t protocols;		/* for one of these at least */
};

/*
 * Adds them to the list, in order of their credentials' ids; those that find
 * no room in it (SECRETS_MAX) are left out.  0 or -1; the list is to be
 * cleared either way.
 */
int credential_secrets(const struct reader *r,
    const struct credential_query *query, struct secret_list *list,
    struct err *err);

struct credential_new {
	const char *label;		/* "": the main one, which it
					   replaces */
	const struct secret *secrets;	/* one of a kind each */
	size_t nsecrets;
};

/* 0 and its id, or -1: ERR_CODE_NOT_FOUND, ERR_CODE_LIMIT. */
int credential_add(struct database *db, uint64_t account,
    const struct credential_new *c, uint32_t *id, struct err *err);
/* By its id, which it shares with no other of the account.  0 or -1. */
int credential_remove(struct database *db, uint64_t account, uint32_t id,
    struct err *err);
/* It was used: for display; written at most once an hour, nobody waits. */
void credential_used(struct database *db, uint64_t account, uint32_t login,
    uint32_t id);

/* Within an operation: deletes all of the account's.  0 or -1. */
int credential_remove_all(struct batch *b, uint64_t account,
    struct err *err);

/*
 * Rows of formats before 4, where the hash stood in the credential's row,
 * become what they are now.  For who opens the store, before anybody else
 * uses it; may be repeated after it was interrupted.  Damaged rows stay as
 * they are, for postern-imapd --verify to tell.  0 or -1.
 */
int credential_convert(struct kv *kv, struct err *err);

#endif
