/* localserve_options - parses the command line of localserve. */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encode.h"
#include "command/command.h"
#include "command/options.h"
#include "localserve/localserve.h"

#define PORT_BASE_DEFAULT	1000
#define PORT_OFFSET_MAX		993

static const char help[] =
    "Runs a complete mail system on 127.0.0.1 until Ctrl-C.\n"
    "\n"
    "  --dir DIR        folder of the configuration, the mail and the queue\n"
    "                   (default: %s)\n"
    "  --port-base N    use the ports N+25 for SMTP, N+587 and N+465 for\n"
    "                   submission, N+143 for IMAP, N+993 for IMAPS\n"
    "                   (default: %d)\n"
    "  --users N        create N more accounts, u0000@localhost ..., with\n"
    "                   the same password (default: 0)\n"
    "  --lmtp-port P    also listen for LMTP on this port\n"
    "  --allow-outside  send mail for other domains to the Internet; by\n"
    "                   default it all goes to " LOCALSERVE_LOGIN "\n"
    "  --postfix DIR    run the Postfix that is unpacked in DIR (default:\n"
    "                   the one next to this program, or else the system's)\n"
    "  --set NAME=VALUE override a setting of postern.conf\n"
    "  --help           print this help";

/* The default of --dir. */
static const char *
default_dir(struct arena *a, bool ordinary_user)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (!ordinary_user)
		return "/var/lib/postern-localserve";
	if (data != NULL && data[0] == '/')
		return arena_printf(a, "%s/postern-localserve", data);
	return arena_printf(a, "%s/.local/share/postern-localserve",
	    home != NULL && home[0] == '/' ? home : "/tmp");
}

/* Parses a number.  text is NULL if the option was not given. */
static int
number_parse(const char *option, const char *text, unsigned min, unsigned max,
    unsigned *out, struct err *err)
{
	uint64_t n;

	if (text == NULL)
		return 0;
	if (decimal_parse(bytes_of(text), max, &n) == -1 || n < min)
		return err_set(err, ERR_SYNTAX,
		    "%s takes a number from %u to %u, not '%s'", option, min,
		    max, text);
	*out = (unsigned)n;
	return 0;
}

static int
set_parse(struct localserve_options *opt, const char *text, struct err *err)
{
	const char *eq = strchr(text, '=');

	/* A short form for the most common setting. */
	if (strcmp(text, "catch-all=no") == 0)
		text = "catch-all-address=";
	else if (strcmp(text, "catch-all=yes") == 0)
		text = "catch-all-address=" LOCALSERVE_LOGIN;
	if (eq == NULL || eq == text)
		return err_set(err, ERR_SYNTAX,
		    "--set takes NAME=VALUE, not '%s'", text);
	opt->set[opt->nset++] = text;
	return 0;
}

/* The values of options, as text; NULL: not given. */
struct given {
	const char *port_base, *users, *lmtp_port;
	struct option_words set;
};

static int
given_parse(struct localserve_options *opt, const struct given *g,
    struct err *err)
{
	if (number_parse("--port-base", g->port_base, 0,
	    65535 - PORT_OFFSET_MAX, &opt->port_base, err) == -1 ||
	    number_parse("--users", g->users, 0, LOCALSERVE_USERS_MAX,
	    &opt->users, err) == -1 ||
	    number_parse("--lmtp-port", g->lmtp_port, 1, 65535,
	    &opt->lmtp_port, err) == -1)
		return -1;
	for (size_t i = 0; i < g->set.n; i++)
		if (set_parse(opt, g->set.v[i], err) == -1)
			return -1;
	if (opt->dir[0] == '\0')
		return err_set(err, ERR_SYNTAX, "--dir takes a folder");
	return 0;
}

static void
set_defaults(struct localserve *ls, int argc)
{
	struct localserve_options *opt = &ls->opt;
	bool ordinary = geteuid() != 0 || identity_is_ordinary();

	opt->dir = default_dir(&ls->mem, ordinary);
	opt->port_base = PORT_BASE_DEFAULT;
	opt->set = arena_array(&ls->mem, (size_t)argc, sizeof(*opt->set));
}

static bool
take(struct localserve *ls, struct command *c, struct given *g, int argc,
    char **argv, int *status)
{
	struct localserve_options *opt = &ls->opt;
	const struct command_option options[] = {
		OPTION_VALUE("dir", &opt->dir),
		OPTION_VALUE("port-base", &g->port_base),
		OPTION_VALUE("users", &g->users),
		OPTION_VALUE("lmtp-port", &g->lmtp_port),
		OPTION_FLAG("allow-outside", &opt->allow_outside),
		OPTION_VALUE("postfix", &opt->postfix),
		OPTION_WORDS("set", &g->set),
		OPTION_HELP(arena_printf(&ls->mem, help, opt->dir,
		    PORT_BASE_DEFAULT)),
		OPTION_END
	};

	return options_take(c, options, &argc, argv, status);
}

bool
localserve_options(struct localserve *ls, struct command *c, int argc,
    char **argv, int *status)
{
	char **copy = arena_array(&ls->mem, (size_t)argc + 1, sizeof(*copy));
	struct given g = { .port_base = NULL };
	struct err err = ERR_INIT;

	/* The caller may have to execute argv again, in a namespace. */
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	set_defaults(ls, argc);
	if (!take(ls, c, &g, argc, copy, status))
		return false;
	if (given_parse(&ls->opt, &g, &err) == 0)
		return true;
	*status = command_usage(c, "%s", err.text);
	return false;
}
