/*
 * options - the long options of a command
 *
 * For rows with COMMAND_OWN_OPTIONS.  Options are "--name VALUE",
 * "--name=VALUE" or "--name"; "--" ends them.  --json and --help are always
 * known.
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
	const char *help;		/* printed by --help after the usage */
};

#define OPTION_VALUE(name, value)	{ (name), (value), NULL, NULL, NULL }
#define OPTION_WORDS(name, words)	{ (name), NULL, (words), NULL, NULL }
#define OPTION_FLAG(name, given)	{ (name), NULL, NULL, (given), NULL }
/* A text for --help that replaces the help of the command's row. */
#define OPTION_HELP(text)		{ "help", NULL, NULL, NULL, (text) }
#define OPTION_END			{ NULL, NULL, NULL, NULL, NULL }

/*
 * Removes the options from the arguments and checks the number of the others
 * against the command's row.  Returns false if the command must end with
 * *status; an error has then been printed.
 */
bool options_take(struct command *c, const struct command_option *options,
    int *argc, char **argv, int *status);

/*
 * Is the number of arguments what the command's row allows?  If not, prints
 * an error.
 */
bool options_fit(const struct command *c, int argc, char **argv);

/* Returns "a@b" for "<a@b>", and removes spaces around it. */
struct bytes options_address(struct bytes text);

#endif
