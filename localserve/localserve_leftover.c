/*
 * localserve_leftover - ends processes that an earlier run, which was killed,
 * has left running.
 *
 * run/NAME.pid holds "PID START\n" of a process that we started; START is its
 * start time in ticks since boot.  A running process with both numbers and the
 * right name is ours.  Postfix's master keeps spool/pid/master.pid locked while
 * it runs, so there the lock is the proof.
 */
#include <config.h>

#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "localserve/localserve.h"

#define MASTER_PID_FILE	LS_SPOOL "/pid/master.pid"
#define TERM_WAIT_MS	10000
#define KILL_WAIT_MS	5000
#define GROUP_TERM_MS	1000	/* then SIGKILL */
#define GROUP_GIVE_UP_MS 4000
#define GROUP_LOOK_MS	5

/* Reads start time and name from /proc/PID/stat.  -1: no such process. */
static int
process_stat(pid_t pid, uint64_t *start, char name[32])
{
	char path[64], line[1024], *p;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((f = fopen(path, "re")) == NULL)
		return -1;
	n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[n] = '\0';
	/* "PID (NAME) STATE ...": the name may have a ')', so find the last. */
	if ((p = strrchr(line, ')')) == NULL)
		return -1;
	*p++ = '\0';
	snprintf(name, 32, "%s", strchr(line, '(') != NULL ?
	    strchr(line, '(') + 1 : "");
	/* The 22nd field; the state is the third. */
	for (int field = 2; field < 22; field++) {
		if ((p = strchr(p, ' ')) == NULL)
			return -1;
		p++;
	}
	*start = strtoull(p, NULL, 10);
	return 0;
}

static const char *
pid_path(const char *name, char path[64])
{
	snprintf(path, 64, LS_RUN "/%s.pid", name);
	return path;
}

int
leftover_note(const char *name, pid_t pid, struct err *err)
{
	char path[64], process[32];
	uint64_t start;
	FILE *f;
	int bad;

	/* It has exited already: there is nothing to note. */
	if (process_stat(pid, &start, process) == -1)
		return 0;
	f = fopen(pid_path(name, path), "we");
	if (f == NULL)
		return err_sys(err, ERR_TEMP, "cannot write '%s'", path);
	bad = fprintf(f, "%ld %" PRIu64 "\n", (long)pid, start) < 0;
	if (fclose(f) != 0 || bad)
		return err_sys(err, ERR_TEMP, "cannot write '%s'", path);
	return 0;
}

void
leftover_forget(const char *name)
{
	char path[64];

	unlink(pid_path(name, path));
}

/* Waits until the process has exited.  Returns false on timeout. */
static bool
pidfd_wait(int pidfd, int timeout_ms)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	uint64_t end = clock_mono_ms() + (uint64_t)timeout_ms;
	uint64_t now;

	while ((now = clock_mono_ms()) < end)
		if (poll(&pfd, 1, (int)(end - now)) == 1)
			return true;
	return false;
}

static int
pidfd_end(int pidfd, const char *name, struct err *err)
{
	if (pidfd_send_signal(pidfd, SIGTERM, NULL, 0) == -1 &&
	    errno != ESRCH)
		return err_sys(err, ERR_REFUSED,
		    "cannot end '%s' of an earlier run", name);
	if (pidfd_wait(pidfd, TERM_WAIT_MS))
		return 1;
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	if (pidfd_wait(pidfd, KILL_WAIT_MS))
		return 1;
	return err_set(err, ERR_REFUSED, "'%s' of an earlier run does not "
	    "exit", name);
}

int
leftover_end(const char *name, struct err *err)
{
	char path[64], process[32];
	uint64_t noted, start;
	int pidfd, rc;
	long pid;
	FILE *f;

	if ((f = fopen(pid_path(name, path), "re")) == NULL)
		return 0;
	rc = fscanf(f, "%ld %" SCNu64, &pid, &noted);
	fclose(f);
	if (rc != 2 || pid < 2 || pid > INT32_MAX)
		return 0;
	if ((pidfd = pidfd_open((pid_t)pid, 0)) == -1)
		return 0;
	/* Checked after pidfd_open(): the pid can no longer be reused. */
	rc = 0;
	if (process_stat((pid_t)pid, &start, process) == 0 &&
	    start == noted && strcmp(process, name) == 0)
		rc = pidfd_end(pidfd, name, err);
	close(pidfd);
	if (rc != -1)
		unlink(path);
	return rc;
}

pid_t
leftover_master(void)
{
	int fd = open(MASTER_PID_FILE, O_RDONLY | O_CLOEXEC);
	char text[64];
	uint64_t pid = 0;
	ssize_t n;

	if (fd == -1)
		return 0;
	if (flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK) {
		n = read(fd, text, sizeof(text));
		if (n > 0)
			decimal_parse(bytes_trim(bytes_make(text, (size_t)n)),
			    INT32_MAX, &pid);
	}
	close(fd);
	return pid > 1 ? (pid_t)pid : 0;
}

/* Is any process left in this group?  Reaps those that are our children. */
static bool
group_lives(pid_t group)
{
	while (waitpid(-group, NULL, WNOHANG) > 0)
		;
	return kill(-group, 0) == 0 || errno != ESRCH;
}

/*
 * If a queue manager finds a message still locked by a delivery of its
 * predecessor, it ignores the message for 300 seconds, whatever main.cf says.
 * So the last of the old processes must exit before a new master starts.
 */
void
leftover_end_group(pid_t group)
{
	uint64_t start = clock_mono_ms(), now = start;

	kill(-group, SIGTERM);
	while (group_lives(group) && now - start < GROUP_GIVE_UP_MS) {
		if (now - start >= GROUP_TERM_MS)
			kill(-group, SIGKILL);
		poll(NULL, 0, GROUP_LOOK_MS);
		now = clock_mono_ms();
	}
}

int
leftover_end_master(struct err *err)
{
	pid_t pid = leftover_master();
	int pidfd, rc = 0;

	if (pid == 0 || (pidfd = pidfd_open(pid, 0)) == -1)
		return 0;
	if (leftover_master() == pid)
		rc = pidfd_end(pidfd, "postfix master", err);
	close(pidfd);
	if (rc == 1)
		leftover_end_group(pid);
	return rc;
}
