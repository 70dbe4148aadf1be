/*
 * ctl - the postern command: what its subcommands share
 *
 * A subcommand is a row of the table in commands.c: its words, its function, how
 * many arguments it takes, its usage and help.  Its function prints by
 * output.h and returns an exit status; what went wrong it says in one
 * sentence by ctl_fail().
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/settings.h"

/* Exit statuses. */
#define CTL_OK		0
#define CTL_FAILED	1	/* refused, not found, not possible */
#define CTL_USAGE	2	/* wrong words on the command line */
#define CTL_TEMP	75	/* the server does not answer: EX_TEMPFAIL */

/* Options of commands. */
#define CTL_STDIN	1u	/* --stdin: a password from standard input */
#define CTL_YES		2u	/* --yes: no question */
#define CTL_DRY_RUN	4u	/* --dry-run */
#define CTL_RECIPIENTS	8u	/* --recipients */

struct ctl_call;
struct request_client;

struct ctl {
	const char *conf_path;		/* borrowed */
	bool conf_named;		/* by -c or POSTERN_CONF */
	const char **overrides;		/* borrowed: the values of --set */
	size_t override_count;
	bool json;			/* for programs */
	struct settings settings;	/* by ctl_load() */
	bool loaded;
	unsigned options;		/* CTL_*: those that were given */
	struct request_client *client;	/* own; by call_begin() */
	const struct ctl_command *command;	/* the one that runs */
	struct arena arena;		/* lives as long as the process */
};

struct ctl_command {
	const char *words;		/* "account add" */
	int (*run)(struct ctl *c, int argc, char **argv);
	int args_min;			/* behind the words */
	int args_max;			/* -1: any number */
#define CTL_OWN_OPTIONS	(-2)		/* reads them itself, --help too */
	const char *args;		/* "NAME [SETTING=VALUE ...]" */
	const char *help;		/* one line, no full stop */
	unsigned options;		/* CTL_*: those it takes */
	const struct ctl_call *call;	/* of cmd_call() */
};

/* Ends with a row whose words are NULL. */
extern const struct ctl_command ctl_commands[];

/*
 * Reads the configuration, once.  Without a file at the default place the
 * defaults are used; a file that was named has to be there.  0, or -1 after
 * saying what is wrong.
 */
int ctl_load(struct ctl *c);

/* Says "postern: TEXT" and returns the status that the error asks for. */
int ctl_fail(const struct err *err);

/* The same for a text of our own; CTL_FAILED. */
int ctl_failf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says what is wrong and how the command is used; CTL_USAGE. */
int ctl_usage(const struct ctl *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints how the command is used, and text (NULL: its one line). */
int ctl_help(const struct ctl *c, const char *text);

/* Commands, by file. */
int cmd_help(struct ctl *c, int argc, char **argv);
int cmd_version(struct ctl *c, int argc, char **argv);
int cmd_account_add(struct ctl *c, int argc, char **argv);
int cmd_account_set(struct ctl *c, int argc, char **argv);
int cmd_by_owner(struct ctl *c, int argc, char **argv);
int cmd_domain_add(struct ctl *c, int argc, char **argv);
int cmd_domain_set(struct ctl *c, int argc, char **argv);
int cmd_message_get(struct ctl *c, int argc, char **argv);
int cmd_password_set(struct ctl *c, int argc, char **argv);
int cmd_stat(struct ctl *c, int argc, char **argv);
int cmd_backup(struct ctl *c, int argc, char **argv);
int cmd_export(struct ctl *c, int argc, char **argv);
int cmd_import(struct ctl *c, int argc, char **argv);
int cmd_verify(struct ctl *c, int argc, char **argv);
int cmd_dnsbl_check(struct ctl *c, int argc, char **argv);
int cmd_spf_check(struct ctl *c, int argc, char **argv);
int cmd_config_check(struct ctl *c, int argc, char **argv);
int cmd_config_defaults(struct ctl *c, int argc, char **argv);
int cmd_config_diff(struct ctl *c, int argc, char **argv);
int cmd_config_get(struct ctl *c, int argc, char **argv);
int cmd_config_manual(struct ctl *c, int argc, char **argv);

#endif
