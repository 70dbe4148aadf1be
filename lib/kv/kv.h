/*
 * kv - the one door to Berkeley DB
 *
 * Tables with encoded keys; nothing else in postern calls Berkeley DB.  Which
 * tables there are is the caller's business: kv_open() takes an array of them.
 * Keys are compared as bytes, so integers in them are big-endian (key.h).
 *
 * Reading is the same everywhere: functions that read take a
 * `const struct reader *', which is either a snapshot of the database
 * (kv_snap_begin()) or a batch's write set over the database (batch.h).
 * Writing is one function, kv_apply(), called by the committer alone with
 * the ordered list of puts and deletes of a batch.
 *
 *	struct kv_snap snap;
 *	if (kv_snap_begin(kv, &snap, err) == -1)
 *		return -1;
 *	rc = mailbox_get(&snap.reader, account, mbox, &row, err);
 *	kv_snap_end(&snap);	// before anything is written to a client
 *
 * Error kinds: ERR_TEMP (a deadlock that outlived its retries, a full disk:
 * ERR_CODE_FULL).  An unreadable page (checksum) is ERR_INTERNAL.  Panic of
 * the environment and a failed fsync end the process (see disk.c: the next
 * start recovers).
 */
#ifndef KV_KV_H
#define KV_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Who can use the contents of a table: what another machine would need. */
enum table_class {
	TABLE_ACCOUNT,		/* keys begin with the account id; shipped */
	TABLE_SITE,		/* no account id in the key; a log of its own */
	TABLE_LOCAL,		/* true on this machine only */
	TABLE_DERIVED		/* may be missing, is computed again */
};

/*
 * A snapshot sees the table as it was.  Leave it out for tables that are read
 * one record at a time, by operations mostly, and whose records never change
 * or need not agree with each other: a page without versions costs the writer
 * less.
 */
#define TABLE_MULTIVERSION	1u
/* Its records are read once or twice: they are the first to leave the cache. */
#define TABLE_READ_ONCE		2u
/* Its keys begin with an account id (every TABLE_ACCOUNT has it). */
#define TABLE_BY_ACCOUNT	4u

/* A table is named by its place in the array that kv_open() was given. */
struct table_info {
	const char *name;	/* the file is NAME.db */
	enum table_class class;
	unsigned flags;		/* TABLE_* */
};

/* Tables in one environment. */
#define KV_TABLES_MAX	64

/* A key is at most this long; longer ones are refused before they get here. */
#define KEY_MAX		1100

/*
 * One step of a scan: return 0 to go on, 1 to stop, -1 with *err on failure.
 * key and value are valid during the call only.
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
 * Replaces the contents of value.  1 found, 0 not found, -1 error.
 */
int reader_get(const struct reader *r, unsigned t, struct bytes key,
    struct buf *value, struct err *err);

/*
 * Calls fn for each key that begins with prefix, from `from' on (at or after
 * it; empty: from the prefix), in key order.  0 when the end was reached, 1
 * when fn stopped it, -1 on error.  Over a snapshot it reads in bulk.
 */
int reader_scan(const struct reader *r, unsigned t, struct bytes from,
    struct bytes prefix, scan_fn *fn, void *arg, struct err *err);

/* One put (value) or delete.  The list of a batch is sorted by (table, key). */
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
	unsigned readers_max;		/* snapshots open at a time */
	uint32_t log_file_bytes;	/* 0: 16 MB */
	bool read_only;			/* offline verify: no threads; a damaged
					   page is an error, not the end */
	/* What Berkeley DB has to say.  May be NULL. */
	void (*warn)(void *arg, const char *text);
	void *warn_arg;
};

/*
 * Opens (creating what is missing, running recovery) the environment.  The
 * caller holds the lock file.  Starts the checkpoint and trickle threads.
 */
int kv_open(const struct kv_config *config, struct kv **kv, struct err *err);
/* Stops the threads, writes a checkpoint, closes.  Accepts *kv == NULL. */
void kv_close(struct kv **kv);

/* The name, class and flags of a table. */
const struct table_info *kv_table(const struct kv *kv, unsigned t);

struct kv_snap {
	struct reader reader;
	struct kv *kv;		/* borrowed */
	void *txn;
};

/* A snapshot: short, ended before anything is written to a client. */
int kv_snap_begin(struct kv *kv, struct kv_snap *snap, struct err *err);
void kv_snap_end(struct kv_snap *snap);

/*
 * What is committed now, outside any snapshot: for the committer, who alone
 * changes it.  Valid as long as kv.
 */
const struct reader *kv_latest(struct kv *kv);

/*
 * Part of one value without reading all of it: n bytes from offset.  The
 * value is shorter: what there is.  1 found, 0 not found, -1 error.
 */
int kv_get_part(struct kv *kv, unsigned t, struct bytes key,
    uint64_t offset, size_t n, struct buf *value, struct err *err);

/*
 * Applies a sorted list in one transaction and makes it durable.  0, or -1
 * with nothing applied (ERR_TEMP, ERR_CODE_FULL: full disk).  Any other
 * failure ends the process.  Only the committer thread calls this.
 */
int kv_apply(struct kv *kv, const struct change *list, size_t n,
    struct err *err);

/*
 * The same, but durable only with the next kv_apply(): for what nobody is
 * told about yet.
 */
int kv_apply_unflushed(struct kv *kv, const struct change *list, size_t n,
    struct err *err);

/* Bytes of changes that no checkpoint has brought to the tables yet. */
uint64_t kv_unwritten(struct kv *kv);

/* Writes a checkpoint now, and removes logs that recovery does not need. */
int kv_checkpoint(struct kv *kv, struct err *err);

/*
 * A consistent copy of the environment into an empty folder, while the
 * server works: log removal is held off, databases are copied, then logs.
 * It is complete with kv_backup_mark().  progress (may be NULL) hears the
 * path of each file, once it is copied.
 */
int kv_backup(struct kv *kv, const char *folder,
    void (*progress)(void *arg, const char *file), void *arg,
    struct err *err);

/*
 * The last thing to be done to the copy: makes a file "restore" in it, which
 * makes the first kv_open() replay all of its logs.
 */
int kv_backup_mark(const char *folder, struct err *err);

/* Makes a folder, or sees that it is empty: ERR_REFUSED. */
int kv_backup_prepare(const char *folder, struct err *err);

/*
 * Checks the pages of the file of the table with that name.  Nobody may have
 * it open.  Returns the number of faults, or -1.
 */
int64_t kv_verify_table(const char *home, const char *name,
    void (*report)(void *arg, const char *fault), void *arg,
    struct err *err);

struct kv_stat {
	const char *name;
	uint64_t value;
};

/* Counters of the environment for `postern stat'; returns how many. */
size_t kv_stats(struct kv *kv, struct kv_stat *list, size_t max);

#endif
