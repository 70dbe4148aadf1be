/*
 * disk - system calls for files that must be durable
 *
 * Segments (segment.h) use these, and through disk_hooks.h Berkeley DB does:
 * a failed flush ends the process, and a file that is made has its folder
 * flushed.  Tests put functions of their own into disk_calls, to fail the
 * n-th write or to record all of them.
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
	/* Of segments only: see disk_hooks_install(). */
	ssize_t (*pread)(int fd, void *p, size_t n, off_t offset);
	int (*fdatasync)(int fd);
	int (*sync_folder)(const char *folder);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
	int (*ftruncate)(int fd, off_t len);
	/* Blocks for the first len bytes; the file's length stays. */
	int (*reserve)(int fd, off_t len);
};

/* Tests change it before disk_hooks_install(); all else leaves it alone. */
extern struct disk_calls disk_calls;

/* Who hears the last words of disk_die(); NULL: stderr. */
void disk_set_log(void (*log)(void *arg, const char *text), void *arg);

/* The store cannot go on: says so and leaves without cleaning up. */
_Noreturn void disk_die(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* Flushes the folder that path lies in.  0, or -1 with errno. */
int disk_sync_parent(const char *path);
/* The same; ends the process if it cannot be done. */
void disk_must_sync_parent(const char *path);

/* ---- for our own files, as for Berkeley DB's ---- */

/* Opens; a file that is made has its folder flushed. */
int disk_open(const char *path, int flags, mode_t mode);
/* Returns when the file is on the disk; ends the process if it cannot be. */
void disk_flush(int fd, const char *path);
/* Removes the name, and flushes its folder. */
int disk_unlink(const char *path);

#endif
