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

#define SEGMENT_FOLDER		"segment"	/* in the store's home */

struct segments;

struct segments_config {
	const char *home;	/* of the store */
	uint64_t size;		/* bytes at which a segment is sealed */
	unsigned files_max;	/* unused descriptors that stay open */
	bool read_only;		/* change nothing: for verify */
	struct log *log;
};

/*
 * Loads the table.  Removes files that no row names and cuts off bytes after
 * the last committed record, both of which a crash leaves.  A file that is
 * missing or too short is logged; its bodies cannot be read.
 */
int segments_open(const struct segments_config *config,
    const struct reader *r, struct segments **g, struct err *err);
void segments_close(struct segments **g);

/* Keeps segments from being removed; waits for a removal under way. */
void segments_pin(struct segments *g);
void segments_unpin(struct segments *g);

/*
 * Copies all segments to the segment folder below home; makes hard links to
 * sealed ones where that is possible.  Call it while pinned, after the
 * database was copied.
 */
int segments_backup(struct segments *g, const char *home,
    void (*progress)(void *arg, const char *file), void *arg,
    struct err *err);

#endif
