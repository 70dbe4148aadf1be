/*
 * segment - large bodies, in files beside the database
 *
 * A segment is a file of records, one behind the other; a record is a body's
 * bytes behind a header.  Records are written as the bytes arrive, flushed
 * once they are complete, and only then committed: the row T_SEGMENT_REF of
 * the record's id says where it lies and how many locations (T_BODY_LOC) name
 * it, so that many accounts can have one copy of a message.  Bytes without
 * such a row are dead.  A segment that is full is sealed: never written again;
 * when less than half of it lives, what lives moves on and the file goes.
 *
 *	segment_open(g, &w, err)		a segment for this writer alone
 *	segment_begin(w, 0)
 *	... segment_write(w, bytes, err) for each piece ...
 *	segment_end(w, &record, err)
 *	segment_sync(w)				now it is durable
 *	... segment_ref(b, &record, err) in operations ...
 *	segment_close(&w, is_committed)
 *
 * One message at a time writes a segment; there are as many open ones as
 * messages were on their way at once, and the one used last is used next.  So
 * a slow client holds a file and nobody else, a record lies in one piece, and
 * what was not completed is cut away.
 *
 * A file, HOME/segment/NNNNNNNNNN (its number, decimal):
 *
 *	header	16 bytes "postern segment\n", u32 1 (version), u32 number,
 *		u64 id (random), u32 CRC-32C of these 32 bytes
 *	record	u32 "PSeg", u32 CRC-32C of the next 20 bytes, begun with the
 *		file's header CRC, u64 id (random), u64 length, u32 CRC-32C of
 *		the bytes; then length bytes
 *
 * All numbers are big-endian.  A walk goes from header to header; bytes of a
 * message cannot pass for a header, since nobody outside knows the file's id.
 *
 * Rows: T_SEGMENT (file u32): u8 1, u64 end of the last record that was ever
 * committed, u64 living bytes (headers counted), u32 living records.
 * T_SEGMENT_REF (id u64): u8 1, u32 file, u64 offset of the header, u64
 * length, u32 CRC-32C, u32 locations.
 *
 * Safe from any thread; a writer belongs to one.
 */
#ifndef SEGMENT_SEGMENT_H
#define SEGMENT_SEGMENT_H

#include "base/log.h"
#include "commit/database.h"
#include "segment/segment_row.h"
#include "segment/segments.h"

/* ---- writing ---- */

struct segment_writer;

/* ERR_TEMP: the disk's trouble. */
int segment_open(struct segments *g, struct segment_writer **w,
    struct err *err);
/* The next record; id 0: a new one. */
void segment_begin(struct segment_writer *w, uint64_t id);
/* After -1 the writer can only be closed. */
int segment_write(struct segment_writer *w, struct bytes bytes,
    struct err *err);
/* The record is complete; durable after segment_sync(). */
int segment_end(struct segment_writer *w, struct segment_record *out,
    struct err *err);
/* Ends the process if it cannot be done. */
void segment_sync(struct segment_writer *w);
/*
 * The segment is anybody's again.  keep: records of this writer were given to
 * operations that were committed, or may have been; else all is cut away.
 */
void segment_close(struct segment_writer **w, bool keep);

/* ---- within operations ---- */

/* One more location names the record. */
int segment_ref(struct batch *b, const struct segment_record *rec,
    struct err *err);
/* One less; without any it is dead. */
int segment_unref(struct batch *b, uint64_t id, struct err *err);

/* ---- reading ---- */

/*
 * Appends bytes [offset, offset + n) of a record, fewer at its end.  1; 0: no
 * such record (any more); -1.
 */
int segment_read(struct segments *g, const struct reader *r, uint64_t id,
    uint64_t offset, size_t n, struct buf *out, struct err *err);

/* ---- background ---- */

/*
 * Moves the living of segments that are mostly dead, and removes these.
 * Returns when nothing is left to do, is_stopping() says so, or a backup is
 * under way.  -1: something could not be done; tried again next time.
 */
int segment_reclaim(struct database *db, struct segments *g,
    bool (*is_stopping)(void *arg), void *arg, struct err *err);

#endif
