/* daemon - reads the command line and loads the settings of a daemon. */
#include <config.h>

#include <unistd.h>

#include "config/daemon.h"

static void
usage(const struct daemon_options *o, FILE *f)
{
	const struct daemon_mode *m;

	(void)fprintf(f, "usage: %s [-f] [-c FILE] [-o NAME=VALUE]... [-t",
	    o->program);
	for (m = o->modes; m != NULL && m->name != NULL; m++)
		(void)fprintf(f, " | %s%s%s", m->name,
		    m->value == NULL ? "" : " ",
		    m->value == NULL ? "" : m->value);
	(void)fprintf(f, "]\n\n"
	    "  -c FILE        configuration file (%s)\n"
	    "  -o NAME=VALUE  override a setting of the file\n"
	    "  -t             check the configuration and exit\n"
	    "  -f             ignored: it always runs in the foreground\n"
	    "  -h, --help     print this help\n", settings_default_path());
	for (m = o->modes; m != NULL && m->name != NULL; m++)
		(void)fprintf(f, "%s", m->usage);
}

static _Noreturn void
usage_error(const struct daemon_options *o, const char *what,
    const char *arg)
{
	(void)fprintf(stderr, "%s: %s '%s'\n", o->program, what, arg);
	usage(o, stderr);
	exit(2);
}

/* Reads the long option at argv[i].  Returns how many words it took. */
static int
read_long(struct daemon_options *o, char **argv, int i)
{
	const struct daemon_mode *m;

	if (strcmp(argv[i], "--help") == 0) {
		usage(o, stdout);
		exit(0);
	}
	for (m = o->modes; m != NULL && m->name != NULL; m++) {
		if (strcmp(argv[i], m->name) != 0)
			continue;
		o->mode = m;
		if (m->value == NULL)
			return 1;
		if (argv[i + 1] == NULL)
			usage_error(o, "missing argument of", argv[i]);
		o->mode_value = argv[i + 1];
		return 2;
	}
	usage_error(o, "no such option", argv[i]);
}

/* Removes the long options from argv and leaves the rest for getopt(). */
static int
take_long(struct daemon_options *o, int argc, char **argv)
{
	int n;

	for (int i = 1; i < argc; ) {
		if (strncmp(argv[i], "--", 2) != 0 || argv[i][2] == '\0') {
			i++;
			continue;
		}
		n = read_long(o, argv, i);
		memmove(&argv[i], &argv[i + n],
		    (size_t)(argc - i - n + 1) * sizeof(*argv));
		argc -= n;
	}
	return argc;
}

void
daemon_options_read(struct daemon_options *o, int argc, char **argv)
{
	int c;

	o->config = settings_default_path();
	argc = take_long(o, argc, argv);
	while ((c = getopt(argc, argv, "c:fho:t")) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'f':
			break;
		case 'h':
			usage(o, stdout);
			exit(0);
		case 'o':
			if (o->noverrides == DAEMON_OVERRIDES_MAX)
				usage_error(o, "too many options", "-o");
			o->overrides[o->noverrides++] = optarg;
			break;
		case 't':
			o->check = true;
			break;
		default:
			usage(o, stderr);
			exit(2);
		}
	}
	if (optind < argc)
		usage_error(o, "unexpected argument", argv[optind]);
}

struct settings *
daemon_settings(const struct daemon_options *o, struct err *err)
{
	struct settings *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for settings");
	if (settings_load(o->config, o->overrides, o->noverrides, s,
	    err) == 0)
		return s;
	free(s);
	return NULL;
}
