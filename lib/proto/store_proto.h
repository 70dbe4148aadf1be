/*
 * store_proto - what the programs say to the owner of the store
 *
 * A connection carries frames in both directions.  Integers are big-endian.
 *
 *	frame = u32 length (of what follows) | u8 version | u8 kind |
 *		u16 operation | u32 request id | fields
 *	field = u16 tag | u32 length | value
 *
 * A client sends a REQUEST with an id of its choice.  The answer has the same
 * operation and id: any number of ROW and DATA frames, then one DONE or one
 * ERROR.  Data larger than a field flows as DATA frames of at most
 * STORE_DATA_MAX bytes.  Where an operation takes data (STORE_OP_DATA_IN),
 * the client sends DATA frames behind its REQUEST, the last of them empty.
 *
 * Each tag has one name, type and bound wherever it occurs (store_tags).  The
 * table of operations (store_ops) says which fields a frame must and may
 * have, once or often; whatever differs is ERR_SYNTAX, naming the operation
 * and the field.
 *
 *	store_frame_begin(&w, &out, STORE_REQUEST, STORE_OP_ACCOUNT_GET, 1);
 *	store_put_str(&w, STORE_ACCOUNT, "you@localhost");
 *	if (store_frame_end(&w, err) == -1) ...
 *
 *	while ((rc = store_frame_length(buf_view(&in), &len, err)) == 1) {
 *		if (store_frame_parse(bytes_make(in.data, len), &arena, &m,
 *		    err) == -1) ...
 *		name = store_str(&m, STORE_ACCOUNT);
 *		buf_consume(&in, len);	// m's blobs are gone then
 *	}
 */
#ifndef PROTO_STORE_PROTO_H
#define PROTO_STORE_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/store_ops.h"

#define STORE_PROTO_VERSION	1
#define STORE_FRAME_HEAD	12	/* bytes before the fields */
#define STORE_FRAME_MAX		(512 * 1024)	/* the whole frame */
#define STORE_FIELDS_MAX	4096	/* in one frame */

enum store_kind {
	STORE_REQUEST = 1,
	STORE_ROW,
	STORE_DONE,
	STORE_ERROR,
	STORE_DATA
};

/* "request", "row", … */
const char *store_kind_name(enum store_kind kind);

/* ---- writing --------------------------------------------------------- */

struct store_writer {
	struct buf *out;		/* borrowed */
	size_t start;			/* of the frame in out */
};

void store_frame_begin(struct store_writer *w, struct buf *out,
    enum store_kind kind, uint16_t op, uint32_t id);
/* The tag must be of that type. */
void store_put_u64(struct store_writer *w, uint16_t tag, uint64_t v);
void store_put_bool(struct store_writer *w, uint16_t tag, bool v);
void store_put_time(struct store_writer *w, uint16_t tag, int64_t seconds);
void store_put_text(struct store_writer *w, uint16_t tag, struct bytes v);
void store_put_str(struct store_writer *w, uint16_t tag, const char *v);
void store_put_blob(struct store_writer *w, uint16_t tag, struct bytes v);
/*
 * 0, or -1 with the frame removed again when the other side would not take
 * it: ERR_SYNTAX as store_frame_parse() gives it.
 */
int store_frame_end(struct store_writer *w, struct err *err);

/* Whole frames that cannot fail.  A longer text is cut. */
void store_put_error(struct buf *out, uint16_t op, uint32_t id,
    const struct err *what);
void store_put_data(struct buf *out, uint16_t op, uint32_t id,
    struct bytes data);		/* at most STORE_DATA_MAX bytes */

/* ---- reading --------------------------------------------------------- */

/*
 * 1 and the length of the frame that in begins with, when it is all there; 0
 * needs more; -1 when it can't be one (then the connection should end).  Looks
 * at the first bytes only, and refuses a length before anything is kept.
 */
int store_frame_length(struct bytes in, size_t *len, struct err *err);

struct store_value {
	uint16_t tag;
	struct bytes bytes;	/* text: a C string in the arena; blob:
				   borrowed from the frame */
	uint64_t number;	/* u64, bool, and time as two's complement */
};

struct store_message {
	enum store_kind kind;
	uint16_t op_number;
	const struct store_op *op;	/* NULL: unknown */
	uint32_t id;
	struct store_value *values;	/* in the arena */
	size_t n;
};

/*
 * One whole frame.  0, or -1 with ERR_SYNTAX; id and op_number are set also
 * then, so that it can be answered.
 */
int store_frame_parse(struct bytes frame, struct arena *arena,
    struct store_message *out, struct err *err);

bool store_has(const struct store_message *m, uint16_t tag);
/* otherwise when absent */
uint64_t store_u64(const struct store_message *m, uint16_t tag,
    uint64_t otherwise);
bool store_bool(const struct store_message *m, uint16_t tag);
int64_t store_time(const struct store_message *m, uint16_t tag,
    int64_t otherwise);
/* NULL when absent */
const char *store_str(const struct store_message *m, uint16_t tag);
/* data is NULL when absent */
struct bytes store_bytes(const struct store_message *m, uint16_t tag);
/* The first value with that tag behind prev (NULL: from the start), or NULL. */
const struct store_value *store_next(const struct store_message *m,
    uint16_t tag, const struct store_value *prev);

/* What an ERROR frame says; returns -1. */
int store_error_get(const struct store_message *m, struct err *err);

#endif
