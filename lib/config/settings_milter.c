/*
 * postern-milter: whom it asks, whom it trusts, and its limits for clients.
 */
#include <config.h>

#include "config/settings_table-private.h"

/* In the order of the enums they name. */
static const char *const sleepers_full[] = { "pass", "defer", NULL };

const struct settings_option settings_milter[] = {
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

	{ .name = NULL }
};
