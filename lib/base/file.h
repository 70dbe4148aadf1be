/*
 * file - files, folders, locks and sockets in the file system
 *
 * Functions that can fail return -1 and fill err, with the path in its text.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends the whole file to out.  -1: ERR_REFUSED if it is longer than max
 * bytes, ERR_CODE_NOT_FOUND if it is missing.
 */
int file_read(const char *path, size_t max, struct buf *out,
    struct err *err);

/*
 * Replaces the file at path with these bytes, atomically and durably: writes
 * a temporary file beside it, fsyncs it, renames it, fsyncs the folder.
 */
int file_write(const char *path, mode_t mode, struct bytes bytes,
    struct err *err);

/* The same, but fails with ERR_CODE_EXISTS if path already exists. */
int file_create(const char *path, mode_t mode, struct bytes bytes,
    struct err *err);

/* Writes all bytes, continuing after short writes.  path is for the error. */
int file_write_all(int fd, const char *path, struct bytes bytes,
    struct err *err);

/*
 * Is fd one of the last descriptors that the limit of open files allows?
 * `Last' means 32, plus as many as the caller adds.  These are kept for what
 * must not fail, such as the store's next log file: anything that a stranger
 * can request repeatedly has to close a scarce descriptor again.
 */
bool file_is_scarce(int fd, int more);

/* Flushes the folder, so that names in it are durable. */
int file_sync_dir(const char *path, struct err *err);
/* The same for the folder that path is in. */
int file_sync_parent(const char *path, struct err *err);

/* Makes the folder and its parents; existing ones are not changed. */
int file_mkdirs(const char *path, mode_t mode, struct err *err);

/*
 * Opens (or creates) a lock file, locks it with flock() and writes our pid to
 * it.  Returns the descriptor; the lock lasts until it is closed or the
 * process ends.  -1: another process holds the lock (ERR_REFUSED,
 * ERR_CODE_IN_USE, its pid in the text), or the file cannot be opened.
 */
int file_lock(const char *path, struct err *err);

/* Returns the pid in a file, or 0 if there is none. */
pid_t file_read_pid(const char *path);

/*
 * Makes way for a Unix socket: removes a socket at path that no process listens
 * on.  Returns 0 if the path is free now; -1 if a process listens
 * (ERR_REFUSED, ERR_CODE_IN_USE) or something else is there.
 */
int file_clear_socket(const char *path, struct err *err);

/*
 * Sets owner and group of a socket or file by name; NULL or "" leaves one as it
 * is.  Does not follow a symbolic link.
 */
int file_set_owner(const char *path, const char *user, const char *group,
    struct err *err);

/*
 * Tells systemd "READY=1", "STOPPING=1", "RELOADING=1\nMONOTONIC_USEC=..." or
 * "STATUS=...".  Does nothing if NOTIFY_SOCKET is not set.  Failures are
 * ignored, because there is no one to report them to.
 */
void file_notify_systemd(const char *state);

#endif
