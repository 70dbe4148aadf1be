/*
 * credential_row - rows of credentials and their secrets
 *
 * T_CREDENTIAL (a, login u32, id u32): u8 version, u8 kind, u32 protocols,
 * u64 look-up id, u64 created, u64 last used, label.
 *
 * T_SECRET (a, login u32, id u32, kind u8): u8 version, u32 count, salt,
 * value.
 *
 * Version 1 of T_CREDENTIAL was (a, id u32): u8 version, u64 created,
 * u64 last used, label, hash.
 *
 * Strings are u16 length and bytes; all numbers are big-endian.
 */
#ifndef DIRECTORY_CREDENTIAL_ROW_H
#define DIRECTORY_CREDENTIAL_ROW_H

#include "login/secret.h"
#include "kv/key.h"

/* The login that is named in the account's row. */
#define CREDENTIAL_LOGIN	0

enum credential_kind {
	CREDENTIAL_MAIN = 1,		/* at most one in a login */
	CREDENTIAL_ADDITIONAL = 2	/* any number, with labels */
};

#define CREDENTIAL_LABEL_MAX	63

struct credential {
	uint32_t login, id;
	enum credential_kind kind;
	uint32_t protocols;		/* set of PROTOCOL_* */
	/* Part of a password that names its credential, so that only one
	   secret needs to be checked; 0 if it has none. */
	uint64_t lookup;
	int64_t created, last_used;	/* seconds; 0: never */
	char label[CREDENTIAL_LABEL_MAX + 1];
};

#define CREDENTIAL_KEY_SIZE	16
#define CREDENTIAL_KEY_SIZE_V1	12
#define SECRET_KEY_SIZE		17

void credential_key(struct key *k, uint64_t account, uint32_t login,
    uint32_t id);
void secret_key(struct key *k, uint64_t account, uint32_t login,
    uint32_t id, enum secret_kind kind);

/* The caller must set login and id from the key.  Returns 0, or -1
   (ERR_INTERNAL). */
int credential_row_decode(struct bytes value, struct credential *out,
    struct err *err);
void credential_row_encode(const struct credential *c, struct buf *out);

/* Decodes a row of version 1 as a credential and its secret.  Returns 0, or -1
   (ERR_INTERNAL). */
int credential_row_decode_v1(struct bytes value, struct credential *out,
    struct secret *secret, struct err *err);

/* kind is the one in the key.  Returns 0, or -1 (ERR_INTERNAL). */
int secret_row_decode(struct bytes value, unsigned kind, struct secret *out,
    struct err *err);
void secret_row_encode(const struct secret *s, struct buf *out);

#endif
