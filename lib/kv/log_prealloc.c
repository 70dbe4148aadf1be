/* log_prealloc - makes, fills and hands out the reserved log files. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kv/disk.h"
#include "kv/log_prealloc.h"

#define ROOM_PATH_MAX	4200
#define ROOM_FILES_MAX	64
#define FILL_NAME	"filling"
#define FILL_PIECE	(256 * 1024)
#define LOG_NAME	"log."		/* Berkeley DB appends ten digits */
#define LOG_DIGITS	10

static unsigned taken;		/* atomic */

static void
room_path(char *path, const char *folder, size_t folder_len, unsigned n)
{
	snprintf(path, ROOM_PATH_MAX, "%.*s/next.%u", (int)folder_len, folder,
	    n);
}

/* Allocates blocks but keeps length 0: a log ends where its file does. */
static int
room_make(const char *path, uint64_t bytes, struct err *err)
{
	int fd = disk_calls.open(path, O_WRONLY | O_CREAT, 0600);

	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot make '%s'", path);
	if (disk_calls.reserve(fd, (off_t)bytes) == 0 || errno == EOPNOTSUPP ||
	    errno == ENOSYS || errno == EINVAL) {
		disk_calls.close(fd);
		return 0;
	}
	err_sys(err, ERR_TEMP, "cannot reserve room for the log in '%s'",
	    path);
	disk_calls.close(fd);
	/* It has no blocks, so it must not look as if it had. */
	if (disk_calls.unlink(path) == -1 && errno != ENOENT)
		disk_die("cannot remove '%s': %s", path, strerror(errno));
	return -1;
}

int
log_prealloc_reserve(const char *log_folder, unsigned files,
    uint64_t file_bytes, struct err *err)
{
	char path[ROOM_PATH_MAX];

	if (files > ROOM_FILES_MAX)
		files = ROOM_FILES_MAX;
	for (unsigned i = 0; i < files; i++) {
		room_path(path, log_folder, strlen(log_folder), i);
		if (access(path, F_OK) == -1 &&
		    room_make(path, file_bytes, err) == -1)
			return -1;
	}
	return 0;
}

static int
zeroes_write(int fd, uint64_t bytes)
{
	static const char zeroes[FILL_PIECE];
	ssize_t n;

	for (uint64_t left = bytes; left > 0; left -= (uint64_t)n) {
		n = disk_calls.write(fd, zeroes, left < FILL_PIECE ?
		    (size_t)left : FILL_PIECE);
		if (n <= 0)
			return -1;
	}
	return 0;
}

/*
 * Fills a file under a temporary name, so that it is not used for a log before
 * it has its final name.
 */
static int
fill_one(const char *folder, const char *path, uint64_t bytes,
    struct err *err)
{
	char temp[ROOM_PATH_MAX];
	int fd, rc = -1;

	snprintf(temp, sizeof(temp), "%s/" FILL_NAME, folder);
	/* Left by a crash. */
	if (disk_calls.unlink(temp) == -1 && errno != ENOENT)
		return err_sys(err, ERR_TEMP, "cannot remove '%s'", temp);
	fd = disk_calls.open(temp, O_WRONLY | O_CREAT, 0600);
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot make '%s'", temp);
	/* Reserve first: if there is not enough space for all of it, filling it
	   must not leave others with a full disk meanwhile. */
	if ((disk_calls.reserve(fd, (off_t)bytes) == 0 || errno != ENOSPC) &&
	    zeroes_write(fd, bytes) == 0) {
		disk_flush(fd, "room for the log");
		rc = disk_calls.rename(temp, path);
	}
	if (rc == -1) {
		err_sys(err, ERR_TEMP, "cannot fill '%s'", path);
		(void)disk_calls.unlink(temp);
	}
	disk_calls.close(fd);
	return rc;
}

int
log_prealloc_fill(const char *log_folder, unsigned first, unsigned files,
    uint64_t file_bytes, struct err *err)
{
	char path[ROOM_PATH_MAX];

	for (unsigned i = first; i < first + files; i++) {
		room_path(path, log_folder, strlen(log_folder), i);
		if (access(path, F_OK) == -1 &&
		    fill_one(log_folder, path, file_bytes, err) == -1)
			return -1;
	}
	return 0;
}

static bool
is_log_name(const char *name)
{
	const size_t n = sizeof(LOG_NAME) - 1;

	if (strncmp(name, LOG_NAME, n) != 0 ||
	    strlen(name + n) != LOG_DIGITS)
		return false;
	for (const char *p = name + n; *p != '\0'; p++)
		if (!isdigit((unsigned char)*p))
			return false;
	return true;
}

void
log_prealloc_take(const char *path)
{
	const char *slash = strrchr(path, '/');
	char from[ROOM_PATH_MAX];

	if (slash == NULL || !is_log_name(slash + 1) ||
	    access(path, F_OK) == 0)
		return;
	/* Take the last one, so that the rest stay numbered from 0. */
	for (unsigned i = ROOM_FILES_MAX; i-- > 0;) {
		room_path(from, path, (size_t)(slash - path), i);
		if (disk_calls.rename(from, path) == 0) {
			__atomic_add_fetch(&taken, 1, __ATOMIC_RELAXED);
			return;
		}
	}
}

unsigned
log_prealloc_taken(void)
{
	return __atomic_load_n(&taken, __ATOMIC_RELAXED);
}
