/* key - builds the keys of tables: big-endian integers and names. */
#include <config.h>

#include <assert.h>
#include <string.h>

#include "base/encode.h"
#include "kv/key.h"

/* Makes room for n more bytes.  The caller has checked their length. */
static uint8_t *
key_extend(struct key *k, size_t n)
{
	uint8_t *p = k->data + k->len;

	assert(n <= sizeof(k->data) - k->len);
	k->len += n;
	return p;
}

void
key_init(struct key *k)
{
	k->len = 0;
}

void
key_u8(struct key *k, uint8_t v)
{
	*key_extend(k, 1) = v;
}

void
key_u32(struct key *k, uint32_t v)
{
	be32_put(key_extend(k, 4), v);
}

void
key_u64(struct key *k, uint64_t v)
{
	be64_put(key_extend(k, 8), v);
}

void
key_rest(struct key *k, struct bytes b)
{
	if (b.len > 0)
		memcpy(key_extend(k, b.len), b.data, b.len);
}

struct bytes
key_bytes(const struct key *k)
{
	return bytes_make(k->data, k->len);
}

void
key_account(struct key *k, uint64_t account)
{
	key_init(k);
	key_u64(k, account);
}

void
key_account_u64(struct key *k, uint64_t account, uint64_t v)
{
	key_account(k, account);
	key_u64(k, v);
}

void
key_account_name(struct key *k, uint64_t account, struct bytes name)
{
	key_account(k, account);
	key_rest(k, name);
}
