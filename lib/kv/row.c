/* row - reads and writes the fields of a row's value. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "kv/row.h"

void
row_begin(struct row *r, struct bytes value)
{
	r->rest = value;
	r->damaged = false;
}

struct bytes
row_take(struct row *r, size_t n)
{
	struct bytes b;

	if (r->rest.len < n) {
		r->damaged = true;
		r->rest.len = 0;
		return bytes_make(NULL, 0);
	}
	b = bytes_make(r->rest.data, n);
	r->rest.data += n;
	r->rest.len -= n;
	return b;
}

uint8_t
row_u8(struct row *r)
{
	struct bytes b = row_take(r, 1);

	return b.len == 0 ? 0 : (uint8_t)b.data[0];
}

void
row_begin_version(struct row *r, struct bytes value, uint8_t version)
{
	row_begin(r, value);
	if (row_u8(r) != version)
		r->damaged = true;
}

uint16_t
row_u16(struct row *r)
{
	struct bytes b = row_take(r, 2);

	return b.len == 0 ? 0 : be16_get(b.data);
}

uint32_t
row_u32(struct row *r)
{
	struct bytes b = row_take(r, 4);

	return b.len == 0 ? 0 : be32_get(b.data);
}

uint64_t
row_u64(struct row *r)
{
	struct bytes b = row_take(r, 8);

	return b.len == 0 ? 0 : be64_get(b.data);
}

void
row_string(struct row *r, char *out, size_t size)
{
	struct bytes b = row_take(r, row_u16(r));

	if (b.len >= size || bytes_index(b, '\0') != -1) {
		r->damaged = true;
		b.len = 0;
	}
	if (b.len > 0)
		memcpy(out, b.data, b.len);
	out[b.len] = '\0';
}

void
row_key(struct row *r, struct bytes key, char *out, size_t size)
{
	if (key.len >= size) {
		r->damaged = true;
		key.len = 0;
	}
	if (key.len > 0)
		memcpy(out, key.data, key.len);
	out[key.len] = '\0';
}

int
row_end(const struct row *r, const char *what, struct err *err)
{
	if (r->damaged || r->rest.len > 0)
		return err_set(err, ERR_INTERNAL, "damaged row of a %s", what);
	return 0;
}

void
row_put_u8(struct buf *b, uint8_t v)
{
	buf_byte(b, (char)v);
}

void
row_put_u16(struct buf *b, uint16_t v)
{
	be16_put(buf_reserve(b, 2), v);
	b->len += 2;
}

void
row_put_u32(struct buf *b, uint32_t v)
{
	be32_put(buf_reserve(b, 4), v);
	b->len += 4;
}

void
row_put_u64(struct buf *b, uint64_t v)
{
	be64_put(buf_reserve(b, 8), v);
	b->len += 8;
}

void
row_put_string(struct buf *b, struct bytes s)
{
	row_put_u16(b, (uint16_t)s.len);
	buf_bytes(b, s);
}
