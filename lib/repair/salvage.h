/*
 * salvage - writes what can be read of a damaged store as Maildir folders
 *
 * For a store that cannot be opened any more, and that no process has open.
 * Reads it page by page (kv_pages.h) and never writes to it.  Writes an
 * account's messages to OUT/LOGIN/Maildir, with its other mailboxes as
 * Maildir++ folders in it.  Bodies are compared with their checksums.
 */
#ifndef REPAIR_SALVAGE_H
#define REPAIR_SALVAGE_H

#include <stdint.h>

#include "base/err.h"

struct salvage_config {
	const char *dir;		/* state folder */
	const char *out;		/* must be missing or empty */
	/* Gets sentences about what was written and what was lost. */
	void (*say)(void *arg, const char *text);
	/* Gets what is being read; may be NULL. */
	void (*progress)(void *arg, const char *what);
	void *arg;
};

/*
 * Returns how much was lost, in messages, records and pages; 0 means that all
 * was read.  -1: it could not be done (the store is open or missing, its
 * format is newer, the disk is full).
 */
int64_t store_salvage(const struct salvage_config *config, struct err *err);

#endif
