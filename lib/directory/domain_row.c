/* domain_row - encodes and decodes the rows of domains. */
#include <config.h>

#include "kv/row.h"
#include "directory/domain_row.h"

#define DOMAIN_ROW_VERSION	1

enum {
	DOMAIN_CASE_SENSITIVE = 1 << 0,
	DOMAIN_DISABLED = 1 << 1,
	DOMAIN_FLAGS = (1 << 2) - 1
};

int
domain_row_decode(struct bytes value, struct bytes name, struct domain *out,
    struct err *err)
{
	struct row r;
	uint8_t flags;

	row_begin_version(&r, value, DOMAIN_ROW_VERSION);
	row_key(&r, name, out->name, sizeof(out->name));
	flags = row_u8(&r);
	out->case_sensitive = flags & DOMAIN_CASE_SENSITIVE;
	out->disabled = flags & DOMAIN_DISABLED;
	row_string(&r, out->separator, sizeof(out->separator));
	if ((flags & ~DOMAIN_FLAGS) != 0)
		r.damaged = true;
	return row_end(&r, "domain", err);
}

void
domain_row_encode(const struct domain *d, struct buf *out)
{
	row_put_u8(out, DOMAIN_ROW_VERSION);
	row_put_u8(out, (d->case_sensitive ? DOMAIN_CASE_SENSITIVE : 0) |
	    (d->disabled ? DOMAIN_DISABLED : 0));
	row_put_string(out, bytes_of(d->separator));
}
