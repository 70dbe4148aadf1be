/*
 * program - finds the other programs of the suite, runs a program and reads its
 * output, or executes one in place of this one.
 */
#include <config.h>

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "command/program.h"

/* Runs in the child: only functions that are safe after fork() are used. */
static _Noreturn void
run_child(const char *const *argv, int out_fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1 ||
	    dup2(out_fd, STDOUT_FILENO) == -1)
		_exit(126);
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Reads until the end.  Returns -1 on error or if there is more than max. */
static int
read_bounded(int fd, size_t max, struct buf *out)
{
	char piece[4096];
	size_t start = out->len;
	ssize_t n;

	for (;;) {
		n = read(fd, piece, sizeof(piece));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 && out->len - start <= max ? 0 : -1;
		if (out->len - start <= max)
			buf_add(out, piece, (size_t)n);
	}
}

int
program_output(const char *const *argv, size_t max, struct buf *out)
{
	int p[2], status, rc;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) == -1)
		return -1;
	if ((pid = fork()) == 0)
		run_child(argv, p[1]);
	(void)close(p[1]);
	rc = pid == -1 ? -1 : read_bounded(p[0], max, out);
	(void)close(p[0]);
	if (pid == -1)
		return -1;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return rc == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ?
	    0 : -1;
}

const char *
program_self(struct arena *a)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	return n == -1 ? NULL : arena_memdup(a, exe, (size_t)n);
}

const char *
program_folder(struct arena *a)
{
	const char *self = program_self(a);

	return self == NULL ? NULL : dirname(arena_strdup(a, self));
}

const char *
program_find(struct arena *a, const char *folder, const char *name)
{
	const char *places[] = { ".", "../sbin", "../bin", NULL };
	const char *dir = program_folder(a), *path;

	if (dir == NULL)
		return NULL;
	places[3] = arena_printf(a, "../%s", folder);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		path = arena_printf(a, "%s/%s/%s", dir, places[i], name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

void
program_become(const char *const *argv)
{
	(void)execv(argv[0], (char *const *)(uintptr_t)argv);
}

int
program_run(struct command *c, int argc, char **argv)
{
	const struct command_program *p = c->row->program;
	size_t max = (size_t)argc + 2 * c->override_count + 2, n = 0;
	const char **args = arena_array(&c->arena, max, sizeof(*args));

	args[n++] = program_find(&c->arena, p->folder, p->name);
	if (args[0] == NULL)
		return command_failf("'%s' is not installed with this "
		    "program", p->name);
	for (size_t i = 0; i < c->override_count; i++) {
		args[n++] = "--set";
		args[n++] = c->overrides[i];
	}
	for (int i = 0; i < argc; i++)
		args[n++] = argv[i];
	program_become(args);
	return command_failf("cannot run '%s': %s", args[0], strerror(errno));
}
