/*
 * disk_space - is the store's disk full, and who is told
 *
 * There is a mark: with less free space mail is refused that adds to it, so
 * that there is room for what is in memory only, and for changes that lead
 * out of the trouble.  One line in the log when that begins, one when it
 * ends.  Any thread.
 */
#ifndef COMMIT_DISK_SPACE_H
#define COMMIT_DISK_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "kv/kv.h"

struct disk_space;

/*
 * Watches the file system of folder (NULL: there is always space).  kv is
 * borrowed: what it has not written yet needs room too.
 */
struct disk_space *disk_space_new(const char *folder, uint64_t free_bytes_min,
    struct kv *kv, struct log *log);
void disk_space_free(struct disk_space **sp);

/* Is there less than the mark?  Looks again if it knows it for 10 ms. */
bool disk_space_is_low(struct disk_space *sp);

/* A commit met a full disk; or one went well again. */
void disk_space_note_commit(struct disk_space *sp, bool full);
/* As noted: all changes are refused. */
bool disk_space_is_full(struct disk_space *sp);

#endif
