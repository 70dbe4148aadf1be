/*
 * segment_op - counts, within operations, which bytes are live: the rows of
 * records and the totals of files.
 */
#include <config.h>

#include "segment/segment.h"
#include "segment/segment_file.h"
#include "segment/tables.h"

/* ---- totals of files ---- */

static int
total_need(struct batch *b, uint32_t file, struct segment_total *t,
    struct err *err)
{
	int rc = segment_total_get(batch_reader(b), file, t, err);

	if (rc == 0)
		*t = (struct segment_total){ SEGMENT_FILE_HEADER, 0, 0 };
	return rc == -1 ? -1 : 0;
}

static void
total_put(struct batch *b, uint32_t file, const struct segment_total *t)
{
	struct buf value = BUF_INIT;
	struct key k;

	segment_key(&k, file);
	segment_total_encode(t, &value);
	batch_put(b, T_SEGMENT, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

/* Counts the record's bytes as live in its file. */
static int
total_add(struct batch *b, const struct segment_record *rec, struct err *err)
{
	uint64_t bytes = SEGMENT_HEADER + rec->len;
	struct segment_total t;

	if (total_need(b, rec->file, &t, err) == -1)
		return -1;
	if (rec->offset + bytes > t.end)
		t.end = rec->offset + bytes;
	t.bytes += bytes;
	t.records++;
	total_put(b, rec->file, &t);
	return 0;
}

static int
total_subtract(struct batch *b, const struct segment_record *rec,
    struct err *err)
{
	uint64_t bytes = SEGMENT_HEADER + rec->len;
	struct segment_total t;

	if (total_need(b, rec->file, &t, err) == -1)
		return -1;
	if (t.bytes < bytes || t.records == 0)
		return err_set(err, ERR_INTERNAL, "segment %u has fewer "
		    "live bytes than a record in it", rec->file);
	t.bytes -= bytes;
	t.records--;
	total_put(b, rec->file, &t);
	return 0;
}

static void
record_put(struct batch *b, const struct segment_record *rec)
{
	struct buf value = BUF_INIT;
	struct key k;

	segment_ref_key(&k, rec->id);
	segment_ref_encode(rec, &value);
	batch_put(b, T_SEGMENT_REF, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

int
segment_ref(struct batch *b, const struct segment_record *rec,
    struct err *err)
{
	struct segment_record row;
	int rc;

	rc = segment_ref_get(batch_reader(b), rec->id, &row, err);
	if (rc == -1)
		return -1;
	if (rc == 0) {
		row = *rec;
		row.locations = 0;
		if (total_add(b, rec, err) == -1)
			return -1;
	} else if (row.file != rec->file || row.offset != rec->offset ||
	    row.locations == UINT32_MAX)
		return err_set(err, ERR_INTERNAL, "segment record %016llx "
		    "exists already", (unsigned long long)rec->id);
	row.locations++;
	record_put(b, &row);
	return 0;
}

int
segment_unref(struct batch *b, uint64_t id, struct err *err)
{
	struct segment_record row;
	struct key k;
	int rc;

	if ((rc = segment_ref_get(batch_reader(b), id, &row, err)) != 1)
		return rc;
	if (--row.locations > 0) {
		record_put(b, &row);
		return 0;
	}
	segment_ref_key(&k, id);
	batch_del(b, T_SEGMENT_REF, key_bytes(&k));
	return total_subtract(b, &row, err);
}

int
segment_move(struct batch *b, const struct segment_record *from,
    const struct segment_record *to, struct err *err)
{
	struct segment_record row;
	uint32_t locations;
	int rc;

	rc = segment_ref_get(batch_reader(b), from->id, &row, err);
	if (rc != 1)
		return rc;
	if (row.file != from->file || row.offset != from->offset)
		return 0;
	locations = row.locations;
	if (total_subtract(b, &row, err) == -1 || total_add(b, to, err) == -1)
		return -1;
	row = *to;
	row.locations = locations;
	record_put(b, &row);
	return 0;
}
