/*
 * account - accounts and their credentials
 *
 * Ids are random 64-bit numbers, never 0.  Login names are unique, at most
 * LOGIN_MAX bytes of UTF-8, compared after casefolding (login_canonical()).
 *
 * No operation touches two accounts, or an account and the site's tables.  So
 * a login row that names an account which is absent, dead or of another login
 * counts as free, an address of such an account as not there.
 */
#ifndef DIRECTORY_ACCOUNT_H
#define DIRECTORY_ACCOUNT_H

#include "store/store.h"

#define LOGIN_MAX	255

/* The form logins are stored and compared in.  -1: ERR_SYNTAX (no UTF-8, a
   control character or space, too long). */
int login_canonical(struct bytes login, char out[LOGIN_MAX + 1],
    struct err *err);

#define QUOTA_NONE	UINT64_MAX

struct account {
	uint64_t id;
	uint64_t log_seq;		/* batches that changed the account */
	uint64_t used_bytes, used_messages;
	uint32_t next_mailbox;
	uint64_t next_body;
	uint32_t next_uidvalidity;
	uint32_t next_credential;
	uint64_t next_todo;		/* seq of T_TODO records */
	/* 0: as the store's configuration says; QUOTA_NONE: unlimited. */
	uint64_t quota_bytes, quota_messages;
	/* Of what it sends, in 24 hours (submission.h); the same two. */
	uint64_t recipients_per_day, first_time_per_day;
	bool disabled;
	bool dead;			/* deleted; being purged */
	/* Its mailboxes for sent mail were read, or are about to be: their
	   recipients count as known (correspondent.h). */
	bool sent_is_known;
	int64_t created;		/* seconds since the epoch */
	char login[LOGIN_MAX + 1];
};

/* 1 found (dead ones are not), 0 not, -1 error. */
int account_get(const struct reader *r, uint64_t id, struct account *out,
    struct err *err);
int account_by_login(const struct reader *r, const char *login,
    struct account *out, struct err *err);
/* Calls fn for each living account, in order of id. */
int account_each(const struct reader *r,
    int (*fn)(void *arg, const struct account *acc, struct err *err),
    void *arg, struct err *err);

/* Within an operation. */
void account_put(struct batch *b, const struct account *acc);

/* New account with the default mailboxes.  ERR_CODE_EXISTS. */
int account_create(struct store *s, const char *login, uint64_t *id,
    struct err *err);
/* Marks it dead, frees its login, addresses and credentials; mail is purged
   in the background. */
int account_delete(struct store *s, uint64_t id, struct err *err);

/* The limits in force; UINT64_MAX: none. */
void account_quota(const struct store *s, const struct account *acc,
    uint64_t *bytes, uint64_t *messages);

/*
 * Settings by name: "quota-bytes", "quota-messages", "recipients-per-day",
 * "first-time-recipients-per-day" (a number, "none" or "default"), "disabled"
 * ("yes", "no"), "login".
 */
int account_set(struct store *s, uint64_t id, const char *name,
    const char *value, struct err *err);

/* Credentials: a password hash with a label; several per account. */
struct credential {
	uint32_t id;
	int64_t created, last_used;
	char label[64];
	char hash[256];		/* as lib/login/password.h encodes it */
};

int credential_each(const struct reader *r, uint64_t account,
    int (*fn)(void *arg, const struct credential *c, struct err *err),
    void *arg, struct err *err);
int credential_add(struct store *s, uint64_t account, const char *label,
    const char *hash, uint32_t *id, struct err *err);
/* Replaces all credentials labelled "" by one (the login password). */
int credential_set_main(struct store *s, uint64_t account, const char *hash,
    struct err *err);
/* It was used: for display; written at most once an hour, nobody waits. */
void credential_used(struct store *s, uint64_t account, uint32_t id);
int credential_remove(struct store *s, uint64_t account, uint32_t id,
    struct err *err);

#endif
