/*
 * row - integers and strings in the values of rows
 *
 * A row is read front to back.  Reading past its end gives zeroes and marks
 * it damaged, so that a decoder checks only once, at the end:
 *
 *	row_begin_version(&r, value, VERSION);
 *	... row_u32(&r) ...
 *	return row_end(&r, "mailbox", err);
 */
#ifndef KV_ROW_H
#define KV_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct row {
	struct bytes rest;	/* borrowed: the value */
	bool damaged;
};

void row_begin(struct row *r, struct bytes value);
/* The first byte is the format version; any other version means damage. */
void row_begin_version(struct row *r, struct bytes value, uint8_t version);
uint8_t row_u8(struct row *r);
uint16_t row_u16(struct row *r);
uint32_t row_u32(struct row *r);
uint64_t row_u64(struct row *r);
struct bytes row_take(struct row *r, size_t n);
/* Reads u16 length and bytes, and adds a NUL.  The row is damaged if that is
   longer than size - 1 or holds a NUL. */
void row_string(struct row *r, char *out, size_t size);
/* Copies the key as a string; longer than size - 1 means damage. */
void row_key(struct row *r, struct bytes key, char *out, size_t size);
/* Returns 0, or -1 (ERR_INTERNAL) if the row was damaged or bytes are left. */
int row_end(const struct row *r, const char *what, struct err *err);

void row_put_u8(struct buf *b, uint8_t v);
void row_put_u16(struct buf *b, uint16_t v);
void row_put_u32(struct buf *b, uint32_t v);
void row_put_u64(struct buf *b, uint64_t v);
void row_put_string(struct buf *b, struct bytes s);

#endif
