/*
 * disk - the system calls below the store
 *
 * Berkeley DB calls these instead of the C library's, and so do segments
 * (segment.h), for these reasons:
 *
 * - It forgets a failed flush: it repeats it, the kernel (which has dropped
 *   the pages) says yes, and what was acknowledged is not on the disk.  Here
 *   the first failure is logged and ends the process; the next start recovers
 *   from what did reach the disk.
 * - It never flushes a directory.  Here a file's folder is flushed when the
 *   file has been made or renamed, so that a log file with acknowledged mail
 *   cannot lose its name.
 * - A log file that is made gets blocks that were reserved before (log_prealloc.h).
 * - It does not always survive an allocation that fails (its recovery frees
 *   what it does not have).  Here that ends the process, as everywhere.
 * - Tests put functions of their own in disk_calls: to fail the n-th write or
 *   to record all of them.
 *
 * Functions return what the system call of that name returns.
 */
#ifndef KV_DISK_H
#define KV_DISK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct disk_calls {
	int (*open)(const char *path, int flags, mode_t mode);
	int (*close)(int fd);
	ssize_t (*write)(int fd, const void *p, size_t n);
	/* Of segments only: see disk_install(). */
	ssize_t (*pread)(int fd, void *p, size_t n, off_t offset);
	int (*fdatasync)(int fd);
	int (*sync_folder)(const char *folder);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
	int (*ftruncate)(int fd, off_t len);
	/* Blocks for the first len bytes; the file's length stays. */
	int (*reserve)(int fd, off_t len);
};

/* Tests change it before disk_install(); all else leaves it alone. */
extern struct disk_calls disk_calls;

/*
 * Installs the hooks, process-wide; before the first environment.  Can be
 * called again.  all: close, write, unlink and ftruncate too, which costs
 * time (Berkeley DB then seeks before each write): for tests.  Not read: with
 * a hook there Berkeley DB 5.3 takes the end of a file for an error.
 */
void disk_install(bool all);

/* Who hears the last words of disk_die(); NULL: stderr. */
void disk_set_log(void (*log)(void *arg, const char *text), void *arg);

/* The store cannot go on: says so and leaves without cleaning up. */
_Noreturn void disk_die(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* Flushes the folder that path lies in.  0, or -1 with errno. */
int disk_sync_parent(const char *path);

/* ---- for our own files, as for Berkeley DB's ---- */

/* Opens; a file that is made has its folder flushed. */
int disk_open(const char *path, int flags, mode_t mode);
/* Returns when the file is on the disk; ends the process if it cannot be. */
void disk_flush(int fd, const char *path);
/* Removes the name, and flushes its folder. */
int disk_unlink(const char *path);

#endif
