/*
 * settings_store - the settings of postern-imapd's store, and its limits on
 * incoming and outgoing mail.
 */
#include <config.h>

#include "config/settings_table-private.h"

const struct settings_option settings_store[] = {
	SIZE("db-cache-size", db_cache_size, "256M", IMAPD,
	    GROUP("Store"), RANGE(16 * M, 64 * G),
	    HELP("Memory for the cache of database pages. Use less than 256M "
	    "only for tests, because reads become several times "
	    "slower.")),
	SIZE("db-checkpoint-bytes", db_checkpoint_bytes, "64M", IMAPD,
	    RANGE(M, 4 * G),
	    HELP("A checkpoint is written after this many bytes of log. "
	    "Recovery after a crash takes 15 to 20 ms for each megabyte of "
	    "log since the last checkpoint.")),
	DURATION("db-checkpoint-interval", db_checkpoint_interval_ms, "30s",
	    IMAPD, RANGE(SEC, HOUR),
	    HELP("Maximum time between checkpoints if anything was "
	    "written.")),
	SIZE("db-free-min", db_free_min, "64M", IMAPD,
	    RANGE(0, 64 * G),
	    HELP("If the store's file system has less free space than this "
	    "(plus what is needed for pending writes), mail is deferred. "
	    "Flag changes and removals continue.")),
	INT("commit-batch-max", commit_batch_max, "256", IMAPD,
	    RANGE(1, 10000),
	    HELP("Maximum number of operations in one transaction.")),
	SIZE("commit-batch-bytes", commit_batch_bytes, "8M", IMAPD,
	    RANGE(64 * K, G),
	    HELP("Maximum number of bytes in one transaction. A single "
	    "larger operation gets a transaction to itself.")),
	SIZE("segment-min", segment_min, "32K", IMAPD,
	    RANGE(0, 2 * G),
	    HELP("Messages larger than this are stored in files outside the "
	    "database, where a message that several accounts have takes "
	    "space only once. 0: all messages are.")),
	SIZE("segment-size", segment_size, "256M", IMAPD,
	    RANGE(M, 16 * G),
	    HELP("No more messages are added to a file of large messages "
	    "that has reached this size. When half of a file belongs to "
	    "messages that no longer exist, the rest is moved to another "
	    "file and the file is removed.")),
	DURATION("purge-delay", purge_delay_ms, "1h", IMAPD,
	    RANGE(0, 30 * DAY),
	    HELP("An expunged message is removed from the disk when no "
	    "session shows it any longer, but at the latest after this "
	    "time.")),
	INT("tombstones-max", tombstones_max, "10000", IMAPD,
	    RANGE(0, 10000000),
	    HELP("Maximum number of records of expunged messages that are "
	    "kept for each mailbox, for clients that resynchronize later. "
	    "One EXPUNGE makes one record. 0: no limit.")),
	DURATION("delivered-keep", delivered_keep_ms, "14d", IMAPD,
	    RANGE(DAY, 365 * DAY),
	    HELP("How long the store remembers deliveries, so that a message "
	    "that the MTA delivers again is stored only once. Must be longer "
	    "than the MTA keeps a message in its queue.")),

	LIMITS("delivery-messages-per-minute", delivery_messages_per_minute,
	    "500, 1500, 4500", IMAPD | RELOAD,
	    GROUP("Limits on incoming and outgoing mail"),
	    HELP("Maximum number of messages that an account accepts in 60 "
	    "seconds from one IPv4 address, from its /26 and from its /21 "
	    "network; for IPv6, from the /64, /48 and /32 network. Further "
	    "messages are deferred with 452 4.2.2. A received message counts "
	    "even if it was removed since. Mail from own-networks and from "
	    "users who logged in does not count. 0: no limit.")),
	LIMITS("delivery-messages-per-day", delivery_messages_per_day,
	    "10000, 30000, 90000", IMAPD | RELOAD,
	    HELP("The same limit for 24 hours.")),
	SIZE_LIMITS("delivery-bytes-per-minute", delivery_bytes_per_minute,
	    "1000M, 3000M, 9000M", IMAPD | RELOAD,
	    HELP("The same limit for bytes of messages in 60 seconds.")),
	SIZE_LIMITS("delivery-bytes-per-day", delivery_bytes_per_day,
	    "3000M, 9000M, 27000M", IMAPD | RELOAD,
	    HELP("The same limit for bytes of messages in 24 hours.")),
	SIZE("delivery-memory", delivery_memory, "64M", IMAPD,
	    RANGE(M, 64 * G),
	    HELP("Memory for the counts of mail that each account received "
	    "in the last 24 hours. If it is too small, the counts of the "
	    "least recently used accounts are dropped and counted again from "
	    "the store at the next delivery, which is slower but just as "
	    "exact.")),
	INT("recipients-per-day", recipients_per_day, "1000",
	    IMAPD | RELOAD,
	    HELP("Maximum number of recipients in 24 hours to whom an "
	    "account may send, unless the account has its own setting "
	    "recipients-per-day. Further messages are deferred with 451 "
	    "4.7.1. 0: no limit.")),
	INT("first-time-recipients-per-day", first_time_recipients_per_day,
	    "200", IMAPD | RELOAD,
	    HELP("The same limit for recipients to whom the account never "
	    "sent anything before: neither through this server nor in a "
	    "message in its mailbox for sent mail. An account may have its "
	    "own setting first-time-recipients-per-day. 0: no limit.")),

	{ .name = NULL }
};
