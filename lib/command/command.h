/*
 * command - one subcommand at work, and the row that describes it
 *
 * A row has the words of a subcommand, its function, how many arguments it
 * takes, its usage and help; a program's table of them is all that its help
 * and its look-up know.  The function prints by output.h and returns an exit
 * status; what went wrong it says in one sentence by command_fail().
 *
 *	struct command c;
 *
 *	command_init(&c);
 *	c.row = ...;
 *	status = c.row->run(&c, argc, argv);
 *	command_clear(&c);
 *	return status;
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/settings.h"

/* Exit statuses. */
#define COMMAND_OK	0
#define COMMAND_FAILED	1	/* refused, not found, not possible */
#define COMMAND_USAGE	2	/* wrong words on the command line */
#define COMMAND_TEMP	75	/* the server does not answer: EX_TEMPFAIL */

/* Options of commands. */
#define COMMAND_STDIN	1u	/* --stdin: a password from standard input */
#define COMMAND_YES	2u	/* --yes: no question */
#define COMMAND_DRY_RUN	4u	/* --dry-run */
#define COMMAND_RECIPIENTS 8u	/* --recipients */
#define COMMAND_OWN_OPTIONS 16u	/* others: it reads them by options.h */

struct request_client;
struct request_command;

struct command {
	const char *conf_path;		/* borrowed */
	bool conf_named;		/* by -c or POSTERN_CONF */
	const char **overrides;		/* borrowed: the values of --set */
	size_t override_count;
	bool json;			/* for programs */
	struct settings settings;	/* by command_load() */
	bool loaded;
	unsigned options;		/* COMMAND_*: those that were given */
	struct request_client *client;	/* own; by request_command_begin() */
	const struct command_row *row;	/* the one that runs, or NULL */
	struct arena arena;		/* lives as long as the process */
};

/* Another program that is the command: see program.h. */
struct command_program {
	const char *folder;		/* where it is built */
	const char *name;
};

struct command_row {
	const char *words;		/* "account add" */
	int (*run)(struct command *c, int argc, char **argv);
	int args_min;			/* after the words */
	int args_max;			/* -1: any number */
	const char *args;		/* "NAME [SETTING=VALUE ...]" */
	const char *help;		/* one line, no full stop */
	unsigned options;		/* COMMAND_*: those it takes */
	const struct request_command *request;	/* of request_command_run() */
	const struct command_program *program;	/* of program_run() */
};

/* The default configuration file, no options, nothing loaded. */
void command_init(struct command *c);
void command_clear(struct command *c);

/*
 * Reads the configuration, once.  Without a file at the default place the
 * defaults are used; a file that was named has to be there.  0, or -1 after
 * saying what is wrong.
 */
int command_load(struct command *c);

/*
 * Prints "postern: TEXT" to standard error and returns the status that the
 * error asks for.
 */
int command_fail(const struct err *err);

/* The same for a text of our own; COMMAND_FAILED. */
int command_failf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says what is wrong and how the command is used; COMMAND_USAGE. */
int command_usage(const struct command *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Flushes standard output: COMMAND_OK, or COMMAND_FAILED when that failed. */
int command_flush(void);

/* Prints how the command is used, and text (NULL: its one line). */
int command_help(const struct command *c, const char *text);

#endif
