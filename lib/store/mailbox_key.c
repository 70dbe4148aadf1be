/* mailbox_key - builds keys of rows that belong to mailboxes, and of bodies */
#include <config.h>

#include "store/mailbox_key.h"

void
key_mailbox(struct key *k, uint64_t account, uint32_t mbox)
{
	key_account(k, account);
	key_u32(k, mbox);
}

void
key_mailbox_u32(struct key *k, uint64_t account, uint32_t mbox, uint32_t v)
{
	key_mailbox(k, account, mbox);
	key_u32(k, v);
}

void
key_mailbox_u64(struct key *k, uint64_t account, uint32_t mbox, uint64_t v)
{
	key_mailbox(k, account, mbox);
	key_u64(k, v);
}

void
key_body_chunk(struct key *k, uint64_t account, uint64_t body, uint32_t chunk)
{
	key_account_u64(k, account, body);
	key_u32(k, chunk);
}
