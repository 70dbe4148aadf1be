/*
 * The option table.  A default here is the default in force: nothing else in
 * the program may replace it.  Where 0 or an empty value means something
 * special, the help says so.
 */
#include <config.h>

#include "config/settings.h"

#define IMAPD	SETTINGS_IMAPD
#define MILTER	SETTINGS_MILTER
#define ROUTER	SETTINGS_ROUTER
#define WEB	SETTINGS_WEB
#define CTL	SETTINGS_CTL
#define ALL	SETTINGS_ALL
#define RELOAD	SETTINGS_RELOAD

#define K	1024ull
#define M	(1024ull * K)
#define G	(1024ull * M)
#define SEC	1000ull
#define MIN	(60ull * SEC)
#define HOUR	(60ull * MIN)
#define DAY	(24ull * HOUR)

/* The offset of a field; does not compile when its type is another. */
#define FIELD(type, field)						\
	(offsetof(struct settings, field) + 0 * sizeof(			\
	    &((struct settings *)0)->field == (type *)0))

#define GROUP(title)	.group = (title)
#define RANGE(lo, hi)	.min = (lo), .max = (hi)

#define BOOL(n, f, def, fl, ...)					\
	{ .name = (n), .type = SETTINGS_BOOL, .offset = FIELD(bool, f),	\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define NUMBER(t, n, f, def, fl, ...)					\
	{ .name = (n), .type = (t), .offset = FIELD(uint64_t, f),	\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define INT(...)	NUMBER(SETTINGS_INT, __VA_ARGS__)
#define SIZE(...)	NUMBER(SETTINGS_SIZE, __VA_ARGS__)
#define DURATION(...)	NUMBER(SETTINGS_DURATION, __VA_ARGS__)
#define MODE(...)	NUMBER(SETTINGS_MODE, __VA_ARGS__)
#define TEXT(t, n, f, def, fl, ...)					\
	{ .name = (n), .type = (t), .offset = FIELD(const char *, f),	\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define STRING(...)	TEXT(SETTINGS_STRING, __VA_ARGS__)
#define PATH(...)	TEXT(SETTINGS_PATH, __VA_ARGS__)
#define ENUM(n, f, def, names, fl, ...)					\
	{ .name = (n), .type = SETTINGS_ENUM, .offset = FIELD(int, f),	\
	  .value = (def), .values = (names), .flags = (fl), __VA_ARGS__ }
#define LIST(n, f, def, fl, ...)					\
	{ .name = (n), .type = SETTINGS_LIST,				\
	  .offset = FIELD(struct settings_list, f),			\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define LIMITS_OF(t, n, f, def, fl, ...)				\
	{ .name = (n), .type = (t),					\
	  .offset = FIELD(struct settings_limits, f),			\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define LIMITS(...)	LIMITS_OF(SETTINGS_LIMITS, __VA_ARGS__)
#define SIZE_LIMITS(...)	LIMITS_OF(SETTINGS_SIZE_LIMITS, __VA_ARGS__)
#define ADDR(n, f, def, fl, ...)					\
	{ .name = (n), .type = SETTINGS_ADDR,				\
	  .offset = FIELD(struct settings_addr, f),			\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define ADDRS(n, f, def, fl, ...)					\
	{ .name = (n), .type = SETTINGS_ADDRS,				\
	  .offset = FIELD(struct settings_addrs, f),			\
	  .value = (def), .flags = (fl), __VA_ARGS__ }
#define HELP(text)	.help = text

/* In the order of the enums they name. */
static const char *const log_levels[] = {
	"fatal", "error", "warn", "info", "debug", "trace", "traceauth",
	"tracedata", NULL
};
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_outputs[] = {
	"stderr", "syslog", "journald", NULL
};
static const char *const spf_engines[] = { "postern", "libspf2", NULL };
static const char *const tls_versions[] = { "1.2", "1.3", NULL };
static const char *const sleepers_full[] = { "pass", "defer", NULL };
static const char *const dmarc_discovery[] = { "psl", "tree-walk", NULL };

const struct settings_option settings_table[] = {
	PATH("state-dir", state_dir, "/var/lib/postern",
	    IMAPD | MILTER | ROUTER | CTL,
	    GROUP("Folders, names and users"),
	    HELP("Folder for everything that must survive a restart. The "
	    "store of postern-imapd is in its subfolder store, messages on "
	    "their way in are spooled in its subfolder spool.")),
	PATH("run-dir", run_dir, "/run/postern", ALL,
	    HELP("Folder for lock files, and for Unix sockets whose path is "
	    "relative.")),
	STRING("hostname", hostname, "", ALL,
	    HELP("Name of this host in greetings and Received fields. Empty: "
	    "the system's own name.")),
	STRING("imapd-user", imapd_user, "postern", IMAPD | CTL,
	    HELP("User that postern-imapd becomes when it is started as "
	    "root.")),
	STRING("milter-user", milter_user, "postern-milter", IMAPD | MILTER,
	    HELP("User that postern-milter becomes when it is started as "
	    "root, and the only one admitted to store-milter-listen.")),
	STRING("admin-user", admin_user, "root", IMAPD,
	    HELP("User admitted to store-admin-listen; root always is.")),

	ENUM("log-level", log_level, "info", log_levels, ALL | RELOAD,
	    GROUP("Log"),
	    HELP("What is logged: this level and those before it. trace "
	    "shows protocol lines without credentials and messages, "
	    "traceauth shows credentials too, tracedata messages too.")),
	ENUM("log-format", log_format, "text", log_formats, ALL,
	    HELP("Lines of key=value, or a JSON object on each line.")),
	ENUM("log-output", log_output, "stderr", log_outputs, ALL,
	    HELP("Where log lines go. journald gets each field as a field "
	    "of its own.")),

	SIZE("message-size-max", message_size_max, "100M",
	    IMAPD | MILTER | CTL,
	    GROUP("Messages"), RANGE(64 * K, 2 * G),
	    HELP("Largest message taken by LMTP and IMAP APPEND; the milter "
	    "refuses larger ones (552). The MTA's own limit has to be a "
	    "little smaller, so that there is room for header fields added "
	    "on the way.")),
	SIZE("body-memory-max", body_memory_max, "1M", IMAPD | MILTER,
	    RANGE(4 * K, 64 * M),
	    HELP("A message on its way in lies in memory up to this size and "
	    "in a file from there on.")),
	INT("recipients-max", recipients_max, "1000", IMAPD | MILTER | RELOAD,
	    RANGE(1, 10000),
	    HELP("Most recipients of one message, at LMTP and at the MTA (there "
	    "4000 at most); further ones are deferred to the next (452).")),
	INT("received-max", received_max, "100", IMAPD | RELOAD,
	    RANGE(10, 1000),
	    HELP("A message with more Received fields, or one that was "
	    "delivered to the same address before, is refused as looping.")),
	INT("mime-depth-max", mime_depth_max, "64", IMAPD | MILTER,
	    RANGE(8, 200),
	    HELP("Deepest nesting of MIME parts that is looked into. What "
	    "lies deeper is one opaque part.")),
	INT("mime-parts-max", mime_parts_max, "2000", IMAPD | MILTER,
	    RANGE(100, 100000),
	    HELP("Most MIME parts of a message that are told apart. The rest "
	    "is one opaque part.")),
	SIZE("header-size-max", header_size_max, "1M", IMAPD | MILTER,
	    RANGE(64 * K, 16 * M),
	    HELP("Largest header of a message or part that is parsed. A "
	    "longer one is kept as it is, and parsed up to there.")),

	ADDRS("imap-listen", imap_listen, "*:143", IMAPD,
	    GROUP("Listeners of postern-imapd"),
	    HELP("Addresses for IMAP, with STARTTLS when there is a "
	    "certificate.")),
	ADDRS("imaps-listen", imaps_listen, "*:993", IMAPD,
	    HELP("Addresses for IMAP inside TLS. Needs tls-cert; without it "
	    "nothing is opened here.")),
	ADDRS("lmtp-listen", lmtp_listen, "unix:lmtp", IMAPD,
	    HELP("Addresses for LMTP. Whoever reaches one can deliver: use "
	    "Unix sockets or a private network.")),
	ADDRS("socketmap-listen", socketmap_listen, "unix:map", IMAPD,
	    HELP("Addresses for look-ups by the MTA (socketmap protocol).")),
	ADDRS("auth-listen", auth_listen, "unix:auth", IMAPD,
	    HELP("Addresses for authentication by the MTA (Dovecot's auth "
	    "protocol).")),
	ADDRS("store-milter-listen", store_milter_listen, "unix:store-milter",
	    IMAPD,
	    HELP("Unix sockets for the store protocol in the role milter.")),
	ADDRS("store-admin-listen", store_admin_listen, "unix:store-admin",
	    IMAPD,
	    HELP("Unix sockets for the store protocol in the role admin, "
	    "which may do everything.")),
	MODE("mta-socket-mode", mta_socket_mode, "0660", IMAPD | MILTER,
	    RANGE(0600, 0777),
	    HELP("Permissions of the Unix sockets for the MTA: those of "
	    "lmtp-listen, socketmap-listen, auth-listen and milter-listen.")),
	STRING("mta-socket-group", mta_socket_group, "", IMAPD | MILTER,
	    HELP("Group of the Unix sockets for the MTA, usually postfix. "
	    "Empty: the group of the program.")),
	INT("listen-backlog", listen_backlog, "1024", IMAPD | MILTER,
	    RANGE(1, 65535),
	    HELP("Connections the kernel keeps waiting for each listener.")),

	PATH("tls-cert", tls_cert, "", IMAPD | CTL | RELOAD,
	    GROUP("TLS"),
	    HELP("File with the certificate and the chain behind it, in PEM. "
	    "Empty: no TLS.")),
	PATH("tls-key", tls_key, "", IMAPD | CTL | RELOAD,
	    HELP("File with the private key, in PEM. Empty: the key is in "
	    "the file tls-cert.")),
	ENUM("tls-min-version", tls_min_version, "1.2", tls_versions,
	    IMAPD | RELOAD,
	    HELP("Oldest version of TLS that is spoken.")),
	STRING("tls-ciphers", tls_ciphers, "", IMAPD | RELOAD,
	    HELP("Ciphers for TLS 1.2, in OpenSSL's notation. Empty: "
	    "OpenSSL's own choice.")),

	INT("connections-max", connections_max, "50000", IMAPD,
	    GROUP("Connections and workers"), RANGE(10, 1000000),
	    HELP("Most connections at a time, all listeners together. The "
	    "system's limit for open files is raised to fit; where that is "
	    "not possible a warning says so.")),
	INT("prelogin-per-ip-max", prelogin_per_ip_max, "100", IMAPD,
	    RANGE(0, 1000000),
	    HELP("Most IMAP connections at a time from one IPv4 address or "
	    "IPv6 network of 64 bits that have not logged in. 0: no "
	    "limit.")),
	INT("workers-max", workers_max, "64", IMAPD,
	    RANGE(4, 1024),
	    HELP("Most threads that run commands. Idle connections need "
	    "none.")),
	DURATION("prelogin-timeout", prelogin_timeout_ms, "1min",
	    IMAPD, RANGE(SEC, HOUR),
	    HELP("Time for an IMAP connection to log in, the TLS handshake "
	    "included.")),
	DURATION("imap-idle-timeout", imap_idle_timeout_ms, "30min",
	    IMAPD | RELOAD, RANGE(30 * MIN, 7 * DAY),
	    HELP("An IMAP connection that sends nothing for so long is "
	    "closed. RFC 9051 demands at least 30 minutes.")),
	DURATION("imap-command-timeout", imap_command_timeout_ms, "5min",
	    IMAPD | RELOAD, RANGE(SEC, HOUR),
	    HELP("An IMAP connection that has begun a command, a literal or "
	    "an exchange of AUTHENTICATE, and sends nothing more of it for "
	    "so long, is closed.")),
	DURATION("lmtp-timeout", lmtp_timeout_ms, "5min", IMAPD,
	    RANGE(SEC, HOUR),
	    HELP("An LMTP connection that sends nothing for so long is "
	    "closed.")),
	DURATION("service-timeout", service_timeout_ms, "1h", IMAPD,
	    RANGE(MIN, 7 * DAY),
	    HELP("A socketmap, auth or store connection that sends nothing "
	    "for so long is closed. Closing first makes an MTA repeat its "
	    "request, so this is long.")),
	DURATION("write-timeout", write_timeout_ms, "5min", IMAPD,
	    RANGE(SEC, HOUR),
	    HELP("A connection that takes no byte of our output for so long "
	    "is closed.")),
	DURATION("shutdown-timeout", shutdown_timeout_ms, "10s", IMAPD,
	    RANGE(SEC, 10 * MIN),
	    HELP("Time for running commands to end when the program is "
	    "stopped.")),
	SIZE("command-line-max", command_line_max, "64K", IMAPD,
	    RANGE(8 * K, 16 * M),
	    HELP("Longest line of an IMAP command, literals not counted; "
	    "before a login 16K at most. A longer one is answered BAD.")),
	SIZE("literal-max", literal_max, "256K", IMAPD,
	    RANGE(4 * K, 64 * M),
	    HELP("Most bytes in the literals of one IMAP command, the "
	    "message of APPEND not counted; before a login 16K at most.")),
	INT("bad-commands-max", bad_commands_max, "20", IMAPD | RELOAD,
	    RANGE(1, 1000),
	    HELP("A connection that sends so many wrong commands in a row is "
	    "closed.")),

	BOOL("auth-plain-without-tls", auth_plain_without_tls, "no",
	    IMAPD | RELOAD,
	    GROUP("Authentication"),
	    HELP("Whether a password may cross a network unencrypted. "
	    "Connections from loopback always may log in without TLS.")),
	DURATION("auth-failure-delay", auth_failure_delay_ms, "1s",
	    IMAPD | RELOAD, RANGE(0, 8 * SEC),
	    HELP("A failed login is answered after this time. At most 8 s, "
	    "since Postfix waits 10.")),
	INT("auth-failures-max", auth_failures_max, "3", IMAPD | RELOAD,
	    RANGE(1, 100),
	    HELP("An IMAP connection is closed after so many failed "
	    "logins.")),
	INT("auth-threads", auth_threads, "0", IMAPD,
	    RANGE(0, 256),
	    HELP("Threads that compute password hashes. 0: one less than "
	    "there are processors, and at least 1.")),
	INT("auth-queue-max", auth_queue_max, "256", IMAPD,
	    RANGE(1, 100000),
	    HELP("Most logins that wait for such a thread. Further ones are "
	    "told to try again later, and so is one that has waited 7 s."
	    )),
	DURATION("auth-cache-time", auth_cache_ms, "5min", IMAPD,
	    RANGE(0, HOUR),
	    HELP("How long a password that was right is remembered, as a "
	    "keyed hash in memory, so that further logins with it cost "
	    "nothing. A changed password counts at once. 0: not at all.")),
	INT("argon2-time", argon2_time, "2", IMAPD | RELOAD,
	    RANGE(1, 100),
	    HELP("Passes of argon2id for new password hashes.")),
	SIZE("argon2-memory", argon2_memory, "19M", IMAPD | RELOAD,
	    RANGE(64 * K, G),
	    HELP("Memory of argon2id for new password hashes.")),
	INT("argon2-parallelism", argon2_parallelism, "1", IMAPD | RELOAD,
	    RANGE(1, 16),
	    HELP("Lanes of argon2id for new password hashes.")),
	INT("password-length-min", password_length_min, "8", IMAPD | RELOAD,
	    RANGE(1, 128),
	    HELP("Shortest new password, in characters.")),

	STRING("separator", separator, "+", IMAPD | RELOAD,
	    GROUP("Accounts and mailboxes"),
	    HELP("Separator of new domains between a localpart and a detail "
	    "that is ignored when an address is looked up. Empty: none.")),
	LIST("default-mailboxes", default_mailboxes,
	    "Drafts:drafts, Sent:sent, Archive:archive, Junk:junk, "
	    "Trash:trash, Rejects", IMAPD,
	    HELP("Mailboxes of a new account beside Inbox, each with its "
	    "special use behind a colon: all, archive, drafts, flagged, "
	    "junk, sent or trash.")),
	SIZE("quota-bytes", quota_bytes, "0", IMAPD,
	    RANGE(0, 0),
	    HELP("Quota of an account that has none of its own, in bytes of "
	    "messages. 0: no limit.")),
	INT("quota-messages", quota_messages, "0", IMAPD,
	    RANGE(0, 0),
	    HELP("Quota of an account that has none of its own, in messages. "
	    "0: no limit.")),
	STRING("postmaster-account", postmaster_account, "", IMAPD | RELOAD,
	    HELP("Login name of the account that gets mail for postmaster "
	    "of this host and of domains that have no such address. Empty: "
	    "none.")),
	STRING("catch-all-address", catch_all_address, "", IMAPD | RELOAD,
	    HELP("Account or alias that gets all mail for addresses that "
	    "nothing else takes, of all domains in the world, and for what "
	    "is no proper address at all. For a site that must not send "
	    "anything: postern localserve uses it. Empty: none.")),
	INT("mailboxes-max", mailboxes_max, "10000", IMAPD,
	    RANGE(16, 1000000),
	    HELP("Most mailboxes of an account, and most names that it may "
	    "subscribe to.")),
	INT("keywords-max", keywords_max, "256", IMAPD,
	    RANGE(32, 256),
	    HELP("Most different keywords in one mailbox.")),

	SIZE("db-cache-size", db_cache_size, "256M", IMAPD,
	    GROUP("Store"), RANGE(16 * M, 64 * G),
	    HELP("Memory for database pages. Less than 256M is for tests: "
	    "readers then slow down by a multiple.")),
	SIZE("db-checkpoint-bytes", db_checkpoint_bytes, "64M", IMAPD,
	    RANGE(M, 4 * G),
	    HELP("A checkpoint is made after so much log. Recovery after a "
	    "crash takes 15 to 20 ms for each megabyte of it.")),
	DURATION("db-checkpoint-interval", db_checkpoint_interval_ms, "30s",
	    IMAPD, RANGE(SEC, HOUR),
	    HELP("A checkpoint is made at the latest after this time, if "
	    "anything was written.")),
	SIZE("db-free-min", db_free_min, "64M", IMAPD,
	    RANGE(0, 64 * G),
	    HELP("With less free space on the disk of the store (and room for "
	    "what is not written yet), mail is deferred; flags and removals "
	    "go on.")),
	INT("commit-batch-max", commit_batch_max, "256", IMAPD,
	    RANGE(1, 10000),
	    HELP("Most operations in one transaction.")),
	SIZE("commit-batch-bytes", commit_batch_bytes, "8M", IMAPD,
	    RANGE(64 * K, G),
	    HELP("Most bytes in one transaction; a single larger operation "
	    "has one of its own.")),
	SIZE("segment-min", segment_min, "32K", IMAPD,
	    RANGE(0, 2 * G),
	    HELP("Messages larger than this are kept in files beside the "
	    "database, where one that many accounts have takes its space "
	    "once. 0: all are.")),
	SIZE("segment-size", segment_size, "256M", IMAPD,
	    RANGE(M, 16 * G),
	    HELP("A file of large messages that has reached this size takes "
	    "no more. When half of it is of messages that are gone, the rest "
	    "moves to another file and it is removed.")),
	DURATION("purge-delay", purge_delay_ms, "1h", IMAPD,
	    RANGE(0, 30 * DAY),
	    HELP("An expunged message is removed from the disk when no "
	    "session shows it any more, and at the latest after this "
	    "time.")),
	INT("tombstones-max", tombstones_max, "10000", IMAPD,
	    RANGE(0, 10000000),
	    HELP("Most records, for each mailbox, of what was expunged, kept "
	    "for clients that come back after a while. One expunge makes one "
	    "record. 0: no limit.")),
	DURATION("delivered-keep", delivered_keep_ms, "14d", IMAPD,
	    RANGE(DAY, 365 * DAY),
	    HELP("How long the store remembers what was delivered, so that a "
	    "delivery repeated by the MTA is stored once. Longer than the "
	    "MTA keeps a message in its queue.")),

	LIMITS("delivery-messages-per-minute", delivery_messages_per_minute,
	    "500, 1500, 4500", IMAPD | RELOAD,
	    GROUP("Limits of mail in and out"),
	    HELP("Most messages that an account takes in 60 seconds from an "
	    "address of the Internet, and from two networks around it: of "
	    "IPv4 the address itself, its /26 and its /21, of IPv6 the /64, "
	    "/48 and /32. What comes beyond is deferred with 452 4.2.2. "
	    "Messages count when they were received, removed since or not. "
	    "Mail from own networks and of users who logged in does not "
	    "count. 0: no limit.")),
	LIMITS("delivery-messages-per-day", delivery_messages_per_day,
	    "10000, 30000, 90000", IMAPD | RELOAD,
	    HELP("The same in 24 hours.")),
	SIZE_LIMITS("delivery-bytes-per-minute", delivery_bytes_per_minute,
	    "1000M, 3000M, 9000M", IMAPD | RELOAD,
	    HELP("Most bytes of messages in 60 seconds, likewise.")),
	SIZE_LIMITS("delivery-bytes-per-day", delivery_bytes_per_day,
	    "3000M, 9000M, 27000M", IMAPD | RELOAD,
	    HELP("Most bytes of messages in 24 hours, likewise.")),
	SIZE("delivery-memory", delivery_memory, "64M", IMAPD,
	    RANGE(M, 64 * G),
	    HELP("Memory for counting what accounts took in the last 24 "
	    "hours. With more mail than it has room for, those asked about "
	    "least recently are counted again from the store when they get "
	    "mail: slower, but not less exact.")),
	INT("recipients-per-day", recipients_per_day, "1000",
	    IMAPD | RELOAD,
	    HELP("Most recipients in 24 hours of messages sent by an account "
	    "that has no setting recipients-per-day of its own. What comes "
	    "beyond is deferred with 451 4.7.1. 0: no limit.")),
	INT("first-time-recipients-per-day", first_time_recipients_per_day,
	    "200", IMAPD | RELOAD,
	    HELP("Most recipients in 24 hours to whom an account never sent "
	    "anything before, neither by us nor in a message in its mailbox "
	    "for sent mail; for accounts that have no setting "
	    "first-time-recipients-per-day of their own. 0: no limit.")),

	PATH("origin-key-file", origin_key_file, "origin.key",
	    IMAPD | MILTER | CTL,
	    GROUP("postern-milter"),
	    HELP("File with the keys that seal what the milter tells "
	    "postern-imapd in a header field. The same file on all hosts. "
	    "Made at the first start when the folder is writable.")),
	ADDR("milter-listen", milter_listen, "unix:milter", MILTER,
	    HELP("Address for the MTA's milter connections.")),
	ADDR("milter-imapd", milter_imapd, "unix:store-milter", MILTER,
	    HELP("Where the milter reaches the store: an address of "
	    "store-milter-listen.")),
	DURATION("milter-timeout", milter_timeout_ms, "2h", MILTER,
	    RANGE(MIN, DAY),
	    HELP("A milter connection on which the MTA sends nothing for so "
	    "long is closed.")),
	DURATION("milter-imapd-timeout", milter_imapd_timeout_ms, "20s",
	    MILTER | RELOAD, RANGE(SEC, 5 * MIN),
	    HELP("Time for the store to answer the milter; after it the "
	    "message is deferred with 451.")),
	INT("milter-sessions-max", milter_sessions_max, "1000",
	    MILTER | RELOAD, RANGE(1, 100000),
	    HELP("Most milter sessions at a time; further ones are deferred "
	    "with 451.")),

	BOOL("enforce", enforce, "yes", MILTER | RELOAD,
	    HELP("no is a trial: nothing is refused or deferred by the "
	    "milter. A log line and a Postern-Trial header field say what "
	    "would have been, and by which setting.")),
	LIST("own-networks", own_networks, "127.0.0.0/8, ::1",
	    IMAPD | MILTER | RELOAD,
	    HELP("Networks whose mail is not limited, not checked for its "
	    "sender, and signed. As a rule what the MTA lets relay.")),
	LIST("submission-daemons", submission_daemons, "ORIGINATING",
	    MILTER | RELOAD,
	    HELP("Names (the MTA's macro daemon_name) of the services where "
	    "users log in. There a client is limited only as long as it has "
	    "not logged in, so that an office behind one address gets "
	    "through.")),
	LIST("trusted-relays", trusted_relays, "", MILTER | RELOAD,
	    HELP("Networks of hosts that hand on mail of others: a backup "
	    "MX, a forwarder. They are not limited, and what they send is "
	    "judged by the client that the topmost of their Received fields "
	    "names.")),
	LIST("exempt-clients", exempt_clients, "",
	    IMAPD | MILTER | RELOAD,
	    HELP("Networks that are not limited and whose senders are not "
	    "refused.")),
	LIST("exempt-senders", exempt_senders, "", MILTER | RELOAD,
	    HELP("Addresses and @domains that are not refused as senders, and "
	    "may write to several recipients without an SPF pass. Anybody "
	    "can claim to be one of them.")),
	BOOL("check-submission-senders", check_submission_senders, "yes",
	    MILTER | RELOAD,
	    HELP("Whether users may send only with addresses of their own, "
	    "in MAIL FROM and in From.")),

	LIMITS("connection-rate-limit", connection_rate_limit,
	    "300, 900, 2700", MILTER | RELOAD,
	    GROUP("Limits for clients"), RANGE(0, 65535),
	    HELP("New connections in connection-rate-window: from one "
	    "address (IPv6: network of 64 bits), from its network of 26 bits "
	    "(48), and from that of 21 bits (32). A client over the limit is "
	    "told 421. 0: no limit.")),
	DURATION("connection-rate-window", connection_rate_window_ms, "1min",
	    MILTER, RANGE(SEC, DAY),
	    HELP("Time in which new connections are counted.")),
	LIMITS("open-connections-limit", open_connections_limit,
	    "30, 90, 270", MILTER | RELOAD, RANGE(0, 65535),
	    HELP("Connections open at a time, for the same three networks. "
	    "0: no limit.")),
	LIMITS("unknown-recipients-limit", unknown_recipients_limit,
	    "20, 60, 180", MILTER | RELOAD, RANGE(0, 65535),
	    HELP("Unknown recipients that a client may name in "
	    "unknown-recipients-window, for the same three networks, before "
	    "it is told 421: who asks for more is collecting addresses. 0: "
	    "no limit.")),
	DURATION("unknown-recipients-window", unknown_recipients_window_ms,
	    "1h", MILTER, RANGE(SEC, DAY),
	    HELP("Time in which unknown recipients are counted.")),
	INT("window-addresses-max", window_addresses_max, "1000000", MILTER,
	    RANGE(1000, 10000000),
	    HELP("Most addresses that each count remembers; then the oldest "
	    "is forgotten. Each takes at most 190 bytes, and only addresses "
	    "seen within the window take any.")),
	BOOL("second-recipient-needs-spf", second_recipient_needs_spf, "yes",
	    MILTER | RELOAD,
	    HELP("Whether a message may have a second recipient only when "
	    "SPF passed: accounts may judge a message differently, and then "
	    "its sender has to be told. Others are asked to send one at a "
	    "time (452).")),
	BOOL("hide-unknown-recipients", hide_unknown_recipients, "no",
	    MILTER | CTL | RELOAD,
	    HELP("Whether unknown recipients are refused only when the "
	    "message is there, so that nobody can try out names; users and "
	    "own networks are told at once. The MTA has to accept them too: "
	    "smtpd_reject_unlisted_recipient = no.")),
	BOOL("check-sender-domain", check_sender_domain, "yes",
	    MILTER | RELOAD,
	    HELP("Whether a sender is refused whose domain takes no mail: it "
	    "says so (null MX), it has neither MX nor address, or it is an "
	    "address literal.")),
	BOOL("reject-unresolvable-helo", reject_unresolvable_helo, "no",
	    MILTER | RELOAD,
	    HELP("Whether a client whose HELO or EHLO name has no address is "
	    "refused. It is evidence either way.")),
	DURATION("slow-delay", slow_delay_ms, "1s", MILTER | RELOAD,
	    RANGE(0, 25 * SEC),
	    HELP("After a refusal, each HELO, MAIL, RCPT, DATA, unknown "
	    "command and end of message of that connection waits so long. "
	    "The MTA waits at most 30s for an answer.")),
	INT("max-sleepers", max_sleepers, "50", MILTER | RELOAD,
	    RANGE(0, 100000),
	    HELP("Most connections that wait at a time. Each holds a process "
	    "of the MTA: half of its limit (Postfix: 100) is right.")),
	ENUM("sleepers-full", sleepers_full, "pass", sleepers_full,
	    MILTER | RELOAD,
	    HELP("What happens to a connection that should wait when so many "
	    "wait already: it goes on at once, or is told to come again "
	    "later.")),
	BOOL("special-localparts", special_localparts, "no", MILTER | RELOAD,
	    HELP("For trying out mail programs: recipients whose localpart "
	    "is or ends in temperror, permerror, timeout or a code of three "
	    "digits cause that error. postern localserve sets it.")),
	DURATION("special-timeout", special_timeout_ms, "1h", MILTER | RELOAD,
	    RANGE(10, DAY),
	    HELP("How long a recipient that ends in timeout lets wait, before "
	    "it is deferred.")),

	STRING("resolver", resolver, "system", MILTER | ROUTER | CTL | RELOAD,
	    GROUP("DNS"),
	    HELP("Who is asked: the servers that /etc/resolv.conf names "
	    "(system), the root servers and those they name (recursive), or "
	    "one server, such as 127.0.0.1@53.")),
	PATH("trust-anchor", trust_anchor, "", MILTER | ROUTER | CTL | RELOAD,
	    HELP("File with the root's DNSSEC key; on Debian "
	    "/usr/share/dns/root.key of the package dns-root-data. Empty: "
	    "nothing is validated, and no answer counts as secure.")),
	PATH("dns-data", dns_data, "", MILTER | ROUTER | CTL | RELOAD,
	    HELP("File of zone-file lines (NAME TTL IN TYPE DATA) that is the "
	    "whole DNS: other names do not exist, and nothing is asked "
	    "outside. NAME TIMEOUT and NAME SERVFAIL make questions fail. "
	    "Read again on SIGHUP. For tests. Empty: the DNS is asked.")),
	DURATION("dns-deadline", dns_deadline_ms, "10s",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(100, 10 * MIN),
	    HELP("Time for all DNS questions of a message; each one is given "
	    "up after it. What is missing then is a temporary error.")),
	DURATION("dns-command-deadline", dns_command_deadline_ms, "5s",
	    MILTER | RELOAD, RANGE(100, 10 * MIN),
	    HELP("Time for DNS questions that the answer to MAIL or RCPT "
	    "waits for.")),
	INT("dns-questions-max", dns_questions_max, "4096",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(1, 1000000),
	    HELP("Most DNS questions under way at a time; further ones are "
	    "temporary errors.")),
	SIZE("dns-cache-size", dns_cache_size, "16M",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(64 * K, 4 * G),
	    HELP("Memory for answers of the DNS.")),
	DURATION("dns-cache-ttl-max", dns_cache_ttl_max_ms, "1h",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(SEC, DAY),
	    HELP("Longest time an answer is kept, whatever its own.")),
	DURATION("dns-cache-error", dns_cache_error_ms, "5s",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(0, HOUR),
	    HELP("How long it is remembered that a question failed or was "
	    "not answered in time.")),

	STRING("authserv-id", authserv_id, "", MILTER | CTL | RELOAD,
	    GROUP("What is made of the sender's authentication"),
	    HELP("Our name in Authentication-Results. Fields that come with "
	    "it from outside are removed. All hosts that receive mail for "
	    "the same users should have the same. Empty: the MTA's own "
	    "name.")),
	ENUM("dmarc-discovery", dmarc_discovery, "psl", dmarc_discovery,
	    MILTER | CTL | RELOAD,
	    HELP("How the organization of a domain is found: psl by the "
	    "public suffix list (RFC 7489), tree-walk by asking the DNS at "
	    "each level (DMARCbis).")),
	BOOL("dmarc-record", dmarc_record, "yes", MILTER | RELOAD,
	    HELP("Whether what was found about domains with a DMARC policy "
	    "is kept, for reports to them (postern dmarc data).")),
	DURATION("dmarc-record-interval", dmarc_record_interval_ms, "10s",
	    MILTER, RANGE(100, HOUR),
	    HELP("How often the milter hands the store what it counted since "
	    "the last time. A milter that is killed loses that much.")),
	DURATION("dmarc-keep", dmarc_keep_ms, "30d", IMAPD | RELOAD,
	    RANGE(DAY, 366 * DAY),
	    HELP("How long that is kept.")),
	INT("dmarc-rows-max", dmarc_rows_max, "20000", IMAPD | RELOAD,
	    RANGE(1, 10000000),
	    HELP("Most different rows kept for a day. More are counted, and "
	    "nothing else is known of them.")),

	PATH("dkim-dir", dkim_dir, "dkim", MILTER | CTL,
	    GROUP("Signatures"),
	    HELP("Folder of the private keys that sign outgoing mail: "
	    "DOMAIN/SELECTOR.key, mode 0600, the milter's own. postern dkim "
	    "makes them; changes count at once.")),
	INT("dkim-max-signatures", dkim_max_signatures, "10",
	    MILTER | CTL | RELOAD, RANGE(1, 30),
	    HELP("Most DKIM signatures of a message that are verified, from "
	    "the top; further ones are reported as policy.")),
	DURATION("dkim-lifetime", dkim_lifetime_ms, "3d",
	    MILTER | CTL | RELOAD, RANGE(0, 365 * DAY),
	    HELP("How long our signatures are valid (x=). 0: for ever.")),
	LIST("arc-trusted-sealers", arc_trusted_sealers, "",
	    MILTER | CTL | RELOAD,
	    HELP("Domains (d= of ARC-Seal) of forwarders and mailing lists "
	    "that are believed what they found when a message reached them. "
	    "A valid ARC chain of one may take the place of a DMARC pass, "
	    "and Authentication-Results says so. Empty: none.")),

	ENUM("spf-engine", spf_engine, "postern", spf_engines,
	    MILTER | CTL | RELOAD,
	    GROUP("SPF and DNS lists"),
	    HELP("Who evaluates SPF records: postern itself, or libspf2 for "
	    "those that postern finds well-formed and that are short; it is "
	    "wrong about some and gives no explanations.")),
	LIST("dnsbl-zones", dnsbl_zones, "", MILTER | CTL | RELOAD,
	    HELP("DNS block lists that clients are looked for in. A zone may "
	    "be followed by the answers that count, such as "
	    "bl.example.org=127.0.0.2/127.0.0.4-7; else every answer in "
	    "127.0.0.0/8 counts. 127.255.255.0/24 is an error of the list. "
	    "A listing is evidence, nothing is refused for it.")),
	LIST("dnswl-zones", dnswl_zones, "", MILTER | CTL | RELOAD,
	    HELP("DNS lists of good clients, written likewise.")),
	LIST("dnsbl-monitor-zones", dnsbl_monitor_zones, "",
	    MILTER | CTL | RELOAD,
	    HELP("DNS block lists whose health is watched and logged, and "
	    "that are asked, without an effect: to try one out.")),
	DURATION("dnsbl-health-interval", dnsbl_health_interval_ms, "4h",
	    MILTER | CTL | RELOAD, RANGE(SEC, 7 * DAY),
	    HELP("How often each list is tested: it has to list 127.0.0.2 "
	    "and neither 127.0.0.1 nor ::ffff:7f00:1. One that fails the "
	    "test is not used until it passes.")),

	ADDR("ctl-imapd", ctl_imapd, "unix:store-admin", CTL,
	    GROUP("The postern command"),
	    HELP("Where the command reaches the store: an address of "
	    "store-admin-listen.")),
	DURATION("ctl-timeout", ctl_timeout_ms, "5min", CTL,
	    RANGE(SEC, DAY),
	    HELP("How long the command waits for each piece of an "
	    "answer.")),
	PATH("postfix-config-dir", postfix_config_dir, "", CTL,
	    HELP("Folder of Postfix's main.cf, for postern config check. "
	    "Empty: Postfix's own default.")),
	STRING("localserve-postfix-user", localserve_postfix_user, "uucp", CTL,
	    HELP("User that the private Postfix of postern localserve runs "
	    "as. It makes no users: any that exists will do.")),
	STRING("localserve-postfix-group", localserve_postfix_group, "games",
	    CTL,
	    HELP("Group of that Postfix's mail drop. Any that exists and is "
	    "not the user's own.")),

	{ .name = NULL }
};
