/*
 * dial - a small blocking client: connect, write, read, each by a deadline
 *
 *	uint64_t deadline = clock_mono_ms() + 5000;
 *	fd = dial_connect("/run/postern/admin", deadline, err);
 *	if (fd == -1 || dial_write(fd, req, n, deadline, err) == -1)
 *		return -1;
 *	got = dial_read(fd, buf, sizeof(buf), deadline, err);
 *
 * For programs that talk to one of ours on the same machine or network.
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
 * where: "192.0.2.1:25", "[::1]:25", "host.name:25" (looked up; each address
 * is tried), an absolute path, or "unix:" and a path.  A connected
 * descriptor, or -1 with ERR_TEMP (ERR_SYNTAX: where makes no sense).
 */
int dial_connect(const char *where, uint64_t deadline_ms, struct err *err);

/*
 * Waits until fd can be read (POLLIN) or written (POLLOUT).  0, or -1 with
 * errno: ETIMEDOUT, or poll()'s.
 */
int dial_wait(int fd, short events, uint64_t deadline_ms);

/* All n bytes.  0, or -1. */
int dial_write(int fd, const void *p, size_t n, uint64_t deadline_ms,
    struct err *err);

/* At least one byte, at most n.  Their number, 0 at the end, or -1. */
ssize_t dial_read(int fd, void *p, size_t n, uint64_t deadline_ms,
    struct err *err);

#endif
