/*
 * localserve_postfix - writes main.cf, master.cf and the queue directory of the
 * private Postfix at each start.
 *
 * Everything is in localserve's folder; the system's Postfix and its files are
 * not used.  Our sockets are below the queue directory and are named relative
 * to it, because Postfix's programs run as other users, who may not be able to
 * search the folders above.
 */
#include <config.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "command/config_check.h"
#include "localserve/localserve.h"

#define MAIN_CF		LS_POSTFIX "/main.cf"
#define MASTER_CF	LS_POSTFIX "/master.cf"
#define ORIGIN_CHECKS	LS_POSTFIX "/origin.regexp"
#define DATA_DIR	"postfix-data"
/* Names a data directory outside the folder, for the next run. */
#define DATA_DIR_NOTE	LS_RUN "/postfix-data-dir"
#define DATA_DIR_OUTSIDE "/tmp/postern-localserve-"

/*
 * There are no rate limits, and failures are retried at once, so that a
 * benchmark is not slowed down and mail flows again seconds after a restart.
 */
static const char main_cf_always[] =
    "compatibility_level = 3.6\n"
    "myhostname = localhost\n"
    "mydomain = localhost\n"
    "myorigin = localhost\n"
    "append_dot_mydomain = no\n"
    "mydestination =\n"
    "mynetworks = 127.0.0.0/8\n"
    "inet_interfaces = 127.0.0.1\n"
    "# Tests may act as any client by XCLIENT, also as an IPv6 one.\n"
    "inet_protocols = all\n"
    "smtpd_authorized_xclient_hosts = static:all\n"
    "# Clients that do not speak SMTP are passed to the milter.\n"
    "smtpd_forbidden_commands =\n"
    "smtpd_forbid_bare_newline = reject\n"
    "smtpd_forbid_bare_newline_exclusions =\n"
    "# Replies for some addresses are delayed (setting special-timeout).\n"
    "milter_command_timeout = 2h\n"
    "milter_content_timeout = 2h\n"
    "alias_maps =\n"
    "alias_database =\n"
    "local_recipient_maps =\n"
    "virtual_alias_domains =\n"
    "biff = no\n"
    "enable_long_queue_ids = yes\n"
    "smtputf8_enable = yes\n"
    "smtpd_milters = unix:postern/milter\n"
    "non_smtpd_milters = $smtpd_milters\n"
    "milter_default_action = tempfail\n"
    "smtpd_sasl_type = dovecot\n"
    "smtpd_sasl_path = postern/auth\n"
    "smtpd_tls_security_level = may\n"
    "lmtp_send_xforward_command = yes\n"
    "# Do not look up the names of clients, which are all on loopback.\n"
    "smtpd_peername_lookup = no\n"
    "default_process_limit = 2000\n"
    "# A service that fails while another program restarts is retried soon.\n"
    "service_throttle_time = 1s\n"
    "smtpd_client_connection_count_limit = 0\n"
    "smtpd_recipient_limit = 10000\n"
    "smtpd_junk_command_limit = 10000\n"
    "smtpd_error_sleep_time = 0\n"
    "smtpd_soft_error_limit = 1000\n"
    "smtpd_hard_error_limit = 2000\n"
    "default_destination_concurrency_limit = 200\n"
    "initial_destination_concurrency = 50\n"
    "default_destination_recipient_limit = 500\n"
    "qmgr_message_active_limit = 50000\n"
    "qmgr_message_recipient_limit = 50000\n"
    "in_flow_delay = 0\n"
    "queue_run_delay = 1s\n"
    "# Times have a resolution of 1s: with 1s, a retry could find the message\n"
    "# still locked by the last delivery, and be postponed by 300 seconds.\n"
    "minimal_backoff_time = 2s\n"
    "maximal_backoff_time = 5s\n"
    "transport_retry_time = 1s\n";

/* Mail for all recipients goes to imapd; nothing leaves this host. */
static const char main_cf_inside[] =
    "transport_maps = static:lmtp:unix:postern/lmtp\n"
    "relay_domains = static:all\n"
    "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
    "smtpd_recipient_restrictions =\n"
    "    check_recipient_access socketmap:unix:postern/map:access\n"
    "smtpd_reject_unlisted_recipient = no\n"
    "allow_percent_hack = no\n"
    "swap_bangpath = no\n"
    "disable_dns_lookups = yes\n";

