/* segment_row - encodes and decodes the rows and headers of segments. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "kv/row.h"
#include "segment/segment_row.h"
#include "segment/tables.h"

#define TOTAL_ROW_VERSION	1
#define REF_ROW_VERSION		1
#define FILE_VERSION		1
#define FILE_MAGIC		"postern segment\n"
#define RECORD_MAGIC		0x50536567u	/* "PSeg" */

/* Offsets within headers. */
#define FILE_CRC_AT		32
#define RECORD_CRC_AT		4
#define RECORD_REST_AT		8

/* ---- rows ---- */

void
segment_key(struct key *k, uint32_t file)
{
	key_init(k);
	key_u32(k, file);
}

void
segment_ref_key(struct key *k, uint64_t id)
{
	key_init(k);
	key_u64(k, id);
}

int
segment_total_decode(struct bytes value, struct segment_total *out,
    struct err *err)
{
	struct row r;

	row_begin_version(&r, value, TOTAL_ROW_VERSION);
	out->end = row_u64(&r);
	out->bytes = row_u64(&r);
	out->records = row_u32(&r);
	if (out->end < SEGMENT_FILE_HEADER ||
	    out->bytes > out->end - SEGMENT_FILE_HEADER)
		r.damaged = true;
	return row_end(&r, "segment", err);
}

void
segment_total_encode(const struct segment_total *t, struct buf *out)
{
	row_put_u8(out, TOTAL_ROW_VERSION);
	row_put_u64(out, t->end);
	row_put_u64(out, t->bytes);
	row_put_u32(out, t->records);
}

int
segment_ref_decode(struct bytes value, uint64_t id,
    struct segment_record *out, struct err *err)
{
	struct row r;

	row_begin_version(&r, value, REF_ROW_VERSION);
	out->id = id;
	out->file = row_u32(&r);
	out->offset = row_u64(&r);
	out->len = row_u64(&r);
	out->crc = row_u32(&r);
	out->locations = row_u32(&r);
	/* Real values are far below, and sums cannot overflow this way. */
	if (out->locations == 0 || out->offset > INT64_MAX / 2 ||
	    out->len > INT64_MAX / 2 || out->offset < SEGMENT_FILE_HEADER)
		r.damaged = true;
	return row_end(&r, "segment record", err);
}

void
segment_ref_encode(const struct segment_record *rec, struct buf *out)
{
	row_put_u8(out, REF_ROW_VERSION);
	row_put_u32(out, rec->file);
	row_put_u64(out, rec->offset);
	row_put_u64(out, rec->len);
	row_put_u32(out, rec->crc);
	row_put_u32(out, rec->locations);
}

int
segment_total_get(const struct reader *r, uint32_t file,
    struct segment_total *out, struct err *err)
{
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	segment_key(&k, file);
	rc = reader_get(r, T_SEGMENT, key_bytes(&k), &value, err);
	if (rc == 1 && segment_total_decode(buf_view(&value), out, err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

int
segment_ref_get(const struct reader *r, uint64_t id,
    struct segment_record *out, struct err *err)
{
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	segment_ref_key(&k, id);
	rc = reader_get(r, T_SEGMENT_REF, key_bytes(&k), &value, err);
	if (rc == 1 && segment_ref_decode(buf_view(&value), id, out,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

/* ---- headers ---- */

uint32_t
segment_file_header_encode(char out[SEGMENT_FILE_HEADER], uint32_t number,
    uint64_t id)
{
	uint32_t crc;

	memcpy(out, FILE_MAGIC, 16);
	be32_put(out + 16, FILE_VERSION);
	be32_put(out + 20, number);
	be64_put(out + 24, id);
	crc = crc32c(0, out, FILE_CRC_AT);
	be32_put(out + FILE_CRC_AT, crc);
	return crc;
}

int
segment_file_header_decode(const char in[SEGMENT_FILE_HEADER],
    uint32_t number, uint32_t *seed)
{
	*seed = be32_get(in + FILE_CRC_AT);
	if (memcmp(in, FILE_MAGIC, 16) != 0 ||
	    be32_get(in + 16) != FILE_VERSION ||
	    be32_get(in + 20) != number ||
	    crc32c(0, in, FILE_CRC_AT) != *seed)
		return -1;
	return 0;
}

void
segment_header_encode(char out[SEGMENT_HEADER], uint32_t seed,
    const struct segment_record *rec)
{
	be32_put(out, RECORD_MAGIC);
	be64_put(out + RECORD_REST_AT, rec->id);
	be64_put(out + RECORD_REST_AT + 8, rec->len);
	be32_put(out + RECORD_REST_AT + 16, rec->crc);
	be32_put(out + RECORD_CRC_AT, crc32c(seed, out + RECORD_REST_AT,
	    SEGMENT_HEADER - RECORD_REST_AT));
}

int
segment_header_decode(const char in[SEGMENT_HEADER], uint32_t seed,
    struct segment_record *rec)
{
	if (be32_get(in) != RECORD_MAGIC || be32_get(in + RECORD_CRC_AT) !=
	    crc32c(seed, in + RECORD_REST_AT, SEGMENT_HEADER - RECORD_REST_AT))
		return -1;
	rec->id = be64_get(in + RECORD_REST_AT);
	rec->len = be64_get(in + RECORD_REST_AT + 8);
	rec->crc = be32_get(in + RECORD_REST_AT + 16);
	return 0;
}
