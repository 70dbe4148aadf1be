/* disk_hooks - the functions that Berkeley DB calls instead of libc's. */
#include <config.h>

#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

#include "kv/disk.h"
#include "kv/disk_hooks.h"
#include "kv/log_prealloc.h"

static int
hook_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = (mode_t)va_arg(ap, int);
		va_end(ap);
		log_prealloc_take(path);
	}
	return disk_open(path, flags, mode);
}

/* Berkeley DB wants the hooks below to return the errno, not -1; only the one
   for write() returns -1. */

static int
hook_fsync(int fd)
{
	disk_flush(fd, "a file");
	return 0;
}

static int
hook_rename(const char *from, const char *to)
{
	if (disk_calls.rename(from, to) == -1)
		return errno;
	disk_must_sync_parent(to);
	return 0;
}

static int
hook_close(int fd)
{
	return disk_calls.close(fd) == -1 ? errno : 0;
}

static ssize_t
hook_write(int fd, const void *p, size_t n)
{
	return disk_calls.write(fd, p, n);
}

static int
hook_unlink(const char *path)
{
	return disk_calls.unlink(path) == -1 ? errno : 0;
}

static int
hook_ftruncate(int fd, off_t len)
{
	return disk_calls.ftruncate(fd, len) == -1 ? errno : 0;
}

static void *
hook_malloc(size_t n)
{
	void *p = malloc(n);

	if (p == NULL && n > 0)
		disk_die("out of memory for %zu bytes; stopping, the next "
		    "start recovers", n);
	return p;
}

static void *
hook_realloc(void *old, size_t n)
{
	void *p = realloc(old, n);

	if (p == NULL && n > 0)
		disk_die("out of memory for %zu bytes; stopping, the next "
		    "start recovers", n);
	return p;
}

void
disk_hooks_install(bool all)
{
	/*
	 * ThreadSanitizer treats an allocation as a write and does not know the
	 * latches with which Berkeley DB hands the memory to another thread.
	 * kv.c suppresses what Berkeley DB's own calls do, so in that build
	 * Berkeley DB calls malloc() itself.
	 */
#ifndef __SANITIZE_THREAD__
	db_env_set_func_malloc(hook_malloc);
	db_env_set_func_realloc(hook_realloc);
#else
	(void)hook_malloc;
	(void)hook_realloc;
#endif
	db_env_set_func_open(hook_open);
	db_env_set_func_fsync(hook_fsync);
	db_env_set_func_rename(hook_rename);
	if (!all)
		return;
	db_env_set_func_close(hook_close);
	db_env_set_func_write(hook_write);
	db_env_set_func_unlink(hook_unlink);
	db_env_set_func_ftruncate(hook_ftruncate);
}
