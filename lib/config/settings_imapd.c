/*
 * How clients reach postern-imapd, log in, and what their accounts may do.
 */
#include <config.h>

#include "config/settings_table-private.h"

const struct settings_option settings_imapd[] = {
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
	    "told to try again later, and so is one that has waited "
	    "7 s.")),
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

	{ .name = NULL }
};
