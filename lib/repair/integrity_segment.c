/* integrity_segment - checks segments, their records and their totals. */
#include <config.h>

#include <stdlib.h>

#include "base/encode.h"
#include "segment/segment_file.h"
#include "segment/tables.h"
#include "repair/integrity-private.h"

/* A row of T_SEGMENT, and what its file holds. */
struct file_note {
	uint32_t file;
	struct segment_total total;
	uint64_t bytes;
	uint32_t records;
};

/* A row of T_SEGMENT_REF, and how many locations refer to it. */
struct record_note {
	struct segment_record rec;
	uint32_t locations;
};

struct integrity_segments {
	struct segments *g;		/* own; NULL: cannot be opened */
	struct file_note *files;	/* own; sorted by file */
	size_t nfiles, files_cap;
	struct record_note *records;	/* own; sorted by place, then by id */
	size_t nrecords, records_cap;
};

/* ---- rows ---- */

static int
note_file(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct integrity *v = arg;
	struct integrity_segments *vs = v->segments;
	struct err why = ERR_INIT;
	struct file_note *f;

	if (key.len != 4) {
		integrity_fault(v, "table segment has a key of %zu bytes",
		    key.len);
		return 0;
	}
	vs->files = integrity_grow(vs->files, vs->nfiles, &vs->files_cap,
	    sizeof(*vs->files));
	f = &vs->files[vs->nfiles];
	*f = (struct file_note){ .file = be32_get(key.data) };
	if (segment_total_decode(value, &f->total, &why) == -1)
		integrity_fault(v, "segment %u: %s", f->file, why.text);
	else
		vs->nfiles++;
	return 0;
}

static int
note_record(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct integrity *v = arg;
	struct integrity_segments *vs = v->segments;
	struct err why = ERR_INIT;
	struct record_note *r;

	if (key.len != 8) {
		integrity_fault(v, "table segment-ref has a key of %zu bytes",
		    key.len);
		return 0;
	}
	vs->records = integrity_grow(vs->records, vs->nrecords,
	    &vs->records_cap, sizeof(*vs->records));
	r = &vs->records[vs->nrecords];
	r->locations = 0;
	if (segment_ref_decode(value, be64_get(key.data), &r->rec,
	    &why) == -1)
		integrity_fault(v, "segment record %016llx: %s",
		    (unsigned long long)be64_get(key.data), why.text);
	else
		vs->nrecords++;
	return 0;
}

/* ---- files ---- */

static int
compare_files(const void *a, const void *b)
{
	const struct file_note *x = a, *y = b;

	return x->file < y->file ? -1 : x->file > y->file;
}

static struct file_note *
file_of(struct integrity_segments *vs, uint32_t number)
{
	struct file_note f = { .file = number };

	return vs->nfiles == 0 ? NULL : bsearch(&f, vs->files, vs->nfiles,
	    sizeof(f), compare_files);
}

