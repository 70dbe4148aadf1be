/* options - parses the long options of a command by the command's table. */
#include <config.h>

#include <string.h>

#include "command/options.h"

/* Finds an option; sets *value if "=VALUE" is in the same word. */
static const struct command_option *
option_find(const struct command_option *options, const char *word,
    const char **value)
{
	size_t n = strcspn(word, "=");

	for (; options->name != NULL; options++) {
		if (strlen(options->name) != n ||
		    strncmp(options->name, word, n) != 0)
			continue;
		*value = word[n] == '=' ? word + n + 1 : NULL;
		return options;
	}
	return NULL;
}

static bool
end(int *status, int value)
{
	*status = value;
	return false;
}

static bool
takes_value(const struct command_option *o)
{
	return o->value != NULL || o->words != NULL;
}

/* Stores an option.  value is NULL for a flag; max bounds the values. */
static void
option_set(struct command *c, const struct command_option *o, const char *value,
    int max)
{
	struct option_words *w = o->words;

	if (o->given != NULL)
		*o->given = true;
	if (o->value != NULL)
		*o->value = value;
	if (w == NULL)
		return;
	if (w->v == NULL)
		w->v = arena_array(&c->arena, (size_t)max, sizeof(*w->v));
	w->v[w->n++] = value;
}

/* Takes the option at argv[*i] and moves *i past its value. */
static bool
option_take(struct command *c, const struct command_option *options, int argc,
    char **argv, int *i, int *status)
{
	const struct command_option *o;
	const char *word = argv[*i] + 2, *value;

	if (strcmp(word, "json") == 0) {
		c->json = true;
		return true;
	}
	o = option_find(options, word, &value);
	if (strcmp(word, "help") == 0)
		return end(status, command_help(c, o == NULL ? NULL : o->help));
	if (o == NULL)
		return end(status, command_usage(c,
		    "this command has no option '--%s'", word));
	if (!takes_value(o) && value != NULL)
		return end(status, command_usage(c,
		    "option '--%s' takes no value", o->name));
	if (takes_value(o) && value == NULL) {
		if (*i + 1 >= argc)
			return end(status, command_usage(c,
			    "option '--%s' needs a value", o->name));
		value = argv[++*i];
	}
	option_set(c, o, value, argc);
	return true;
}

bool
options_fit(const struct command *c, int argc, char **argv)
{
	const struct command_row *row = c->row;

	if (argc < row->args_min) {
		(void)command_usage(c, "'%s' needs more arguments",
		    row->words);
		return false;
	}
	if (row->args_max >= 0 && argc > row->args_max) {
		(void)command_usage(c, "'%s' takes no argument '%s'",
		    row->words, argv[row->args_max]);
		return false;
	}
	return true;
}

bool
options_take(struct command *c, const struct command_option *options,
    int *argc, char **argv, int *status)
{
	int n = 0, i;

	for (i = 0; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		if (strncmp(argv[i], "--", 2) != 0)
			argv[n++] = argv[i];
		else if (!option_take(c, options, *argc, argv, &i, status))
			return false;
	}
	for (i++; i < *argc; i++)
		argv[n++] = argv[i];
	argv[n] = NULL;
	*argc = n;
	return options_fit(c, n, argv) || end(status, COMMAND_USAGE);
}

struct bytes
options_address(struct bytes text)
{
	text = bytes_trim(text);
	if (text.len >= 2 && text.data[0] == '<' &&
	    text.data[text.len - 1] == '>')
		return bytes_make(text.data + 1, text.len - 2);
	return text;
}
