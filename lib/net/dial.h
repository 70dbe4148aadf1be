/*
 * dial - a small blocking client: connect, write and read with deadlines
 *
 *	uint64_t deadline = clock_mono_ms() + 5000;
 *	fd = dial_connect("/run/postern/admin", deadline, err);
 *	if (fd == -1 || dial_write(fd, req, n, deadline, err) == -1)
 *		return -1;
 *	got = dial_read(fd, buf, sizeof(buf), deadline, err);
 *
 * For programs that talk to other postern programs on the same machine or
 * network.
 * Deadlines are times of clock_mono_ms() (base/clock.h).  The descriptors are
 * non-blocking; the functions wait by poll().
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "base/err.h"

/*
 * Connects to where: "192.0.2.1:25", "[::1]:25", "host.name:25" (all addresses
 * of the name are tried), an absolute path, or "unix:" and a path.  Returns a
 * descriptor, or -1 with ERR_TEMP, or ERR_SYNTAX if where is invalid.
 */
int dial_connect(const char *where, uint64_t deadline_ms, struct err *err);

/*
 * Waits until fd can be read (POLLIN) or written (POLLOUT).  Returns 0, or -1
 * with errno, which is ETIMEDOUT after the deadline.
 */
int dial_wait(int fd, short events, uint64_t deadline_ms);

/* Writes all n bytes.  Returns 0 or -1. */
int dial_write(int fd, const void *p, size_t n, uint64_t deadline_ms,
    struct err *err);

/* Reads 1 to n bytes.  Returns their number, 0 at the end, -1 on error. */
ssize_t dial_read(int fd, void *p, size_t n, uint64_t deadline_ms,
    struct err *err);

#endif
