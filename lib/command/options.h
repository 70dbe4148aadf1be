/*
 * options - long options of a command that has some of its own
 *
 * For rows with COMMAND_OWN_OPTIONS.  "--name VALUE" and "--name=VALUE"; "--"
 * ends them, --json and --help are always there.
 *
 *	const char *type = "both";
 *	bool force = false;
 *	const struct command_option options[] = {
 *		OPTION_VALUE("type", &type),
 *		OPTION_FLAG("force", &force),
 *		OPTION_END
 *	};
 *	int status;
 *
 *	if (!options_take(c, options, &argc, argv, &status))
 *		return status;
 */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include "base/buf.h"
#include "command/command.h"

/* The values of an option that may be given several times. */
struct option_words {
	const char **v;			/* in c's arena */
	size_t n;
};

struct command_option {
	const char *name;		/* without "--"; NULL ends the list */
	const char **value;
	struct option_words *words;
	bool *given;
	const char *help;		/* what --help prints below the usage */
};

#define OPTION_VALUE(name, value)	{ (name), (value), NULL, NULL, NULL }
#define OPTION_WORDS(name, words)	{ (name), NULL, (words), NULL, NULL }
#define OPTION_FLAG(name, given)	{ (name), NULL, NULL, (given), NULL }
/* In place of the command's one line. */
#define OPTION_HELP(text)		{ "help", NULL, NULL, NULL, (text) }
#define OPTION_END			{ NULL, NULL, NULL, NULL, NULL }

/*
 * Takes the options out of the arguments and checks how many are left, by the
 * command's row.  False: the command is over, with *status, and what was
 * wrong has been said.
 */
bool options_take(struct command *c, const struct command_option *options,
    int *argc, char **argv, int *status);

/* Has the command as many arguments as its row says?  If not, says so. */
bool options_fit(const struct command *c, int argc, char **argv);

/* People write "<a@b>" and mean a@b. */
struct bytes options_address(struct bytes text);

#endif
