/*
 * incoming - a message on its way into the store
 *
 * Receives the text as it arrives.  Up to segment_min bytes are kept in memory,
 * or in an unnamed file if there are more than body_memory_max.  A larger
 * message is written to a segment at once (segment.h), whatever its size.
 *
 *	in = incoming_new(store);
 *	... incoming_write(in, piece, err) for each piece ...
 *	m.incoming = in;
 *	... message_deliver(), message_append(): once, or for several accounts,
 *	    which then share the bytes ...
 *	incoming_free(&in);
 *
 * Bounded by message_size_max: a write that would exceed it is refused with
 * ERR_CODE_TOO_LARGE.  After a failed write all further writes fail.
 * incoming_reset() and incoming_free() release the text.  Only one thread may
 * use it at a time.
 */
#ifndef STORE_INCOMING_H
#define STORE_INCOMING_H

#include "base/buf.h"
#include "base/err.h"

struct store;
struct incoming;

struct incoming *incoming_new(struct store *s);

/* Returns 0, or -1: ERR_REFUSED (too large), ERR_TEMP (disk error). */
int incoming_write(struct incoming *in, struct bytes piece, struct err *err);

uint64_t incoming_size(const struct incoming *in);

/* Makes it empty again, even after an error; frees its memory and file. */
void incoming_reset(struct incoming *in);

void incoming_free(struct incoming **in);

#endif
