/*
 * spool - a message that is being received
 *
 * Up to memory_max bytes are kept in memory, more in a file without a name, so
 * a crash leaves nothing behind.  Not for messages that are in a mailbox:
 * those are in the store.
 *
 *	sp = spool_new(dir, memory_max, size_max);
 *	... spool_write(sp, bytes, err) for each piece ...
 *	if (spool_view(sp, &message, err) == -1)
 *		...
 *	spool_free(&sp);
 *
 * Owns its memory and its descriptor.  Bounded by size_max: the write that
 * would exceed it fails with ERR_CODE_TOO_LARGE.  After a failed write all
 * further writes fail with the same error.
 */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct spool;

/* dir is copied; it is used only if memory_max is exceeded. */
struct spool *spool_new(const char *dir, size_t memory_max,
    uint64_t size_max);

/* Returns 0, or -1: ERR_REFUSED if too large, ERR_TEMP if the disk fails. */
int spool_write(struct spool *sp, struct bytes bytes, struct err *err);

uint64_t spool_size(const struct spool *sp);

/*
 * Gets all bytes in one piece; valid until the next write, reset or free.
 * Returns 0 or -1.
 */
int spool_view(struct spool *sp, struct bytes *view, struct err *err);

/* Empties it, also after an error; keeps neither memory nor file. */
void spool_reset(struct spool *sp);

void spool_free(struct spool **spp);

#endif
