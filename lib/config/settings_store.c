/*
 * The store of postern-imapd, and how much mail it takes in and out.
 */
#include <config.h>

#include "config/settings_table-private.h"

const struct settings_option settings_store[] = {
	SIZE("db-cache-size", db_cache_size, "256M", IMAPD,
	    GROUP("Store"), RANGE(16 * M, 64 * G),
	    HELP("Memory for database pages. Less than 256M is for tests: "
	    "readers then slow down by a multiple.")),
	SIZE("db-checkpoint-bytes", db_checkpoint_bytes, "64M", IMAPD,
	    RANGE(M, 4 * G),
	    HELP("A checkpoint is made after so much log. Recovery after a "
	    "crash takes 15 to 20 ms for each megabyte of it.")),
	DURATION("db-checkpoint-interval", db_checkpoint_interval_ms, "30s",
	    IMAPD, RANGE(SEC, HOUR),
	    HELP("A checkpoint is made at the latest after this time, if "
	    "anything was written.")),
	SIZE("db-free-min", db_free_min, "64M", IMAPD,
	    RANGE(0, 64 * G),
	    HELP("With less free space on the disk of the store (and room for "
	    "what is not written yet), mail is deferred; flags and removals "
	    "go on.")),
	INT("commit-batch-max", commit_batch_max, "256", IMAPD,
	    RANGE(1, 10000),
	    HELP("Most operations in one transaction.")),
	SIZE("commit-batch-bytes", commit_batch_bytes, "8M", IMAPD,
	    RANGE(64 * K, G),
	    HELP("Most bytes in one transaction; a single larger operation "
	    "has one of its own.")),
	SIZE("segment-min", segment_min, "32K", IMAPD,
	    RANGE(0, 2 * G),
	    HELP("Messages larger than this are kept in files beside the "
	    "database, where one that many accounts have takes its space "
	    "once. 0: all are.")),
	SIZE("segment-size", segment_size, "256M", IMAPD,
	    RANGE(M, 16 * G),
	    HELP("A file of large messages that has reached this size takes "
	    "no more. When half of it is of messages that are gone, the rest "
	    "moves to another file and it is removed.")),
	DURATION("purge-delay", purge_delay_ms, "1h", IMAPD,
	    RANGE(0, 30 * DAY),
	    HELP("An expunged message is removed from the disk when no "
	    "session shows it any more, and at the latest after this "
	    "time.")),
	INT("tombstones-max", tombstones_max, "10000", IMAPD,
	    RANGE(0, 10000000),
	    HELP("Most records, for each mailbox, of what was expunged, kept "
	    "for clients that come back after a while. One expunge makes one "
	    "record. 0: no limit.")),
	DURATION("delivered-keep", delivered_keep_ms, "14d", IMAPD,
	    RANGE(DAY, 365 * DAY),
	    HELP("How long the store remembers what was delivered, so that a "
	    "delivery repeated by the MTA is stored once. Longer than the "
	    "MTA keeps a message in its queue.")),

	LIMITS("delivery-messages-per-minute", delivery_messages_per_minute,
	    "500, 1500, 4500", IMAPD | RELOAD,
	    GROUP("Limits of mail in and out"),
	    HELP("Most messages that an account takes in 60 seconds from an "
	    "address of the Internet, and from two networks around it: of "
	    "IPv4 the address itself, its /26 and its /21, of IPv6 the /64, "
	    "/48 and /32. What comes beyond is deferred with 452 4.2.2. "
	    "Messages count when they were received, removed since or not. "
	    "Mail from own networks and of users who logged in does not "
	    "count. 0: no limit.")),
	LIMITS("delivery-messages-per-day", delivery_messages_per_day,
	    "10000, 30000, 90000", IMAPD | RELOAD,
	    HELP("The same in 24 hours.")),
	SIZE_LIMITS("delivery-bytes-per-minute", delivery_bytes_per_minute,
	    "1000M, 3000M, 9000M", IMAPD | RELOAD,
	    HELP("Most bytes of messages in 60 seconds, likewise.")),
	SIZE_LIMITS("delivery-bytes-per-day", delivery_bytes_per_day,
	    "3000M, 9000M, 27000M", IMAPD | RELOAD,
	    HELP("Most bytes of messages in 24 hours, likewise.")),
	SIZE("delivery-memory", delivery_memory, "64M", IMAPD,
	    RANGE(M, 64 * G),
	    HELP("Memory for counting what accounts took in the last 24 "
	    "hours. With more mail than it has room for, those asked about "
	    "least recently are counted again from the store when they get "
	    "mail: slower, but not less exact.")),
	INT("recipients-per-day", recipients_per_day, "1000",
	    IMAPD | RELOAD,
	    HELP("Most recipients in 24 hours of messages sent by an account "
	    "that has no setting recipients-per-day of its own. What comes "
	    "beyond is deferred with 451 4.7.1. 0: no limit.")),
	INT("first-time-recipients-per-day", first_time_recipients_per_day,
	    "200", IMAPD | RELOAD,
	    HELP("Most recipients in 24 hours to whom an account never sent "
	    "anything before, neither by us nor in a message in its mailbox "
	    "for sent mail; for accounts that have no setting "
	    "first-time-recipients-per-day of their own. 0: no limit.")),

	{ .name = NULL }
};
