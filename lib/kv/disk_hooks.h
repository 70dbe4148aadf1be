/*
 * disk_hooks - makes Berkeley DB use our system calls
 *
 * Berkeley DB calls the functions of disk.h instead of the C library's:
 *
 * - It forgets a failed flush: it repeats it, the kernel (which has dropped
 *   the pages) says yes, and what was acknowledged is not on the disk.  Here
 *   the first failure is logged and ends the process; the next start recovers
 *   from what did reach the disk.
 * - It never flushes a directory.  Here a file's folder is flushed when the
 *   file has been made or renamed, so that a log file with acknowledged mail
 *   cannot lose its name.
 * - A log file that is made gets blocks that were reserved before
 *   (log_prealloc.h).
 * - It does not always survive an allocation that fails (its recovery frees
 *   what it does not have).  Here that ends the process, as everywhere.
 */
#ifndef KV_DISK_HOOKS_H
#define KV_DISK_HOOKS_H

#include <stdbool.h>

/*
 * Installs the hooks, process-wide; before the first environment.  Can be
 * called again.  all: close, write, unlink and ftruncate too, which costs
 * time (Berkeley DB then seeks before each write): for tests.  Not read: with
 * a hook there Berkeley DB 5.3 takes the end of a file for an error.
 */
void disk_hooks_install(bool all);

#endif
