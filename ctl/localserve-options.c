/* The command line of localserve. */
#include <config.h>

#include <getopt.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encode.h"

#include "ctl/ctl.h"
#include "ctl/localserve-private.h"

#define PORT_BASE_DEFAULT	1000
#define PORT_OFFSET_MAX		993

static const char usage[] =
    "usage: postern localserve [--dir DIR] [--port-base N] [--users N]\n"
    "           [--lmtp-port P] [--allow-outside] [--postfix DIR]\n"
    "           [--set NAME=VALUE]...\n"
    "\n"
    "Starts a complete mail path on 127.0.0.1 and stops it on Ctrl-C.\n"
    "\n"
    "  --dir DIR        configuration, mail and queue live here\n"
    "                   (default: %s)\n"
    "  --port-base N    SMTP on N+25, submission N+587 and N+465,\n"
    "                   IMAP N+143, IMAPS N+993 (default: %d)\n"
    "  --users N        also makes accounts u0000@localhost ... with the\n"
    "                   same password (default: 0)\n"
    "  --lmtp-port P    also opens LMTP on this port\n"
    "  --allow-outside  mail for other domains leaves this machine; without\n"
    "                   it all of it goes to " LOCALSERVE_LOGIN "\n"
    "  --postfix DIR    runs the Postfix unpacked in DIR (default: the one\n"
    "                   beside this program, else the system's files)\n"
    "  --set NAME=VALUE a setting of postern.conf, for this run\n"
    "  --help           prints this\n";

enum {
	OPT_DIR = 256, OPT_PORT_BASE, OPT_USERS, OPT_LMTP_PORT,
	OPT_ALLOW_OUTSIDE, OPT_POSTFIX, OPT_SET, OPT_HELP
};

static const struct option long_options[] = {
	{ "dir",		required_argument, NULL, OPT_DIR },
	{ "port-base",		required_argument, NULL, OPT_PORT_BASE },
	{ "users",		required_argument, NULL, OPT_USERS },
	{ "lmtp-port",		required_argument, NULL, OPT_LMTP_PORT },
	{ "allow-outside",	no_argument, NULL, OPT_ALLOW_OUTSIDE },
	{ "postfix",		required_argument, NULL, OPT_POSTFIX },
	{ "set",		required_argument, NULL, OPT_SET },
	{ "help",		no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 }
};

const char *
localserve_default_dir(struct arena *a, bool ordinary_user)
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

static int
number_parse(const char *option, const char *text, unsigned min, unsigned max,
    unsigned *out, struct err *err)
{
	uint64_t n;

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

	/* What is wanted most often, in words. */
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

static int
option_take(struct localserve_options *opt, int c, struct err *err)
{
	switch (c) {
	case OPT_DIR:
		opt->dir = optarg;
		return 0;
	case OPT_PORT_BASE:
		return number_parse("--port-base", optarg, 0,
		    65535 - PORT_OFFSET_MAX, &opt->port_base, err);
	case OPT_USERS:
		return number_parse("--users", optarg, 0,
		    LOCALSERVE_USERS_MAX, &opt->users, err);
	case OPT_LMTP_PORT:
		return number_parse("--lmtp-port", optarg, 1, 65535,
		    &opt->lmtp_port, err);
	case OPT_ALLOW_OUTSIDE:
		opt->allow_outside = true;
		return 0;
	case OPT_POSTFIX:
		opt->postfix = optarg;
		return 0;
	default:
		return set_parse(opt, optarg, err);
	}
}

int
localserve_options(struct localserve *ls, const struct ctl *ctl, int argc,
    char **argv, struct err *err)
{
	struct localserve_options *opt = &ls->opt;
	bool ordinary = geteuid() != 0 || identity_is_ordinary();
	int c;

	opt->dir = localserve_default_dir(&ls->mem, ordinary);
	opt->port_base = PORT_BASE_DEFAULT;
	opt->set = arena_array(&ls->mem, ctl->override_count + (size_t)argc,
	    sizeof(*opt->set));
	for (size_t i = 0; i < ctl->override_count; i++)
		opt->set[opt->nset++] = ctl->overrides[i];
	/* getopt begins behind the first, which is the command's word. */
	argv--;
	argc++;
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (c == OPT_HELP) {
			printf(usage, opt->dir, PORT_BASE_DEFAULT);
			return 0;
		}
		if (c == '?' || c == ':')
			return err_set(err, ERR_SYNTAX, c == ':' ?
			    "'%s' needs a value" : "there is no option '%s'",
			    argv[optind - 1]);
		if (option_take(opt, c, err) == -1)
			return -1;
	}
	if (optind < argc)
		return err_set(err, ERR_SYNTAX, "'%s' is one argument too many",
		    argv[optind]);
	if (opt->dir[0] == '\0')
		return err_set(err, ERR_SYNTAX, "--dir takes a folder");
	return 1;
}
