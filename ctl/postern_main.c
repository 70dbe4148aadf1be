/*
 * postern - the command line of the suite
 *
 *	postern [-c FILE] [--set NAME=VALUE] [--json] COMMAND ...
 */
#include <config.h>

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "net/request_client.h"
#include "command/command.h"
#include "command/output.h"

int
cmd_version(struct ctl *c, int argc, char **argv)
{
	(void)printf("postern %s\n", PACKAGE_VERSION);
	return output_end();
}

static void
print_command(const struct ctl_command *cmd)
{
	(void)printf("  %s%s%s\n      %s\n", cmd->words,
	    *cmd->args == '\0' ? "" : " ", cmd->args, cmd->help);
}

/* Whether the command's first word, or all its words, are these. */
static bool
begins_with(const struct ctl_command *cmd, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(cmd->words, prefix, n) == 0 &&
	    (cmd->words[n] == '\0' || cmd->words[n] == ' ');
}

int
cmd_help(struct ctl *c, int argc, char **argv)
{
	const char *prefix = argc == 0 ? NULL : argc == 1 ? argv[0] :
	    arena_printf(&c->arena, "%s %s", argv[0], argv[1]);
	bool any = false;

	if (prefix == NULL)
		(void)printf("usage: postern [-c FILE] [--set NAME=VALUE] "
		    "[--json] COMMAND ...\n\n"
		    "  -c FILE            configuration file (%s)\n"
		    "  --set NAME=VALUE   a setting for this run\n"
		    "  --json             output for programs\n\n"
		    "Commands:\n", settings_default_path());
	for (const struct ctl_command *cmd = ctl_commands; cmd->words != NULL;
	    cmd++) {
		if (prefix != NULL && !begins_with(cmd, prefix))
			continue;
		print_command(cmd);
		any = true;
	}
	if (!any)
		return ctl_usage(c, "there is no command '%s'", prefix);
	return output_end();
}

int
ctl_fail(const struct err *err)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "postern: %s\n", err->text);
	return err->kind == ERR_TEMP ? CTL_TEMP : CTL_FAILED;
}

int
ctl_failf(const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fputs("postern: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return CTL_FAILED;
}

int
ctl_usage(const struct ctl *c, const char *fmt, ...)
{
	va_list ap;

	(void)fputs("postern: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (c->command != NULL && c->command->run != cmd_help)
		(void)fprintf(stderr, "\nusage: postern %s%s%s\n",
		    c->command->words, *c->command->args == '\0' ? "" : " ",
		    c->command->args);
	else
		(void)fputs("\n'postern help' lists the commands\n", stderr);
	return CTL_USAGE;
}

int
ctl_help(const struct ctl *c, const char *text)
{
	const struct ctl_command *cmd = c->command;

	(void)printf("usage: postern %s%s%s\n\n%s\n", cmd->words,
	    *cmd->args == '\0' ? "" : " ", cmd->args,
	    text != NULL ? text : cmd->help);
	return output_end();
}

int
ctl_load(struct ctl *c)
{
	const char *path = c->conf_path;
	struct err err = ERR_INIT;

	if (c->loaded)
		return 0;
	if (!c->conf_named && access(path, F_OK) == -1)
		path = NULL;
	if (settings_load(path, c->overrides, c->override_count,
	    &c->settings, &err) == -1) {
		(void)ctl_fail(&err);
		return -1;
	}
	c->loaded = true;
	return 0;
}

/* The candidates of a suggestion: all first words, or all whole commands. */
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

/* "add, remove, list" of the commands that begin so; NULL: none do. */
static const char *
second_words(struct ctl *c, const char *first)
{
	const char *list = NULL;

	for (const struct ctl_command *cmd = ctl_commands; cmd->words != NULL;
	    cmd++)
		if (begins_with(cmd, first))
			list = arena_printf(&c->arena, "%s%s%s",
			    list == NULL ? "" : list,
			    list == NULL ? "" : ", ",
			    cmd->words + strlen(first) + 1);
	return list;
}

static int
unknown_command(struct ctl *c, int argc, char **argv)
{
	struct candidates from = { &c->arena, true };
	const char *typed, *meant, *words;

	typed = argc == 1 ? argv[0] :
	    arena_printf(&c->arena, "%s %s", argv[0], argv[1]);
	if (argc == 1 && (words = second_words(c, argv[0])) != NULL)
		return ctl_usage(c, "'%s' needs one of: %s", argv[0], words);
	if ((meant = conf_suggest(typed, candidate, &from)) == NULL) {
		from.whole = false;
		meant = conf_suggest(argv[0], candidate, &from);
	}
	if (meant != NULL && strcmp(meant, argv[0]) == 0)
		return ctl_usage(c, "'%s' needs one of: %s, not '%s'",
		    argv[0], second_words(c, argv[0]), argv[1]);
	if (meant == NULL)
		return ctl_usage(c, "there is no command '%s'", typed);
	return ctl_usage(c, "there is no command '%s'; did you mean '%s'?",
	    typed, meant);
}

/* The row whose words argv begins with; *used is their number. */
static const struct ctl_command *
find_command(int argc, char **argv, int *used)
{
	const char *rest;
	size_t n;

	for (const struct ctl_command *cmd = ctl_commands; cmd->words != NULL;
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
	{ "--stdin", CTL_STDIN }, { "--yes", CTL_YES },
	{ "--dry-run", CTL_DRY_RUN }, { "--recipients", CTL_RECIPIENTS }
};

/*
 * Takes the options out of the arguments, up to "--".  Their new number, or
 * -1 after saying what is wrong.
 */
static int
take_options(struct ctl *c, int argc, char **argv)
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
		} else if ((c->command->options & option) == 0) {
			(void)ctl_usage(c, "there is no option '%s' here",
			    argv[i]);
			return -1;
		}
		c->options |= option;
	}
	argv[n] = NULL;
	return n;
}

