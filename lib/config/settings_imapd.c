/*
 * settings_imapd - the settings of postern-imapd except those of its store:
 * listeners, connections, authentication, accounts.
 */
#include <config.h>

#include "config/settings_table-private.h"

const struct settings_option settings_imapd[] = {
	ADDRS("imap-listen", imap_listen, "*:143", IMAPD,
	    GROUP("Listeners of postern-imapd"),
	    HELP("Addresses to listen on for IMAP, with STARTTLS if tls-cert "
	    "is set.")),
	ADDRS("imaps-listen", imaps_listen, "*:993", IMAPD,
	    HELP("Addresses to listen on for IMAP over TLS. Ignored unless "
	    "tls-cert is set.")),
	ADDRS("lmtp-listen", lmtp_listen, "unix:lmtp", IMAPD,
	    HELP("Addresses to listen on for LMTP. Any client that can "
	    "connect can deliver mail, so use Unix sockets or a private "
	    "network.")),
	ADDRS("socketmap-listen", socketmap_listen, "unix:map", IMAPD,
	    HELP("Addresses to listen on for lookups by the MTA (socketmap "
	    "protocol).")),
	ADDRS("auth-listen", auth_listen, "unix:auth", IMAPD,
	    HELP("Addresses to listen on for SMTP authentication by the MTA "
	    "(Dovecot's auth protocol).")),
	ADDRS("store-milter-listen", store_milter_listen, "unix:store-milter",
	    IMAPD,
	    HELP("Unix sockets to listen on for the store protocol in the "
	    "role milter.")),
	ADDRS("store-admin-listen", store_admin_listen, "unix:store-admin",
	    IMAPD,
	    HELP("Unix sockets to listen on for the store protocol in the "
	    "role admin, which may do everything.")),
	MODE("mta-socket-mode", mta_socket_mode, "0660", IMAPD | MILTER,
	    RANGE(0600, 0777),
	    HELP("Permissions of the Unix sockets that the MTA connects to: "
	    "those of lmtp-listen, socketmap-listen, auth-listen and "
	    "milter-listen.")),
	STRING("mta-socket-group", mta_socket_group, "", IMAPD | MILTER,
	    HELP("Group of the Unix sockets that the MTA connects to, "
	    "usually postfix. Empty: the group that the program runs as.")),
	INT("listen-backlog", listen_backlog, "1024", IMAPD | MILTER,
	    RANGE(1, 65535),
	    HELP("Maximum number of connections that wait in the kernel to "
	    "be accepted, for each listener.")),

	INT("connections-max", connections_max, "50000", IMAPD,
	    GROUP("Connections and workers"), RANGE(10, 1000000),
	    HELP("Maximum number of simultaneous connections, all listeners "
	    "together. The limit on open files is raised accordingly; if "
	    "that fails, a warning is logged.")),
	INT("prelogin-per-ip-max", prelogin_per_ip_max, "100", IMAPD,
	    RANGE(0, 1000000),
	    HELP("Maximum number of simultaneous IMAP connections that have "
	    "not logged in, from one IPv4 address or one IPv6 /64 network. "
	    "0: no limit.")),
	INT("workers-max", workers_max, "64", IMAPD,
	    RANGE(4, 1024),
	    HELP("Maximum number of threads that run commands. Idle "
	    "connections need no thread.")),
	DURATION("prelogin-timeout", prelogin_timeout_ms, "1min",
	    IMAPD, RANGE(SEC, HOUR),
	    HELP("Time limit for an IMAP client to log in, including the TLS "
	    "handshake.")),
	DURATION("imap-idle-timeout", imap_idle_timeout_ms, "30min",
	    IMAPD | RELOAD, RANGE(30 * MIN, 7 * DAY),
	    HELP("An IMAP connection is closed if the client sends nothing "
	    "for this time. RFC 9051 requires at least 30 minutes.")),
	DURATION("imap-command-timeout", imap_command_timeout_ms, "5min",
	    IMAPD | RELOAD, RANGE(SEC, HOUR),
	    HELP("An IMAP connection is closed if the client sends nothing "
	    "for this time in the middle of a command, a literal or an "
	    "AUTHENTICATE exchange.")),
	DURATION("lmtp-timeout", lmtp_timeout_ms, "5min", IMAPD,
	    RANGE(SEC, HOUR),
	    HELP("An LMTP connection is closed if the client sends nothing "
	    "for this time.")),
	DURATION("service-timeout", service_timeout_ms, "1h", IMAPD,
	    RANGE(MIN, 7 * DAY),
	    HELP("A socketmap, auth or store connection is closed if the "
	    "client sends nothing for this time. The default is long, "
	    "because an MTA that finds its connection closed has to repeat "
	    "the request.")),
	DURATION("write-timeout", write_timeout_ms, "5min", IMAPD,
	    RANGE(SEC, HOUR),
	    HELP("A connection is closed if the client accepts no output for "
	    "this time.")),
	DURATION("shutdown-timeout", shutdown_timeout_ms, "10s", IMAPD,
	    RANGE(SEC, 10 * MIN),
	    HELP("How long running commands may take to finish when the "
	    "program is stopped.")),
	SIZE("command-line-max", command_line_max, "64K", IMAPD,
	    RANGE(8 * K, 16 * M),
	    HELP("Maximum length of an IMAP command line without its "
	    "literals; before login at most 16K. A longer line is answered "
	    "with BAD.")),
	SIZE("literal-max", literal_max, "256K", IMAPD,
	    RANGE(4 * K, 64 * M),
	    HELP("Maximum size of all literals of one IMAP command together, "
	    "except the message of APPEND; before login at most 16K.")),
	INT("bad-commands-max", bad_commands_max, "20", IMAPD | RELOAD,
	    RANGE(1, 1000),
	    HELP("A connection is closed after this many bad commands in a "
	    "row.")),

	BOOL("auth-plain-without-tls", auth_plain_without_tls, "no",
	    IMAPD | RELOAD,
	    GROUP("Authentication"),
	    HELP("Whether clients may send a password over an unencrypted "
	    "network connection. Connections from loopback may always log in "
	    "without TLS.")),
	DURATION("auth-failure-delay", auth_failure_delay_ms, "1s",
	    IMAPD | RELOAD, RANGE(0, 8 * SEC),
	    HELP("Delay before the reply to a failed login. At most 8 s, "
	    "because Postfix waits only 10 s.")),
	INT("auth-failures-max", auth_failures_max, "3", IMAPD | RELOAD,
	    RANGE(1, 100),
	    HELP("An IMAP connection is closed after this many failed "
	    "logins.")),
	INT("auth-threads", auth_threads, "0", IMAPD,
	    RANGE(0, 256),
	    HELP("Number of threads that compute password hashes. 0: one "
	    "less than the number of processors, but at least 1.")),
	INT("auth-queue-max", auth_queue_max, "256", IMAPD,
	    RANGE(1, 100000),
	    HELP("Maximum number of logins that wait for such a thread. "
	    "Further logins are told to try again later, and so are logins "
	    "that have waited 7 s.")),
	DURATION("auth-cache-time", auth_cache_ms, "5min", IMAPD,
	    RANGE(0, HOUR),
	    HELP("How long a correct password is remembered, as a keyed hash "
	    "in memory, so that further logins with it need no expensive "
	    "hash. A password change takes effect at once. 0: passwords are "
	    "not remembered.")),
	INT("argon2-time", argon2_time, "2", IMAPD | RELOAD,
	    RANGE(1, 100),
	    HELP("Number of argon2id passes for new password hashes.")),
	SIZE("argon2-memory", argon2_memory, "19M", IMAPD | RELOAD,
	    RANGE(64 * K, G),
	    HELP("Memory that argon2id uses for new password hashes.")),
	INT("argon2-parallelism", argon2_parallelism, "1", IMAPD | RELOAD,
	    RANGE(1, 16),
	    HELP("Number of argon2id lanes for new password hashes.")),
	INT("password-length-min", password_length_min, "8", IMAPD | RELOAD,
	    RANGE(1, 128),
	    HELP("Minimum length of a new password, in characters.")),

	STRING("separator", separator, "+", IMAPD | RELOAD,
	    GROUP("Accounts and mailboxes"),
	    HELP("Separator for new domains: it divides the localpart from a "
	    "detail that is ignored when an address is looked up. Empty: "
	    "none.")),
	LIST("default-mailboxes", default_mailboxes,
	    "Drafts:drafts, Sent:sent, Archive:archive, Junk:junk, "
	    "Trash:trash, Rejects", IMAPD,
	    HELP("Mailboxes of a new account in addition to Inbox. Each may "
	    "be followed by a colon and its special use: all, archive, "
	    "drafts, flagged, junk, sent or trash.")),
	SIZE("quota-bytes", quota_bytes, "0", IMAPD,
	    RANGE(0, 0),
	    HELP("Quota in bytes of messages, for accounts without a quota "
	    "of their own. 0: no limit.")),
	INT("quota-messages", quota_messages, "0", IMAPD,
	    RANGE(0, 0),
	    HELP("Quota in number of messages, for accounts without a quota "
	    "of their own. 0: no limit.")),
	STRING("postmaster-account", postmaster_account, "", IMAPD | RELOAD,
	    HELP("Login name of the account that receives mail for the "
	    "postmaster of this host and of domains without a postmaster "
	    "address. Empty: none.")),
	STRING("catch-all-address", catch_all_address, "", IMAPD | RELOAD,
	    HELP("Account or alias that receives mail for every address, in "
	    "any domain, that nothing else matches, even if the address is "
	    "not valid. Meant for test systems that must not send mail to "
	    "other hosts, such as postern localserve. Empty: none.")),
	INT("mailboxes-max", mailboxes_max, "10000", IMAPD,
	    RANGE(16, 1000000),
	    HELP("Maximum number of mailboxes of an account, and of mailbox "
	    "names that it may subscribe to.")),
	INT("keywords-max", keywords_max, "256", IMAPD,
	    RANGE(32, 256),
	    HELP("Maximum number of different keywords in one mailbox.")),

	BOOL("junk-flags", junk_flags, "yes", IMAPD,
	    GROUP("Junk flags"),
	    HELP("Whether mail that comes to a mailbox is marked $Junk or "
	    "$NotJunk by the name of the mailbox, for accounts that do not "
	    "say so themselves. A mailbox with the special use junk marks "
	    "$Junk in any case; those for sent mail, drafts and trash leave "
	    "flags as they are.")),
	EXPRESSION("junk-flags-junk", junk_flags_junk, "^(junk|spam)", IMAPD,
	    HELP("Regular expression (pcre2pattern(3)) for names of mailboxes "
	    "whose mail is junk. Names are matched in lower case, with '/' "
	    "between the levels, first by this one, then by "
	    "junk-flags-neutral, then by junk-flags-notjunk. If exactly two "
	    "of the three are set, names that match neither count as the "
	    "third. Empty: not set.")),
	EXPRESSION("junk-flags-neutral", junk_flags_neutral,
	    "^(inbox|introbox|neutral|postmaster|dmarc|tlsrpt|rejects)", IMAPD,
	    HELP("Likewise for mailboxes that say nothing about their mail: "
	    "the flags $Junk and $NotJunk are removed.")),
	EXPRESSION("junk-flags-notjunk", junk_flags_notjunk, "", IMAPD,
	    HELP("Likewise for mailboxes whose mail is not junk.")),

	{ .name = NULL }
};
