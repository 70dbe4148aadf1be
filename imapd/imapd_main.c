/*
 * postern-imapd - owns the store and serves IMAP, LMTP, the lookups of the MTA
 * and the other programs of the suite
 *
 * main() does: options, configuration, everything that needs root, drop
 * privileges, store, loop.  A failure is one sentence on stderr and exit status
 * 1.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "config/daemon.h"
#include "net/privileges.h"
#include "store/store_open.h"
#include "repair/integrity.h"
#include "repair/salvage.h"
#include "imapd/imapd.h"
#include "imapd/listeners.h"
#include "imapd/login_lookup.h"

#define PROGRAM		"postern-imapd"

/* Descriptors for databases, logs and spools, in addition to connections. */
#define FILES_OWN	1024

/* Smaller APPEND messages are kept in memory with their command. */
#define STREAM_MIN	(32 * 1024)

/* Longest line and longest literal before login. */
#define STRANGER_MAX	(16 * 1024)

enum mode { MODE_VERIFY, MODE_SALVAGE };

static const struct daemon_mode modes[] = {
	[MODE_VERIFY] = { "--verify", NULL,
	  "  --verify       check the whole store, which must not be in\n"
	  "                 use, and exit: 0 if it has no faults\n" },
	[MODE_SALVAGE] = { "--salvage", "DIR",
	  "  --salvage DIR  write what can be read from a damaged store to\n"
	  "                 Maildirs in DIR, and exit: 0 if that is all\n" },
	{ NULL, NULL, NULL }
};

static struct daemon_options options = {
	.program = PROGRAM,
	.modes = modes,
};

/* What SIGHUP replaced.  Threads may still be reading it. */
struct old {
	struct old *next;
	struct settings *settings;	/* own */
	struct keyfile *origin_keys;	/* own; NULL: still in use */
};

static struct old *olds;

/* Prints the error and exits. */
static _Noreturn void
give_up(const struct err *err)
{
	fatal("%s", err->text);
}

static void
tls_config_of(const struct settings *s, struct tls_config *t)
{
	memset(t, 0, sizeof(*t));
	t->cert_file = s->tls_cert;
	t->key_file = *s->tls_key != '\0' ? s->tls_key : s->tls_cert;
	t->ciphers = *s->tls_ciphers != '\0' ? s->tls_ciphers : NULL;
	t->min = s->tls_min_version == SETTINGS_TLS_1_3 ? TLS_1_3 : TLS_1_2;
}

static int
tls_open(struct imapd *d, struct err *err)
{
	struct tls_config t;

	if (*d->settings->tls_cert == '\0')
		return 0;
	tls_config_of(d->settings, &t);
	return tls_context_new(&t, &d->tls, err);
}

static void
tls_reload(struct imapd *d, const struct settings *s)
{
	struct err err = ERR_INIT;
	struct tls_config t;

	if (d->tls == NULL || *s->tls_cert == '\0')
		return;
	tls_config_of(s, &t);
	if (tls_context_reload(d->tls, &t, &err) == -1)
		log_error(&d->log, "certificate not read again, keeping "
		    "the old one", KV_ERR(&err));
}

/* Reads the origin keys again.  Returns the replaced keys, or NULL. */
static struct keyfile *
keys_reload(struct imapd *d, const struct settings *s)
{
	struct keyfile *keys, *old = d->origin_keys;
	struct err err = ERR_INIT;

	if (keyfile_open(s->origin_key_file, 0640, &keys, &err) == -1) {
		log_error(&d->log, "origin keys not read again, keeping the "
		    "old ones", KV_ERR(&err));
		return NULL;
	}
	__atomic_store_n(&d->origin_keys, keys, __ATOMIC_RELEASE);
	return old;
}

/* Puts the new settings in place and keeps the old ones. */
static void
settings_replace(struct imapd *d, struct settings *s)
{
	struct old *old = calloc(1, sizeof(*old));

	if (old == NULL)
		fatal("out of memory for settings");
	old->settings = (struct settings *)(uintptr_t)d->settings;
	old->origin_keys = keys_reload(d, s);
	old->next = olds;
	olds = old;
	__atomic_store_n(&d->settings, s, __ATOMIC_RELEASE);
	tls_reload(d, s);
	log_set_level((enum log_level)s->log_level);
	auth_set_failure_delay(d->auth, (unsigned)s->auth_failure_delay_ms);
}

