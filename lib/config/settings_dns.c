/* settings_dns - the settings of DNS queries and of the DNS cache. */
#include <config.h>

#include "config/settings_table-private.h"

const struct settings_option settings_dns[] = {
	STRING("resolver", resolver, "system", MILTER | ROUTER | CTL | RELOAD,
	    GROUP("DNS"),
	    HELP("DNS servers to query: those in /etc/resolv.conf (system), "
	    "the authoritative servers, starting from the root (recursive), "
	    "or a single server such as 127.0.0.1@53.")),
	PATH("trust-anchor", trust_anchor, "", MILTER | ROUTER | CTL | RELOAD,
	    HELP("File with the DNSSEC key of the root zone; on Debian, "
	    "/usr/share/dns/root.key from the package dns-root-data. Empty: "
	    "nothing is validated, and no answer counts as secure.")),
	PATH("dns-data", dns_data, "", MILTER | ROUTER | CTL | RELOAD,
	    HELP("For tests: a file of zone-file lines (NAME TTL IN TYPE "
	    "DATA) that replaces the DNS. Other names do not exist, and no "
	    "server is queried. The lines NAME TIMEOUT and NAME SERVFAIL "
	    "make queries for a name fail. The file is read again on SIGHUP. "
	    "Empty: the real DNS is used.")),
	DURATION("dns-deadline", dns_deadline_ms, "10s",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(100, 10 * MIN),
	    HELP("Time limit for all DNS queries of a message, and for each "
	    "single query. A query without an answer by then counts as a "
	    "temporary error.")),
	DURATION("dns-command-deadline", dns_command_deadline_ms, "5s",
	    MILTER | RELOAD, RANGE(100, 10 * MIN),
	    HELP("Time limit for DNS queries that the reply to MAIL or RCPT "
	    "depends on.")),
	INT("dns-questions-max", dns_questions_max, "4096",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(1, 1000000),
	    HELP("Maximum number of DNS queries in progress at the same "
	    "time. Further ones fail with a temporary error.")),
	SIZE("dns-cache-size", dns_cache_size, "16M",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(64 * K, 4 * G),
	    HELP("Memory for cached DNS answers.")),
	DURATION("dns-cache-ttl-max", dns_cache_ttl_max_ms, "1h",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(SEC, DAY),
	    HELP("Maximum time that an answer is cached, even if its TTL is "
	    "longer.")),
	DURATION("dns-cache-error", dns_cache_error_ms, "5s",
	    MILTER | ROUTER | CTL | RELOAD, RANGE(0, HOUR),
	    HELP("How long a failed or timed-out query is cached.")),

	{ .name = NULL }
};
