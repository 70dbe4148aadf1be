/*
 * request - the protocol between the other programs and the store's process
 *
 * A connection carries frames in both directions.  Integers are big-endian.
 *
 *	frame = u32 length (of the rest) | u8 version | u8 kind |
 *		u16 operation | u32 request id | fields
 *	field = u16 tag | u32 length | value
 *
 * A client sends a REQUEST with an id of its choice.  The answer has the same
 * operation and id: any number of ROW and DATA frames, then one DONE or one
 * ERROR.  Data that is too large for a field is sent in DATA frames of at most
 * REQUEST_DATA_MAX bytes.  If an operation takes data (REQUEST_DATA_IN), the
 * client sends DATA frames after its REQUEST; the last of them is empty.
 *
 * Each tag always has the same name, type and maximum length (request_tags).
 * The table of operations (request_ops) says which fields a frame must or may
 * have, and which may be repeated.  Any other frame is an ERR_SYNTAX that
 * names the operation and the field.
 *
 *	request_frame_begin(&w, &out, FRAME_REQUEST, REQUEST_ACCOUNT_GET, 1);
 *	request_put_str(&w, FIELD_ACCOUNT, "you@localhost");
 *	if (request_frame_end(&w, err) == -1) ...
 *
 *	while ((rc = request_frame_length(buf_view(&in), &len, err)) == 1) {
 *		if (request_frame_parse(bytes_make(in.data, len), &arena, &m,
 *		    err) == -1) ...
 *		name = request_str(&m, FIELD_ACCOUNT);
 *		buf_consume(&in, len);	// also frees the blobs of m
 *	}
 */
#ifndef PROTO_REQUEST_H
#define PROTO_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/request_table.h"

#define REQUEST_VERSION	1
#define REQUEST_FRAME_HEAD	12	/* bytes before the fields */
#define REQUEST_FRAME_MAX		(512 * 1024)	/* the whole frame */
#define REQUEST_FIELDS_MAX	4096	/* in one frame */

enum request_kind {
	FRAME_REQUEST = 1,
	FRAME_ROW,
	FRAME_DONE,
	FRAME_ERROR,
	FRAME_DATA
};

/* Returns "request", "row", and so on. */
const char *request_kind_name(enum request_kind kind);

/* ---- writing --------------------------------------------------------- */

struct request_writer {
	struct buf *out;		/* borrowed */
	size_t start;			/* offset of the frame in out */
};

void request_frame_begin(struct request_writer *w, struct buf *out,
    enum request_kind kind, uint16_t op, uint32_t id);
/* The tag must have the type in the function's name. */
void request_put_u64(struct request_writer *w, uint16_t tag, uint64_t v);
void request_put_bool(struct request_writer *w, uint16_t tag, bool v);
void request_put_time(struct request_writer *w, uint16_t tag, int64_t seconds);
void request_put_text(struct request_writer *w, uint16_t tag, struct bytes v);
void request_put_str(struct request_writer *w, uint16_t tag, const char *v);
void request_put_blob(struct request_writer *w, uint16_t tag, struct bytes v);
/* Puts bytes as text, up to the maximum length or the first bytes that are not
   text. */
void request_put_cut(struct request_writer *w, uint16_t tag, struct bytes v);
/*
 * Returns 0, or -1 with the ERR_SYNTAX of request_frame_parse() if the peer
 * would reject the frame; the frame is then removed from the buffer.
 */
int request_frame_end(struct request_writer *w, struct err *err);

/* Put a whole frame and cannot fail.  A text that is too long is cut. */
void request_put_error(struct buf *out, uint16_t op, uint32_t id,
    const struct err *what);
void request_put_data(struct buf *out, uint16_t op, uint32_t id,
    struct bytes data);		/* at most REQUEST_DATA_MAX bytes */

/* ---- reading --------------------------------------------------------- */

/*
 * Returns 1 with the length of the frame at the beginning of in, if it is
 * complete; 0 if more input is needed; -1 if it is not a valid frame (end the
 * connection).  Checks the first bytes only, so a bad length is refused before
 * the rest is read.
 */
int request_frame_length(struct bytes in, size_t *len, struct err *err);

struct request_value {
	uint16_t tag;
	struct bytes bytes;	/* text: a C string in the arena; blob:
				   borrowed from the frame */
	uint64_t number;	/* u64, bool, and time as two's complement */
};

struct request_frame {
	enum request_kind kind;
	uint16_t op_number;
	const struct request_op *op;	/* NULL: unknown */
	uint32_t id;
	struct request_value *values;	/* in the arena */
	size_t n;
};

/*
 * Parses one whole frame.  Returns 0, or -1 with ERR_SYNTAX; even then id and
 * op_number are set, so that the caller can answer.
 */
int request_frame_parse(struct bytes frame, struct arena *arena,
    struct request_frame *out, struct err *err);

bool request_has(const struct request_frame *m, uint16_t tag);
/* These return `otherwise', or false, if the field is absent. */
uint64_t request_u64(const struct request_frame *m, uint16_t tag,
    uint64_t otherwise);
bool request_bool(const struct request_frame *m, uint16_t tag);
int64_t request_time(const struct request_frame *m, uint16_t tag,
    int64_t otherwise);
/* Returns NULL if absent. */
const char *request_str(const struct request_frame *m, uint16_t tag);
/* data is NULL if absent. */
struct bytes request_bytes(const struct request_frame *m, uint16_t tag);
/* Returns the next value with that tag after prev (the first if prev is NULL),
   or NULL. */
const struct request_value *request_next_value(const struct request_frame *m,
    uint16_t tag, const struct request_value *prev);

/* Fills err from an ERROR frame, and returns -1. */
int request_error_get(const struct request_frame *m, struct err *err);

#endif
