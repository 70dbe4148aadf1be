/*
 * options - long options of a command that has some of its own
 *
 * For rows with CTL_OWN_OPTIONS.  "--name VALUE" and "--name=VALUE"; "--"
 * ends them, --json and --help are always there.
 *
 *	const char *type = "both";
 *	bool force = false;
 *	const struct ctl_option options[] = {
 *		{ "type", &type, NULL },
 *		{ "force", NULL, &force },
 *		{ NULL, NULL, NULL }
 *	};
 *	int status;
 *
 *	if (!options_take(c, options, 1, 1, &argc, argv, &status))
 *		return status;
 */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include "ctl/ctl.h"

struct ctl_option {
	const char *name;		/* without "--"; NULL ends the list */
	const char **value;		/* NULL: it takes none */
	bool *given;			/* may be NULL */
};

/*
 * Takes the options out of the arguments and checks how many are left
 * (args_max -1: any number).  False: the command is over, with *status, and
 * what was wrong has been said.
 */
bool options_take(struct ctl *c, const struct ctl_option *options,
    int args_min, int args_max, int *argc, char **argv, int *status);

#endif