/* Mail for other domains goes to their MX hosts. */
static const char main_cf_outside[] =
    "virtual_mailbox_domains = socketmap:unix:postern/map:domain\n"
    "virtual_mailbox_maps = socketmap:unix:postern/map:mailbox\n"
    "virtual_alias_maps = socketmap:unix:postern/map:alias\n"
    "virtual_transport = lmtp:unix:postern/lmtp\n"
    "smtpd_relay_restrictions = permit_mynetworks,\n"
    "    permit_sasl_authenticated, reject_unauth_destination\n"
    "smtpd_recipient_restrictions =\n"
    "    check_recipient_access socketmap:unix:postern/map:access\n";

static const char master_cf_services[] =
    "pickup unix n - n 60 1 pickup\n"
    "cleanup unix n - n - 0 cleanup\n"
    "qmgr unix n - n 300 1 qmgr\n"
    "tlsmgr unix - - n 1000? 1 tlsmgr\n"
    "rewrite unix - - n - - trivial-rewrite\n"
    "bounce unix - - n - 0 bounce\n"
    "defer unix - - n - 0 bounce\n"
    "trace unix - - n - 0 bounce\n"
    "verify unix - - n - 1 verify\n"
    "flush unix n - n 1000? 0 flush\n"
    "proxymap unix - - n - - proxymap\n"
    "proxywrite unix - - n - 1 proxymap\n"
    "showq unix n - n - - showq\n"
    "error unix - - n - - error\n"
    "retry unix - - n - - error\n"
    "discard unix - - n - - discard\n"
    "lmtp unix - - n - - lmtp\n"
    "anvil unix - - n - 1 anvil\n"
    "scache unix - - n - 1 scache\n"
    "postlog unix-dgram n - n - 1 postlogd\n";

static const char master_cf_outside[] =
    "smtp unix - - n - - smtp\n"
    "relay unix - - n - - smtp\n";

/* As in postfix-files of the Debian package. */
static const struct {
	const char *name;
	mode_t mode;
	bool is_owners;		/* belongs to mail_owner */
	bool is_groups;		/* and to setgid_group */
} queue_folders[] = {
	{ "active", 0700, true, false },
	{ "bounce", 0700, true, false },
	{ "corrupt", 0700, true, false },
	{ "defer", 0700, true, false },
	{ "deferred", 0700, true, false },
	{ "flush", 0700, true, false },
	{ "hold", 0700, true, false },
	{ "incoming", 0700, true, false },
	{ "maildrop", 0730, true, true },
	{ "pid", 0755, false, false },
	{ "private", 0700, true, false },
	{ "public", 0710, true, true },
	{ "saved", 0700, true, false },
	{ "trace", 0700, true, false }
};

