/*
 * postern_main - the postern command: parses the command line and runs a
 * subcommand.
 *
 *	postern [-c FILE] [--set NAME=VALUE] [--json] COMMAND ...
 */
#include <config.h>

#include <string.h>

#include "command/options.h"
#include "ctl/commands.h"

int
cmd_version(struct command *c, int argc, char **argv)
{
	(void)printf("postern %s\n", PACKAGE_VERSION);
	return command_flush();
}

static void
print_command(const struct command_row *cmd)
{
	(void)printf("  %s%s%s\n      %s\n", cmd->words,
	    *cmd->args == '\0' ? "" : " ", cmd->args, cmd->help);
}

/* Is prefix the command's first word, or all its words? */
static bool
begins_with(const struct command_row *cmd, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(cmd->words, prefix, n) == 0 &&
	    (cmd->words[n] == '\0' || cmd->words[n] == ' ');
}

int
cmd_help(struct command *c, int argc, char **argv)
{
	const char *prefix = argc == 0 ? NULL : argc == 1 ? argv[0] :
	    arena_printf(&c->arena, "%s %s", argv[0], argv[1]);
	bool any = false;

	if (prefix == NULL)
		(void)printf("usage: postern [-c FILE] [--set NAME=VALUE] "
		    "[--json] COMMAND ...\n\n"
		    "  -c FILE            configuration file (%s)\n"
		    "  --set NAME=VALUE   override a setting of the file\n"
		    "  --json             print JSON, for programs\n\n"
		    "Commands:\n", settings_default_path());
	for (const struct command_row *cmd = ctl_commands; cmd->words != NULL;
	    cmd++) {
		if (prefix != NULL && !begins_with(cmd, prefix))
			continue;
		print_command(cmd);
		any = true;
	}
	if (!any) {
		c->row = NULL;
		return command_usage(c, "unknown command '%s'", prefix);
	}
	return command_flush();
}

/* The candidates for a suggestion: all first words, or all whole commands. */
struct candidates {
	struct arena *arena;
	bool whole;
};

static const char *
candidate(const void *ctx, size_t i)
{
	const struct candidates *from = ctx;
	const char *words = ctl_commands[i].words;

	if (words == NULL || from->whole)
		return words;
	return arena_memdup(from->arena, words, strcspn(words, " "));
}

/* Returns "add, remove, list" for the first word of commands, or NULL. */
static const char *
second_words(struct command *c, const char *first)
{
	const char *list = NULL;

	for (const struct command_row *cmd = ctl_commands; cmd->words != NULL;
	    cmd++)
		if (begins_with(cmd, first))
			list = arena_printf(&c->arena, "%s%s%s",
			    list == NULL ? "" : list,
			    list == NULL ? "" : ", ",
			    cmd->words + strlen(first) + 1);
	return list;
}

static int
unknown_command(struct command *c, int argc, char **argv)
{
	struct candidates from = { &c->arena, true };
	const char *typed, *meant, *words;

	typed = argc == 1 ? argv[0] :
	    arena_printf(&c->arena, "%s %s", argv[0], argv[1]);
	if (argc == 1 && (words = second_words(c, argv[0])) != NULL)
		return command_usage(c, "'%s' needs one of: %s", argv[0],
		    words);
	if ((meant = conf_suggest(typed, candidate, &from)) == NULL) {
		from.whole = false;
		meant = conf_suggest(argv[0], candidate, &from);
	}
	if (meant != NULL && strcmp(meant, argv[0]) == 0)
		return command_usage(c, "'%s' needs one of: %s, not '%s'",
		    argv[0], second_words(c, argv[0]), argv[1]);
	if (meant == NULL)
		return command_usage(c, "unknown command '%s'", typed);
	return command_usage(c, "unknown command '%s'; did you mean '%s'?",
	    typed, meant);
}

