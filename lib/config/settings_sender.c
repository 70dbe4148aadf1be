/*
 * What is found out about senders, and how our own mail is signed.
 */
#include <config.h>

#include "config/settings_table-private.h"

/* In the order of the enums they name. */
static const char *const spf_engines[] = { "postern", "libspf2", NULL };
static const char *const dmarc_discovery[] = { "psl", "tree-walk", NULL };

const struct settings_option settings_sender[] = {
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

	{ .name = NULL }
};
