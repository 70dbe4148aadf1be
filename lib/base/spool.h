/*
 * spool - a message on its way in
 *
 * Up to memory_max bytes lie in memory, from there on in a file without a
 * name, so a crash leaves nothing behind.  Not for messages already in a
 * mailbox: those are the store's.
 *
 *	sp = spool_new(dir, memory_max, size_max);
 *	... spool_write(sp, bytes, err) for each piece ...
 *	if (spool_view(sp, &message, err) == -1)
 *		...
 *	spool_free(&sp);
 *
 * Owns its memory and its descriptor.  Bounded by size_max: the write that
 * would pass it fails with ERR_CODE_TOO_LARGE.  After a failed write the
 * spool takes no more, and says why again.
 */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct spool;

/* dir is copied; it is touched only when the memory does not suffice. */
struct spool *spool_new(const char *dir, size_t memory_max,
    uint64_t size_max);

/* 0, or -1: ERR_REFUSED too large, ERR_TEMP the disk's trouble. */
int spool_write(struct spool *sp, struct bytes bytes, struct err *err);

uint64_t spool_size(const struct spool *sp);

/* Whether it lies in a file: such a message is large. */
bool spool_is_file(const struct spool *sp);

/*
 * All bytes, in one piece; valid until the next write, reset or free.
 * 0 or -1.
 */
int spool_view(struct spool *sp, struct bytes *view, struct err *err);

/* Empty again, also after an error; keeps neither memory nor file. */
void spool_reset(struct spool *sp);

void spool_free(struct spool **spp);

#endif
