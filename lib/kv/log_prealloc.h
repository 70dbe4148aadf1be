/*
 * log_prealloc - room for the log, reserved before it is needed
 *
 * Berkeley DB 5.3 says that a commit went well when the first write to a new
 * log file failed, as it does on a full disk.  So the blocks of the next log
 * files are reserved beforehand, in files "next.N" in the folder of the logs;
 * when a log file is made, it is one of these that gets its name.  A commit
 * begins only when there is room for it: a full disk is met before anything
 * is written, and a start with a full disk finds its room still there.
 *
 * On file systems that cannot reserve (EOPNOTSUPP) there is nothing of this;
 * ensure_flushed() in kv_write.c is the net below.
 */
#ifndef KV_LOG_PREALLOC_H
#define KV_LOG_PREALLOC_H

#include <stdint.h>

#include "base/err.h"

/*
 * Sees to it that `files' more log files of that size have their blocks.
 * 0, or -1: ERR_CODE_FULL.
 */
int log_prealloc_reserve(const char *log_folder, unsigned files,
    uint64_t file_bytes, struct err *err);

/*
 * As many more, from `first' on, with zeroes in them, which are taken before
 * the others: overwriting them changes nothing but data, and a flush need not
 * wait for the file system's journal.  For a thread that has the time.  0 or
 * -1.
 */
int log_prealloc_fill(const char *log_folder, unsigned first, unsigned files,
    uint64_t file_bytes, struct err *err);

/* Gives a reserved file the name of a log file that is about to be made.
   Does nothing for other names, for a file that is there, or without room. */
void log_prealloc_take(const char *path);

/* How many log files this process has made so. */
unsigned log_prealloc_taken(void);

#endif
