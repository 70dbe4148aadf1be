/*
 * segments - the folder with the segments of a store
 *
 * Opened once, by the owner of the store; segment.h writes and reads records
 * in it.  Safe from any thread.
 */
#ifndef SEGMENT_SEGMENTS_H
#define SEGMENT_SEGMENTS_H

#include "base/log.h"
#include "kv/kv.h"

#define SEGMENT_FOLDER		"segment"	/* below the store's home */

struct segments;

struct segments_config {
	const char *home;	/* of the store */
	uint64_t size;		/* a segment of so many bytes is sealed */
	unsigned files_max;	/* descriptors kept open without need */
	bool read_only;		/* changes nothing: for verify */
	struct log *log;
};

/*
 * Finds what there is.  Files that no row knows are removed, and what lies
 * behind the end of the last committed record is cut away: a crash left it.
 * A file that is missing or too short is logged; its bodies cannot be read.
 */
int segments_open(const struct segments_config *config,
    const struct reader *r, struct segments **g, struct err *err);
void segments_close(struct segments **g);

/* Until unpinned no segment is removed.  Waits for one that just is. */
void segments_pin(struct segments *g);
void segments_unpin(struct segments *g);

/*
 * Copies all segments into home's folder for them, sealed ones by another
 * name for the same file where that is possible.  To be called while pinned,
 * after the database was copied.
 */
int segments_backup(struct segments *g, const char *home,
    void (*progress)(void *arg, const char *file), void *arg,
    struct err *err);

#endif
