/*
 * salvage - what still reads of a damaged store, as Maildir folders
 *
 * For a store that nobody has open and that cannot be opened any more: reads
 * it page by page (kv_pages.h), never writes to it.  OUT/LOGIN/Maildir gets
 * the messages of an account, its other mailboxes are Maildir++ folders in
 * it.  Bodies are compared with their checksums.
 */
#ifndef REPAIR_SALVAGE_H
#define REPAIR_SALVAGE_H

#include <stdint.h>

#include "base/err.h"

struct salvage_config {
	const char *dir;		/* state folder */
	const char *out;		/* absent or empty */
	/* What was written and what was lost: a sentence each time. */
	void (*say)(void *arg, const char *text);
	/* What is being read; may be NULL. */
	void (*progress)(void *arg, const char *what);
	void *arg;
};

/*
 * Returns how much was lost, in messages, records and pages: 0 means that
 * all was read.  -1: it could not be done (the store is open, there is none,
 * its format is newer, the disk is full).
 */
int64_t store_salvage(const struct salvage_config *config, struct err *err);

#endif
