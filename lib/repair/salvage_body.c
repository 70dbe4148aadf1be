/* salvage_body - copies the bytes of a body from pages and segments. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "segment/segment.h"
#include "segment/tables.h"
#include "store/body.h"
#include "store/mailbox_key.h"
#include "store/message_row.h"
#include "store/store_open.h"
#include "store/stored_message.h"
#include "repair/salvage-private.h"

static int
ref_read(struct salvage *s, const struct key *k, struct body_ref *ref)
{
	struct buf value = BUF_INIT;
	struct err ignored = ERR_INIT;
	int rc;

	rc = reader_get(s->r, T_BODY_REF, key_bytes(k), &value, &ignored);
	if (rc == 1 && body_ref_row_decode(buf_view(&value), ref,
	    &ignored) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

struct body_copy {
	struct salvage *s;
	uint64_t account, body;
	struct body_loc loc;
	struct segment_record rec;	/* if the body is in a segment */
	uint32_t record_crc;
	int (*put)(void *arg, struct bytes piece, struct err *err);
	void *arg;
	/* Copied so far. */
	uint64_t len;
	uint32_t crc;
	bool failed;			/* put could not write */
};

/* Reads bytes of a record in a segment directly from its file. */
static int
record_read(struct body_copy *c, uint64_t offset, size_t n, struct buf *piece,
    struct err *why)
{
	char *path = NULL;
	ssize_t got = -1;
	int fd;

	if (asprintf(&path, "%s/" STORE_HOME "/" SEGMENT_FOLDER "/%010u",
	    c->s->config->dir, c->rec.file) == -1)
		fatal("out of memory");
	buf_clear(piece);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		got = pread(fd, buf_reserve(piece, n), n,
		    (off_t)(c->rec.offset + SEGMENT_HEADER + offset));
		close(fd);
	}
	free(path);
	if (got == -1)
		return err_sys(why, ERR_INTERNAL, "cannot read segment %u",
		    c->rec.file);
	piece->len = (size_t)got;
	c->record_crc = crc32c(c->record_crc, piece->data, piece->len);
	return 1;
}

/* Length of the next piece: all but the last are full. */
static size_t
piece_size(const struct body_copy *c, uint64_t len)
{
	uint64_t left = len - c->len;

	if (c->loc.kind != BODY_IN_TABLE && c->len < c->loc.prefix_len)
		left = c->loc.prefix_len;
	return left < BODY_CHUNK ? (size_t)left : BODY_CHUNK;
}

/* Reads the next bytes of a body from wherever it is stored.  Returns 1 if
   found, 0 if not, -1 on error. */
static int
piece_read(struct body_copy *c, size_t n, struct buf *piece, struct err *why)
{
	struct key k;

	if (c->loc.kind != BODY_IN_TABLE && c->len >= c->loc.prefix_len)
		return record_read(c, c->len - c->loc.prefix_len, n, piece,
		    why);
	key_body_chunk(&k, c->account, c->body,
	    (uint32_t)(c->len / BODY_CHUNK));
	return reader_get(c->s->r, T_BODY, key_bytes(&k), piece, why);
}

/* Finds a body's record in a segment.  Returns 0, or -1 if its place is
   lost. */
static int
record_find(struct body_copy *c, uint64_t len, struct err *why)
{
	int rc;

	if (c->loc.kind == BODY_IN_TABLE)
		return 0;
	rc = segment_ref_get(c->s->r, c->loc.record, &c->rec, why);
	if (rc == 1 && c->loc.prefix_len <= BODY_CHUNK &&
	    c->loc.prefix_len <= len && c->rec.len == len - c->loc.prefix_len)
		return 0;
	return rc == -1 ? -1 : err_set(why, ERR_INTERNAL, "its place in a "
	    "segment is lost");
}

static int
piece_copy(struct body_copy *c, uint64_t len, struct buf *piece,
    struct err *why)
{
	size_t n = piece_size(c, len);
	int rc = piece_read(c, n, piece, why);

	if (rc == 0)
		return err_set(why, ERR_INTERNAL, "its bytes from %llu on are "
		    "lost", (unsigned long long)c->len);
	if (rc == -1)
		return -1;
	if (piece->len != n)
		return err_set(why, ERR_INTERNAL, "its length is wrong");
	c->len += piece->len;
	c->crc = crc32c(c->crc, piece->data, piece->len);
	if (c->put(c->arg, buf_view(piece), why) == -1) {
		c->failed = true;
		return -1;
	}
	return 0;
}

enum salvage_result
salvage_body(struct salvage *s, uint64_t account, uint64_t body, uint64_t len,
    int (*put)(void *arg, struct bytes piece, struct err *err), void *arg,
    struct err *why)
{
	/* Without a location assume T_BODY, where most bodies are. */
	struct body_copy c = { .s = s, .account = account, .body = body,
	    .loc = { .kind = BODY_IN_TABLE }, .put = put, .arg = arg };
	struct buf piece = BUF_INIT;
	struct body_ref ref;
	struct key k;
	bool checked;
	int rc;

	key_account_u64(&k, account, body);
	if (body_loc_get(s->r, account, body, &c.loc, why) == -1)
		return SALVAGE_LOST;
	checked = ref_read(s, &k, &ref) == 1;
	if (checked && ref.len != len) {
		err_set(why, ERR_INTERNAL, "its records do not agree on its "
		    "length");
		return SALVAGE_LOST;
	}
	rc = record_find(&c, len, why);
	while (rc == 0 && c.len < len)
		rc = piece_copy(&c, len, &piece, why);
	buf_free(&piece);
	if (rc == -1)
		return c.failed ? SALVAGE_FAILED : SALVAGE_LOST;
	/* Pages have their own checksums, segments do not. */
	if (checked ? c.crc != ref.crc : c.loc.kind != BODY_IN_TABLE &&
	    c.record_crc != c.rec.crc) {
		err_set(why, ERR_INTERNAL, "its checksum is wrong");
		return SALVAGE_LOST;
	}
	return checked ? SALVAGE_WHOLE : SALVAGE_UNCHECKED;
}
