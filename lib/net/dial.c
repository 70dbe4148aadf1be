/* dial - connects, writes and reads with deadlines. */
#include <config.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/addr.h"
#include "net/dial.h"
#include "net/listen.h"

int
dial_wait(int fd, short events, uint64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now;
	int r;

	for (;;) {
		now = clock_mono_ms();
		if (now >= deadline_ms) {
			errno = ETIMEDOUT;
			return -1;
		}
		r = poll(&p, 1, deadline_ms - now > INT_MAX ? INT_MAX :
		    (int)(deadline_ms - now));
		if (r > 0)
			return 0;
		if (r == -1 && errno != EINTR)
			return -1;
	}
}

/* Returns a connected descriptor, or -1 with errno. */
static int
dial_sockaddr(const struct sockaddr *sa, socklen_t len, uint64_t deadline_ms)
{
	socklen_t elen = sizeof(int);
	int fd, e = 0, on = 1;

	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return -1;
	if (sa->sa_family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof(on));
	if (connect(fd, sa, len) == 0)
		return fd;
	e = errno;
	if (e == EINPROGRESS) {
		if (dial_wait(fd, POLLOUT, deadline_ms) == -1)
			e = errno;
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &elen) == -1)
			e = errno;
		if (e == 0)
			return fd;
	}
	(void)close(fd);
	errno = e;
	return -1;
}

static int
dial_unix(const char *where, const char *path, uint64_t deadline_ms,
    struct err *err)
{
	struct sockaddr_un sun;
	size_t len = strlen(path);
	int fd;

	if (len == 0 || len >= sizeof(sun.sun_path))
		return err_set(err, ERR_SYNTAX, "'%s' is not the path of a "
		    "Unix socket (1 to %zu bytes)", where,
		    sizeof(sun.sun_path) - 1);
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	memcpy(sun.sun_path, path, len);
	/* If the backlog of a Unix socket is full, connect() fails at once
	   with EAGAIN. */
	for (;;) {
		fd = dial_sockaddr((struct sockaddr *)&sun, sizeof(sun),
		    deadline_ms);
		if (fd != -1 || errno != EAGAIN ||
		    clock_mono_ms() + 10 >= deadline_ms)
			break;
		(void)poll(NULL, 0, 10);
	}
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot connect to '%s'", where);
	return fd;
}

/* Connects to host:port with a name, trying each of its addresses. */
static int
dial_name(const char *where, uint64_t deadline_ms, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	const char *colon = strrchr(where, ':');
	char host[256];
	int fd = -1, r;

	if (colon == NULL || colon == where || colon[1] == '\0' ||
	    (size_t)(colon - where) >= sizeof(host))
		return err_set(err, ERR_SYNTAX, "'%s' is not host:port or a "
		    "path", where);
	memcpy(host, where, (size_t)(colon - where));
	host[colon - where] = '\0';
	if ((r = getaddrinfo(host, colon + 1, &hints, &list)) != 0)
		return err_set(err, ERR_TEMP, "cannot look up '%s': %s", host,
		    gai_strerror(r));
	for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next)
		fd = dial_sockaddr(ai->ai_addr, ai->ai_addrlen, deadline_ms);
	r = errno;
	freeaddrinfo(list);
	errno = r;
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot connect to '%s'", where);
	return fd;
}

int
dial_connect(const char *where, uint64_t deadline_ms, struct err *err)
{
	const char *path = listen_unix_path(where);
	struct sockaddr_storage ss;
	struct err ignored = ERR_INIT;
	struct addr a;
	socklen_t len;
	int fd;

	if (path != NULL)
		return dial_unix(where, path, deadline_ms, err);
	if (addr_parse_port(bytes_of(where), &a, &ignored) == -1)
		return dial_name(where, deadline_ms, err);
	len = addr_to_sockaddr(&a, &ss);
	fd = dial_sockaddr((struct sockaddr *)&ss, len, deadline_ms);
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot connect to '%s'", where);
	return fd;
}

int
dial_write(int fd, const void *p, size_t n, uint64_t deadline_ms,
    struct err *err)
{
	const char *at = p;
	ssize_t r;

	while (n > 0) {
		r = send(fd, at, n, MSG_NOSIGNAL);
		if (r >= 0) {
			at += r;
			n -= (size_t)r;
		} else if (errno == EAGAIN) {
			if (dial_wait(fd, POLLOUT, deadline_ms) == -1)
				return err_sys(err, ERR_TEMP, "cannot send");
		} else if (errno != EINTR) {
			return err_sys(err, ERR_TEMP, "cannot send");
		}
	}
	return 0;
}

ssize_t
dial_read(int fd, void *p, size_t n, uint64_t deadline_ms, struct err *err)
{
	ssize_t r;

	for (;;) {
		r = recv(fd, p, n, 0);
		if (r >= 0)
			return r;
		if (errno == EAGAIN) {
			if (dial_wait(fd, POLLIN, deadline_ms) == -1)
				return err_sys(err, ERR_TEMP,
				    "cannot receive");
		} else if (errno != EINTR) {
			return err_sys(err, ERR_TEMP, "cannot receive");
		}
	}
}
