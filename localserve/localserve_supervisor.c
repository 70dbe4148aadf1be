/*
 * localserve_supervisor - starts, watches, restarts and stops programs.
 *
 * One loop waits for signals, for readiness notifications and for log lines; a
 * program that has exited is restarted from this loop.
 */
#include <config.h>

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "localserve/localserve.h"
#include "localserve/localserve_supervisor.h"

#define CHILDREN_MAX	8
#define START_WAIT_MS	60000
#define STOP_WAIT_MS	15000	/* more than shutdown-timeout */
#define HURRY_AFTER_MS	1000
#define DELAY_MIN_MS	100
#define DELAY_MAX_MS	5000
#define SETTLED_MS	2000	/* after this uptime, restart at once */

/* ---- starting a child */

/* Runs in the child and never returns. */
static void
child_exec(const struct supervisor *sup, const struct child *c)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log_fd = STDERR_FILENO;

	setpgid(0, 0);		/* only we get the signal of Ctrl-C */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(null, STDIN_FILENO);
	if (c->log_path != NULL)
		log_fd = open(c->log_path, O_WRONLY | O_CLOEXEC);
	dup2(log_fd, STDOUT_FILENO);
	dup2(log_fd, STDERR_FILENO);
	unsetenv("MAIL_CONFIG");
	setenv("NOTIFY_SOCKET", sup->notify_name, 1);
	if (c->library_path != NULL)
		setenv("LD_LIBRARY_PATH", c->library_path, 1);
	execv(c->argv[0], (char *const *)c->argv);
	fprintf(stderr, "cannot run '%s': %s\n", c->argv[0], strerror(errno));
	_exit(127);
}

static int
child_start(struct supervisor *sup, struct child *c, struct err *err)
{
	/* Left by an earlier run, or by a start script that was killed. */
	if (c->is_postfix && (leftover_end_master(err) == -1 ||
	    postfix_skip_checks(err) == -1))
		return -1;
	fflush(NULL);
	c->pid = fork();
	if (c->pid == 0)
		child_exec(sup, c);
	if (c->pid == -1) {
		c->pid = 0;
		return err_sys(err, ERR_TEMP, "cannot start '%s'", c->name);
	}
	/* Done here too: we may signal the group before the child does it. */
	setpgid(c->pid, c->pid);
	buf_clear(&c->line);
	c->is_ready = false;
	c->master = 0;
	c->started_ms = clock_mono_ms();
	return c->is_postfix ? 0 : leftover_note(c->name, c->pid, err);
}

/* ---- notifications and logs */

static void
child_ready(struct child *c)
{
	if (c->is_ready)
		return;
	c->is_ready = true;
	if (c->is_postfix)
		c->master = leftover_master();
	log_debug(NULL, "ready", KV_STR("name", c->name),
	    KV_UINT("ms", clock_mono_ms() - c->started_ms));
}

/* The shell around a Postfix master reports its end; so do we. */
static bool
line_is_noise(const char *line)
{
	return strcmp(line, "Terminated") == 0 || strcmp(line, "Killed") == 0;
}

static void
log_line(struct child *c)
{
	const char *line = buf_cstr(&c->line);

	if (strstr(line, "daemon started") != NULL)
		child_ready(c);
	if (!line_is_noise(line))
		fprintf(stderr, "%s\n", line);
	buf_clear(&c->line);
}

/* Forwards whole lines.  A line longer than any program writes is cut. */
static void
log_read(struct child *c)
{
	char chunk[16384];
	ssize_t n;

	if (c->log_fd == -1)
		return;
	while ((n = read(c->log_fd, chunk, sizeof(chunk))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (chunk[i] == '\n')
				log_line(c);
			else if (c->line.len < LOG_LINE_MAX)
				buf_byte(&c->line, chunk[i]);
}

/* Any process can write to an abstract socket, so the sender is checked. */
static void
notify_read(struct supervisor *sup)
{
	char text[1024];
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;
	struct ucred cred = { .pid = 0 };
	ssize_t n = recvmsg(sup->notify_fd, &msg, MSG_DONTWAIT |
	    MSG_CMSG_CLOEXEC);

	if (n <= 0)
		return;
	text[n] = '\0';
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg != NULL;
	    cmsg = CMSG_NXTHDR(&msg, cmsg))
		if (cmsg->cmsg_level == SOL_SOCKET &&
		    cmsg->cmsg_type == SCM_CREDENTIALS)
			memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
	for (size_t i = 0; i < sup->n; i++)
		if (cred.pid > 0 && cred.pid == sup->children[i].pid &&
		    strstr(text, "READY=1") != NULL)
			child_ready(&sup->children[i]);
}

/* ---- exits and signals */

static void
child_ended(struct supervisor *sup, struct child *c, int status)
{
	uint64_t now = clock_mono_ms();
	bool expected = sup->told_to_stop || !sup->may_restart;

	log_read(c);		/* its last lines */
	if (c->master > 0)
		leftover_end_group(c->master);
	if (!c->is_postfix)
		leftover_forget(c->name);
	c->pid = 0;
	c->is_ready = false;
	if (now - c->started_ms >= SETTLED_MS)
		c->delay_ms = 0;
	c->restart_ms = now + c->delay_ms;
	if (!expected)
		log_warn(NULL, "program exited, restarting it",
		    KV_STR("name", c->name),
		    WIFSIGNALED(status) ?
		    KV_INT("signal", WTERMSIG(status)) :
		    KV_INT("status", WEXITSTATUS(status)),
		    KV_UINT("in-ms", c->delay_ms));
	c->delay_ms = c->delay_ms == 0 ? DELAY_MIN_MS : c->delay_ms * 2;
	if (c->delay_ms > DELAY_MAX_MS)
		c->delay_ms = DELAY_MAX_MS;
}

/* Reaps our children, and the processes of a Postfix that lost its master. */
static void
children_reap(struct supervisor *sup)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < sup->n; i++)
			if (sup->children[i].pid == pid)
				child_ended(sup, &sup->children[i], status);
}