/* Finds the row whose words argv begins with.  *used is their number. */
static const struct command_row *
find_command(int argc, char **argv, int *used)
{
	const char *rest;
	size_t n;

	for (const struct command_row *cmd = ctl_commands; cmd->words != NULL;
	    cmd++) {
		rest = cmd->words;
		for (*used = 0; *used < argc && *rest != '\0'; (*used)++) {
			n = strcspn(rest, " ");
			if (strlen(argv[*used]) != n ||
			    strncmp(argv[*used], rest, n) != 0)
				break;
			rest += n + (rest[n] == ' ');
		}
		if (*rest == '\0')
			return cmd;
	}
	return NULL;
}

static const struct {
	const char *name;
	unsigned option;
} options[] = {
	{ "--stdin", COMMAND_STDIN }, { "--yes", COMMAND_YES },
	{ "--dry-run", COMMAND_DRY_RUN }, { "--recipients", COMMAND_RECIPIENTS }
};

/*
 * Removes the options before "--" from the arguments.  Returns the new number
 * of arguments, or -1 after printing an error.
 */
static int
take_options(struct command *c, int argc, char **argv)
{
	int n = 0;
	unsigned option;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				argv[n++] = argv[i];
			break;
		}
		if (strncmp(argv[i], "--", 2) != 0) {
			argv[n++] = argv[i];
			continue;
		}
		option = 0;
		for (size_t k = 0; k < sizeof(options) / sizeof(*options); k++)
			if (strcmp(argv[i], options[k].name) == 0)
				option = options[k].option;
		if (strcmp(argv[i], "--json") == 0) {
			c->json = true;
		} else if ((c->row->options & option) == 0) {
			(void)command_usage(c, "this command has no option "
			    "'%s'", argv[i]);
			return -1;
		}
		c->options |= option;
	}
	argv[n] = NULL;
	return n;
}

static int
run(struct command *c, int argc, char **argv)
{
	const struct command_row *row;
	int used;

	if ((row = find_command(argc, argv, &used)) == NULL)
		return unknown_command(c, argc, argv);
	c->row = row;
	argc -= used;
	argv += used;
	if ((row->options & COMMAND_OWN_OPTIONS) != 0)
		return row->run(c, argc, argv);
	if (argc == 1 && strcmp(argv[0], "--help") == 0)
		return command_help(c, NULL);
	if ((argc = take_options(c, argc, argv)) == -1 ||
	    !options_fit(c, argc, argv))
		return COMMAND_USAGE;
	return row->run(c, argc, argv);
}

/*
 * Parses the options before the command.  Returns the index of the command's
 * first word, or -1 after printing an error.
 */
static int
parse_options(struct command *c, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			c->json = true;
		} else if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "--version") == 0) {
			argv[i] += 2;
			return i;
		} else if (i + 1 < argc && strcmp(argv[i], "-c") == 0) {
			c->conf_path = argv[++i];
			c->conf_named = true;
		} else if (i + 1 < argc && strcmp(argv[i], "--set") == 0) {
			c->overrides[c->override_count++] = argv[++i];
		} else {
			(void)command_usage(c, strcmp(argv[i], "-c") == 0 ||
			    strcmp(argv[i], "--set") == 0 ?
			    "option '%s' needs a value" :
			    "unknown option '%s'", argv[i]);
			return -1;
		}
	}
	return i;
}

static int
run_options(struct command *c, int argc, char **argv)
{
	int first = parse_options(c, argc, argv);

	if (first == -1)
		return COMMAND_USAGE;
	argc -= first;
	argv += first;
	return argc == 0 ? cmd_help(c, 0, argv) : run(c, argc, argv);
}

int
main(int argc, char **argv)
{
	struct command c;
	int status;

	command_init(&c);
	c.overrides = arena_array(&c.arena, (size_t)argc, sizeof(char *));
	status = run_options(&c, argc, argv);
	command_clear(&c);
	return status;
}
