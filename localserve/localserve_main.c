/*
 * localserve_main - postern-localserve: a complete private mail system on
 * loopback.
 *
 * It writes a configuration into a folder, starts imapd, the milter and a
 * private Postfix, restarts each of them when it exits, and stops them all on
 * SIGINT or SIGTERM.  It is meant for developing programs that send mail: mail
 * that is not for one of its accounts goes to you@localhost.
 *
 * People run it as `postern localserve', so its messages use that name.
 */
#include <config.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "command/command.h"
#include "command/program.h"
#include "localserve/localserve.h"
#include "localserve/localserve_supervisor.h"

/* How long a left-over process may take to release its ports. */
#define PORT_WAIT_MS	5000

enum { IMAPD, MILTER, POSTFIX, NCHILDREN };

/* Returns 1 if processes of an earlier run were ended, 0 if there were none, -1
   on error. */
static int
end_leftovers(struct err *err)
{
	static const char *const names[] = {
		"postern-milter", "postern-imapd"
	};
	int n, found;

	postfix_forget_data_dir();
	found = leftover_end_master(err);
	if (found == -1)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		n = leftover_end(names[i], err);
		if (n == -1)
			return -1;
		found |= n;
	}
	return found;
}

/* Finds all mistakes before any program is started. */
static int
prepare(struct localserve *ls, struct err *err)
{
	int leftover;

	if (layout_enter(ls, err) == -1)
		return -1;
	printf("localserve in %s\n", ls->dir);
	fflush(stdout);
	if (file_lock(LS_LOCK, err) == -1)
		return err_wrap(err, "another localserve is using this folder");
	leftover = end_leftovers(err);
	if (leftover == -1 || layout_write(ls, err) == -1 ||
	    settings_load(LS_CONF, ls->opt.set, ls->opt.nset, &ls->settings,
	    err) == -1)
		return -1;
	settings_open_log(&ls->settings, "localserve");
	if (ls->shared_uid)
		printf("imapd and the milter both run as your user: only the "
		    "socket decides the role of a store connection\n");
	if (identity_resolve(ls, err) == -1 || layout_own(ls, err) == -1 ||
	    layout_check_ports(ls, leftover == 1 ? PORT_WAIT_MS : 0,
	    err) == -1)
		return -1;
	return postfix_write(ls, err);
}

/* Returns "PATH -c postern.conf -o NAME=VALUE ...", or NULL on error. */
static const char *const *
program_argv(struct localserve *ls, const char *folder, const char *name,
    struct err *err)
{
	const char **argv = arena_array(&ls->mem, 4 + 2 * ls->opt.nset,
	    sizeof(*argv));
	size_t k = 0;

	argv[k++] = program_find(&ls->mem, folder, name);
	if (argv[0] == NULL) {
		(void)err_set(err, ERR_REFUSED, "'%s' is not installed with "
		    "this program", name);
		return NULL;
	}
	argv[k++] = "-c";
	argv[k++] = LS_CONF;
	for (size_t i = 0; i < ls->opt.nset; i++) {
		argv[k++] = "-o";
		argv[k++] = ls->opt.set[i];
	}
	return argv;
}

static void
postfix_fill(struct localserve *ls, struct child *c)
{
	const char **argv = arena_array(&ls->mem, 5, sizeof(*argv));

	argv[0] = arena_printf(&ls->mem, "%s/usr/sbin/postfix", ls->postfix);
	argv[1] = "-c";
	argv[2] = arena_printf(&ls->mem, "%s/" LS_POSTFIX, ls->dir);
	argv[3] = "start-fg";
	c->name = "postfix";
	c->argv = argv;
	c->is_postfix = true;
	c->log_path = LS_POSTFIX_LOG;
	if (ls->postfix[0] != '\0')
		c->library_path = arena_printf(&ls->mem,
		    "%s/usr/lib/postfix", ls->postfix);
}

static int
children_fill(struct localserve *ls, struct child *children, struct err *err)
{
	memset(children, 0, NCHILDREN * sizeof(*children));
	children[IMAPD].name = "postern-imapd";
	children[IMAPD].argv = program_argv(ls, "imapd", "postern-imapd",
	    err);
	children[MILTER].name = "postern-milter";
	children[MILTER].argv = program_argv(ls, "milter", "postern-milter",
	    err);
	postfix_fill(ls, &children[POSTFIX]);
	return children[IMAPD].argv != NULL && children[MILTER].argv != NULL ?
	    0 : -1;
}

