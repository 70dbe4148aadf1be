#include <config.h>

#include <sys/stat.h>

#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kv/disk.h"
#include "kv/log_prealloc.h"

/* Longer paths are refused when the store is opened. */
#define SYS_PATH_MAX	4096

static void (*disk_log)(void *arg, const char *text);
static void *disk_log_arg;

void
disk_set_log(void (*log)(void *arg, const char *text), void *arg)
{
	disk_log_arg = arg;
	disk_log = log;
}

_Noreturn void
disk_die(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (disk_log != NULL)
		disk_log(disk_log_arg, text);
	else
		fprintf(stderr, "store: %s\n", text);
	/* Not exit(): its handlers might write what must not be written. */
	_exit(1);
}

/* ---- what is called unless a test says otherwise ---- */

static int
call_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags | O_CLOEXEC, mode);
}

static int
call_rename(const char *from, const char *to)
{
	return rename(from, to);
}

static int
call_sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved, rc;

	if (fd == -1)
		return -1;
	do
		rc = fsync(fd);
	while (rc == -1 && errno == EINTR);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

static int
call_reserve(int fd, off_t len)
{
	return fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, len);
}

struct disk_calls disk_calls = {
	.open = call_open,
	.close = close,
	.write = write,
	.pread = pread,
	.fdatasync = fdatasync,
	.sync_folder = call_sync_folder,
	.rename = call_rename,
	.unlink = unlink,
	.ftruncate = ftruncate,
	.reserve = call_reserve
};

int
disk_sync_parent(const char *path)
{
	char folder[SYS_PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n;

	if (slash == NULL)
		return disk_calls.sync_folder(".");
	n = slash == path ? 1 : (size_t)(slash - path);
	if (n >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, path, n);
	folder[n] = '\0';
	return disk_calls.sync_folder(folder);
}

static void
sync_parent_or_die(const char *path)
{
	if (disk_sync_parent(path) == -1)
		disk_die("cannot flush the folder of '%s': %s", path,
		    strerror(errno));
}

/* ---- for our own files ---- */

int
disk_open(const char *path, int flags, mode_t mode)
{
	int fd = disk_calls.open(path, flags, mode);

	if (fd != -1 && (flags & O_CREAT))
		sync_parent_or_die(path);
	return fd;
}

void
disk_flush(int fd, const char *path)
{
	int rc;

	do
		rc = disk_calls.fdatasync(fd);
	while (rc == -1 && errno == EINTR);
	if (rc == -1)
		disk_die("cannot flush %s of the store: %s; stopping, the "
		    "next start recovers", path, strerror(errno));
}

int
disk_unlink(const char *path)
{
	if (disk_calls.unlink(path) == -1)
		return -1;
	return disk_sync_parent(path);
}

/* ---- the hooks ---- */

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

/* Berkeley DB wants the error's number from the hooks below, not -1, except
   from the one for write(). */

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
	sync_parent_or_die(to);
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
disk_install(bool all)
{
	/*
	 * ThreadSanitizer takes an allocation for a write, and does not know
	 * the latches by which Berkeley DB hands it to another thread.  What
	 * its own calls do is suppressed (kv.c); so there it has them.
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
