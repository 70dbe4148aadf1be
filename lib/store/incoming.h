/*
 * incoming - a message on its way into the store
 *
 * Takes the text as it arrives.  A message of at most segment_min bytes waits
 * in memory (and from body_memory_max on in a file without a name); a larger
 * one goes to a segment at once (segment.h), so its size is no matter.
 *
 *	in = incoming_new(store);
 *	... incoming_write(in, piece, err) for each piece ...
 *	m.incoming = in;
 *	... message_deliver(), message_append(): once, or for several accounts,
 *	    which then share the bytes ...
 *	incoming_free(&in);
 *
 * Bounded by message_size_max: the write that would pass it is refused with
 * ERR_CODE_TOO_LARGE.  After a failed write it takes no more; what was kept
 * goes with incoming_reset() or incoming_free().  One thread at a time.
 */
#ifndef STORE_INCOMING_H
#define STORE_INCOMING_H

#include "base/buf.h"
#include "base/err.h"

struct store;
struct incoming;

struct incoming *incoming_new(struct store *s);

/* 0, or -1: ERR_REFUSED too large, ERR_TEMP the disk's trouble. */
int incoming_write(struct incoming *in, struct bytes piece, struct err *err);

uint64_t incoming_size(const struct incoming *in);

/* Empty again, also after an error; keeps neither memory nor file. */
void incoming_reset(struct incoming *in);

void incoming_free(struct incoming **in);

#endif
