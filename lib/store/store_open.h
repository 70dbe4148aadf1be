/*
 * store_open - opens, closes and copies a store
 *
 *	if (store_open(&config, &log, &s, err) == -1)
 *		return -1;
 *	...
 *	store_close(&s);
 *
 * Format: meta row "format" holds STORE_FORMAT; a newer one is refused, an
 * older one is converted.
 */
#ifndef STORE_STORE_OPEN_H
#define STORE_STORE_OPEN_H

#include "store/store.h"

#define STORE_FORMAT	4	/* 1 had no segments, 2 no recipients of what
				   was sent, 3 hashes in the rows of
				   credentials */
#define STORE_HOME	"store"
#define STORE_LOCK	"store.lock"

/*
 * Opens the store: lock, recovery, format check, background threads.
 * ERR_REFUSED with a plain sentence: already open by pid N, newer format,
 * folder not writable.
 */
int store_open(const struct store_config *config, struct log *log,
    struct store **store, struct err *err);
/* Orderly: background work, committer queue, checkpoint, close. */
void store_close(struct store **store);

/*
 * Hot backup into an empty or absent folder, which then is a state folder
 * like dir.  progress (may be NULL) hears the path of each file, once copied.
 */
int store_backup(struct store *s, const char *folder,
    void (*progress)(void *arg, const char *file), void *arg,
    struct err *err);

/* ---- steps of opening, for those who read a store without serving it ---- */

/* The lock's descriptor, or -1. */
int store_lock(const char *dir, struct err *err);

/* Opens the environment in the config's folder and checks its format. */
int store_open_kv(const struct store_config *config, struct log *log,
    bool read_only, struct kv **kv, struct err *err);

/* Finds the large bodies beside it. */
int store_open_segments(const struct store_config *config, struct log *log,
    struct kv *kv, bool read_only, struct segments **g, struct err *err);

/* Writes the format into a new store; converts an older one. */
int store_check_format(struct kv *kv, const char *dir, struct err *err);

#endif
