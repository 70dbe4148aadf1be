/*
 * log_prealloc - log files whose blocks are reserved in advance
 *
 * Berkeley DB 5.3 reports a successful commit when the first write to a new
 * log file failed, as it does on a full disk.  So the blocks of the next log
 * files are reserved beforehand, in files "next.N" in the folder of the logs.
 * When a log file is created, one of these is renamed to it.  A commit begins
 * only when there is space for it: a full disk is detected before anything is
 * written, and a start on a full disk finds its space still reserved.
 *
 * On file systems that cannot reserve (EOPNOTSUPP) nothing is reserved, and
 * only ensure_flushed() in kv_write.c catches the failure.
 */
#ifndef KV_LOG_PREALLOC_H
#define KV_LOG_PREALLOC_H

#include <stdint.h>

#include "base/err.h"

/*
 * Makes sure that `files' more log files of that size have their blocks.
 * Returns 0, or -1 (ERR_CODE_FULL).
 */
int log_prealloc_reserve(const char *log_folder, unsigned files,
    uint64_t file_bytes, struct err *err);

/*
 * Prepares that many files from number `first' on, filled with zeroes.  They
 * are used before the others: overwriting them changes only data, so that a
 * flush need not wait for the file system's journal.  Slow.  Returns 0 or -1.
 */
int log_prealloc_fill(const char *log_folder, unsigned first, unsigned files,
    uint64_t file_bytes, struct err *err);

/* Renames a reserved file to the log file that is about to be created.  Does
   nothing if the name is not a log's, the file exists, or none is reserved. */
void log_prealloc_take(const char *path);

/* How many log files this process has created that way. */
unsigned log_prealloc_taken(void);

#endif