static void
child_signal(const struct child *c, int sig)
{
	pid_t master;

	if (c->pid == 0)
		return;
	master = c->is_postfix ? leftover_master() : 0;
	if (master > 0)
		kill(master, sig);
	else if (!c->is_postfix || sig != SIGHUP)
		kill(c->is_postfix ? -c->pid : c->pid, sig);
}

static void
child_kill(const struct child *c)
{
	pid_t master = c->is_postfix ? leftover_master() : 0;

	if (master > 0)
		kill(-master, SIGKILL);
	if (c->pid > 0)
		kill(-c->pid, SIGKILL);
}

static void
children_restart(struct supervisor *sup)
{
	struct err err = ERR_INIT;
	struct child *c;

	for (size_t i = 0; i < sup->n; i++) {
		c = &sup->children[i];
		if (c->pid != 0 || clock_mono_ms() < c->restart_ms)
			continue;
		if (child_start(sup, c, &err) == -1) {
			log_error(NULL, "cannot start a program",
			    KV_ERR(&err));
			c->restart_ms = clock_mono_ms() + DELAY_MAX_MS;
		}
	}
}

/* ---- the loop */

/*
 * Some programs, such as timeout(1), signal a process and its group at the same
 * time.  That must not count as a second request to stop.
 */
static void
stop_asked(struct supervisor *sup)
{
	uint64_t now = clock_mono_ms();

	if (sup->told_to_stop && now - sup->stop_ms >= HURRY_AFTER_MS)
		sup->hurry = true;
	if (!sup->told_to_stop)
		sup->stop_ms = now;
	sup->told_to_stop = true;
}

static void
signals_read(struct supervisor *sup)
{
	struct signalfd_siginfo info;

	while (read(sup->signal_fd, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			children_reap(sup);
			break;
		case SIGHUP:
			for (size_t i = 0; i < sup->n; i++)
				child_signal(&sup->children[i], SIGHUP);
			break;
		default:
			stop_asked(sup);
		}
	}
}

/* Returns how long to poll: at most until the next restart is due. */
static int
wait_timeout(const struct supervisor *sup, uint64_t until_ms)
{
	uint64_t now = clock_mono_ms(), next = until_ms;

	for (size_t i = 0; sup->may_restart && i < sup->n; i++)
		if (sup->children[i].pid == 0 &&
		    sup->children[i].restart_ms < next)
			next = sup->children[i].restart_ms;
	if (next <= now)
		return 0;
	return next - now > 3600000 ? 3600000 : (int)(next - now);
}

static void
supervisor_wait(struct supervisor *sup, uint64_t until_ms)
{
	struct pollfd pfd[2 + CHILDREN_MAX];

	pfd[0].fd = sup->signal_fd;
	pfd[1].fd = sup->notify_fd;
	for (size_t i = 0; i < sup->n; i++)
		pfd[2 + i].fd = sup->children[i].log_fd;
	for (size_t i = 0; i < 2 + sup->n; i++) {
		pfd[i].events = POLLIN;
		pfd[i].revents = 0;
	}
	if (poll(pfd, 2 + sup->n, wait_timeout(sup, until_ms)) == -1)
		return;
	/* Notifications and logs of a child before its exit. */
	if (pfd[1].revents != 0)
		notify_read(sup);
	for (size_t i = 0; i < sup->n; i++)
		if (pfd[2 + i].revents != 0)
			log_read(&sup->children[i]);
	if (pfd[0].revents != 0)
		signals_read(sup);
	if (sup->may_restart && !sup->told_to_stop)
		children_restart(sup);
}

