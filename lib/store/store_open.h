/*
 * store_open - opens, closes and copies a store
 *
 *	if (store_open(&config, &log, &s, err) == -1)
 *		return -1;
 *	...
 *	store_close(&s);
 *
 * The row "format" of the table meta has STORE_FORMAT.  A store with a newer
 * format is refused, an older one is converted.
 */
#ifndef STORE_STORE_OPEN_H
#define STORE_STORE_OPEN_H

#include "store/store.h"

#define STORE_FORMAT	5	/* 1 had no segments, 2 no recipients of sent
				   mail, 3 had hashes in the rows of
				   credentials, 4 had no junk flag settings */
#define STORE_HOME	"store"
#define STORE_LOCK	"store.lock"

/*
 * Opens the store: locks it, recovers it, checks the format, and starts the
 * threads.  Returns 0, or -1; ERR_REFUSED if the store is in use, has a newer
 * format, or if the folder is not writable.
 */
int store_open(const struct store_config *config, struct log *log,
    struct store **store, struct err *err);
/* Ends the background work, empties the committer's queue, writes a checkpoint
   and closes the store. */
void store_close(struct store **store);

/*
 * Makes a hot backup in an empty or absent folder, which becomes a state folder
 * like dir.  Calls progress, unless it is NULL, with the path of each file that
 * was copied.
 */
int store_backup(struct store *s, const char *folder,
    void (*progress)(void *arg, const char *file), void *arg,
    struct err *err);

/* ---- steps of opening, for tools that only read a store ---- */

/* Returns the descriptor of the lock, or -1. */
int store_lock(const char *dir, struct err *err);

/* Opens the environment in the config's folder and checks its format. */
int store_open_kv(const struct store_config *config, struct log *log,
    bool read_only, struct kv **kv, struct err *err);

/* Opens the segments with large bodies in the config's folder. */
int store_open_segments(const struct store_config *config, struct log *log,
    struct kv *kv, bool read_only, struct segments **g, struct err *err);

/* Writes the format to a new store, or converts an older one. */
int store_check_format(struct kv *kv, const char *dir, struct err *err);

#endif
