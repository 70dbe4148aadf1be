/*
 * listen - opens listening sockets, TCP and Unix
 *
 * Options that accepted sockets inherit are set here once, to save system calls
 * for each connection.
 */
#include <config.h>

#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "net/addr.h"
#include "net/listen.h"

#define BACKLOG	1024
/*
 * Unsent bytes that the kernel buffers for a peer.  Without this limit it
 * buffers up to 4 MB for each client that does not read.
 */
#define UNSENT_MAX	(256 * 1024)

const char *
listen_unix_path(const char *where)
{
	if (strncmp(where, "unix:", 5) == 0)
		return where + 5;
	return where[0] == '/' ? where : NULL;
}

/* Explains errno to an administrator who starts a server. */
static const char *
listen_why(int e)
{
	switch (e) {
	case EADDRINUSE:
		return "the address is in use by another program";
	case EADDRNOTAVAIL:
		return "this machine does not have that address";
	case EACCES:
	case EPERM:
		return "permission denied";
	case ENOENT:
		return "the folder does not exist";
	case EROFS:
		return "the file system is read-only";
	default:
		return strerror(e);
	}
}

/* Puts where and the setting before the error, and returns -1. */
static int
listen_wrap(const struct listen_spec *spec, struct err *err)
{
	if (spec->setting == NULL)
		return err_wrap(err, "cannot listen on '%s'", spec->where);
	return err_wrap(err, "cannot listen on '%s' (%s)", spec->where,
	    spec->setting);
}

/* Sets an error from errno, and closes fd. */
static int
listen_fail(const struct listen_spec *spec, int fd, struct err *err)
{
	(void)err_set(err, ERR_TEMP, "%s", listen_why(errno));
	if (fd != -1)
		(void)close(fd);
	return listen_wrap(spec, err);
}

static int
listen_tcp(const struct listen_spec *spec, int *out, struct err *err)
{
	struct sockaddr_storage ss;
	struct addr a;
	socklen_t len;
	int fd, on = 1, off = 0, unsent_max = UNSENT_MAX;

	if (addr_parse_port(bytes_of(spec->where), &a, err) == -1)
		return spec->setting == NULL ? -1 :
		    err_wrap(err, "%s", spec->setting);
	len = addr_to_sockaddr(&a, &ss);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1 && errno == EAFNOSUPPORT && spec->where[0] == '*') {
		/* The kernel has no IPv6. */
		a.family = ADDR_IPV4;
		len = addr_to_sockaddr(&a, &ss);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, 0);
	}
	if (fd == -1)
		return listen_fail(spec, fd, err);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max,
	    sizeof(unsent_max)) == -1 ||
	    (a.family == ADDR_IPV6 && setsockopt(fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &off, sizeof(off)) == -1) ||
	    bind(fd, (struct sockaddr *)&ss, len) == -1 ||
	    listen(fd, spec->backlog > 0 ? spec->backlog : BACKLOG) == -1)
		return listen_fail(spec, fd, err);
	*out = fd;
	return 0;
}

/* Sets owner and group, then the mode, because chown() may clear bits. */
static int
listen_unix_owner(const struct listen_spec *spec, const char *path,
    struct err *err)
{
	struct passwd *pw = NULL;
	struct group *gr = NULL;

	if (spec->user != NULL && (pw = getpwnam(spec->user)) == NULL)
		return err_set(err, ERR_REFUSED, "cannot listen on '%s': "
		    "no user '%s'", spec->where, spec->user);
	if (spec->group != NULL && (gr = getgrnam(spec->group)) == NULL)
		return err_set(err, ERR_REFUSED, "cannot listen on '%s': "
		    "no group '%s'", spec->where, spec->group);
	if ((pw != NULL || gr != NULL) &&
	    chown(path, pw == NULL ? (uid_t)-1 : pw->pw_uid,
	    gr == NULL ? (gid_t)-1 : gr->gr_gid) == -1)
		return err_sys(err, ERR_TEMP, "cannot chown '%s' to %s:%s",
		    path, spec->user == NULL ? "" : spec->user,
		    spec->group == NULL ? "" : spec->group);
	if (chmod(path, spec->mode == 0 ? 0600 : spec->mode) == -1)
		return err_sys(err, ERR_TEMP, "cannot set the mode of '%s'",
		    path);
	return 0;
}

static int
listen_unix(const struct listen_spec *spec, const char *path, int *out,
    struct err *err)
{
	struct sockaddr_un sun;
	size_t len = strlen(path);
	mode_t old;
	int fd, r;

	if (len == 0 || len >= sizeof(sun.sun_path))
		return err_set(err, ERR_REFUSED, "cannot listen on '%s'%s%s: "
		    "the path of a Unix socket must have 1 to %zu bytes",
		    spec->where, spec->setting == NULL ? "" : ", ",
		    spec->setting == NULL ? "" : spec->setting,
		    sizeof(sun.sun_path) - 1);
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	memcpy(sun.sun_path, path, len);
	if (file_clear_socket(path, err) == -1)
		return listen_wrap(spec, err);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return listen_fail(spec, fd, err);
	old = umask(0177);
	r = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	(void)umask(old);
	if (r == -1)
		return listen_fail(spec, fd, err);
	if (listen_unix_owner(spec, path, err) == -1) {
		(void)unlink(path);
		(void)close(fd);
		return -1;
	}
	if (listen(fd, spec->backlog > 0 ? spec->backlog : BACKLOG) == -1) {
		r = errno;
		(void)unlink(path);
		errno = r;
		return listen_fail(spec, fd, err);
	}
	*out = fd;
	return 0;
}

int
listen_open(const struct listen_spec *spec, int *fd, struct err *err)
{
	const char *path = listen_unix_path(spec->where);

	if (path != NULL)
		return listen_unix(spec, path, fd, err);
	return listen_tcp(spec, fd, err);
}
