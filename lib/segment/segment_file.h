/*
 * segment_file - the files of segments, and the table of them
 *
 * What the parts of segment.h share, and what the integrity check reads the
 * files with.
 */
#ifndef SEGMENT_SEGMENT_FILE_H
#define SEGMENT_SEGMENT_FILE_H

#include <sys/queue.h>

#include <pthread.h>
#include <uthash.h>

#include "commit/batch.h"
#include "segment/segment_row.h"
#include "segment/segments.h"

#define SEGMENT_PATH_MAX	4200
/* Bytes copied at a time. */
#define SEGMENT_PIECE		(64 * 1024)

enum segment_state {
	SEGMENT_FREE,		/* the next writer takes it */
	SEGMENT_WRITING,
	SEGMENT_SEALED		/* never written again */
};

/* The table's lock protects the members, unless a comment says otherwise. */
struct segment_file {
	uint32_t number;		/* never changes */
	uint32_t seed;			/* constant once fd was opened */
	int fd;				/* own; -1: not open; stays open while
					   there are users */
	enum segment_state state;
	uint64_t size;			/* where the next record begins */
	unsigned users;			/* readers and the writer */
	bool removed;			/* no longer in the table */
	bool stuck;			/* could not be reclaimed */
	bool missing;			/* it has a row, but no file */
	UT_hash_handle hh;
	LIST_ENTRY(segment_file) free_link;	/* of SEGMENT_FREE */
	TAILQ_ENTRY(segment_file) idle_link;	/* open, without users */
};

struct segments {
	struct segments_config config;
	char folder[SEGMENT_PATH_MAX];
	pthread_mutex_t lock;		/* protects the members below */
	pthread_cond_t change;
	struct segment_file *files;	/* own: uthash by number */
	LIST_HEAD(, segment_file) free;	/* most recently used first */
	TAILQ_HEAD(, segment_file) idle; /* most recently used last */
	unsigned nidle;
	uint32_t next;			/* number of the next new file */
	unsigned pins;			/* backups */
	bool reclaiming;
};

/* Writes the file's path to path, which has SEGMENT_PATH_MAX bytes. */
void segment_path(const struct segments *g, uint32_t number, char *path);

/*
 * Gets the segment, open until segment_put().  Returns 1 if found, 0 if there
 * is no segment with that number, -1 on error.
 */
int segment_get(struct segments *g, uint32_t number,
    struct segment_file **f, struct err *err);
void segment_put(struct segments *g, struct segment_file *f);
/* Locked.  The same for a segment that is in the table.  Returns 0 or -1. */
int segment_use(struct segments *g, struct segment_file *f, struct err *err);

/* Locked.  Adds a new segment without users to the table. */
struct segment_file *segment_add(struct segments *g, uint32_t number);
/* Locked.  Takes it out of the table; its last user frees it. */
void segment_remove(struct segments *g, struct segment_file *f);

/* Reads exactly n bytes at an offset.  Returns 0 or -1. */
int segment_pread(const struct segments *g, const struct segment_file *f,
    uint64_t offset, void *out, size_t n, struct err *err);
/* Reads the header at offset into *rec, all but locations.  Returns 0 or -1. */
int segment_header_read(const struct segments *g,
    const struct segment_file *f, uint64_t offset,
    struct segment_record *rec, struct err *err);

/* Within an operation: notes that a record moved, if `from' is where it is. */
int segment_move(struct batch *b, const struct segment_record *from,
    const struct segment_record *to, struct err *err);

#endif
