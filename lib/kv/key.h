/*
 * key - keys of tables, which compare as bytes
 *
 *	struct key k;
 *	key_account_name(&k, account, name);
 *	reader_get(r, T_MAILBOX_NAME, key_bytes(&k), &value, err);
 */
#ifndef KV_KEY_H
#define KV_KEY_H

#include "kv/kv.h"

struct key {
	size_t len;
	uint8_t data[KEY_MAX];
};

void key_init(struct key *k);
void key_u8(struct key *k, uint8_t v);
void key_u32(struct key *k, uint32_t v);
void key_u64(struct key *k, uint64_t v);
/* Appends the rest of the key.  Asserts that it fits: the caller checks it. */
void key_rest(struct key *k, struct bytes b);
struct bytes key_bytes(const struct key *k);

/* The account id; the id and a number; the id and a name. */
void key_account(struct key *k, uint64_t account);
void key_account_u64(struct key *k, uint64_t account, uint64_t v);
void key_account_name(struct key *k, uint64_t account, struct bytes name);

#endif
