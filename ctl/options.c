#include <config.h>

#include <string.h>

#include "ctl/options.h"
#include "ctl/output.h"

/* The option of that name; its value, if it is in the same word. */
static const struct ctl_option *
option_find(const struct ctl_option *options, const char *word,
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

static int
print_help(const struct ctl *c)
{
	(void)printf("usage: postern %s %s\n\n%s\n", c->command->words,
	    c->command->args, c->command->help);
	return output_end();
}

/* The option at argv[*i], which moves on over its value. */
static bool
option_take(struct ctl *c, const struct ctl_option *options, int argc,
    char **argv, int *i, int *status)
{
	const struct ctl_option *o;
	const char *word = argv[*i] + 2, *value;

	if (strcmp(word, "help") == 0)
		return end(status, print_help(c));
	if (strcmp(word, "json") == 0) {
		c->json = true;
		return true;
	}
	if ((o = option_find(options, word, &value)) == NULL)
		return end(status, ctl_usage(c,
		    "there is no option '--%s' here", word));
	if (o->value == NULL && value != NULL)
		return end(status, ctl_usage(c,
		    "option '--%s' takes no value", o->name));
	if (o->value != NULL && value == NULL) {
		if (*i + 1 >= argc)
			return end(status, ctl_usage(c,
			    "option '--%s' needs a value", o->name));
		value = argv[++*i];
	}
	if (o->value != NULL)
		*o->value = value;
	if (o->given != NULL)
		*o->given = true;
	return true;
}

bool
options_take(struct ctl *c, const struct ctl_option *options, int args_min,
    int args_max, int *argc, char **argv, int *status)
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
	if (n < args_min)
		return end(status, ctl_usage(c, "'%s' needs more arguments",
		    c->command->words));
	if (args_max >= 0 && n > args_max)
		return end(status, ctl_usage(c, "'%s' takes no argument '%s'",
		    c->command->words, argv[args_max]));
	return true;
}
