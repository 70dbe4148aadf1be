/*
 * daemon - what the main() of every daemon begins with
 *
 * The options -c FILE, -o NAME=VALUE, -t, -f and -h are the same for all of
 * them, and so is the way to read the configuration, again on SIGHUP.
 *
 *	struct daemon_options o = { .program = "postern-milter" };
 *	daemon_options_read(&o, argc, argv);
 *	s = daemon_settings(&o, err);
 */
#ifndef CONFIG_DAEMON_H
#define CONFIG_DAEMON_H

#include <stdio.h>

#include "base/err.h"
#include "config/settings.h"

#define DAEMON_OVERRIDES_MAX	256

/* An option of this daemon alone; the table ends with name NULL. */
struct daemon_mode {
	const char *name;	/* "--verify" */
	const char *value;	/* what it takes, "DIR"; NULL: nothing */
	const char *usage;	/* two columns, for the help */
};

struct daemon_options {
	const char *program;		/* borrowed */
	const struct daemon_mode *modes;	/* borrowed; may be NULL */
	/* Filled by daemon_options_read(). */
	const char *config;		/* path */
	const char *overrides[DAEMON_OVERRIDES_MAX];
	size_t noverrides;
	bool check;			/* -t */
	const struct daemon_mode *mode;	/* the one that was given, or NULL */
	const char *mode_value;
};

/*
 * Reads the command line.  A mistake ends the process with the usage and
 * exit status 2; -h prints it and exits 0.
 */
void daemon_options_read(struct daemon_options *o, int argc, char **argv);

/*
 * The settings these options ask for: allocated; settings_free() and free()
 * them.  NULL with err: file, line, column.
 */
struct settings *daemon_settings(const struct daemon_options *o,
    struct err *err);

#endif
