/*
 * segment - large bodies, in files beside the database
 *
 * A segment is a file of records, one after the other; a record is a header
 * followed by the bytes of a body.  Records are written as the bytes arrive,
 * flushed when they are complete, and only then committed: the row
 * T_SEGMENT_REF of the record's id says where it is and how many locations
 * (T_BODY_LOC) refer to it, so that many accounts can share one copy of a
 * message.  Bytes without such a row are dead.  A full segment is sealed and
 * never written again; when less than half of it is live, the live records are
 * moved to another segment and the file is removed.
 *
 *	segment_open(g, &w, err)		a segment for this writer only
 *	segment_begin(w, 0)
 *	... segment_write(w, bytes, err) for each piece ...
 *	segment_end(w, &record, err)
 *	segment_sync(w)				now it is durable
 *	... segment_ref(b, &record, err) in operations ...
 *	segment_close(&w, is_committed)
 *
 * A segment is written by one writer at a time.  There are as many open ones
 * as messages that ever arrived at the same time, and the most recently used
 * is used next.  So a slow client occupies a file but holds up no other
 * client, a record is contiguous, and an incomplete one can be cut off.
 *
 * A file, HOME/segment/NNNNNNNNNN (its number, decimal):
 *
 *	header	16 bytes "postern segment\n", u32 1 (version), u32 number,
 *		u64 id (random), u32 CRC-32C of these 32 bytes
 *	record	u32 "PSeg", u32 CRC-32C of the next 20 bytes, begun with the
 *		file's header CRC, u64 id (random), u64 length, u32 CRC-32C of
 *		the bytes; then length bytes
 *
 * All numbers are big-endian.  Records are found by going from header to
 * header.  Bytes of a message cannot pass for a header, because the file's id
 * is not known outside.
 *
 * Rows: T_SEGMENT (file u32): u8 1, u64 end of the last record that was ever
 * committed, u64 live bytes (including headers), u32 live records.
 * T_SEGMENT_REF (id u64): u8 1, u32 file, u64 offset of the header, u64
 * length, u32 CRC-32C, u32 locations.
 *
 * Any thread may call this; a writer belongs to one thread.
 */
#ifndef SEGMENT_SEGMENT_H
#define SEGMENT_SEGMENT_H

#include "base/log.h"
#include "commit/database.h"
#include "segment/segment_row.h"
#include "segment/segments.h"

/* ---- writing ---- */

struct segment_writer;

/* Takes a free segment or makes one.  -1: ERR_TEMP if the disk is the cause. */
int segment_open(struct segments *g, struct segment_writer **w,
    struct err *err);
/* Begins the next record.  id 0: give it a new id. */
void segment_begin(struct segment_writer *w, uint64_t id);
/* After an error the writer can only be closed. */
int segment_write(struct segment_writer *w, struct bytes bytes,
    struct err *err);
/* Completes the record; it is durable after segment_sync(). */
int segment_end(struct segment_writer *w, struct segment_record *out,
    struct err *err);
/* Flushes the file; ends the process on failure. */
void segment_sync(struct segment_writer *w);
/*
 * Frees the segment for the next writer.  keep: records of this writer were
 * given to operations that were, or may have been, committed; otherwise all
 * of them are cut off.
 */
void segment_close(struct segment_writer **w, bool keep);

/* ---- within operations ---- */

/* Adds one location to the record. */
int segment_ref(struct batch *b, const struct segment_record *rec,
    struct err *err);
/* Removes one location; a record without any is dead. */
int segment_unref(struct batch *b, uint64_t id, struct err *err);

/* ---- reading ---- */

/*
 * Appends bytes [offset, offset + n) of a record to out, fewer at its end.
 * Returns 1 if found, 0 if there is no such record (any more), -1 on error.
 */
int segment_read(struct segments *g, const struct reader *r, uint64_t id,
    uint64_t offset, size_t n, struct buf *out, struct err *err);

/* ---- background ---- */

/*
 * Moves the live records of mostly dead segments and removes these segments.
 * Returns 0 when there is nothing left to do, is_stopping() returns true, or a
 * backup is running; -1 if something failed, which the next call retries.
 */
int segment_reclaim(struct database *db, struct segments *g,
    bool (*is_stopping)(void *arg), void *arg, struct err *err);

#endif
