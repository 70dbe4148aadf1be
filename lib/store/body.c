/* body - reads bodies, from the database or segments, and parsed records */
#include <config.h>

#include <limits.h>

#include "mail/message.h"
#include "proto/parsed.h"
#include "segment/segment.h"
#include "segment/tables.h"
#include "store/body.h"
#include "store/mailbox_key.h"
#include "store/store.h"

static int
body_gone(struct err *err)
{
	return err_code(err, ERR_REFUSED, ERR_CODE_GONE,
	    "the message was expunged");
}

int
body_ref_get(const struct reader *r, uint64_t account, uint64_t body,
    struct body_ref *out, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	key_account_u64(&k, account, body);
	rc = reader_get(r, T_BODY_REF, key_bytes(&k), &value, err);
	if (rc == 1 && body_ref_row_decode(buf_view(&value), out, err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

void
body_ref_put(struct batch *b, uint64_t account, uint64_t body,
    const struct body_ref *ref)
{
	struct key k;
	struct buf value = BUF_INIT;

	key_account_u64(&k, account, body);
	body_ref_row_encode(ref, &value);
	batch_put(b, T_BODY_REF, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

int
body_loc_get(const struct reader *r, uint64_t account, uint64_t body,
    struct body_loc *out, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	key_account_u64(&k, account, body);
	rc = reader_get(r, T_BODY_LOC, key_bytes(&k), &value, err);
	if (rc == 1 && body_loc_row_decode(buf_view(&value), out, err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

/* Appends bytes of T_BODY, fewer at its end. */
static int
chunks_read(struct store *s, uint64_t account, uint64_t body,
    uint64_t offset, size_t n, struct buf *out, struct err *err)
{
	struct buf piece = BUF_INIT;
	struct key k;
	uint64_t chunk;
	size_t want, at;
	int rc = 1;

	while (n > 0 && rc == 1) {
		chunk = offset / BODY_CHUNK;
		at = offset % BODY_CHUNK;
		want = BODY_CHUNK - at < n ? BODY_CHUNK - at : n;
		if (chunk >= UINT32_MAX)
			break;
		key_body_chunk(&k, account, body, (uint32_t)chunk);
		rc = kv_get_part(s->db.kv, T_BODY, key_bytes(&k), at, want,
		    &piece, err);
		if (rc != 1)
			break;
		buf_bytes(out, buf_view(&piece));
		if (piece.len < want)
			break;
		offset += want;
		n -= want;
	}
	buf_free(&piece);
	return rc == -1 ? -1 : 0;
}

int
body_read(struct store *s, uint64_t account, uint64_t body, uint64_t offset,
    size_t n, struct buf *out, struct err *err)
{
	struct body_loc loc;
	size_t before = 0;
	int rc;

	rc = body_loc_get(kv_latest(s->db.kv), account, body, &loc, err);
	if (rc != 1)
		return rc == 0 ? body_gone(err) : -1;
	if (loc.kind == BODY_IN_TABLE)
		return chunks_read(s, account, body, offset, n, out, err);
	if (offset < loc.prefix_len) {
		before = loc.prefix_len - offset < n ?
		    (size_t)(loc.prefix_len - offset) : n;
		if (chunks_read(s, account, body, offset, before, out,
		    err) == -1)
			return -1;
	}
	if (before == n)
		return 0;
	rc = segment_read(s->segments, kv_latest(s->db.kv), loc.record,
	    offset + before - loc.prefix_len, n - before, out, err);
	return rc == 0 ? body_gone(err) : rc == -1 ? -1 : 0;
}

/* Reads in pieces, so that a large body is not in memory twice. */
static int
parsed_make(struct store *s, uint64_t account, uint64_t body, struct buf *out,
    struct err *err)
{
	struct arena a;
	struct mail_parser *p;
	struct buf piece = BUF_INIT;
	uint64_t offset = 0;
	int rc;

	arena_init(&a);
	p = mail_parser_new(&a, s->config.mail_limits);
	do {
		buf_clear(&piece);
		rc = body_read(s, account, body, offset, BODY_CHUNK, &piece,
		    err);
		mail_parser_feed(p, piece.data, piece.len);
		offset += piece.len;
	} while (rc == 0 && piece.len == BODY_CHUNK);
	if (rc == 0) {
		buf_clear(out);
		parsed_encode(mail_parser_finish(p), out);
	}
	buf_free(&piece);
	arena_clear(&a);
	return rc;
}

int
parsed_read(struct store *s, const struct reader *r, uint64_t account,
    uint64_t body, struct buf *out, struct err *err)
{
	struct key k;
	struct parsed pd;
	struct err damaged = ERR_INIT;
	int rc;

	key_account_u64(&k, account, body);
	rc = reader_get(r, T_PARSED, key_bytes(&k), out, err);
	if (rc == -1)
		return -1;
	if (rc == 1 && parsed_open(buf_view(out), &pd, &damaged) == 0)
		return 0;
	return parsed_make(s, account, body, out, err);
}

int
origin_read(const struct reader *r, uint64_t account, uint64_t body,
    struct buf *out, struct err *err)
{
	struct key k;

	key_account_u64(&k, account, body);
	return reader_get(r, T_ORIGIN, key_bytes(&k), out, err);
}
