/*
 * disk - system calls for files that must be durable
 *
 * Segments (segment.h) use these, and Berkeley DB does through disk_hooks.h.
 * A failed flush ends the process.  When a file is created, its folder is
 * flushed.  Tests replace functions in disk_calls to make the n-th write fail
 * or to record all writes.
 *
 * Functions return what the system call of the same name returns.
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
	/* Used by segments only: see disk_hooks_install(). */
	ssize_t (*pread)(int fd, void *p, size_t n, off_t offset);
	int (*fdatasync)(int fd);
	int (*sync_folder)(const char *folder);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
	int (*ftruncate)(int fd, off_t len);
	/* Allocates blocks for the first len bytes; keeps the file's length. */
	int (*reserve)(int fd, off_t len);
};

/* Tests change it before disk_hooks_install(); nothing else may. */
extern struct disk_calls disk_calls;

/* Sets who gets the last message of disk_die().  NULL: it goes to stderr. */
void disk_set_log(void (*log)(void *arg, const char *text), void *arg);

/* The store cannot go on: reports why and exits without cleaning up. */
_Noreturn void disk_die(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* Flushes the folder that holds path.  Returns 0, or -1 with errno. */
int disk_sync_parent(const char *path);
/* The same, but ends the process on failure. */
void disk_must_sync_parent(const char *path);

/* ---- for our own files as well as Berkeley DB's ---- */

/* Opens a file; if that creates it, its folder is flushed. */
int disk_open(const char *path, int flags, mode_t mode);
/* Returns when the file is on disk; ends the process on failure. */
void disk_flush(int fd, const char *path);
/* Removes the name and flushes its folder. */
int disk_unlink(const char *path);

#endif