/* Opened for reading and writing, so that open() does not wait for a writer and
   read() does not return the end of the file. */
static int
logs_open(struct supervisor *sup, struct err *err)
{
	struct child *c;

	for (size_t i = 0; i < sup->n; i++) {
		c = &sup->children[i];
		c->log_fd = -1;
		if (c->log_path == NULL)
			continue;
		c->log_fd = open(c->log_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (c->log_fd == -1)
			return err_sys(err, ERR_TEMP, "cannot open '%s'",
			    c->log_path);
	}
	return 0;
}

int
supervisor_init(struct supervisor *sup, struct child *children, size_t n,
    struct err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sun);
	sigset_t set;
	int one = 1;

	assert(n <= CHILDREN_MAX);
	memset(sup, 0, sizeof(*sup));
	sup->children = children;
	sup->n = n;
	if (logs_open(sup, err) == -1)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sup->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	sup->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Binding without a name gets a free abstract one. */
	if (sup->signal_fd == -1 || sup->notify_fd == -1 ||
	    setsockopt(sup->notify_fd, SOL_SOCKET, SO_PASSCRED, &one,
	    sizeof(one)) == -1 ||
	    bind(sup->notify_fd, (struct sockaddr *)&sun,
	    sizeof(sun.sun_family)) == -1 ||
	    getsockname(sup->notify_fd, (struct sockaddr *)&sun, &len) == -1)
		return err_sys(err, ERR_TEMP, "cannot watch programs");
	snprintf(sup->notify_name, sizeof(sup->notify_name), "@%.*s",
	    (int)(len - offsetof(struct sockaddr_un, sun_path) - 1),
	    sun.sun_path + 1);
	return 0;
}

static int
wait_ready(struct supervisor *sup, const struct child *c, struct err *err)
{
	uint64_t deadline = clock_mono_ms() + START_WAIT_MS;

	while (!c->is_ready) {
		if (sup->told_to_stop)
			return 0;
		if (c->pid == 0)
			return err_set(err, ERR_REFUSED,
			    "'%s' exited during its start", c->name);
		if (clock_mono_ms() >= deadline)
			return err_set(err, ERR_TEMP,
			    "'%s' is not ready after %d s", c->name,
			    START_WAIT_MS / 1000);
		supervisor_wait(sup, deadline);
	}
	return 1;
}

int
supervisor_start_one(struct supervisor *sup, struct child *c,
    struct err *err)
{
	if (c->pid == 0 && child_start(sup, c, err) == -1)
		return -1;
	return wait_ready(sup, c, err);
}

int
supervisor_start(struct supervisor *sup, struct err *err)
{
	int rc;

	for (size_t i = 0; i < sup->n; i++)
		if (sup->children[i].pid == 0 &&
		    child_start(sup, &sup->children[i], err) == -1)
			return -1;
	for (size_t i = 0; i < sup->n; i++)
		if ((rc = wait_ready(sup, &sup->children[i], err)) != 1)
			return rc;
	sup->may_restart = true;
	return 1;
}

void
supervisor_run(struct supervisor *sup)
{
	while (!sup->told_to_stop)
		supervisor_wait(sup, UINT64_MAX);
}

static void
wait_stopped(struct supervisor *sup, const struct child *c, bool may_hurry)
{
	uint64_t deadline = clock_mono_ms() + STOP_WAIT_MS;

	while (c->pid != 0 && !(may_hurry && sup->hurry) &&
	    clock_mono_ms() < deadline)
		supervisor_wait(sup, deadline);
}

static void
stop_one(struct supervisor *sup, struct child *c)
{
	child_signal(c, SIGTERM);
	wait_stopped(sup, c, true);
	if (c->pid == 0)
		return;
	log_warn(NULL, "program did not stop, killed it",
	    KV_STR("name", c->name));
	child_kill(c);
	wait_stopped(sup, c, false);
}

void
supervisor_stop(struct supervisor *sup)
{
	struct err err = ERR_INIT;

	sup->may_restart = false;
	/* Each one needs those before it: the milter sends counts to imapd. */
	for (size_t i = sup->n; i-- > 0;) {
		stop_one(sup, &sup->children[i]);
		/* A start script may have exited before its master started. */
		if (sup->children[i].is_postfix &&
		    leftover_end_master(&err) == -1)
			log_error(NULL, "cannot stop Postfix", KV_ERR(&err));
	}
}

void
supervisor_free(struct supervisor *sup)
{
	for (size_t i = 0; i < sup->n; i++) {
		if (sup->children[i].log_fd != -1)
			close(sup->children[i].log_fd);
		buf_free(&sup->children[i].line);
	}
	close(sup->signal_fd);
	close(sup->notify_fd);
}
