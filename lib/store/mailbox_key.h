/*
 * mailbox_key - keys of rows that belong to mailboxes, and of bodies
 *
 *	struct key k;
 *	key_mailbox_u32(&k, account, mbox, uid);
 *	reader_get(r, T_MESSAGE, key_bytes(&k), &value, err);
 */
#ifndef STORE_MAILBOX_KEY_H
#define STORE_MAILBOX_KEY_H

#include "kv/key.h"
#include "segment/tables.h"

/* Account and mailbox; with a UID or page number; with a modseq. */
void key_mailbox(struct key *k, uint64_t account, uint32_t mbox);
void key_mailbox_u32(struct key *k, uint64_t account, uint32_t mbox,
    uint32_t v);
void key_mailbox_u64(struct key *k, uint64_t account, uint32_t mbox,
    uint64_t v);
/* Account, body and chunk, for T_BODY. */
void key_body_chunk(struct key *k, uint64_t account, uint64_t body,
    uint32_t chunk);

#endif
