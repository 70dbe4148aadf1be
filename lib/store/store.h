/*
 * store - accounts, mailboxes and messages of one machine
 *
 * One process owns one store: a folder with an exclusive lock, one Berkeley
 * DB environment and its committer (commit/database.h), large bodies in files
 * (segment/segment.h), the watchers of mailboxes (watch.h) and the background
 * work (background.h).  The files of lib/store share this handle, which
 * store_open() fills.  doc/store.md describes the layout in enough detail to
 * read it with other tools.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "commit/database.h"
#include "segment/tables.h"
#include "directory/junk_meaning.h"

struct arrivals;
struct watch_table;
struct reservation;
struct background;
struct background_step;
struct segments;
struct page_row;

struct store_config {
	/* State folder: holds STORE_HOME, the environment, and STORE_LOCK. */
	const char *dir;
	uint64_t cache_size;
	uint64_t checkpoint_bytes;
	unsigned checkpoint_ms;
	uint32_t log_file_bytes;	/* 0: 16 MB; tests have smaller ones */
	unsigned commit_batch_max;
	size_t commit_batch_bytes;
	uint64_t free_bytes_min;
	unsigned workers;		/* for the number of snapshots */
	unsigned keywords_max;		/* per mailbox */
	unsigned mailboxes_max;		/* per account; subscriptions, too */
	unsigned purge_delay_s;		/* keep expunged messages this long for
					   sessions that still show them */
	unsigned tombstones_max;	/* records of T_EXPUNGED per mailbox */
	unsigned delivered_keep_s;	/* for tokens; longer than any queue */
	uint64_t message_size_max;	/* without a prefix
					   (stored_message.h) */
	/* Borrowed; for messages added without a parsed record; NULL: the
	   defaults. */
	const struct mail_limits *mail_limits;
	/* Larger bodies are stored in segments (segment.h), others in the
	   database; 0: all in segments, UINT64_MAX: none. */
	uint64_t segment_min;
	uint64_t segment_size;		/* 0: 256 MB */
	/* An incoming message of up to segment_min bytes is kept in memory up
	   to this size, then in an unnamed file in spool_dir (NULL: dir). */
	size_t body_memory_max;
	const char *spool_dir;
	/* Mailboxes of a new account in addition to INBOX: "Sent:sent",
	   "Rejects", ended by NULL; NULL for the built-in list. */
	const char *const *default_mailboxes;
	/* For counting arrivals (arrivals.h); 0: 64 MB. */
	uint64_t arrivals_memory;
	/* For accounts without a quota setting; 0: unlimited. */
	uint64_t quota_bytes, quota_messages;
	/* For accounts without junk flag settings. */
	struct junk_settings junk;
	/* For tests: rows after those of page_write.c and background.c;
	   NULL: none. */
	const struct page_row *test_page_row;
	const struct background_step *test_step;
};

struct store {
	struct store_config config;
	struct database db;		/* for functions of lower floors */
	struct segments *segments;	/* own */
	struct watch_table *watches;	/* own */
	struct background *background;	/* own */
	struct arrivals *arrivals;	/* own */
	int lock_fd;			/* own */
	uint32_t junk_stamp;		/* of config.junk */
	/* Mailboxes reserved by bulk copies; mailbox_reserve.c locks it. */
	struct reservation *reservations;
};

/* Begins a snapshot for a short read: see kv_snap_begin(). */
int store_snap(struct store *s, struct kv_snap *snap, struct err *err);

#endif
