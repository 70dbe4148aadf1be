/*
 * settings - every option of postern.conf, in one table
 *
 * The table gives each option its name, type, default, range and help.  Its
 * rows are in one file for each program or subject (settings_imapd.c,
 * settings_milter.c, ...).  The parser, the checks, the commented default file,
 * the differences and the list in the manual page all use this table, so what
 * they show is what is in force.
 *
 *	struct settings s;
 *	if (settings_load(path, NULL, 0, &s, err) == -1)
 *		return -1;
 *	... s.message_size_max ...
 *	settings_free(&s);
 *
 * To add an option: add a field here and a row in one of those files, and run
 * `make update-man' to update man/postern.conf.5 (a test compares them).
 *
 * A struct settings does not change once it is loaded.  On SIGHUP a program
 * loads a new one, and settings_keep() restores the values that need a restart
 * to change.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "config/conf.h"

/* An address to listen on or to connect to. */
struct settings_addr {
	const char *text;	/* "unix:/path", "127.0.0.1:143", "[::1]:143" */
	const char *path;	/* of a Unix socket; NULL: TCP */
	const char *host;	/* "127.0.0.1", "::1", or "*" for any */
	uint16_t port;
};

struct settings_addrs {
	struct settings_addr *v;
	size_t n;
};

struct settings_list {
	const char **v;			/* v[n] is NULL */
	size_t n;
};

/* Limits for an address and for two networks around it, smallest first. */
#define SETTINGS_NETS	3

struct settings_limits {
	uint64_t v[SETTINGS_NETS];	/* 0: no limit */
};

/* tls-min-version */
enum settings_tls_version {
	SETTINGS_TLS_1_2,
	SETTINGS_TLS_1_3
};

/* sleepers-full */
enum settings_sleepers_full {
	SETTINGS_SLEEPERS_PASS,
	SETTINGS_SLEEPERS_DEFER
};

struct settings {
	/* Folders and names */
	const char *state_dir;
	const char *run_dir;
	const char *hostname;		/* never empty after loading */
	const char *imapd_user;
	const char *milter_user;
	const char *admin_user;

	/* Log */
	int log_level;			/* enum log_level */
	int log_format;			/* enum log_format */
	int log_output;			/* enum log_output */

	/* Messages */
	uint64_t message_size_max;
	uint64_t body_memory_max;
	uint64_t recipients_max;
	uint64_t received_max;
	uint64_t mime_depth_max;
	uint64_t mime_parts_max;
	uint64_t header_size_max;

	/* Listeners of imapd */
	struct settings_addrs imap_listen;
	struct settings_addrs imaps_listen;
	struct settings_addrs lmtp_listen;
	struct settings_addrs socketmap_listen;
	struct settings_addrs auth_listen;
	struct settings_addrs store_milter_listen;
	struct settings_addrs store_admin_listen;
	uint64_t mta_socket_mode;
	const char *mta_socket_group;
	uint64_t listen_backlog;

	/* TLS */
	const char *tls_cert;
	const char *tls_key;
	int tls_min_version;		/* enum settings_tls_version */
	const char *tls_ciphers;

	/* Connections and workers */
	uint64_t connections_max;
	uint64_t prelogin_per_ip_max;
	uint64_t workers_max;
	uint64_t prelogin_timeout_ms;
	uint64_t imap_idle_timeout_ms;
	uint64_t imap_command_timeout_ms;
	uint64_t lmtp_timeout_ms;
	uint64_t service_timeout_ms;
	uint64_t write_timeout_ms;
	uint64_t shutdown_timeout_ms;
	uint64_t command_line_max;
	uint64_t literal_max;
	uint64_t bad_commands_max;

	/* Authentication */
	bool auth_plain_without_tls;
	uint64_t auth_failure_delay_ms;
	uint64_t auth_failures_max;
	uint64_t auth_threads;
	uint64_t auth_queue_max;
	uint64_t auth_cache_ms;
	uint64_t argon2_time;
	uint64_t argon2_memory;
	uint64_t argon2_parallelism;
	uint64_t password_length_min;

	/* Accounts and mailboxes */
	const char *separator;
	struct settings_list default_mailboxes;
	uint64_t quota_bytes;
	uint64_t quota_messages;
	const char *postmaster_account;
	const char *catch_all_address;
	uint64_t mailboxes_max;
	uint64_t keywords_max;
	bool junk_flags;
	const char *junk_flags_junk;
	const char *junk_flags_neutral;
	const char *junk_flags_notjunk;

