/*
 * localserve_supervisor - keeps programs running
 *
 *	struct supervisor sup;
 *	if (supervisor_init(&sup, children, n, err) == -1)
 *		return -1;
 *	rc = supervisor_start(&sup, err);	// all of them
 *	if (rc == 1)
 *		supervisor_run(&sup);		// until SIGINT or SIGTERM
 *	supervisor_stop(&sup);
 *	supervisor_free(&sup);
 *
 * A program that exits is restarted: at once the first time, after a growing
 * delay if it exits again soon.  An exit before all programs were ready is an
 * error instead.  SIGHUP is passed on to the programs.  There can be only one
 * supervisor in a process: it takes over the signals and reaps all children.
 */
#ifndef LOCALSERVE_LOCALSERVE_SUPERVISOR_H
#define LOCALSERVE_LOCALSERVE_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct child {
	/* Filled in by the caller. */
	const char *name;		/* as ps(1) shows it */
	const char *const *argv;	/* borrowed; ends with NULL */
	const char *library_path;	/* LD_LIBRARY_PATH, or NULL */
	/*
	 * True for Postfix's start script: it is ready when the master is, and
	 * the signals go to the master.  The other programs report that they
	 * are ready through NOTIFY_SOCKET.
	 */
	bool is_postfix;
	/* A FIFO that it logs to, which we forward; NULL: it logs to our
	   stderr. */
	const char *log_path;

	pid_t pid;			/* 0: not running */
	pid_t master;			/* of Postfix, once it is ready */
	bool is_ready;
	int log_fd;			/* of log_path, or -1 */
	struct buf line;		/* own: the incomplete log line */
	uint64_t started_ms;
	uint64_t restart_ms;		/* when to restart it if pid is 0 */
	unsigned delay_ms;		/* before the next restart */
};

struct supervisor {
	struct child *children;		/* borrowed */
	size_t n;
	int signal_fd;
	int notify_fd;
	char notify_name[64];		/* value of NOTIFY_SOCKET */
	bool told_to_stop;		/* by a signal */
	uint64_t stop_ms;		/* time of that signal */
	bool hurry;			/* a second signal came later */
	bool may_restart;
};

int supervisor_init(struct supervisor *sup, struct child *children, size_t n,
    struct err *err);
/*
 * Starts all children that are not running and waits until all are ready.
 * Returns 1 if they are, 0 if a signal came first, -1 if one exited or on
 * timeout.
 */
int supervisor_start(struct supervisor *sup, struct err *err);
/* The same for one child. */
int supervisor_start_one(struct supervisor *sup, struct child *c,
    struct err *err);
void supervisor_run(struct supervisor *sup);
/* Stops all children, the last one first. */
void supervisor_stop(struct supervisor *sup);
void supervisor_free(struct supervisor *sup);

#endif
