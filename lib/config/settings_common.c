/*
 * Folders, names, the log, and what all programs think of a message.
 */
#include <config.h>

#include "config/settings_table-private.h"

/* In the order of the enums they name. */
static const char *const log_levels[] = {
	"fatal", "error", "warn", "info", "debug", "trace", "traceauth",
	"tracedata", NULL
};
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_outputs[] = {
	"stderr", "syslog", "journald", NULL
};

const struct settings_option settings_common[] = {
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

	{ .name = NULL }
};
