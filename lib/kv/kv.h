/*
 * kv - the only interface to Berkeley DB
 *
 * Tables with encoded keys; nothing else in postern calls Berkeley DB.  The
 * caller decides which tables there are: kv_open() takes an array of them.
 * Keys are compared as bytes, so integers in them are big-endian (key.h).
 *
 * Reading is the same everywhere: functions that read take a
 * `const struct reader *', which is either a snapshot of the database
 * (kv_snap_begin()) or a batch's write set on top of the database (batch.h).
 * All writing goes through kv_apply(), which only the committer calls, with
 * the sorted list of puts and deletes of a batch.
 *
 *	struct kv_snap snap;
 *	if (kv_snap_begin(kv, &snap, err) == -1)
 *		return -1;
 *	rc = mailbox_get(&snap.reader, account, mbox, &row, err);
 *	kv_snap_end(&snap);	// before anything is written to a client
 *
 * Error kinds: ERR_TEMP (a deadlock that outlasted its retries; a full disk,
 * with ERR_CODE_FULL).  A page that cannot be read (checksum) is ERR_INTERNAL.
 * A panic of the environment or a failed fsync ends the process, and the next
 * start recovers (disk.h).
 */
#ifndef KV_KV_H
#define KV_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Where the contents of a table are of use: what another machine needs. */
enum table_class {
	TABLE_ACCOUNT,		/* keys begin with the account id; shipped */
	TABLE_SITE,		/* no account id in the key; a separate log */
	TABLE_LOCAL,		/* valid on this machine only */
	TABLE_DERIVED		/* may be missing; can be computed again */
};

/*
 * Snapshots see the table as it was when they began.  Leave it out for tables
 * that are mostly read one record at a time by operations, and whose records
 * never change or need not agree with each other: pages without versions cost
 * the writer less.
 */
#define TABLE_MULTIVERSION	1u
/* Records are read once or twice, so they leave the cache first. */
#define TABLE_READ_ONCE		2u
/* Keys begin with an account id (every TABLE_ACCOUNT table sets this). */
#define TABLE_BY_ACCOUNT	4u

/* A table's number is its index in the array given to kv_open(). */
struct table_info {
	const char *name;	/* the file is NAME.db */
	enum table_class class;
	unsigned flags;		/* TABLE_* */
};

/* Most tables in one environment. */
#define KV_TABLES_MAX	64

/* Longest key in bytes; callers refuse anything longer. */
#define KEY_MAX		1100

/*
 * Called for each record of a scan.  Returns 0 to continue, 1 to stop, -1 on
 * error with *err filled.  key and value are valid during the call only.
 */
typedef int scan_fn(void *arg, struct bytes key, struct bytes value,
    struct err *err);

struct reader;

struct reader_ops {
	int (*get)(const struct reader *r, unsigned t, struct bytes key,
	    struct buf *value, struct err *err);
	int (*scan)(const struct reader *r, unsigned t, struct bytes from,
	    struct bytes prefix, scan_fn *fn, void *arg, struct err *err);
};

struct reader {
	const struct reader_ops *ops;
	void *impl;
};

/*
 * Replaces the contents of value.  Returns 1 if found, 0 if not, -1 on error.
 */
int reader_get(const struct reader *r, unsigned t, struct bytes key,
    struct buf *value, struct err *err);

/*
 * Calls fn for each key that begins with prefix, in key order, starting at
 * `from' or the first key after it (empty: at the beginning).  Returns 0 at
 * the end, 1 if fn stopped the scan, -1 on error.  A snapshot is read in bulk.
 */
int reader_scan(const struct reader *r, unsigned t, struct bytes from,
    struct bytes prefix, scan_fn *fn, void *arg, struct err *err);

/* One put or delete.  The list of a batch is sorted by (table, key). */
struct change {
	unsigned table;
	struct bytes key;
	struct bytes value;
	bool is_delete;
};

struct kv;

