/* file - reads, writes and locks files; prepares paths for sockets. */
#include <config.h>

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/random.h"

/* Descriptors that are kept in reserve: see file_is_scarce(). */
#define FILES_KEPT	32

/* Closes without changing errno, which the caller will report. */
static void
close_quietly(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

static int
open_error(struct err *err, const char *path)
{
	bool missing = errno == ENOENT;

	(void)err_sys(err, ERR_TEMP, "cannot open '%s'", path);
	if (missing)
		err->code = ERR_CODE_NOT_FOUND;
	return -1;
}

int
file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	size_t start = out->len;
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return open_error(err, path);
	for (;;) {
		n = read(fd, buf_reserve(out, 16384), 16384);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->len += (size_t)n;
		if (out->len - start > max) {
			close_quietly(fd);
			out->len = start;
			return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
			    "'%s' is larger than %zu bytes", path, max);
		}
	}
	close_quietly(fd);
	if (n == -1) {
		out->len = start;
		return err_sys(err, ERR_TEMP, "cannot read '%s'", path);
	}
	return 0;
}

int
file_write_all(int fd, const char *path, struct bytes bytes, struct err *err)
{
	ssize_t n;

	while (bytes.len > 0) {
		n = write(fd, bytes.data, bytes.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, ERR_TEMP, "cannot write '%s'",
			    path);
		bytes.data += n;
		bytes.len -= (size_t)n;
	}
	return 0;
}

bool
file_is_scarce(int fd, int more)
{
	struct rlimit r;

	return getrlimit(RLIMIT_NOFILE, &r) == 0 &&
	    r.rlim_cur != RLIM_INFINITY &&
	    (rlim_t)fd + (rlim_t)(FILES_KEPT + more) >= r.rlim_cur;
}

int
file_sync_dir(const char *path, struct err *err)
{
	int fd;

	if ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return open_error(err, path);
	if (fsync(fd) == -1) {
		close_quietly(fd);
		return err_sys(err, ERR_TEMP, "cannot sync folder '%s'", path);
	}
	(void)close(fd);
	return 0;
}

/* Writes the temporary file durably.  The mode ignores the umask. */
static int
write_durable(const char *path, mode_t mode, struct bytes bytes,
    struct err *err)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd == -1)
		return open_error(err, path);
	if (file_write_all(fd, path, bytes, err) == -1) {
		close_quietly(fd);
		return -1;
	}
	if (fchmod(fd, mode) == -1 || fsync(fd) == -1) {
		close_quietly(fd);
		return err_sys(err, ERR_TEMP, "cannot sync '%s'", path);
	}
	if (close(fd) == -1)
		return err_sys(err, ERR_TEMP, "cannot close '%s'", path);
	return 0;
}

int
file_sync_parent(const char *path, struct err *err)
{
	struct buf copy = BUF_INIT;
	int rc;

	buf_str(&copy, path);
	(void)buf_cstr(&copy);
	rc = file_sync_dir(dirname(copy.data), err);
	buf_free(&copy);
	return rc;
}

static int
write_and_name(const char *path, mode_t mode, struct bytes bytes,
    bool may_replace, struct err *err)
{
	struct buf tmp = BUF_INIT;
	int rc;

	buf_printf(&tmp, "%s.new.%08x", path, (unsigned)random_below(1u << 31));
	rc = write_durable(buf_cstr(&tmp), mode, bytes, err);
	if (rc == 0 && may_replace && rename(buf_cstr(&tmp), path) == -1)
		rc = err_sys(err, ERR_TEMP, "cannot rename '%s' to '%s'",
		    buf_cstr(&tmp), path);
	if (rc == 0 && !may_replace && link(buf_cstr(&tmp), path) == -1) {
		bool exists = errno == EEXIST;

		rc = err_sys(err, exists ? ERR_REFUSED : ERR_TEMP,
		    "cannot make '%s'", path);
		if (exists)
			err->code = ERR_CODE_EXISTS;
	}
	if (rc == -1 || !may_replace)
		(void)unlink(buf_cstr(&tmp));
	buf_free(&tmp);
	return rc == -1 ? -1 : file_sync_parent(path, err);
}

int
file_write(const char *path, mode_t mode, struct bytes bytes, struct err *err)
{
	return write_and_name(path, mode, bytes, true, err);
}