/* Prints commands that the user can copy. */
static void
examples_print(struct localserve *ls)
{
	unsigned base = ls->opt.port_base;
	const char *postern = program_find(&ls->mem, "ctl", "postern");

	printf("  swaks --server 127.0.0.1:%u --from me@example.org "
	    "--to somebody@example.com\n"
	    "  swaks --server 127.0.0.1:%u --tls --auth-user %s "
	    "--auth-password %s --from me@example.org "
	    "--to somebody@example.com\n"
	    "  curl --user %s:%s 'imap://127.0.0.1:%u/INBOX;MAILINDEX=*'\n"
	    "  %s -c %s/" LS_CONF " message list %s INBOX\n\n",
	    base + 25, base + 587, LOCALSERVE_LOGIN, LOCALSERVE_PASSWORD,
	    LOCALSERVE_LOGIN, LOCALSERVE_PASSWORD, base + 143,
	    postern != NULL ? postern : "postern", ls->dir, LOCALSERVE_LOGIN);
}

static void
banner_print(struct localserve *ls)
{
	unsigned base = ls->opt.port_base;

	printf("\n"
	    "postern localserve is ready; Ctrl-C stops it.\n\n"
	    "  SMTP         127.0.0.1:%-5u  without login\n"
	    "  submission   127.0.0.1:%-5u  with login, optional STARTTLS\n"
	    "  submissions  127.0.0.1:%-5u  with login, TLS\n"
	    "  IMAP         127.0.0.1:%-5u  optional STARTTLS\n"
	    "  IMAPS        127.0.0.1:%-5u  TLS\n",
	    base + 25, base + 587, base + 465, base + 143, base + 993);
	if (ls->opt.lmtp_port != 0)
		printf("  LMTP         127.0.0.1:%u\n", ls->opt.lmtp_port);
	printf("  login        %s, password %s\n", LOCALSERVE_LOGIN,
	    LOCALSERVE_PASSWORD);
	if (ls->opt.users > 0)
		printf("  and          u0000@%s to u%04u@%s, same "
		    "password\n", LOCALSERVE_DOMAIN, ls->opt.users - 1,
		    LOCALSERVE_DOMAIN);
	printf("  certificate  %s/" LS_CERT "\n\n%s\n\n",
	    ls->dir, ls->opt.allow_outside ?
	    "Mail for other domains LEAVES this machine. To send and read:" :
	    "Mail for any other address goes to " LOCALSERVE_LOGIN
	    ". To send and read:");
	examples_print(ls);
	fflush(stdout);
}

/* Returns 1 if all are ready, 0 if a signal came first, -1 on error. */
static int
start_all(const struct localserve *ls, struct supervisor *sup,
    struct err *err)
{
	int rc = supervisor_start_one(sup, &sup->children[IMAPD], err);

	if (rc != 1)
		return rc;
	if (accounts_ensure(ls, err) == -1)
		return -1;
	return supervisor_start(sup, err);
}

static int
serve(struct localserve *ls, struct err *err)
{
	struct child children[NCHILDREN];
	struct supervisor sup;
	int rc;

	if (children_fill(ls, children, err) == -1 ||
	    supervisor_init(&sup, children, NCHILDREN, err) == -1)
		return -1;
	rc = start_all(ls, &sup, err);
	if (rc == 1) {
		banner_print(ls);
		supervisor_run(&sup);
		rc = 0;
	}
	supervisor_stop(&sup);
	supervisor_free(&sup);
	postfix_forget_data_dir();
	return rc;
}

/* Returns the exit status. */
static int
localserve(struct command *c, int argc, char **argv)
{
	struct localserve ls = { .opt = { .users = 0 } };
	struct err err = ERR_INIT;
	int rc;

	arena_init(&ls.mem);
	ls.shared_uid = identity_is_ordinary();
	if (localserve_options(&ls, c, argc, argv, &rc)) {
		rc = identity_enter(argc, argv, &err);
		if (rc == 0)
			rc = prepare(&ls, &err);
		if (rc == 0)
			rc = serve(&ls, &err);
	}
	if (rc == -1)
		rc = err.kind == ERR_SYNTAX ?
		    command_usage(c, "%s", err.text) :
		    command_failf("%s", err.text);
	settings_free(&ls.settings);
	arena_clear(&ls.mem);
	return rc;
}

int
main(int argc, char **argv)
{
	static const struct command_row row = {
		.words = "localserve", .run = localserve,
		.args = "[OPTION ...]", .options = COMMAND_OWN_OPTIONS
	};
	struct command c;
	int status;

	command_init(&c);
	c.row = &row;
	status = row.run(&c, argc - 1, argv + 1);
	command_clear(&c);
	return status;
}
