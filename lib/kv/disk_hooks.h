/*
 * disk_hooks - makes Berkeley DB use our system calls
 *
 * Berkeley DB calls the functions of disk.h instead of the C library's,
 * because:
 *
 * - It forgets a failed flush.  It repeats the flush, the kernel (which has
 *   dropped the pages) reports success, and acknowledged data is not on the
 *   disk.  Here the first failure is logged and ends the process; the next
 *   start recovers from what did reach the disk.
 * - It never flushes a directory.  Here a file's folder is flushed after the
 *   file was created or renamed, so that a log file with acknowledged mail
 *   cannot lose its name.
 * - A new log file is to get blocks that were reserved earlier
 *   (log_prealloc.h).
 * - It does not always survive a failed allocation (its recovery frees memory
 *   that it never got).  Here that ends the process, as everywhere else.
 */
#ifndef KV_DISK_HOOKS_H
#define KV_DISK_HOOKS_H

#include <stdbool.h>

/*
 * Installs the hooks for the whole process; call it before the first
 * environment is opened.  It may be called again.  all: also hooks close,
 * write, unlink and ftruncate, which costs time (Berkeley DB then seeks before
 * each write) and is meant for tests.  read is never hooked: with a hook there
 * Berkeley DB 5.3 takes the end of a file for an error.
 */
void disk_hooks_install(bool all);

#endif
