/*
 * message_row - struct message, and the rows of messages, tombstones and bodies
 *
 * T_MESSAGE (a, mbox, uid): u8 version, u64 body, u64 size, u64 internal
 * date, u16 its zone, u64 save date, u64 email id, u64 thread id,
 * u32 original mailbox.
 *
 * T_EXPUNGED (a, mbox, modseq): u8 version, then u32 first UID, u32 last UID
 * for each range, ascending.
 *
 * T_BODY_REF (a, body): u8 version, u32 references, u64 length, u32 CRC-32C
 * of the body, u32 length of its header.
 *
 * T_BODY_LOC (a, body): u8 kind, u32 length of the prefix, u64 record.
 * Kind 1: the body is in T_BODY (a, body, chunk u32), where each chunk but the
 * last has BODY_CHUNK bytes; prefix and record are 0.  Kind 2: the body is the
 * prefix, in chunk 0 of T_BODY (no chunk if it is empty), followed by the bytes
 * of that record in a segment (segment.h).
 *
 * T_THREAD (a, hash): u8 version, u64 thread id.
 *
 * All numbers are big-endian.
 */
#ifndef STORE_MESSAGE_ROW_H
#define STORE_MESSAGE_ROW_H

#include "base/err.h"
#include "base/number_set.h"

struct message {
	uint32_t uid;
	uint64_t body;			/* id within the account */
	uint64_t size;			/* bytes, RFC822.SIZE */
	int64_t internal_date;		/* seconds since the epoch */
	int16_t internal_zone;		/* minutes east of UTC */
	int64_t save_date;		/* RFC 8514 */
	uint64_t email_id;		/* RFC 8474: same body, same id */
	uint64_t thread_id;		/* RFC 8474 THREADID */
	uint32_t mailbox_orig;		/* where it was first delivered */
};

int message_row_decode(struct bytes value, uint32_t uid, struct message *out,
    struct err *err);
void message_row_encode(const struct message *m, struct buf *out);

/* Appends the ranges to *ranges, as struct number_range.  Fails also if they
   are not ascending. */
int tombstone_row_decode(struct bytes value, struct buf *ranges,
    struct err *err);
void tombstone_row_encode(const struct number_range *range, size_t n,
    struct buf *out);

struct body_ref {
	uint32_t refcount;
	uint64_t len;
	uint32_t crc;
	uint32_t header_len;
};

int body_ref_row_decode(struct bytes value, struct body_ref *out,
    struct err *err);
void body_ref_row_encode(const struct body_ref *ref, struct buf *out);

enum body_kind { BODY_IN_TABLE = 1, BODY_IN_SEGMENT = 2 };

struct body_loc {
	enum body_kind kind;
	uint32_t prefix_len;		/* at most BODY_CHUNK */
	uint64_t record;
};

int body_loc_row_decode(struct bytes value, struct body_loc *out,
    struct err *err);
void body_loc_row_encode(const struct body_loc *loc, struct buf *out);

int conversation_row_decode(struct bytes value, uint64_t *thread,
    struct err *err);
void conversation_row_encode(uint64_t thread, struct buf *out);

/* Returns the number of records of T_BODY for that many bytes. */
uint32_t body_chunks(uint64_t len);

#endif