static int
run(struct ctl *c, int argc, char **argv)
{
	const struct ctl_command *cmd;
	int used;

	if ((cmd = find_command(argc, argv, &used)) == NULL)
		return unknown_command(c, argc, argv);
	c->command = cmd;
	argc -= used;
	argv += used;
	if (cmd->args_max == CTL_OWN_OPTIONS)
		return cmd->run(c, argc, argv);
	if (argc == 1 && strcmp(argv[0], "--help") == 0)
		return ctl_help(c, NULL);
	if ((argc = take_options(c, argc, argv)) == -1)
		return CTL_USAGE;
	if (argc < cmd->args_min)
		return ctl_usage(c, "'%s' needs more arguments", cmd->words);
	if (cmd->args_max >= 0 && argc > cmd->args_max)
		return ctl_usage(c, "'%s' takes no argument '%s'", cmd->words,
		    argv[cmd->args_max]);
	return cmd->run(c, argc, argv);
}

/*
 * Options before the command.  Returns the index of the command's first word,
 * or -1 after saying what is wrong.
 */
static int
parse_options(struct ctl *c, int argc, char **argv)
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
			(void)ctl_usage(c, strcmp(argv[i], "-c") == 0 ||
			    strcmp(argv[i], "--set") == 0 ?
			    "option '%s' needs a value" :
			    "there is no option '%s'", argv[i]);
			return -1;
		}
	}
	return i;
}

static int
run_options(struct ctl *c, int argc, char **argv)
{
	int first = parse_options(c, argc, argv);

	if (first == -1)
		return CTL_USAGE;
	argc -= first;
	argv += first;
	return argc == 0 ? cmd_help(c, 0, argv) : run(c, argc, argv);
}

int
main(int argc, char **argv)
{
	struct ctl c = { .conf_path = settings_default_path() };
	int rc;

	c.conf_named = getenv("POSTERN_CONF") != NULL;
	arena_init(&c.arena);
	c.overrides = arena_array(&c.arena, (size_t)argc, sizeof(char *));
	rc = run_options(&c, argc, argv);
	request_client_free(&c.client);
	if (c.loaded)
		settings_free(&c.settings);
	arena_clear(&c.arena);
	return rc;
}