	/* Store */
	uint64_t db_cache_size;
	uint64_t db_checkpoint_bytes;
	uint64_t db_checkpoint_interval_ms;
	uint64_t db_free_min;
	uint64_t commit_batch_max;
	uint64_t commit_batch_bytes;
	uint64_t segment_min;
	uint64_t segment_size;
	uint64_t purge_delay_ms;
	uint64_t tombstones_max;
	uint64_t delivered_keep_ms;

	/* Limits on incoming and outgoing mail */
	struct settings_limits delivery_messages_per_minute;
	struct settings_limits delivery_messages_per_day;
	struct settings_limits delivery_bytes_per_minute;
	struct settings_limits delivery_bytes_per_day;
	uint64_t delivery_memory;
	uint64_t recipients_per_day;
	uint64_t first_time_recipients_per_day;

	/* Milter */
	const char *origin_key_file;
	struct settings_addr milter_listen;
	struct settings_addr milter_imapd;
	uint64_t milter_timeout_ms;
	uint64_t milter_imapd_timeout_ms;
	uint64_t milter_sessions_max;
	bool enforce;
	struct settings_list own_networks;
	struct settings_list submission_daemons;
	struct settings_list trusted_relays;
	struct settings_list exempt_clients;
	struct settings_list exempt_senders;
	bool check_submission_senders;

	/* Limits for clients */
	struct settings_limits connection_rate_limit;
	uint64_t connection_rate_window_ms;
	struct settings_limits open_connections_limit;
	struct settings_limits unknown_recipients_limit;
	uint64_t unknown_recipients_window_ms;
	uint64_t window_addresses_max;
	bool second_recipient_needs_spf;
	bool hide_unknown_recipients;
	bool check_sender_domain;
	bool reject_unresolvable_helo;
	uint64_t slow_delay_ms;
	uint64_t max_sleepers;
	int sleepers_full;		/* enum settings_sleepers_full */
	bool special_localparts;
	uint64_t special_timeout_ms;

	/* DNS */
	const char *resolver;
	const char *trust_anchor;
	const char *dns_data;
	uint64_t dns_deadline_ms;
	uint64_t dns_command_deadline_ms;
	uint64_t dns_questions_max;
	uint64_t dns_cache_size;
	uint64_t dns_cache_ttl_max_ms;
	uint64_t dns_cache_error_ms;
	/* Sender authentication */
	const char *authserv_id;
	int dmarc_discovery;		/* enum dmarc_discovery, auth/dmarc.h */
	bool dmarc_record;
	uint64_t dmarc_record_interval_ms;
	uint64_t dmarc_keep_ms;
	uint64_t dmarc_rows_max;

	/* Signatures */
	const char *dkim_dir;
	uint64_t dkim_max_signatures;
	uint64_t dkim_lifetime_ms;
	struct settings_list arc_trusted_sealers;

	/* SPF, DNSBL */
	int spf_engine;			/* 0: postern, 1: libspf2 */
	struct settings_list dnsbl_zones;
	struct settings_list dnswl_zones;
	struct settings_list dnsbl_monitor_zones;
	uint64_t dnsbl_health_interval_ms;

	/* The postern command */
	struct settings_addr ctl_imapd;
	uint64_t ctl_timeout_ms;
	const char *postfix_config_dir;
	const char *localserve_postfix_user;
	const char *localserve_postfix_group;

	/* Used by settings_load() and the functions below. */
	struct arena arena;		/* own: all strings above */
	const char *file;		/* path of the file; NULL: no file */
	struct settings_row *rows;	/* one for each row of the table */
};

/* The text of a value and where it comes from. */
struct settings_row {
	bool is_set;			/* in the file or by an override */
	struct conf_pos where;		/* line 0: not in a file */
	const char *text;		/* in canonical form; relative paths
					   are not resolved */
	const char *default_text;	/* the default in the same form */
};

