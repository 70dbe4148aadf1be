/*
 * daemon - the command line and the configuration of a daemon
 *
 * All daemons take the options -c FILE, -o NAME=VALUE, -t, -f and -h, and all
 * read their configuration this way, at start and again on SIGHUP.
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

/* An option that only this daemon has; the table ends with name NULL. */
struct daemon_mode {
	const char *name;	/* "--verify" */
	const char *value;	/* its argument, "DIR"; NULL: it takes none */
	const char *usage;	/* its lines in the help, in two columns */
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
 * Reads the command line.  On a usage error it prints the usage and exits with
 * status 2; on -h it prints the usage and exits with status 0.
 */
void daemon_options_read(struct daemon_options *o, int argc, char **argv);

/*
 * Loads the settings that these options ask for.  The caller must call
 * settings_free() and free() on the result.  Returns NULL on error; err names
 * file, line and column.
 */
struct settings *daemon_settings(const struct daemon_options *o,
    struct err *err);

#endif
