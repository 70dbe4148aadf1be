/*
 * settings_common - the settings that several programs share: folders, names,
 * users, the log, limits on messages.
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
	    HELP("Folder for everything that must survive a restart. "
	    "postern-imapd keeps its store in the subfolder store and spools "
	    "incoming messages in the subfolder spool.")),
	PATH("run-dir", run_dir, "/run/postern", ALL,
	    HELP("Folder for lock files and for Unix sockets with a relative "
	    "path.")),
	STRING("hostname", hostname, "", ALL,
	    HELP("Name of this host in greetings and Received fields. Empty: "
	    "the system's host name.")),
	STRING("imapd-user", imapd_user, "postern", IMAPD | CTL,
	    HELP("User that postern-imapd runs as when it is started as "
	    "root.")),
	STRING("milter-user", milter_user, "postern-milter", IMAPD | MILTER,
	    HELP("User that postern-milter runs as when it is started as "
	    "root. No other user may connect to store-milter-listen.")),
	STRING("admin-user", admin_user, "root", IMAPD,
	    HELP("User who may connect to store-admin-listen, besides "
	    "root.")),

	ENUM("log-level", log_level, "info", log_levels, ALL | RELOAD,
	    GROUP("Log"),
	    HELP("Messages of this level and of the levels before it are "
	    "logged. trace logs protocol lines without credentials and "
	    "message contents, traceauth adds the credentials, tracedata "
	    "adds the message contents.")),
	ENUM("log-format", log_format, "text", log_formats, ALL,
	    HELP("Format of log lines: key=value pairs, or one JSON object "
	    "per line.")),
	ENUM("log-output", log_output, "stderr", log_outputs, ALL,
	    HELP("Where log lines go. journald receives each field as a "
	    "separate journal field.")),

	SIZE("message-size-max", message_size_max, "100M",
	    IMAPD | MILTER | CTL,
	    GROUP("Messages"), RANGE(64 * K, 2 * G),
	    HELP("Largest message accepted by LMTP and IMAP APPEND; the "
	    "milter refuses larger ones (552). Set the MTA's own limit a "
	    "little lower, to leave room for header fields added on the "
	    "way.")),
	SIZE("body-memory-max", body_memory_max, "1M", IMAPD | MILTER,
	    RANGE(4 * K, 64 * M),
	    HELP("An incoming message is held in memory up to this size, and "
	    "in a file beyond it.")),
	INT("recipients-max", recipients_max, "1000", IMAPD | MILTER | RELOAD,
	    RANGE(1, 10000),
	    HELP("Maximum number of recipients of one message, in LMTP and "
	    "at the MTA (where 4000 is the upper limit). The client is told "
	    "to send the message to the others separately (452).")),
	INT("received-max", received_max, "100", IMAPD | RELOAD,
	    RANGE(10, 1000),
	    HELP("A message with more Received fields than this, or one that "
	    "was already delivered to the same address, is refused as a mail "
	    "loop.")),
	INT("mime-depth-max", mime_depth_max, "64", IMAPD | MILTER,
	    RANGE(8, 200),
	    HELP("Maximum nesting of MIME parts that is parsed. Anything "
	    "deeper is treated as one opaque part.")),
	INT("mime-parts-max", mime_parts_max, "2000", IMAPD | MILTER,
	    RANGE(100, 100000),
	    HELP("Maximum number of MIME parts of a message that are parsed. "
	    "The rest is treated as one opaque part.")),
	SIZE("header-size-max", header_size_max, "1M", IMAPD | MILTER,
	    RANGE(64 * K, 16 * M),
	    HELP("Largest header of a message or part that is parsed. A "
	    "longer one is stored unchanged but parsed only up to this "
	    "size.")),

	{ .name = NULL }
};
