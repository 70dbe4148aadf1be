/*
 * file - files, folders, locks and sockets in the file system
 *
 * All functions that can fail return -1 and fill err, which names the path.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends the whole file to out.  More than max bytes is ERR_REFUSED, a
 * missing file has ERR_CODE_NOT_FOUND.
 */
int file_read(const char *path, size_t max, struct buf *out,
    struct err *err);

/*
 * Replaces path by a file with these bytes, whole or not at all, durable on
 * return: a temporary file beside it, fsync, rename, fsync of the folder.
 */
int file_write(const char *path, mode_t mode, struct bytes bytes,
    struct err *err);

/* The same, refused with ERR_CODE_EXISTS when path is there already. */
int file_create(const char *path, mode_t mode, struct bytes bytes,
    struct err *err);

/* All of the bytes, going on after short writes.  path is for the error. */
int file_write_all(int fd, const char *path, struct bytes bytes,
    struct err *err);

/*
 * Whether fd is one of the last descriptors that the limit of open files
 * allows: 32, and as many more as the caller says.  They are kept for what
 * must not fail, such as the next file of the store's log: what a stranger
 * can ask for any number of times gives a scarce one back.
 */
bool file_is_scarce(int fd, int more);

/* Makes names in this folder durable. */
int file_sync_dir(const char *path, struct err *err);

/* Makes the folder and those above it; those that exist stay as they are. */
int file_mkdirs(const char *path, mode_t mode, struct err *err);

/*
 * Opens (makes) a lock file, takes its flock and writes our pid into it.
 * Returns the descriptor, to be kept open; the lock ends with it, also when
 * the process is killed.  -1: held by another process (ERR_REFUSED with
 * ERR_CODE_IN_USE, the text names its pid), or cannot be opened.
 */
int file_lock(const char *path, struct err *err);

/* The pid in a file: > 0; 0 when there is none. */
pid_t file_read_pid(const char *path);

/*
 * Makes room for a Unix socket: removes a socket at path that nobody listens
 * on.  0 when the path is free now; -1 when somebody listens (ERR_REFUSED,
 * ERR_CODE_IN_USE) or something else is in the way.
 */
int file_clear_socket(const char *path, struct err *err);

/*
 * Owner and group of a socket or file by name; NULL or "" leaves the user or
 * group as it is.  A symbolic link is not followed.
 */
int file_set_owner(const char *path, const char *user, const char *group,
    struct err *err);

/*
 * Tells systemd: "READY=1", "STOPPING=1", "RELOADING=1\nMONOTONIC_USEC=...",
 * "STATUS=...".  Nothing when NOTIFY_SOCKET is not set; failures are
 * ignored, since there is nobody else to tell.
 */
void file_notify_systemd(const char *state);

#endif
