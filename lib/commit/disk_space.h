/*
 * disk_space - whether the store's disk is full
 *
 * With less free space than a mark, operations that add mail are refused, so
 * that there is space for what is in memory only, and for changes that free
 * some.  One line is logged when that begins and one when it ends.  May be
 * called from any thread.
 */
#ifndef COMMIT_DISK_SPACE_H
#define COMMIT_DISK_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "kv/kv.h"

struct disk_space;

/*
 * Watches the file system that holds folder (NULL: there is always space).  kv
 * is borrowed; what it has not written yet needs space too.
 */
struct disk_space *disk_space_new(const char *folder, uint64_t free_bytes_min,
    struct kv *kv, struct log *log);
void disk_space_free(struct disk_space **sp);

/* Is there less space than the mark?  What it says is at most 10 ms old. */
bool disk_space_is_low(struct disk_space *sp);

/* Notes that a commit found the disk full, or succeeded again. */
void disk_space_note_commit(struct disk_space *sp, bool full);
/* Returns what was noted last.  If true, every change is refused. */
bool disk_space_is_full(struct disk_space *sp);

#endif