bool
postfix_can_say(const char *path)
{
	/* "$" begins a parameter, a comma or space ends a word of a list. */
	return path[strspn(path, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@~=%")] == '\0';
}

/* Can Postfix's user reach this folder by its absolute path? */
static int
postfix_may_search(const struct localserve *ls, bool *may, struct err *err)
{
	pid_t pid = fork();
	int status;

	if (pid == -1)
		return err_sys(err, ERR_TEMP, "cannot fork");
	if (pid == 0) {
		if (setresgid(ls->postfix_gid, ls->postfix_gid,
		    ls->postfix_gid) == -1 ||
		    setresuid(ls->postfix_uid, ls->postfix_uid,
		    ls->postfix_uid) == -1)
			_exit(2);
		_exit(access(ls->dir, X_OK) == 0 ? 0 : 1);
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return err_sys(err, ERR_TEMP, "cannot wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 2)
		return err_set(err, ERR_REFUSED, "cannot run as the user '%s'; "
		    "a user namespace of your own must be made with 'unshare "
		    "--map-root-user --map-auto'",
		    ls->settings.localserve_postfix_user);
	*may = WEXITSTATUS(status) == 0;
	return 0;
}

/* Removes only a directory that this program made, as its name shows. */
void
postfix_forget_data_dir(void)
{
	static const char *const files[] = {
		"master.lock", "prng_exch", "verify_cache.db"
	};
	struct buf note = BUF_INIT;
	struct err ignored = ERR_INIT;
	char path[4096];
	const char *dir;

	if (file_read(DATA_DIR_NOTE, 1024, &note, &ignored) == 0) {
		dir = buf_cstr(&note);
		if (strncmp(dir, DATA_DIR_OUTSIDE,
		    strlen(DATA_DIR_OUTSIDE)) == 0) {
			for (size_t i = 0;
			    i < sizeof(files) / sizeof(*files); i++) {
				snprintf(path, sizeof(path), "%s/%s", dir,
				    files[i]);
				unlink(path);
			}
			rmdir(dir);
		}
		unlink(DATA_DIR_NOTE);
	}
	buf_free(&note);
}

/*
 * Postfix opens its data directory by absolute path as its own user.  If that
 * user cannot search our folder, the directory is made outside, for this run.
 */
static int
data_dir_make(struct localserve *ls, struct err *err)
{
	char *outside;
	bool may = false;

	if (postfix_may_search(ls, &may, err) == -1)
		return -1;
	if (may) {
		ls->data_dir = arena_printf(&ls->mem, "%s/" DATA_DIR, ls->dir);
		if (file_mkdirs(DATA_DIR, 0711, err) == -1)
			return -1;
	} else {
		outside = arena_strdup(&ls->mem, DATA_DIR_OUTSIDE "XXXXXX");
		if (mkdtemp(outside) == NULL || chmod(outside, 0711) == -1)
			return err_sys(err, ERR_TEMP, "cannot create '%s'",
			    outside);
		ls->data_dir = outside;
		if (file_write(DATA_DIR_NOTE, 0600, bytes_of(outside),
		    err) == -1)
			return -1;
	}
	if (chown(ls->data_dir, ls->postfix_uid, (gid_t)-1) == -1)
		return err_sys(err, ERR_REFUSED, "cannot make '%s' belong to "
		    "'%s'", ls->data_dir, ls->settings.localserve_postfix_user);
	return 0;
}

/* Sets the folders and the library path of an unpacked Postfix. */
static void
put_unpacked(struct buf *out, const char *root)
{
	if (root[0] == '\0')
		return;
	buf_printf(out,
	    "command_directory = %s/usr/sbin\n"
	    "daemon_directory = %s/usr/lib/postfix/sbin\n"
	    "shlib_directory = %s/usr/lib/postfix\n"
	    "meta_directory = %s/etc/postfix\n"
	    "import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C\n"
	    "    LD_LIBRARY_PATH=%s/usr/lib/postfix\n"
	    "    POSTLOG_SERVICE POSTLOG_HOSTNAME\n",
	    root, root, root, root, root);
}

static int
main_cf_write(const struct localserve *ls, struct err *err)
{
	const struct settings *set = &ls->settings;
	struct buf out = BUF_INIT;
	int rc;

	buf_str(&out, "# Written by postern localserve at each start.\n");
	put_unpacked(&out, ls->postfix);
	buf_printf(&out,
	    "queue_directory = %s/" LS_SPOOL "\n"
	    "data_directory = %s\n"
	    "mail_owner = %s\n"
	    "setgid_group = %s\n"
	    "smtpd_tls_chain_files = %s/" LS_KEY ", %s/" LS_CERT "\n"
	    "# Less than message-size-max, for header fields added later.\n"
	    "message_size_limit = %" PRIu64 "\n"
	    "mailbox_size_limit = 0\n"
	    "virtual_mailbox_limit = 0\n",
	    ls->dir, ls->data_dir, set->localserve_postfix_user,
	    set->localserve_postfix_group, ls->dir, ls->dir,
	    set->message_size_max - HEADER_ADDED_MAX);
	buf_printf(&out,
	    "maillog_file = %s/" LS_POSTFIX_LOG "\n"
	    "maillog_file_prefixes = %s/" LS_POSTFIX "\n"
	    "# Remove the milter's sealed Postern-Origin from outgoing mail.\n"
	    "smtp_header_checks = regexp:%s/" ORIGIN_CHECKS "\n"
	    "smtp_nested_header_checks = $smtp_header_checks\n"
	    "smtp_body_checks = $smtp_header_checks\n", ls->dir, ls->dir,
	    ls->dir);
	buf_str(&out, main_cf_always);
	buf_str(&out, ls->opt.allow_outside ? main_cf_outside :
	    main_cf_inside);
	rc = file_write(MAIN_CF, 0644, buf_view(&out), err);
	buf_free(&out);
	return rc;
}

static void
put_submission(struct buf *out, unsigned port, const char *name,
    const char *tls)
{
	buf_printf(out,
	    "127.0.0.1:%u inet n - n - - smtpd\n"
	    "    -o syslog_name=postfix/%s -o %s\n"
	    "    -o smtpd_sasl_auth_enable=yes\n"
	    "    -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n"
	    "    -o milter_macro_daemon_name=ORIGINATING\n", port, name, tls);
}

static int
master_cf_write(const struct localserve *ls, struct err *err)
{
	unsigned base = ls->opt.port_base;
	struct buf out = BUF_INIT;
	int rc;

	buf_str(&out, "# Written by postern localserve at each start.\n");
	buf_printf(&out, "127.0.0.1:%u inet n - n - - smtpd\n", base + 25);
	put_submission(&out, base + 587, "submission",
	    "smtpd_tls_security_level=may");
	put_submission(&out, base + 465, "submissions",
	    "smtpd_tls_wrappermode=yes");
	buf_str(&out, master_cf_services);
	if (ls->opt.allow_outside)
		buf_str(&out, master_cf_outside);
	rc = file_write(MASTER_CF, 0644, buf_view(&out), err);
	buf_free(&out);
	return rc;
}

/*
 * Postfix would create its queue directories itself and check the permissions
 * of all files, which takes seconds and warns about unpacked files that belong
 * to another user.  A file "quick-start" makes Postfix skip that for one start.
 */
int
postfix_skip_checks(struct err *err)
{
	return file_write(LS_SPOOL "/quick-start", 0644, BYTES(""), err);
}

static int
queue_make(const struct localserve *ls, struct err *err)
{
	uid_t uid;
	gid_t gid;
	char path[64];

	for (size_t i = 0;
	    i < sizeof(queue_folders) / sizeof(*queue_folders); i++) {
		snprintf(path, sizeof(path), LS_SPOOL "/%s",
		    queue_folders[i].name);
		uid = queue_folders[i].is_owners ? ls->postfix_uid : 0;
		gid = queue_folders[i].is_groups ? ls->postfix_drop_gid : 0;
		if (file_mkdirs(path, queue_folders[i].mode, err) == -1)
			return -1;
		/* A change of owner may clear bits of the mode. */
		if (chown(path, uid, gid) == -1 ||
		    chmod(path, queue_folders[i].mode) == -1)
			return err_sys(err, ERR_REFUSED,
			    "cannot make '%s' belong to '%s'", path,
			    ls->settings.localserve_postfix_user);
	}
	return 0;
}

/*
 * In a user namespace Postfix does not accept /dev/stdout, a link that belongs
 * to an unknown user.  A FIFO takes no disk space and can be polled.
 */
static int
log_fifo_make(struct err *err)
{
	unlink(LS_POSTFIX_LOG);
	if (mkfifo(LS_POSTFIX_LOG, 0600) == -1)
		return err_sys(err, ERR_TEMP, "cannot create '%s'",
		    LS_POSTFIX_LOG);
	return 0;
}

int
postfix_write(struct localserve *ls, struct err *err)
{
	if (data_dir_make(ls, err) == -1 || queue_make(ls, err) == -1 ||
	    log_fifo_make(err) == -1 || main_cf_write(ls, err) == -1 ||
	    master_cf_write(ls, err) == -1)
		return -1;
	return file_write(ORIGIN_CHECKS, 0644,
	    BYTES("/^Postern-Origin: v1 [A-Za-z0-9+\\/=]+$/ IGNORE\n"), err);
}