#define RECORD_FAULT(v, r, fmt, ...)					\
	integrity_fault((v), "segment record %016llx: " fmt,		\
	    (unsigned long long)(r)->id, ##__VA_ARGS__)

static int
record_crc(struct integrity *v, const struct segment_file *f,
    const struct segment_record *r, uint32_t *crc, struct err *err)
{
	static char piece[SEGMENT_PIECE];
	uint64_t at = r->offset + SEGMENT_HEADER, left = r->len;
	size_t n;

	*crc = 0;
	for (; left > 0; left -= n, at += n) {
		n = left < sizeof(piece) ? (size_t)left : sizeof(piece);
		if (segment_pread(v->segments->g, f, at, piece, n,
		    err) == -1)
			return -1;
		*crc = crc32c(*crc, piece, n);
	}
	return 0;
}

static void
check_bytes(struct integrity *v, const struct segment_file *f,
    const struct segment_record *r)
{
	struct segment_record header;
	struct err why = ERR_INIT;
	uint32_t crc;

	if (segment_header_read(v->segments->g, f, r->offset, &header,
	    &why) == -1)
		RECORD_FAULT(v, r, "%s", why.text);
	else if (header.id != r->id || header.len != r->len ||
	    header.crc != r->crc)
		RECORD_FAULT(v, r, "another record is in its place");
	else if (record_crc(v, f, r, &crc, &why) == -1)
		RECORD_FAULT(v, r, "%s", why.text);
	else if (crc != r->crc)
		RECORD_FAULT(v, r, "its checksum is wrong");
}

/* Checks a record in its file; it must begin after the end of the previous
   one. */
static void
check_record(struct integrity *v, const struct segment_record *r,
    const struct segment_record *before)
{
	struct file_note *note = file_of(v->segments, r->file);
	struct err why = ERR_INIT;
	struct segment_file *f;

	if (note == NULL) {
		RECORD_FAULT(v, r, "it is in segment %u, which does not exist",
		    r->file);
		return;
	}
	note->bytes += SEGMENT_HEADER + r->len;
	note->records++;
	if (before != NULL && before->file == r->file && r->offset <
	    before->offset + SEGMENT_HEADER + before->len)
		RECORD_FAULT(v, r, "it overlaps another record");
	if (r->offset + SEGMENT_HEADER + r->len > note->total.end) {
		RECORD_FAULT(v, r, "it is past the end of segment %u",
		    r->file);
		return;
	}
	if (v->segments->g == NULL)
		return;
	if (segment_get(v->segments->g, r->file, &f, &why) != 1) {
		RECORD_FAULT(v, r, "%s", why.text);
		return;
	}
	check_bytes(v, f, r);
	segment_put(v->segments->g, f);
}

/* Checks that one can go through the file from header to header. */
static void
check_walk(struct integrity *v, const struct file_note *note,
    const struct segment_file *f)
{
	struct segment_record rec;
	struct err why = ERR_INIT;
	uint64_t at = SEGMENT_FILE_HEADER;

	while (at < note->total.end) {
		if (segment_header_read(v->segments->g, f, at, &rec,
		    &why) == -1) {
			integrity_fault(v, "%s", why.text);
			return;
		}
		if (rec.len > note->total.end - at) {
			integrity_fault(v,
			    "segment %u: the record at byte %llu "
			    "is too long",
			    note->file, (unsigned long long)at);
			return;
		}
		at += SEGMENT_HEADER + rec.len;
	}
	if (at != note->total.end)
		integrity_fault(v, "segment %u: its end is within a record",
		    note->file);
}

static void
check_file(struct integrity *v, const struct file_note *note)
{
	struct err why = ERR_INIT;
	struct segment_file *f;

	if (note->bytes != note->total.bytes ||
	    note->records != note->total.records)
		integrity_fault(v, "segment %u has %u live records of %llu "
		    "bytes, but there are %u of %llu", note->file,
		    note->total.records,
		    (unsigned long long)note->total.bytes, note->records,
		    (unsigned long long)note->bytes);
	if (v->segments->g == NULL)
		return;
	if (segment_get(v->segments->g, note->file, &f, &why) != 1) {
		integrity_fault(v, "segment %u: %s", note->file, why.text);
		return;
	}
	check_walk(v, note, f);
	segment_put(v->segments->g, f);
}

/* ---- all segments ---- */

static int
compare_places(const void *a, const void *b)
{
	const struct record_note *x = a, *y = b;

	if (x->rec.file != y->rec.file)
		return x->rec.file < y->rec.file ? -1 : 1;
	return x->rec.offset < y->rec.offset ? -1 :
	    x->rec.offset > y->rec.offset;
}

static int
compare_ids(const void *a, const void *b)
{
	const struct record_note *x = a, *y = b;

	return x->rec.id < y->rec.id ? -1 : x->rec.id > y->rec.id;
}

static void
sort_records(struct integrity_segments *vs,
    int (*compare)(const void *a, const void *b))
{
	if (vs->nrecords > 1)
		qsort(vs->records, vs->nrecords, sizeof(*vs->records),
		    compare);
}

/* note_file() has already reported damaged rows. */
static int
open_files(struct integrity *v, struct err *err)
{
	struct segments_config c = { .home = v->home, .size = UINT64_MAX,
	    .files_max = 16, .read_only = true };

	if (segments_open(&c, v->r, &v->segments->g, err) == 0)
		return 0;
	return err->kind == ERR_INTERNAL ? 0 : -1;
}

int
integrity_segments_begin(struct integrity *v, struct err *err)
{
	struct integrity_segments *vs = calloc(1, sizeof(*vs));

	if (vs == NULL)
		fatal("out of memory");
	v->segments = vs;
	integrity_progress(v, store_tables[T_SEGMENT].name);
	if (open_files(v, err) == -1 ||
	    reader_scan(v->r, T_SEGMENT, BYTES(""), BYTES(""), note_file, v,
	    err) == -1 ||
	    reader_scan(v->r, T_SEGMENT_REF, BYTES(""), BYTES(""),
	    note_record, v, err) == -1)
		return -1;
	sort_records(vs, compare_places);
	for (size_t i = 0; i < vs->nrecords; i++)
		check_record(v, &vs->records[i].rec,
		    i == 0 ? NULL : &vs->records[i - 1].rec);
	for (size_t i = 0; i < vs->nfiles; i++)
		check_file(v, &vs->files[i]);
	sort_records(vs, compare_ids);
	return 0;
}

const struct segment_record *
integrity_segment_use(struct integrity *v, uint64_t id)
{
	struct record_note key = { .rec.id = id }, *found;
	struct integrity_segments *vs = v->segments;

	found = vs->nrecords == 0 ? NULL : bsearch(&key, vs->records,
	    vs->nrecords, sizeof(key), compare_ids);
	if (found == NULL)
		return NULL;
	found->locations++;
	return &found->rec;
}

void
integrity_segments_end(struct integrity *v)
{
	struct integrity_segments *vs = v->segments;

	for (size_t i = 0; i < vs->nrecords; i++) {
		const struct record_note *r = &vs->records[i];

		if (r->locations != r->rec.locations)
			RECORD_FAULT(v, &r->rec, "%u locations should refer "
			    "to it, %u do", r->rec.locations, r->locations);
	}
	integrity_segments_free(v);
}

void
integrity_segments_free(struct integrity *v)
{
	struct integrity_segments *vs = v->segments;

	v->segments = NULL;
	if (vs == NULL)
		return;
	segments_close(&vs->g);
	free(vs->files);
	free(vs->records);
	free(vs);
}
