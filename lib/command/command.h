/*
 * command - a running subcommand, and the row that describes it
 *
 * A row has the words of a subcommand, its function, the number of arguments
 * it takes, its usage and its help.  The help and the lookup of commands use
 * only a table of these rows.  The function prints its output with output.h,
 * reports an error in one sentence with command_fail(), and returns an exit
 * status.
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
#define COMMAND_USAGE	2	/* a mistake on the command line */
#define COMMAND_TEMP	75	/* no reply from the server: EX_TEMPFAIL */

/* Options of commands. */
#define COMMAND_STDIN	1u	/* --stdin: a password from standard input */
#define COMMAND_YES	2u	/* --yes: do not ask */
#define COMMAND_DRY_RUN	4u	/* --dry-run */
#define COMMAND_RECIPIENTS 8u	/* --recipients */
#define COMMAND_OWN_OPTIONS 16u	/* it reads its options with options.h */

struct request_client;
struct request_command;

struct command {
	const char *conf_path;		/* borrowed */
	bool conf_named;		/* -c or POSTERN_CONF was given */
	const char **overrides;		/* borrowed: the values of --set */
	size_t override_count;
	bool json;			/* --json was given */
	struct settings settings;	/* filled by command_load() */
	bool loaded;
	unsigned options;		/* COMMAND_* of the given options */
	struct request_client *client;	/* own; by request_command_begin() */
	const struct command_row *row;	/* of the subcommand, or NULL */
	struct arena arena;		/* lives as long as the process */
};

/* A program that implements a subcommand: see program.h. */
struct command_program {
	const char *folder;		/* its folder in the build tree */
	const char *name;
};

struct command_row {
	const char *words;		/* "account add" */
	int (*run)(struct command *c, int argc, char **argv);
	int args_min;			/* not counting the words */
	int args_max;			/* -1: any number */
	const char *args;		/* "NAME [SETTING=VALUE ...]" */
	const char *help;		/* one line, no full stop */
	unsigned options;		/* COMMAND_* of the options it takes */
	const struct request_command *request;	/* for request_command_run() */
	const struct command_program *program;	/* for program_run() */
};

/* Sets the default configuration file and no options; loads nothing. */
void command_init(struct command *c);
void command_clear(struct command *c);

/*
 * Loads the configuration unless it is loaded already.  If the file at the
 * default path does not exist, the defaults are used; a file that was named
 * must exist.  Returns 0, or -1 after printing the error.
 */
int command_load(struct command *c);

/*
 * Prints "postern: TEXT" to standard error.  Returns COMMAND_TEMP for ERR_TEMP,
 * COMMAND_FAILED otherwise.
 */
int command_fail(const struct err *err);

/* Prints "postern: " and a formatted text.  Returns COMMAND_FAILED. */
int command_failf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints what is wrong and the command's usage.  Returns COMMAND_USAGE. */
int command_usage(const struct command *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Flushes standard output.  Returns COMMAND_OK, or COMMAND_FAILED on error. */
int command_flush(void);

/* Prints the command's usage and text (NULL: the help of its row).  Returns
   the status of command_flush(). */
int command_help(const struct command *c, const char *text);

#endif
