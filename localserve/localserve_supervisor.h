/*
 * localserve_supervisor - keeps a few programs running
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
 * A program that ends is started again: at once, and later when it ends
 * again soon.  Before all have been ready once that is an error instead.
 * SIGHUP is passed on.  One supervisor for each process: it owns its signals
 * and reaps all its children.
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
	 * Postfix's start script around its master: ready and stopped by the
	 * master.  The others say that they are ready by NOTIFY_SOCKET.
	 */
	bool is_postfix;
	/* A FIFO that it logs to, forwarded; NULL: logs to our stderr. */
	const char *log_path;

	pid_t pid;			/* 0: doesn't run */
	pid_t master;			/* of Postfix, once it is ready */
	bool is_ready;
	int log_fd;			/* of log_path, or -1 */
	struct buf line;		/* own: the log line that is coming */
	uint64_t started_ms;
	uint64_t restart_ms;		/* when, if pid is 0 */
	unsigned delay_ms;		/* of the next restart */
};

struct supervisor {
	struct child *children;		/* borrowed */
	size_t n;
	int signal_fd;
	int notify_fd;
	char notify_name[64];		/* value of NOTIFY_SOCKET */
	bool told_to_stop;		/* by a signal */
	uint64_t stop_ms;		/* when */
	bool hurry;			/* by another one, later */
	bool may_restart;
};

int supervisor_init(struct supervisor *sup, struct child *children, size_t n,
    struct err *err);
/*
 * Starts those that don't run and waits until all are ready.  1 ready, 0 a
 * signal came first, -1 one has ended or time is up.
 */
int supervisor_start(struct supervisor *sup, struct err *err);
/* Waits until this child is ready, as above. */
int supervisor_start_one(struct supervisor *sup, struct child *c,
    struct err *err);
void supervisor_run(struct supervisor *sup);
/* Ends all, Postfix first. */
void supervisor_stop(struct supervisor *sup);
void supervisor_free(struct supervisor *sup);

#endif
