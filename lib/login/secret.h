/*
 * secret - what the store keeps to check a login against
 *
 * A credential (one password of a login) may have several secrets, one of
 * each kind: the same password as an argon2 text for PLAIN and as the two
 * keys of SCRAM.  A kind says how salt, count and value are to be read, and
 * how long they may be:
 *
 *	password	no salt and count of its own; the text that
 *			login/password.h writes, or one of crypt(5)
 *	scram-sha-256	salt, iteration count; StoredKey and ServerKey, 32
 *			bytes each (RFC 5802 3)
 *
 * A new kind is a row in the table of secret.c.  Its number is part of the
 * store's format.
 *
 * Secrets are wiped before their memory is given back: secret_wipe() for one
 * on the stack, secret_list_clear() for a list.
 */
#ifndef LOGIN_SECRET_H
#define LOGIN_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Where a credential may be used, and a mechanism is offered: a set. */
enum login_protocol {
	PROTOCOL_IMAP = 1 << 0,
	PROTOCOL_SUBMISSION = 1 << 1
};
#define PROTOCOL_ANY	UINT32_MAX

enum secret_kind {
	SECRET_NONE = 0,		/* in questions: no secret is wanted */
	SECRET_PASSWORD = 1,
	SECRET_SCRAM_SHA_256 = 2
};

#define SECRET_SALT_MAX		64
#define SECRET_VALUE_MAX	383

struct secret {
	enum secret_kind kind;
	uint32_t count;			/* iterations; 0: the kind has none */
	uint16_t salt_len, value_len;
	char salt[SECRET_SALT_MAX];
	char value[SECRET_VALUE_MAX];
};

/* What is true of all secrets of a kind. */
struct secret_kind_info {
	enum secret_kind kind;
	const char *name;
	uint32_t count_min, count_max;	/* 0, 0: there is no count */
	uint16_t salt_min, salt_max;
	uint16_t value_min, value_max;
	bool is_text;			/* the value holds no NUL */
	/* What a decoy looks like: auth_find(). */
	uint32_t decoy_count;
	uint16_t decoy_salt_len;
};

/* NULL: there is no such kind. */
const struct secret_kind_info *secret_kind_info(unsigned kind);

/*
 * Copies the parts into out.  0, or -1 (ERR_REFUSED, ERR_CODE_LIMIT): there
 * is no such kind, or a part is not as the kind wants it.
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

/* A copy; false when SECRETS_MAX are in the list. */
bool secret_list_add(struct secret_list *list, uint32_t login,
    uint32_t credential, const struct secret *s);
/* The entries of from, which is empty then, become those of to. */
void secret_list_move(struct secret_list *to, struct secret_list *from);
/* Wipes and frees them. */
void secret_list_clear(struct secret_list *list);

#endif