enum settings_type {
	SETTINGS_BOOL,		/* bool: yes, no */
	SETTINGS_INT,		/* uint64_t */
	SETTINGS_SIZE,		/* uint64_t bytes: 10, 10K, 10M, 10G */
	SETTINGS_DURATION,	/* uint64_t ms: 10ms 10s 10min 1h 1d 1w */
	SETTINGS_STRING,	/* const char * */
	SETTINGS_EXPRESSION,	/* const char *: a regular expression
				   (base/expression.h); "" is none */
	SETTINGS_PATH,		/* const char *; relative to the folder of
				   the configuration file (and left relative
				   if that was named without a folder); ""
				   means none */
	SETTINGS_ENUM,		/* int: index into values */
	SETTINGS_LIST,		/* struct settings_list */
	SETTINGS_ADDR,		/* struct settings_addr; a relative socket
				   path is below run-dir */
	SETTINGS_ADDRS,		/* struct settings_addrs; "" means none */
	SETTINGS_MODE,		/* uint64_t: octal permissions */
	SETTINGS_LIMITS,	/* struct settings_limits: numbers */
	SETTINGS_SIZE_LIMITS	/* struct settings_limits: sizes */
};

/* Which programs read an option. */
#define SETTINGS_IMAPD		0x01u
#define SETTINGS_MILTER		0x02u
#define SETTINGS_ROUTER		0x04u
#define SETTINGS_WEB		0x08u
#define SETTINGS_CTL		0x10u
#define SETTINGS_ALL		0x1fu
/* Another flag: a change takes effect on SIGHUP, without a restart. */
#define SETTINGS_RELOAD		0x100u

struct settings_option {
	const char *name;
	enum settings_type type;
	size_t offset;			/* of the field */
	const char *value;		/* the default, as in a file; a list
					   is separated by commas */
	uint64_t min, max;		/* of numbers; max 0: no limit */
	const char *const *values;	/* of an enum: names, then NULL */
	unsigned flags;
	const char *help;		/* whole sentences, no line breaks */
	const char *group;		/* title; NULL: same as the row above */
};

/*
 * The table, in the order of the manual; it ends with a row whose name is
 * NULL, which settings_count() does not count.
 */
const struct settings_option *settings_table(void);
size_t settings_count(void);

/* Finds a row by name.  Returns NULL if there is none. */
const struct settings_option *settings_find(const char *name);
/* Returns the option that a misspelled name probably means, or NULL. */
const char *settings_meant(const char *name);

/* The value of POSTERN_CONF in the environment, or else
   PKGSYSCONFDIR/postern.conf. */
const char *settings_default_path(void);

/*
 * Loads the defaults, then the file, then the overrides ("NAME=VALUE").  path
 * NULL: no file.  Returns 0, or -1 on the first mistake; err names file, line
 * and column, what was expected, and a similar name if a name is misspelled.
 * After -1 there is nothing to free.
 */
int settings_load(const char *path, const char *const *overrides,
    size_t override_count, struct settings *s, struct err *err);

void settings_free(struct settings *s);

/* Calls log_open() and log_set_level() with the values of these settings. */
void settings_open_log(const struct settings *s, const char *program);

/*
 * For SIGHUP: appends the names of all options that differ between now and
 * next, are read by program (SETTINGS_IMAPD, ...) and need a restart, separated
 * by commas.
 */
void settings_need_restart(const struct settings *now,
    const struct settings *next, unsigned program, struct buf *names);

/*
 * Call this next: it copies from now to next all values that need a restart to
 * change, so that old and new ones never mix.  now must stay valid as long as
 * next is used.
 */
void settings_keep(const struct settings *now, struct settings *next);

/*
 * Appends the value in force as it would be written in a file: words in quotes
 * if needed, paths absolute.
 */
void settings_format(const struct settings *s,
    const struct settings_option *o, struct buf *out);

/* Is the value in force the default? */
bool settings_is_default(const struct settings *s,
    const struct settings_option *o);

/* Where the option was set; line 0 if it was not set in a file. */
struct conf_pos settings_where(const struct settings *s, const char *name);

/* Appends "a number from 1 to 65535", "yes or no", ... */
void settings_describe_type(const struct settings_option *o,
    struct buf *out);

/* Prints a commented file of all options with their defaults. */
void settings_print_defaults(struct buf *out);

/* Prints a file with the options that differ from their defaults. */
void settings_print_diff(const struct settings *s, struct buf *out);

/* Prints the list of options for postern.conf(5), in mdoc. */
void settings_print_mdoc(struct buf *out);

#endif
