/*
 * Who is asked about names, for how long, and what is remembered.
 */
#include <config.h>

#include "config/settings_table-private.h"

const struct settings_option settings_dns[] = {
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

	{ .name = NULL }
};