/* Handles SIGHUP: applies the settings that may change and logs the others. */
static void
reload(struct server *srv, void *arg)
{
	struct imapd *d = arg;
	struct err err = ERR_INIT;
	struct buf names = BUF_INIT;
	struct settings *s;
	char note[80];

	(void)snprintf(note, sizeof(note),
	    "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_mono_us());
	file_notify_systemd(note);
	if ((s = daemon_settings(&options, &err)) == NULL) {
		log_error(&d->log, "configuration not read again, keeping "
		    "the old one", KV_ERR(&err));
		file_notify_systemd("READY=1");
		return;
	}
	settings_need_restart(d->settings, s, SETTINGS_IMAPD, &names);
	if (names.len > 0)
		log_warn(&d->log, "settings that need a restart changed",
		    KV_BYTES("names", buf_view(&names)));
	buf_free(&names);
	settings_keep(d->settings, s);
	settings_replace(d, s);
	log_info(&d->log, "configuration read again");
	file_notify_systemd("READY=1");
}

static int
reload_request(struct imapd *d, struct err *err)
{
	struct settings *s = daemon_settings(&options, err);

	if (s == NULL)
		return -1;
	settings_free(s);
	free(s);
	if (kill(getpid(), SIGHUP) == -1)
		return err_sys(err, ERR_INTERNAL, "cannot signal ourselves");
	return 0;
}

static void
ready(struct server *srv, void *arg)
{
	struct imapd *d = arg;

	log_info(&d->log, "ready");
	file_notify_systemd("READY=1");
}

static void
stopping(struct server *srv, void *arg)
{
	struct imapd *d = arg;

	file_notify_systemd("STOPPING=1");
	log_info(&d->log, "stopping");
}

/* Creates a folder if it does not exist, owned by the user we will run as. */
static int
folder_make(const char *path, mode_t mode, const char *user, bool as_root,
    struct err *err)
{
	if (file_mkdirs(path, mode, err) == -1)
		return -1;
	return as_root ? file_set_owner(path, user, NULL, err) : 0;
}

static int
folders_make(const struct settings *s, const char *spool_dir, bool as_root,
    struct err *err)
{
	struct buf store_dir = BUF_INIT;
	int rc = 0;

	buf_printf(&store_dir, "%s/store", s->state_dir);
	if (folder_make(s->state_dir, 0711, s->imapd_user, as_root,
	    err) == -1 ||
	    folder_make(buf_cstr(&store_dir), 0700, s->imapd_user, as_root,
	    err) == -1 ||
	    folder_make(spool_dir, 0700, s->imapd_user, as_root, err) == -1 ||
	    folder_make(s->run_dir, 0755, s->imapd_user, as_root, err) == -1)
		rc = -1;
	buf_free(&store_dir);
	return rc;
}

/* After privileges were dropped: is the folder writable? */
static int
folder_check(const char *path, const char *setting, struct err *err)
{
	if (access(path, W_OK | X_OK) == 0)
		return 0;
	return err_set(err, ERR_REFUSED,
	    "cannot write to the folder '%s' (setting %s): %s", path,
	    setting, strerror(errno));
}

/* Converts a list to an array that ends with NULL.  It is never freed. */
static const char *const *
names_of(const struct settings_list *list)
{
	static const char **names;

	free(names);
	if ((names = calloc(list->n + 1, sizeof(*names))) == NULL)
		fatal("out of memory for settings");
	for (size_t i = 0; i < list->n; i++)
		names[i] = list->v[i];
	return names;
}

/* The settings were checked when they were loaded. */
static void
junk_settings_take(const struct settings *s, struct junk_settings *out)
{
	const char *const texts[JUNK_EXPRESSIONS] = { s->junk_flags_junk,
	    s->junk_flags_neutral, s->junk_flags_notjunk };

	out->is_on = s->junk_flags;
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		memcpy(out->expression[i], texts[i], strlen(texts[i]) + 1);
}

static void
store_config_of(const struct imapd *d, struct store_config *c)
{
	const struct settings *s = d->settings;

	memset(c, 0, sizeof(*c));
	c->dir = s->state_dir;
	c->cache_size = s->db_cache_size;
	c->checkpoint_bytes = s->db_checkpoint_bytes;
	c->checkpoint_ms = (unsigned)s->db_checkpoint_interval_ms;
	c->commit_batch_max = (unsigned)s->commit_batch_max;
	c->commit_batch_bytes = s->commit_batch_bytes;
	c->free_bytes_min = s->db_free_min;
	c->workers = (unsigned)s->workers_max;
	c->keywords_max = (unsigned)s->keywords_max;
	c->mailboxes_max = (unsigned)s->mailboxes_max;
	c->purge_delay_s = (unsigned)(s->purge_delay_ms / 1000);
	c->tombstones_max = (unsigned)s->tombstones_max;
	c->delivered_keep_s = (unsigned)(s->delivered_keep_ms / 1000);
	c->message_size_max = s->message_size_max;
	c->mail_limits = &d->mail_limits;
	c->segment_min = s->segment_min;
	c->segment_size = s->segment_size;
	c->body_memory_max = s->body_memory_max;
	c->arrivals_memory = s->delivery_memory;
	c->quota_bytes = s->quota_bytes;
	c->quota_messages = s->quota_messages;
	junk_settings_take(s, &c->junk);
	c->default_mailboxes = names_of(&s->default_mailboxes);
}

static void
fault_print(void *arg, const char *fault)
{
	(void)printf("%s\n", fault);
}

static void
progress_print(void *arg, const char *what)
{
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "checking %s\n", what);
}