struct kv_config {
	const char *home;		/* folder of the environment */
	const struct table_info *tables;	/* borrowed, as long as kv */
	unsigned table_count;		/* at most KV_TABLES_MAX */
	uint64_t cache_size;		/* bytes */
	uint64_t checkpoint_bytes;	/* log written between checkpoints */
	unsigned checkpoint_ms;
	unsigned readers_max;		/* snapshots open at the same time */
	uint32_t log_file_bytes;	/* 0: 16 MB */
	bool read_only;			/* offline verify: no threads; a damaged
					   page is an error, not fatal */
	/* Gets Berkeley DB's messages.  May be NULL. */
	void (*warn)(void *arg, const char *text);
	void *warn_arg;
};

/*
 * Opens the environment: creates what is missing and runs recovery.  The
 * caller must hold the lock file.  Starts the checkpoint and trickle threads.
 */
int kv_open(const struct kv_config *config, struct kv **kv, struct err *err);
/* Stops the threads, writes a checkpoint and closes.  Accepts *kv == NULL. */
void kv_close(struct kv **kv);

/* The name, class and flags of a table. */
const struct table_info *kv_table(const struct kv *kv, unsigned t);

struct kv_snap {
	struct reader reader;
	struct kv *kv;		/* borrowed */
	void *txn;
};

/* Begins a snapshot.  End it soon, before anything is written to a client. */
int kv_snap_begin(struct kv *kv, struct kv_snap *snap, struct err *err);
void kv_snap_end(struct kv_snap *snap);

/*
 * A reader of what is committed now, outside any snapshot.  Meant for the
 * committer, which alone changes the database.  Valid as long as kv.
 */
const struct reader *kv_latest(struct kv *kv);

/*
 * Reads part of one value without reading all of it: n bytes from offset, or
 * fewer if the value ends earlier.  Returns 1 if found, 0 if not, -1 on error.
 */
int kv_get_part(struct kv *kv, unsigned t, struct bytes key,
    uint64_t offset, size_t n, struct buf *value, struct err *err);

/*
 * Applies a sorted list in one transaction and makes it durable.  Returns 0,
 * or -1 with nothing applied (ERR_TEMP; ERR_CODE_FULL on a full disk).  Any
 * other failure ends the process.  Only the committer thread may call this.
 */
int kv_apply(struct kv *kv, const struct change *list, size_t n,
    struct err *err);

/*
 * The same, but durable only with the next kv_apply(): for changes that
 * nothing has been told about yet.
 */
int kv_apply_unflushed(struct kv *kv, const struct change *list, size_t n,
    struct err *err);

/* Bytes of changes that no checkpoint has written to the tables yet. */
uint64_t kv_unwritten(struct kv *kv);

/* Writes a checkpoint now and removes logs that recovery does not need. */
int kv_checkpoint(struct kv *kv, struct err *err);

/*
 * Makes a consistent copy of the environment in an empty folder while the
 * server runs: log removal is suspended, the databases are copied, then the
 * logs.  kv_backup_mark() completes the copy.  progress (may be NULL) is
 * called with the path of each file after it was copied.
 */
int kv_backup(struct kv *kv, const char *folder,
    void (*progress)(void *arg, const char *file), void *arg,
    struct err *err);

/*
 * The last step of a backup: creates the file "restore" in the copy, which
 * makes the first kv_open() replay all of its logs.
 */
int kv_backup_mark(const char *folder, struct err *err);

/* Makes the folder, or checks that it is empty.  -1: ERR_REFUSED. */
int kv_backup_prepare(const char *folder, struct err *err);

/*
 * Checks the pages of the named table's file, which must not be open anywhere.
 * Returns the number of faults, or -1 on error.
 */
int64_t kv_verify_table(const char *home, const char *name,
    void (*report)(void *arg, const char *fault), void *arg,
    struct err *err);

struct kv_stat {
	const char *name;
	uint64_t value;
};

/* Gets counters of the environment for `postern stat'; returns how many. */
size_t kv_stats(struct kv *kv, struct kv_stat *list, size_t max);

#endif
