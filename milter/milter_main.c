/*
 * milter_main - main() of postern-milter: options, configuration, sockets,
 * signals
 *
 * libmilter's own signal thread would stop the program on SIGHUP.  So the main
 * thread takes all signals: the kernel delivers a signal for the process to the
 * main thread first, and all other threads block them.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "config/daemon.h"
#include "net/dial.h"
#include "net/dns.h"
#include "net/privileges.h"
#include "auth/dkim_keys.h"
#include "milter/callbacks.h"
#include "milter/config.h"
#include "milter/imapd_client.h"
#include "milter/limits.h"
#include "milter/report.h"
#include "milter/session.h"
#include "milter/slow.h"

#define PROGRAM		"postern-milter"

#define NUDGE_MS	20
#define NUDGES_MAX	500

static struct session_shared shared;

static struct daemon_options options = { .program = PROGRAM };

static _Noreturn void
give_up(const struct err *err)
{
	fatal("%s", err->text);
}

/* An error in the dns-data file names the line but not the setting. */
static int
dns_trouble(const struct settings *s, struct err *err)
{
	return *s->dns_data != '\0' ? err_wrap(err, "setting dns-data") : -1;
}

/* Reads the file and the command line. */
static int
read_config(struct config **c, struct err *err)
{
	struct settings *s = daemon_settings(&options, err);

	if (s == NULL || config_new(s, c, err) == -1)
		return -1;
	return 0;
}

/* Prepares c to replace the configuration with the old settings. */
static int
prepare_config(const struct settings *old, struct config *c, struct err *err)
{
	struct buf names = BUF_INIT;

	if (config_read_keys(c, err) == -1)
		return -1;
	settings_need_restart(old, c->settings, SETTINGS_MILTER, &names);
	if (names.len > 0)
		log_warn(NULL, "settings that need a restart changed",
		    KV_BYTES("names", buf_view(&names)));
	buf_free(&names);
	settings_keep(old, c->settings);
	if (config_open_site(c, shared.dns, err) == -1)
		return -1;
	return dns_reload(shared.dns, c->settings, err) == 0 ? 0 :
	    dns_trouble(c->settings, err);
}

/* On SIGHUP.  Sessions may use the old configuration: it stays in memory. */
static void
reload(void)
{
	const struct settings *old = config_current()->settings;
	struct err err = ERR_INIT;
	struct config *c = NULL;

	if (read_config(&c, &err) == -1 || prepare_config(old, c, &err) == -1) {
		log_error(NULL, "configuration not read again, keeping the "
		    "old one", KV_ERR(&err));
		config_free(&c);
		return;
	}
	log_set_level((enum log_level)c->settings->log_level);
	config_replace(c);
	log_info(NULL, "configuration read again");
}

/* ---- the socket ---- */

/* The address at which this program can connect to itself, or "". */
static char nudge_where[80];

/*
 * The user that we run as may not be able to search the socket's folder.  An
 * O_PATH descriptor of the socket is enough to connect to it.
 */
static void
prepare_nudge(const struct settings_addr *addr)
{
	int fd;

	if (addr->path == NULL && strcmp(addr->host, "*") == 0)
		(void)snprintf(nudge_where, sizeof(nudge_where),
		    "127.0.0.1:%u", addr->port);
	else if (addr->path == NULL && strlen(addr->text) <
	    sizeof(nudge_where))
		(void)snprintf(nudge_where, sizeof(nudge_where), "%s",
		    addr->text);
	else if (addr->path != NULL && (fd = open(addr->path,
	    O_PATH | O_CLOEXEC)) != -1)
		(void)snprintf(nudge_where, sizeof(nudge_where),
		    "/proc/self/fd/%d", fd);
}

/* Returns the address in libmilter's notation. */
static char *
socket_spec(struct arena *a, const struct settings_addr *addr)
{
	if (addr->path != NULL)
		return arena_printf(a, "unix:%s", addr->path);
	return arena_printf(a, "%s:%u@%s",
	    strchr(addr->host, ':') != NULL ? "inet6" : "inet", addr->port,
	    strcmp(addr->host, "*") == 0 ? "0.0.0.0" : addr->host);
}

static void
open_socket(const struct settings *s, const struct privileges_user *who,
    bool as_root)
{
	const struct settings_addr *addr = &s->milter_listen;
	struct arena a;
	struct err err = ERR_INIT;
	mode_t mask;

	arena_init(&a);
	if (addr->path != NULL && file_clear_socket(addr->path, &err) == -1) {
		(void)err_wrap(&err, "setting milter-listen");
		give_up(&err);
	}
	if (smfi_setconn(socket_spec(&a, addr)) != MI_SUCCESS)
		fatal("cannot listen on '%s' (setting milter-listen): "
		    "not a valid address", addr->text);
	(void)smfi_setbacklog((int)s->listen_backlog);
	mask = umask(0777 & ~(mode_t)s->mta_socket_mode);
	errno = 0;
	if (smfi_opensocket(false) != MI_SUCCESS)
		fatal("cannot listen on '%s' (setting milter-listen): %s",
		    addr->text, errno != 0 ? strerror(errno) :
		    "it is in use, or its folder is not writable");
	(void)umask(mask);
	if (addr->path != NULL && file_set_owner(addr->path,
	    as_root ? who->name : NULL, s->mta_socket_group, &err) == -1) {
		(void)err_wrap(&err, "settings milter-listen, "
		    "mta-socket-group");
		give_up(&err);
	}
	prepare_nudge(addr);
	arena_clear(&a);
}