static int
verify(struct imapd *d)
{
	struct store_config c;
	struct err err = ERR_INIT;
	int64_t faults;

	store_config_of(d, &c);
	faults = integrity_check(&c, &d->log, fault_print, progress_print, NULL,
	    &err);
	if (faults == -1)
		give_up(&err);
	if (faults == 0)
		(void)printf("no faults found\n");
	else
		(void)printf("%" PRId64 " %s\n", faults,
		    faults == 1 ? "fault" : "faults");
	return faults == 0 ? 0 : 1;
}

static void
reading_print(void *arg, const char *what)
{
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "reading %s\n", what);
}

static int
salvage(struct imapd *d, const char *out)
{
	struct salvage_config c = { .dir = d->settings->state_dir,
	    .out = out, .say = fault_print, .progress = reading_print };
	struct err err = ERR_INIT;
	int64_t lost;

	if ((lost = store_salvage(&c, &err)) == -1)
		give_up(&err);
	(void)printf("%s\n", lost == 0 ? "everything was recovered" :
	    "some data was lost");
	return lost == 0 ? 0 : 1;
}

/* Gives the output folder of --salvage to the user we will run as. */
static void
salvage_prepare(const char *out, const struct privileges_user *user)
{
	struct err err = ERR_INIT;

	if (kv_backup_prepare(out, &err) == -1 || (user->name != NULL &&
	    file_set_owner(out, user->name, NULL, &err) == -1))
		give_up(&err);
}

static void
drop(const struct privileges_user *user)
{
	struct err err = ERR_INIT;

	if (privileges_drop(user, &err) == -1)
		give_up(&err);
}

/* Runs --verify or --salvage. */
static int
mode_run(struct imapd *d, const struct privileges_user *user)
{
	if (options.mode == &modes[MODE_VERIFY]) {
		drop(user);
		return verify(d);
	}
	salvage_prepare(options.mode_value, user);
	drop(user);
	return salvage(d, options.mode_value);
}

static void
shared_prepare(struct imapd *d)
{
	const struct settings *s = d->settings;

	d->reload = reload_request;
	d->started = (int64_t)time(NULL);
	d->site.hostname = s->hostname;
	d->site.postmaster = s->postmaster_account;
	d->site.catch_all = s->catch_all_address;
	d->mail_limits.depth_max = (unsigned)s->mime_depth_max;
	d->mail_limits.parts_max = (unsigned)s->mime_parts_max;
	d->mail_limits.part_header_max = s->header_size_max;
	d->mail_limits.headers_max = s->header_size_max;
	d->imap_limits.line_max = s->command_line_max;
	d->imap_limits.literal_max = s->literal_max;
	d->imap_limits.command_max = s->command_line_max + s->literal_max;
	d->imap_limits.stream_min = STREAM_MIN;
	d->imap_limits.stream_max = s->message_size_max;
	d->imap_limits.discard_max = s->message_size_max;
	/* Login commands are short; the longest is a response with a ticket. */
	d->stranger_limits = d->imap_limits;
	if (d->stranger_limits.line_max > STRANGER_MAX)
		d->stranger_limits.line_max = STRANGER_MAX;
	if (d->stranger_limits.literal_max > STRANGER_MAX)
		d->stranger_limits.literal_max = STRANGER_MAX;
	d->stranger_limits.command_max = 2 * STRANGER_MAX;
	d->stranger_limits.discard_max = 2 * STRANGER_MAX;
}

