/*
 * listen - listening sockets, TCP and Unix
 *
 *	struct listen_spec spec = { .where = "127.0.0.1:143",
 *	    .setting = "imap-listen" };
 *	if (listen_open(&spec, &fd, err) == -1)
 *		... "cannot listen on '127.0.0.1:143' (imap-listen): the
 *		     address is in use by another program"
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <stdbool.h>

#include <sys/types.h>

#include "base/err.h"

struct listen_spec {
	/*
	 * "192.0.2.1:25", "[::1]:25", "*:25" (all interfaces, IPv4 too), or
	 * a Unix socket: an absolute path, or "unix:" and any path.
	 */
	const char *where;
	const char *setting;	/* named in errors; NULL: nothing to name */
	mode_t mode;		/* of a Unix socket; 0: 0600 */
	const char *group;	/* group of a Unix socket; NULL: unchanged */
	const char *user;	/* owner of a Unix socket; NULL: unchanged */
	int backlog;		/* 0: 1024 */
};

/* The path of a Unix socket in where, or NULL: where is TCP. */
const char *listen_unix_path(const char *where);

/*
 * A non-blocking, listening descriptor.  A Unix socket that nobody listens
 * on any more is replaced.  0, or -1 with one sentence that names where and
 * the setting.  Changes the umask for a moment: before threads are started.
 */
int listen_open(const struct listen_spec *spec, int *fd, struct err *err);

#endif
