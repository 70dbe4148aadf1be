/* disk - the system calls for durable files, and what happens if they fail. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kv/disk.h"

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
	/* Not exit(): an exit handler might write to the damaged store. */
	_exit(1);
}

/* ---- the calls that are used unless a test replaces them ---- */

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

void
disk_must_sync_parent(const char *path)
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
		disk_must_sync_parent(path);
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
