/*
 * secret - the stored data that logins are checked against
 *
 * A credential (one password of a login) may have several secrets, one of
 * each kind: for example the same password as an argon2 hash for PLAIN and as
 * the two keys of SCRAM.  The kind decides what salt, count and value mean and
 * how long they may be:
 *
 *	password	no salt or count; the value is the text that
 *			login/password.h writes, or a hash of crypt(5)
 *	scram-sha-256	salt, iteration count; StoredKey and ServerKey, 32
 *			bytes each (RFC 5802 3)
 *
 * A new kind needs a row in the table of secret.c.  Its number is part of the
 * store's format.
 *
 * Secrets must be wiped before their memory is freed: secret_wipe() wipes one
 * on the stack, secret_list_clear() a list.
 */
#ifndef LOGIN_SECRET_H
#define LOGIN_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Bits of a set: the protocols of a credential or a mechanism. */
enum login_protocol {
	PROTOCOL_IMAP = 1 << 0,
	PROTOCOL_SUBMISSION = 1 << 1
};
#define PROTOCOL_ANY	UINT32_MAX

enum secret_kind {
	SECRET_NONE = 0,		/* in queries: no secret is needed */
	SECRET_PASSWORD = 1,
	SECRET_SCRAM_SHA_256 = 2
};

#define SECRET_SALT_MAX		64
#define SECRET_VALUE_MAX	383

struct secret {
	enum secret_kind kind;
	uint32_t count;			/* iterations; 0 if not used */
	uint16_t salt_len, value_len;
	char salt[SECRET_SALT_MAX];
	char value[SECRET_VALUE_MAX];
};

/* The properties of a kind of secrets. */
struct secret_kind_info {
	enum secret_kind kind;
	const char *name;
	uint32_t count_min, count_max;	/* 0, 0: there is no count */
	uint16_t salt_min, salt_max;
	uint16_t value_min, value_max;
	bool is_text;			/* the value must not contain a NUL */
	/* The form of a decoy: auth_find(). */
	uint32_t decoy_count;
	uint16_t decoy_salt_len;
};

/* Returns NULL if there is no such kind. */
const struct secret_kind_info *secret_kind_info(unsigned kind);

/*
 * Copies the parts to out.  Returns 0, or -1 (ERR_REFUSED, ERR_CODE_LIMIT) if
 * there is no such kind, or if a part is not valid for it.
 */
int secret_make(const struct secret *parts, struct bytes salt,
    struct bytes value, struct secret *out, struct err *err);
/* The same for a password's hash. */
int secret_of_password(struct bytes hash, struct secret *out,
    struct err *err);

/* Borrowed from the secret. */
struct bytes secret_salt(const struct secret *s);
struct bytes secret_value(const struct secret *s);

void secret_wipe(struct secret *s);

/* ---- the secrets of a login ---- */

/* Secrets of one kind that are tried for one login. */
#define SECRETS_MAX	32

struct secret_entry {
	uint32_t login, credential;	/* whose: credential.h */
	struct secret secret;
};

struct secret_list {
	struct secret_entry *entries;	/* own */
	size_t n;
};

#define SECRET_LIST_INIT { NULL, 0 }

/* Adds a copy.  Returns false if the list has SECRETS_MAX already. */
bool secret_list_add(struct secret_list *list, uint32_t login,
    uint32_t credential, const struct secret *s);
/* Moves the entries of from, which becomes empty, to to. */
void secret_list_move(struct secret_list *to, struct secret_list *from);
/* Wipes and frees the entries. */
void secret_list_clear(struct secret_list *list);

#endif
