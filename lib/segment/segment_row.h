/*
 * segment_row - rows and headers of segments; segment.h defines the formats
 */
#ifndef SEGMENT_SEGMENT_ROW_H
#define SEGMENT_SEGMENT_ROW_H

#include "kv/key.h"

#define SEGMENT_FILE_HEADER	36
#define SEGMENT_HEADER		28

/* A record in a segment. */
struct segment_record {
	uint64_t id;
	uint32_t file;
	uint64_t offset;	/* of the header */
	uint64_t len;		/* of the body, in bytes */
	uint32_t crc;		/* CRC-32C of the body */
	uint32_t locations;	/* that refer to it (rows only) */
};

/* A row of T_SEGMENT. */
struct segment_total {
	uint64_t end;
	uint64_t bytes;
	uint32_t records;
};

void segment_key(struct key *k, uint32_t file);
void segment_ref_key(struct key *k, uint64_t id);

int segment_total_decode(struct bytes value, struct segment_total *out,
    struct err *err);
void segment_total_encode(const struct segment_total *t, struct buf *out);

/* id is the row's key.  Returns 0, or -1 (ERR_INTERNAL). */
int segment_ref_decode(struct bytes value, uint64_t id,
    struct segment_record *out, struct err *err);
void segment_ref_encode(const struct segment_record *rec, struct buf *out);

/* Each returns 1 if found, 0 if not, -1 on error. */
int segment_total_get(const struct reader *r, uint32_t file,
    struct segment_total *out, struct err *err);
int segment_ref_get(const struct reader *r, uint64_t id,
    struct segment_record *out, struct err *err);

/* Returns the file's seed for the checksums of record headers. */
uint32_t segment_file_header_encode(char out[SEGMENT_FILE_HEADER],
    uint32_t number, uint64_t id);
/* Returns 0 with the seed, or -1 if it is not a segment of that number. */
int segment_file_header_decode(const char in[SEGMENT_FILE_HEADER],
    uint32_t number, uint32_t *seed);

void segment_header_encode(char out[SEGMENT_HEADER], uint32_t seed,
    const struct segment_record *rec);
/* Fills id, len and crc.  Returns 0, or -1 if it is not a header. */
int segment_header_decode(const char in[SEGMENT_HEADER], uint32_t seed,
    struct segment_record *rec);

#endif
