/*
 * settings_milter - the settings of postern-milter, its limits for clients
 * included.
 */
#include <config.h>

#include "config/settings_table-private.h"

/* In the order of the enums they name. */
static const char *const sleepers_full[] = { "pass", "defer", NULL };

const struct settings_option settings_milter[] = {
	PATH("origin-key-file", origin_key_file, "origin.key",
	    IMAPD | MILTER | CTL,
	    GROUP("postern-milter"),
	    HELP("File with the keys that encrypt the Postern-Origin header "
	    "field, in which the milter passes its findings to "
	    "postern-imapd. All hosts need the same file. It is created at "
	    "the first start if the folder is writable.")),
	ADDR("milter-listen", milter_listen, "unix:milter", MILTER,
	    HELP("Address to listen on for the MTA's milter "
	    "connections.")),
	ADDR("milter-imapd", milter_imapd, "unix:store-milter", MILTER,
	    HELP("Address at which the milter connects to the store; one of "
	    "store-milter-listen.")),
	DURATION("milter-timeout", milter_timeout_ms, "2h", MILTER,
	    RANGE(MIN, DAY),
	    HELP("A milter connection is closed if the MTA sends nothing for "
	    "this time.")),
	DURATION("milter-imapd-timeout", milter_imapd_timeout_ms, "20s",
	    MILTER | RELOAD, RANGE(SEC, 5 * MIN),
	    HELP("How long the milter waits for a reply from the store. "
	    "After that the message is deferred with 451.")),
	INT("milter-sessions-max", milter_sessions_max, "1000",
	    MILTER | RELOAD, RANGE(1, 100000),
	    HELP("Maximum number of simultaneous milter sessions. Further "
	    "ones are deferred with 451.")),
	BOOL("enforce", enforce, "yes", MILTER | RELOAD,
	    HELP("With no, the milter refuses and defers nothing. Instead, a "
	    "log line and a Postern-Trial header field report each refusal "
	    "that would have happened and the setting that decides it.")),
	LIST("own-networks", own_networks, "127.0.0.0/8, ::1",
	    IMAPD | MILTER | RELOAD,
	    HELP("Networks whose mail is signed, is not limited, and whose "
	    "senders are not checked. Usually the networks that the MTA "
	    "allows to relay.")),
	LIST("submission-daemons", submission_daemons, "ORIGINATING",
	    MILTER | RELOAD,
	    HELP("Names (the MTA's macro daemon_name) of the services where "
	    "users log in. There a client is limited only until it has "
	    "logged in, so that many users can share one address.")),
	LIST("trusted-relays", trusted_relays, "", MILTER | RELOAD,
	    HELP("Networks of hosts that pass on mail for others, such as a "
	    "backup MX or a forwarder. They are not limited. Their mail is "
	    "judged by the client that their topmost Received field "
	    "names.")),
	LIST("exempt-clients", exempt_clients, "",
	    IMAPD | MILTER | RELOAD,
	    HELP("Networks of clients that are not limited and whose senders "
	    "are not refused.")),
	LIST("exempt-senders", exempt_senders, "", MILTER | RELOAD,
	    HELP("Addresses and @domains that are never refused as senders "
	    "and may send to several recipients without an SPF pass. Note "
	    "that anyone can use such an address as the sender.")),
	BOOL("check-submission-senders", check_submission_senders, "yes",
	    MILTER | RELOAD,
	    HELP("Whether users may use only their own addresses in MAIL "
	    "FROM and in From.")),

	LIMITS("connection-rate-limit", connection_rate_limit,
	    "300, 900, 2700", MILTER | RELOAD,
	    GROUP("Limits for clients"), RANGE(0, 65535),
	    HELP("Maximum number of new connections in "
	    "connection-rate-window: from one IPv4 address, from its /26 and "
	    "from its /21 network; for IPv6, from the /64, /48 and /32 "
	    "network. A client over a limit is refused with 421. 0: no "
	    "limit.")),
	DURATION("connection-rate-window", connection_rate_window_ms, "1min",
	    MILTER, RANGE(SEC, DAY),
	    HELP("Length of the window in which new connections are "
	    "counted.")),
	LIMITS("open-connections-limit", open_connections_limit,
	    "30, 90, 270", MILTER | RELOAD, RANGE(0, 65535),
	    HELP("Maximum number of simultaneous connections, for the same "
	    "three networks. 0: no limit.")),
	LIMITS("unknown-recipients-limit", unknown_recipients_limit,
	    "20, 60, 180", MILTER | RELOAD, RANGE(0, 65535),
	    HELP("Maximum number of unknown recipients that a client may "
	    "name in unknown-recipients-window, for the same three networks. "
	    "A client over a limit is refused with 421, because it is "
	    "probably harvesting addresses. 0: no limit.")),
	DURATION("unknown-recipients-window", unknown_recipients_window_ms,
	    "1h", MILTER, RANGE(SEC, DAY),
	    HELP("Length of the window in which unknown recipients are "
	    "counted.")),
	INT("window-addresses-max", window_addresses_max, "1000000", MILTER,
	    RANGE(1000, 10000000),
	    HELP("Maximum number of addresses that each counter remembers; "
	    "beyond it the oldest is forgotten. An address takes at most 190 "
	    "bytes, and only addresses seen within the window take any.")),
	BOOL("second-recipient-needs-spf", second_recipient_needs_spf, "yes",
	    MILTER | RELOAD,
	    HELP("Whether a message may have more than one recipient only if "
	    "SPF passed. Accounts may judge a message differently, and then "
	    "its sender has to be told. Other clients are asked to send to "
	    "one recipient at a time (452).")),
	BOOL("hide-unknown-recipients", hide_unknown_recipients, "no",
	    MILTER | CTL | RELOAD,
	    HELP("Whether unknown recipients are refused only after the "
	    "whole message was received, so that a client cannot probe for "
	    "addresses. Users and own networks are still told at once. The "
	    "MTA must accept unknown recipients too: "
	    "smtpd_reject_unlisted_recipient = no.")),
	BOOL("check-sender-domain", check_sender_domain, "yes",
	    MILTER | RELOAD,
	    HELP("Whether a sender is refused if its domain accepts no mail: "
	    "the domain has a null MX, it has neither an MX nor an address, "
	    "or it is an address literal.")),
	BOOL("reject-unresolvable-helo", reject_unresolvable_helo, "no",
	    MILTER | RELOAD,
	    HELP("Whether a client is refused if its HELO or EHLO name has "
	    "no address. The missing address is recorded as evidence in "
	    "either case.")),
	DURATION("slow-delay", slow_delay_ms, "1s", MILTER | RELOAD,
	    RANGE(0, 25 * SEC),
	    HELP("After a refusal, each HELO, MAIL, RCPT, DATA, unknown "
	    "command and end of message on that connection is delayed by "
	    "this time. The MTA waits at most 30s for a reply.")),
	INT("max-sleepers", max_sleepers, "50", MILTER | RELOAD,
	    RANGE(0, 100000),
	    HELP("Maximum number of connections that are delayed at the same "
	    "time. Each one occupies a process of the MTA; use half of the "
	    "MTA's process limit (Postfix: 100).")),
	ENUM("sleepers-full", sleepers_full, "pass", sleepers_full,
	    MILTER | RELOAD,
	    HELP("What to do with a connection that should be delayed when "
	    "max-sleepers are delayed already: pass lets it go on at once, "
	    "defer tells the client to try again later.")),
	BOOL("special-localparts", special_localparts, "no", MILTER | RELOAD,
	    HELP("For testing mail programs: an address whose localpart is "
	    "or ends in temperror, permerror, timeout or a three-digit reply "
	    "code causes that error. postern localserve turns this on.")),
	DURATION("special-timeout", special_timeout_ms, "1h", MILTER | RELOAD,
	    RANGE(10, DAY),
	    HELP("Delay before the reply (451) for an address whose "
	    "localpart ends in timeout.")),

	{ .name = NULL }
};
