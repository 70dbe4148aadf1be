/*
 * imap_chunk - reads the data of some messages of a set
 *
 * FETCH and SEARCH walk a set of messages in chunks of up to 64.  Each chunk is
 * read in one snapshot, which ends before anything is written to the client.
 * Messages that have been expunged and purged meanwhile are marked gone.
 */
#ifndef IMAPD_IMAP_CHUNK_H
#define IMAPD_IMAP_CHUNK_H

#include "imapd/imap.h"

#define CHUNK_ROWS	64

/* What to read. */
enum {
	CHUNK_FLAGS = 1,
	CHUNK_MESSAGE = 2,
	CHUNK_PARSED = 4	/* needs CHUNK_MESSAGE */
};

struct chunk_row {
	uint32_t uid;
	bool gone;
	bool wanted;		/* for imap_chunk_parsed() */
	struct msgflags flags;
	uint64_t modseq;
	struct message message;
	size_t parsed_offset, parsed_len;
};

struct imap_chunk {
	struct chunk_row row[CHUNK_ROWS];
	size_t n;
	struct buf parsed;	/* own: all parsed records */
};

/*
 * Reads the next messages of the walk.  Returns 0, or -1 on error; chunk->n is
 * 0 at the end.  *chunk must be zeroed before the first call.  With CHUNK_FLAGS
 * this may write untagged FLAGS lines (new keywords), so call it only where a
 * response may begin.
 */
int imap_chunk_next(struct imap_session *s, struct imap_walk *walk,
    unsigned what, struct imap_chunk *chunk, struct err *err);

/* Reads the parsed records of the rows that are wanted and not gone. */
int imap_chunk_parsed(struct imap_session *s, struct imap_chunk *chunk,
    struct err *err);

/* Returns the parsed record of a row; valid until the next chunk is read. */
struct bytes imap_chunk_record(const struct imap_chunk *chunk,
    const struct chunk_row *row);

/* Frees what the chunk holds, not the chunk itself. */
void imap_chunk_free(struct imap_chunk *chunk);

#endif
