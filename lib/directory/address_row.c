/* address_row - encodes and decodes the rows of addresses. */
#include <config.h>

#include <string.h>

#include "kv/row.h"
#include "directory/address_row.h"

#define ADDRESS_ROW_VERSION	1

static void
members_decode(struct row *r, struct arena *a, struct address *out)
{
	size_t n = row_u16(r);

	if (n > ALIAS_MEMBERS_MAX || r->rest.len != n * 8) {
		r->damaged = true;
		return;
	}
	out->nmembers = n;
	out->members = arena_array(a, n, sizeof(*out->members));
	for (size_t i = 0; i < n; i++)
		out->members[i] = row_u64(r);
}

int
address_row_decode(struct bytes value, struct bytes canonical,
    struct arena *a, struct address *out, struct err *err)
{
	struct row r;

	row_begin_version(&r, value, ADDRESS_ROW_VERSION);
	row_key(&r, canonical, out->canonical, sizeof(out->canonical));
	out->kind = row_u8(&r);
	out->account = 0;
	out->mailbox[0] = '\0';
	out->nmembers = 0;
	out->members = NULL;
	if (out->kind == ADDRESS_ACCOUNT) {
		out->account = row_u64(&r);
		row_string(&r, out->mailbox, sizeof(out->mailbox));
	} else if (out->kind == ADDRESS_ALIAS) {
		members_decode(&r, a, out);
	} else {
		r.damaged = true;
	}
	return row_end(&r, "address", err);
}

void
address_row_encode(const struct address *addr, struct buf *out)
{
	row_put_u8(out, ADDRESS_ROW_VERSION);
	row_put_u8(out, (uint8_t)addr->kind);
	if (addr->kind == ADDRESS_ACCOUNT) {
		row_put_u64(out, addr->account);
		row_put_string(out, bytes_of(addr->mailbox));
		return;
	}
	row_put_u16(out, (uint16_t)addr->nmembers);
	for (size_t i = 0; i < addr->nmembers; i++)
		row_put_u64(out, addr->members[i]);
}
