/* message_row - encodes and decodes rows of messages, tombstones and bodies */
#include <config.h>

#include "kv/row.h"
#include "segment/tables.h"
#include "store/message_row.h"

#define MESSAGE_ROW_VERSION	1
#define TOMBSTONE_ROW_VERSION	1
#define BODY_REF_ROW_VERSION	1
#define THREAD_ROW_VERSION	1

int
message_row_decode(struct bytes value, uint32_t uid, struct message *out,
    struct err *err)
{
	struct row r;

	row_begin_version(&r, value, MESSAGE_ROW_VERSION);
	out->uid = uid;
	out->body = row_u64(&r);
	out->size = row_u64(&r);
	out->internal_date = (int64_t)row_u64(&r);
	out->internal_zone = (int16_t)row_u16(&r);
	out->save_date = (int64_t)row_u64(&r);
	out->email_id = row_u64(&r);
	out->thread_id = row_u64(&r);
	out->mailbox_orig = row_u32(&r);
	return row_end(&r, "message", err);
}

void
message_row_encode(const struct message *m, struct buf *out)
{
	row_put_u8(out, MESSAGE_ROW_VERSION);
	row_put_u64(out, m->body);
	row_put_u64(out, m->size);
	row_put_u64(out, (uint64_t)m->internal_date);
	row_put_u16(out, (uint16_t)m->internal_zone);
	row_put_u64(out, (uint64_t)m->save_date);
	row_put_u64(out, m->email_id);
	row_put_u64(out, m->thread_id);
	row_put_u32(out, m->mailbox_orig);
}

int
tombstone_row_decode(struct bytes value, struct buf *ranges, struct err *err)
{
	struct row r;
	struct number_range range;
	uint32_t last = 0;

	row_begin(&r, value);
	if (row_u8(&r) != TOMBSTONE_ROW_VERSION || r.rest.len == 0)
		r.damaged = true;
	while (!r.damaged && r.rest.len > 0) {
		range.first = row_u32(&r);
		range.last = row_u32(&r);
		if (range.first <= last || range.last < range.first)
			r.damaged = true;
		last = range.last;
		if (!r.damaged)
			buf_add(ranges, &range, sizeof(range));
	}
	return row_end(&r, "tombstone", err);
}

void
tombstone_row_encode(const struct number_range *range, size_t n,
    struct buf *out)
{
	row_put_u8(out, TOMBSTONE_ROW_VERSION);
	for (size_t i = 0; i < n; i++) {
		row_put_u32(out, range[i].first);
		row_put_u32(out, range[i].last);
	}
}

int
body_ref_row_decode(struct bytes value, struct body_ref *out, struct err *err)
{
	struct row r;

	row_begin_version(&r, value, BODY_REF_ROW_VERSION);
	out->refcount = row_u32(&r);
	out->len = row_u64(&r);
	out->crc = row_u32(&r);
	out->header_len = row_u32(&r);
	if (out->refcount == 0 || out->header_len > out->len)
		r.damaged = true;
	return row_end(&r, "body", err);
}

void
body_ref_row_encode(const struct body_ref *ref, struct buf *out)
{
	row_put_u8(out, BODY_REF_ROW_VERSION);
	row_put_u32(out, ref->refcount);
	row_put_u64(out, ref->len);
	row_put_u32(out, ref->crc);
	row_put_u32(out, ref->header_len);
}

int
body_loc_row_decode(struct bytes value, struct body_loc *out, struct err *err)
{
	struct row r;

	row_begin(&r, value);
	out->kind = row_u8(&r);
	out->prefix_len = row_u32(&r);
	out->record = row_u64(&r);
	if (out->kind == BODY_IN_TABLE ?
	    out->prefix_len != 0 || out->record != 0 :
	    out->kind != BODY_IN_SEGMENT || out->prefix_len > BODY_CHUNK)
		r.damaged = true;
	return row_end(&r, "body's place", err);
}

void
body_loc_row_encode(const struct body_loc *loc, struct buf *out)
{
	row_put_u8(out, (uint8_t)loc->kind);
	row_put_u32(out, loc->prefix_len);
	row_put_u64(out, loc->record);
}

int
conversation_row_decode(struct bytes value, uint64_t *thread, struct err *err)
{
	struct row r;

	row_begin_version(&r, value, THREAD_ROW_VERSION);
	*thread = row_u64(&r);
	return row_end(&r, "thread", err);
}

void
conversation_row_encode(uint64_t thread, struct buf *out)
{
	row_put_u8(out, THREAD_ROW_VERSION);
	row_put_u64(out, thread);
}

uint32_t
body_chunks(uint64_t len)
{
	return (uint32_t)((len + BODY_CHUNK - 1) / BODY_CHUNK);
}
