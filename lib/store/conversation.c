/* conversation - finds threads by the message ids in messages */
#include <config.h>

#include "proto/parsed.h"
#include "kv/key.h"
#include "segment/tables.h"
#include "store/conversation.h"
#include "store/message_row.h"

/* FNV-1a, 64 bits.  A collision only joins two threads, which a sender can also
   do with References. */
static uint64_t
id_hash(struct bytes id)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < id.len; i++) {
		h ^= (unsigned char)id.data[i];
		h *= UINT64_C(0x100000001b3);
	}
	return h;
}

static void
hash_add(struct conversation_hashes *hashes, struct bytes id)
{
	uint64_t h = id_hash(id);

	if (id.len == 0 || hashes->n == CONVERSATION_HASHES_MAX)
		return;
	for (size_t i = 0; i < hashes->n; i++)
		if (hashes->hash[i] == h)
			return;
	hashes->hash[hashes->n++] = h;
}

/* The last ids of References are the nearest. */
static void
references_add(struct conversation_hashes *hashes, struct bytes list)
{
	struct bytes near[CONVERSATION_HASHES_MAX], id;
	size_t pos = 0, count = 0;

	while (parsed_list_next(list, &pos, &id))
		near[count++ % CONVERSATION_HASHES_MAX] = id;
	for (size_t i = 0; i < CONVERSATION_HASHES_MAX && i < count; i++)
		hash_add(hashes,
		    near[(count - 1 - i) % CONVERSATION_HASHES_MAX]);
}

void
conversation_hashes(struct bytes parsed, struct conversation_hashes *hashes)
{
	struct parsed pd;
	struct bytes id;
	struct err ignored = ERR_INIT;
	size_t pos = 0;

	hashes->n = 0;
	if (parsed_open(parsed, &pd, &ignored) == -1)
		return;
	hash_add(hashes, parsed_text(&pd, PARSED_MESSAGE_ID));
	if (parsed_list_next(parsed_text(&pd, PARSED_IN_REPLY_TO), &pos, &id))
		hash_add(hashes, id);
	references_add(hashes, parsed_text(&pd, PARSED_REFERENCES));
}

/* Returns 1 if found, 0 if not, -1 on error. */
static int
conversation_get(const struct reader *r, uint64_t account, uint64_t hash,
    uint64_t *thread, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	key_account_u64(&k, account, hash);
	rc = reader_get(r, T_THREAD, key_bytes(&k), &value, err);
	if (rc == 1 && conversation_row_decode(buf_view(&value), thread,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

int
conversation_assign(struct batch *b, uint64_t account,
    const struct conversation_hashes *hashes, uint64_t fallback,
    uint64_t *thread, struct err *err)
{
	bool known[CONVERSATION_HASHES_MAX] = { false };
	bool found = false;
	uint64_t other;
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	*thread = fallback;
	for (size_t i = 0; i < hashes->n; i++) {
		rc = conversation_get(batch_reader(b), account,
		    hashes->hash[i], &other, err);
		if (rc == -1)
			return -1;
		known[i] = rc == 1;
		if (rc == 1 && !found) {
			*thread = other;
			found = true;
		}
	}
	conversation_row_encode(*thread, &value);
	for (size_t i = 0; i < hashes->n; i++)
		if (!known[i]) {
			key_account_u64(&k, account, hashes->hash[i]);
			batch_put(b, T_THREAD, key_bytes(&k),
			    buf_view(&value));
		}
	buf_free(&value);
	return 0;
}