int
file_create(const char *path, mode_t mode, struct bytes bytes,
    struct err *err)
{
	return write_and_name(path, mode, bytes, false, err);
}

static int
mkdir_one(const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	return err_sys(err, ERR_TEMP, "cannot make folder '%s'", path);
}

int
file_mkdirs(const char *path, mode_t mode, struct err *err)
{
	struct buf b = BUF_INIT;
	int rc = 0;

	for (size_t i = 0; path[i] != '\0' && rc == 0; i++) {
		if (path[i] == '/' && i > 0)
			rc = mkdir_one(buf_cstr(&b), mode, err);
		buf_byte(&b, path[i]);
	}
	if (rc == 0)
		rc = mkdir_one(buf_cstr(&b), mode, err);
	buf_free(&b);
	return rc;
}

pid_t
file_read_pid(const char *path)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t pid = 0;

	if (file_read(path, 100, &b, &err) == 0)
		(void)decimal_parse(bytes_trim(buf_view(&b)), INT_MAX, &pid);
	buf_free(&b);
	return (pid_t)pid;
}

static int
write_pid(int fd, const char *path, struct err *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) == -1)
		return err_sys(err, ERR_TEMP, "cannot write '%s'", path);
	return file_write_all(fd, path, bytes_of(text), err);
}

int
file_lock(const char *path, struct err *err)
{
	int fd;

	/* O_APPEND: after ftruncate() the new pid is written at the start. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND,
	    0644);
	if (fd == -1)
		return open_error(err, path);
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			(void)err_code(err, ERR_REFUSED, ERR_CODE_IN_USE,
			    "'%s' is held by process %ld", path,
			    (long)file_read_pid(path));
		else
			(void)err_sys(err, ERR_TEMP, "cannot lock '%s'", path);
		(void)close(fd);
		return -1;
	}
	if (write_pid(fd, path, err) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Returns 1 if a process accepts connections there, 0 if not, -1 on error. */
static int
socket_is_alive(const char *path, struct err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof(sun.sun_path))
		return err_set(err, ERR_REFUSED,
		    "the socket path '%s' is longer than %zu bytes", path,
		    sizeof(sun.sun_path) - 1);
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot make a socket");
	rc = connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	/* EAGAIN: a process listens, but its queue is full. */
	if (rc == 0 || errno == EAGAIN || errno == EINPROGRESS)
		rc = 1;
	else if (errno == ECONNREFUSED)
		rc = 0;
	else
		rc = err_sys(err, ERR_TEMP, "cannot look at socket '%s'",
		    path);
	(void)close(fd);
	return rc;
}

int
file_clear_socket(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			return 0;
		return err_sys(err, ERR_TEMP, "cannot look at '%s'", path);
	}
	if (!S_ISSOCK(st.st_mode))
		return err_code(err, ERR_REFUSED, ERR_CODE_IN_USE,
		    "'%s' exists and is not a socket", path);
	switch (socket_is_alive(path, err)) {
	case 1:
		return err_code(err, ERR_REFUSED, ERR_CODE_IN_USE,
		    "'%s' is in use by another program", path);
	case 0:
		break;
	default:
		return -1;
	}
	if (unlink(path) == -1 && errno != ENOENT)
		return err_sys(err, ERR_TEMP, "cannot remove '%s'", path);
	return 0;
}

int
file_set_owner(const char *path, const char *user, const char *group,
    struct err *err)
{
	const struct passwd *pw;
	const struct group *gr;
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	if (user != NULL && *user != '\0') {
		if ((pw = getpwnam(user)) == NULL)
			return err_set(err, ERR_REFUSED,
			    "there is no user '%s'", user);
		uid = pw->pw_uid;
	}
	if (group != NULL && *group != '\0') {
		if ((gr = getgrnam(group)) == NULL)
			return err_set(err, ERR_REFUSED,
			    "there is no group '%s'", group);
		gid = gr->gr_gid;
	}
	if (lchown(path, uid, gid) == -1)
		return err_sys(err, ERR_TEMP, "cannot change the owner of '%s'",
		    path);
	return 0;
}

void
file_notify_systemd(const char *state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    (len = strlen(path)) >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')	/* an abstract name begins with NUL */
		sun.sun_path[0] = '\0';
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)close(fd);
}