/* Does everything that needs root. */
static int
open_as_root(struct imapd *d, const struct privileges_user *user,
    struct err *err)
{
	bool as_root = user->name != NULL;
	const struct settings *s = d->settings;
	struct server_config config = {
		.workers_max = (int)s->workers_max,
		.connections_max = (int)s->connections_max,
		.connections_setting = "connections-max",
		.stop_ms = (int)s->shutdown_timeout_ms,
		.ready = ready,
		.reload = reload,
		.stopping = stopping,
		.arg = d,
	};

	/* The server logs it if this is not enough. */
	(void)privileges_raise_files(s->connections_max + FILES_OWN);
	if (tls_open(d, err) == -1 ||
	    folders_make(s, d->spool_dir, as_root, err) == -1)
		return -1;
	if (keyfile_open(s->origin_key_file, 0640, &d->origin_keys,
	    err) == -1)
		return err_wrap(err, "origin-key-file");
	d->server = server_new(&config);
	return listeners_open(d, as_root, err);
}

static int
open_as_user(struct imapd *d, struct err *err)
{
	struct store_config c;

	if (folder_check(d->settings->state_dir, "state-dir", err) == -1)
		return -1;
	store_config_of(d, &c);
	c.spool_dir = d->spool_dir;
	if (store_open(&c, &d->log, &d->store, err) == -1)
		return -1;
	return login_auth_new(d, &d->auth, err);
}

/*
 * Finds the user to run as.  Without root, the name is empty and the user
 * stays.
 */
static void
user_find(const struct imapd *d, struct privileges_user *user)
{
	struct err err = ERR_INIT;

	memset(user, 0, sizeof(*user));
	if (!privileges_are_root())
		return;
	if (privileges_find(d->settings->imapd_user, "imapd-user", user,
	    &err) == -1)
		give_up(&err);
	if (user->uid == 0)
		log_warn(&d->log, "running as root because of imapd-user");
}

static void
close_all(struct imapd *d)
{
	struct old *old;

	server_free(&d->server);
	auth_free(&d->auth);
	store_close(&d->store);
	tls_context_free(&d->tls);
	keyfile_free(&d->origin_keys);
	while ((old = olds) != NULL) {
		olds = old->next;
		keyfile_free(&old->origin_keys);
		settings_free(old->settings);
		free(old->settings);
		free(old);
	}
}

static int
serve(struct imapd *d)
{
	struct err err = ERR_INIT;

	if (server_run(d->server, &err) == -1) {
		log_error(&d->log, "stopped while commands were running",
		    KV_ERR(&err));
		/*
		 * They may be using the store.  What was confirmed is durable.
		 */
		_exit(1);
	}
	close_all(d);
	log_info(&d->log, "stopped");
	return 0;
}

int
main(int argc, char **argv)
{
	static struct imapd d;
	struct privileges_user user;
	struct buf spool = BUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	daemon_options_read(&options, argc, argv);
	/* More malloc arenas than CPUs only hold memory. */
	(void)mallopt(M_ARENA_MAX, 4);
	(void)umask(022);
	if ((d.settings = daemon_settings(&options, &err)) == NULL)
		give_up(&err);
	if (options.check) {
		(void)printf("the configuration is valid\n");
		return 0;
	}
	settings_open_log(d.settings, PROGRAM);
	buf_printf(&spool, "%s/spool", d.settings->state_dir);
	d.spool_dir = buf_cstr(&spool);
	shared_prepare(&d);
	user_find(&d, &user);
	if (options.mode != NULL)
		return mode_run(&d, &user);
	if (open_as_root(&d, &user, &err) == -1)
		give_up(&err);
	drop(&user);
	if (open_as_user(&d, &err) == -1)
		give_up(&err);
	rc = serve(&d);
	buf_free(&spool);
	return rc;
}
