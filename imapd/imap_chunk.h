/*
 * imap_chunk - what the store knows of some messages, read at a time
 *
 * FETCH and SEARCH walk a set of messages in chunks of up to 64, each read in
 * one snapshot that ends before anything is written to the client.  A message
 * that was expunged and purged meanwhile is marked gone.
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
 * The next messages of the walk.  0 (chunk->n may be 0: the end), or -1.
 * *chunk is zeroed at first.  With CHUNK_FLAGS it may write untagged FLAGS
 * lines (new keywords): call it where a response may begin.
 */
int imap_chunk_next(struct imap_session *s, struct imap_walk *walk,
    unsigned what, struct imap_chunk *chunk, struct err *err);

/* The parsed records of the rows that are wanted and not gone. */
int imap_chunk_parsed(struct imap_session *s, struct imap_chunk *chunk,
    struct err *err);

struct bytes imap_chunk_record(const struct imap_chunk *chunk,
    const struct chunk_row *row);

void imap_chunk_free(struct imap_chunk *chunk);

#endif
