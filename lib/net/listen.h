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
	const char *setting;	/* named in errors; NULL: none */
	mode_t mode;		/* of a Unix socket; 0: 0600 */
	const char *group;	/* group of a Unix socket; NULL: unchanged */
	const char *user;	/* owner of a Unix socket; NULL: unchanged */
	int backlog;		/* 0: 1024 */
};

/* Returns the path of a Unix socket in where, or NULL if where is TCP. */
const char *listen_unix_path(const char *where);

/*
 * Opens a non-blocking, listening socket.  Replaces a Unix socket on which no
 * process listens any longer.  Returns 0, or -1 with an error that names where
 * and the setting.  Call it before starting threads, because it changes the
 * umask for a moment.
 */
int listen_open(const struct listen_spec *spec, int *fd, struct err *err);

#endif