/* Makes the folder for files, without names, of large messages. */
static void
make_spool_dir(const struct settings *s, const struct privileges_user *who,
    bool as_root)
{
	struct buf path = BUF_INIT;
	struct err err = ERR_INIT;

	buf_printf(&path, "%s/milter-spool", s->state_dir);
	shared.spool_dir = buf_cstr(&path);
	if (file_mkdirs(shared.spool_dir, 0700, &err) == -1) {
		(void)err_wrap(&err, "setting state-dir");
		give_up(&err);
	}
	if (as_root && chown(shared.spool_dir, who->uid, who->gid) == -1) {
		(void)err_sys(&err, ERR_TEMP, "cannot make '%s' belong to "
		    "'%s'", shared.spool_dir, who->name);
		give_up(&err);
	}
}

/* ---- running ---- */

static pthread_t main_thread;
static bool stopped;			/* atomic */
static int milter_result;

static void *
run_milter(void *arg)
{
	milter_result = smfi_main();
	(void)pthread_kill(main_thread, SIGUSR1);
	return NULL;
}

/*
 * libmilter's listener checks every 5 s, and after each connection, whether it
 * must stop, and smfi_stop() waits for it.  So this thread connects until the
 * listener has stopped.
 */
static void *
run_nudges(void *arg)
{
	struct err err = ERR_INIT;
	int fd;

	for (int i = 0; i < NUDGES_MAX &&
	    !__atomic_load_n(&stopped, __ATOMIC_ACQUIRE); i++) {
		fd = dial_connect(arg, clock_mono_ms() + NUDGE_MS, &err);
		if (fd != -1)
			(void)close(fd);
		(void)poll(NULL, 0, NUDGE_MS);
	}
	return NULL;
}

static void
stop(void)
{
	struct err ignored = ERR_INIT;
	pthread_t nudger;
	bool nudged = *nudge_where != '\0' && thread_start(&nudger, "nudger",
	    run_nudges, nudge_where, &ignored) == 0;

	(void)smfi_stop();
	__atomic_store_n(&stopped, true, __ATOMIC_RELEASE);
	if (nudged)
		(void)pthread_join(nudger, NULL);
}

/* Serves until SIGTERM or SIGINT.  It stops more slowly if libmilter gets the
   signal. */
static void
serve(void)
{
	pthread_t thread;
	struct err err = ERR_INIT;
	sigset_t ours, all;
	int sig;

	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGHUP);
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGINT);
	(void)sigaddset(&ours, SIGUSR1);
	(void)sigfillset(&all);
	main_thread = pthread_self();
	(void)pthread_sigmask(SIG_SETMASK, &all, NULL);
	if (thread_start(&thread, "libmilter", run_milter, NULL, &err) == -1)
		fatal("%s", err.text);
	log_info(NULL, "ready", KV_STR("listen",
	    config_current()->settings->milter_listen.text));
	file_notify_systemd("READY=1");
	while (sigwait(&ours, &sig) == 0 && sig == SIGHUP)
		reload();
	if (sig != SIGUSR1)
		stop();
	(void)pthread_join(thread, NULL);
	file_notify_systemd("STOPPING=1");
}

/* Finds the user to run as if started as root. */
static void
find_user(const struct settings *s, struct privileges_user *who)
{
	struct err err = ERR_INIT;

	memset(who, 0, sizeof(*who));
	if (privileges_are_root() && privileges_find(s->milter_user,
	    "milter-user", who, &err) == -1)
		give_up(&err);
}

/* Makes what sessions share.  Some of it starts threads. */
static void
begin(struct config *c)
{
	const struct settings *s = c->settings;
	struct err err = ERR_INIT;

	if (dns_new(s, &shared.dns, &err) == -1) {
		(void)dns_trouble(s, &err);
		give_up(&err);
	}
	if (config_open_site(c, shared.dns, &err) == -1)
		give_up(&err);
	shared.imapd = imapd_client_new();
	shared.limits = limits_new(s);
	shared.slow = slow_new();
	shared.report = report_new();
	shared.dkim_keys = dkim_keys_new(s->dkim_dir);
	session_init(&shared);
}

/*
 * Frees what sessions share, unless a thread of libmilter may still be in a
 * callback.
 */
static void
end(void)
{
	slow_stop(shared.slow);
	report_stop(shared.report);
	if (session_count() == 0) {
		dkim_keys_free(&shared.dkim_keys);
		slow_free(&shared.slow);
		limits_free(&shared.limits);
		imapd_client_free(&shared.imapd);
	}
	log_info(NULL, "stopped");
}

int
main(int argc, char **argv)
{
	struct privileges_user who;
	struct err err = ERR_INIT;
	struct config *c = NULL;
	const struct settings *s;
	bool as_root;

	daemon_options_read(&options, argc, argv);
	if (read_config(&c, &err) == -1)
		give_up(&err);
	s = c->settings;
	if (options.check) {
		(void)printf("%s: the configuration is valid\n", PROGRAM);
		return 0;
	}
	settings_open_log(s, PROGRAM);
	config_replace(c);
	as_root = privileges_are_root();
	find_user(s, &who);
	make_spool_dir(s, &who, as_root);
	if (callbacks_register(&err) == -1)
		give_up(&err);
	open_socket(s, &who, as_root);
	if (config_read_keys(c, &err) == -1 ||
	    privileges_drop(&who, &err) == -1)
		give_up(&err);
	(void)smfi_settimeout((int)(s->milter_timeout_ms / 1000));
	begin(c);
	serve();
	end();
	return milter_result == MI_SUCCESS ? 0 : 1;
}
