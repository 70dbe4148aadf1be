/*
 * key - keys of tables, in byte order
 *
 *	struct key k;
 *	key_mailbox_u32(&k, account, mbox, uid);
 *	reader_get(r, T_MESSAGE, key_bytes(&k), &value, err);
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
/* The rest of the key; asserts that it fits: names are bounded before. */
void key_rest(struct key *k, struct bytes b);
struct bytes key_bytes(const struct key *k);

/* a; a mbox; a mbox x (uid, page); a x64 (body, modseq prefix …). */
void key_account(struct key *k, uint64_t account);
void key_mailbox(struct key *k, uint64_t account, uint32_t mbox);
void key_mailbox_u32(struct key *k, uint64_t account, uint32_t mbox,
    uint32_t v);
void key_mailbox_u64(struct key *k, uint64_t account, uint32_t mbox,
    uint64_t v);
void key_account_u64(struct key *k, uint64_t account, uint64_t v);
/* a body chunk: T_BODY. */
void key_body_chunk(struct key *k, uint64_t account, uint64_t body,
    uint32_t chunk);
void key_account_name(struct key *k, uint64_t account, struct bytes name);

#endif
