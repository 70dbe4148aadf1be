/*
 * power_record - every system call below a store, written down
 *
 *	record_begin(&r);
 *	... open a store, work on it, close it ...
 *	record_end();
 *
 * One record at a time.  Between begin and end the true disk is not flushed:
 * what would be on it after a power cut is for power_disk.h to say.  After
 * record_end() nothing is flushed either, so that stores made from a record
 * are quick to try.
 */
#ifndef T_UNIT_POWER_RECORD_H
#define T_UNIT_POWER_RECORD_H

#include <sys/types.h>

#include "store_fate.h"

#define FILES_MAX	2000

enum what { CREATE, WRITE, SYNC, SYNC_FOLDER, RENAME, UNLINK, CUT, NOTE };

struct event {
	enum what what;
	int file;		/* -1: not a file of the store */
	off_t offset;
	size_t len;
	char *data;		/* own: bytes; a name; a folder */
	char *to;		/* own: the new name, for RENAME */
	struct note note;
};

struct record {
	struct event *events;
	size_t n, cap;
	char *name[FILES_MAX];	/* own; NULL: unlinked */
	int nfiles;
};

/* r is empty, or holds files added by record_file(). */
void record_begin(struct record *r);
void record_end(void);
void record_clear(struct record *r);

/* Adds a file that exists before the record begins.  Returns its number. */
int record_file(struct record *r, const char *path);

/* A fate_tell that records the note between the calls. */
void record_note(const struct note *n);

#endif
