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
	SEGMENT_FREE,		/* the next writer's, or the one's after it */
	SEGMENT_WRITING,
	SEGMENT_SEALED		/* not written any more */
};

/* Members are the table's lock's, but for what is said. */
struct segment_file {
	uint32_t number;		/* never changes */
	uint32_t seed;			/* neither, once fd was open */
	int fd;				/* own; -1: not open; stays open while
					   there are users */
	enum segment_state state;
	uint64_t size;			/* where the next record begins */
	unsigned users;			/* readers, and the writer */
	bool removed;			/* not in the table any more */
	bool stuck;			/* could not be reclaimed */
	bool missing;			/* there is a row, but no file */
	UT_hash_handle hh;
	LIST_ENTRY(segment_file) free_link;	/* of SEGMENT_FREE */
	TAILQ_ENTRY(segment_file) idle_link;	/* open, without users */
};

struct segments {
	struct segments_config config;
	char folder[SEGMENT_PATH_MAX];
	pthread_mutex_t lock;		/* for what follows */
	pthread_cond_t change;
	struct segment_file *files;	/* own: uthash by number */
	LIST_HEAD(, segment_file) free;	/* the one used last first */
	TAILQ_HEAD(, segment_file) idle; /* the one used last at the end */
	unsigned nidle;
	uint32_t next;			/* number */
	unsigned pins;			/* backups */
	bool reclaiming;
};

/* Its name, in room for SEGMENT_PATH_MAX. */
void segment_path(const struct segments *g, uint32_t number, char *path);

/*
 * The segment, open, until segment_put().  1; 0: there is none of that
 * number; -1.
 */
int segment_get(struct segments *g, uint32_t number,
    struct segment_file **f, struct err *err);
void segment_put(struct segments *g, struct segment_file *f);
/* Locked: as segment_get(), of one that is there. */
int segment_use(struct segments *g, struct segment_file *f, struct err *err);

/* Locked: a new one in the table, without users. */
struct segment_file *segment_add(struct segments *g, uint32_t number);
/* Locked: out of the table; it goes with its last user. */
void segment_remove(struct segments *g, struct segment_file *f);

/* n bytes at an offset, all of them.  0 or -1. */
int segment_pread(const struct segments *g, const struct segment_file *f,
    uint64_t offset, void *out, size_t n, struct err *err);
/* The header there: fills *rec but for its locations.  0 or -1. */
int segment_header_read(const struct segments *g,
    const struct segment_file *f, uint64_t offset,
    struct segment_record *rec, struct err *err);

/* Within operations: the record moved, if it is still in its old place. */
int segment_move(struct batch *b, const struct segment_record *from,
    const struct segment_record *to, struct err *err);

#endif
