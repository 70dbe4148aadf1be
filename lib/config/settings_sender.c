/*
 * settings_sender - the settings that authenticate senders (SPF, DKIM, DMARC,
 * ARC, DNS lists) and sign our own mail.
 */
#include <config.h>

#include "config/settings_table-private.h"

/* In the order of the enums they name. */
static const char *const spf_engines[] = { "postern", "libspf2", NULL };
static const char *const dmarc_discovery[] = { "psl", "tree-walk", NULL };

const struct settings_option settings_sender[] = {
	STRING("authserv-id", authserv_id, "", MILTER | CTL | RELOAD,
	    GROUP("Sender authentication"),
	    HELP("Our name in Authentication-Results. Fields with this name "
	    "that arrive from outside are removed. All hosts that receive "
	    "mail for the same users should use the same name. Empty: the "
	    "MTA's own name.")),
	ENUM("dmarc-discovery", dmarc_discovery, "psl", dmarc_discovery,
	    MILTER | CTL | RELOAD,
	    HELP("How the organizational domain is found: psl uses the "
	    "public suffix list (RFC 7489), tree-walk queries the DNS at "
	    "each level (DMARCbis).")),
	BOOL("dmarc-record", dmarc_record, "yes", MILTER | RELOAD,
	    HELP("Whether DMARC results for domains with a DMARC policy are "
	    "recorded, so that reports can be sent to those domains (postern "
	    "dmarc data).")),
	DURATION("dmarc-record-interval", dmarc_record_interval_ms, "10s",
	    MILTER, RANGE(100, HOUR),
	    HELP("How often the milter passes its DMARC counts to the store. "
	    "Counts since the last time are lost if the milter is "
	    "killed.")),
	DURATION("dmarc-keep", dmarc_keep_ms, "30d", IMAPD | RELOAD,
	    RANGE(DAY, 366 * DAY),
	    HELP("How long DMARC counts are kept.")),
	INT("dmarc-rows-max", dmarc_rows_max, "20000", IMAPD | RELOAD,
	    RANGE(1, 10000000),
	    HELP("Maximum number of different rows kept per day. Messages "
	    "that would need another row are only counted.")),

	PATH("dkim-dir", dkim_dir, "dkim", MILTER | CTL,
	    GROUP("Signatures"),
	    HELP("Folder of the private keys that sign outgoing mail. The "
	    "files are DOMAIN/SELECTOR.key, have mode 0600 and belong to the "
	    "milter's user. postern dkim creates them; changes take effect "
	    "at once.")),
	INT("dkim-max-signatures", dkim_max_signatures, "10",
	    MILTER | CTL | RELOAD, RANGE(1, 30),
	    HELP("Maximum number of DKIM signatures of a message that are "
	    "verified, counted from the top. Further ones get the result "
	    "policy.")),
	DURATION("dkim-lifetime", dkim_lifetime_ms, "3d",
	    MILTER | CTL | RELOAD, RANGE(0, 365 * DAY),
	    HELP("How long our DKIM signatures are valid (x=). 0: they do "
	    "not expire.")),
	LIST("arc-trusted-sealers", arc_trusted_sealers, "",
	    MILTER | CTL | RELOAD,
	    HELP("Domains (d= of ARC-Seal) of forwarders and mailing lists "
	    "whose ARC authentication results are trusted. A valid ARC chain "
	    "sealed by such a domain may replace a DMARC pass; "
	    "Authentication-Results then says so. Empty: none.")),

	ENUM("spf-engine", spf_engine, "postern", spf_engines,
	    MILTER | CTL | RELOAD,
	    GROUP("SPF and DNS lists"),
	    HELP("Which code evaluates SPF records: postern's own, or "
	    "libspf2. libspf2 is given only short records that postern finds "
	    "well-formed; it gets some records wrong and provides no "
	    "explanations.")),
	LIST("dnsbl-zones", dnsbl_zones, "", MILTER | CTL | RELOAD,
	    HELP("DNS block lists in which clients are looked up. A zone may "
	    "be followed by the answers that count as a listing, such as "
	    "bl.example.org=127.0.0.2/127.0.0.4-7; by default every answer "
	    "in 127.0.0.0/8 counts. An answer in 127.255.255.0/24 means that "
	    "the list has an error. A listing is only evidence: no message "
	    "is refused because of it alone.")),
	LIST("dnswl-zones", dnswl_zones, "", MILTER | CTL | RELOAD,
	    HELP("DNS lists of good clients, in the same form.")),
	LIST("dnsbl-monitor-zones", dnsbl_monitor_zones, "",
	    MILTER | CTL | RELOAD,
	    HELP("DNS block lists to try out. They are queried, their health "
	    "is checked and logged, but their answers have no effect.")),
	DURATION("dnsbl-health-interval", dnsbl_health_interval_ms, "4h",
	    MILTER | CTL | RELOAD, RANGE(SEC, 7 * DAY),
	    HELP("How often each list is tested: it must list 127.0.0.2, but "
	    "neither 127.0.0.1 nor ::ffff:7f00:1. A list that fails the test "
	    "is not used until it passes.")),

	{ .name = NULL }
};
