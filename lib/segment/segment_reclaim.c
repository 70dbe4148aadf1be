/* segment_reclaim - empties and removes segments that are mostly dead. */
#include <config.h>

#include <stdlib.h>

#include "base/encode.h"
#include "kv/disk.h"
#include "commit/database.h"
#include "commit/op.h"
#include "segment/segment.h"
#include "segment/segment_file.h"
#include "segment/tables.h"

/*
 * The live records of a mostly dead segment are written to an open segment and
 * flushed, and one operation records their new place.  The operation that
 * finds nothing live deletes the segment's row; after its commit the file is
 * removed.  A crash in between leaves dead copies, or a file that no row
 * names: segments_open() and the next pass take care of these.
 */

/* Limits of one operation. */
#define MOVES_MAX	256
#define MOVE_BYTES_MAX	(32 * 1024 * 1024)

struct move {
	struct segment_record from, to;
};

/* A segment that is being emptied. */
struct reclaim {
	struct database *db;
	struct segments *g;
	struct segment_file *f;		/* in use */
	bool (*is_stopping)(void *arg);
	void *arg;
	struct segment_writer *w;	/* own; NULL: nothing live so far */
	bool submitted;
	struct move move[MOVES_MAX];
	size_t n;
	uint64_t bytes;			/* sum of the moves */
	char piece[SEGMENT_PIECE];
};

/* ---- operations ---- */

struct move_op {
	struct op op;
	const struct reclaim *rc;	/* borrowed */
};

static enum op_result
move_run(struct batch *b, struct op *op)
{
	const struct reclaim *rc = ((struct move_op *)op)->rc;

	for (size_t i = 0; i < rc->n; i++)
		if (segment_move(b, &rc->move[i].from, &rc->move[i].to,
		    &op->err) == -1)
			return op_fail(op);
	return OP_DONE;
}

/* Deletes the row, if nothing in the segment is live any more. */
static enum op_result
forget_run(struct batch *b, struct op *op)
{
	const struct reclaim *rc = ((struct move_op *)op)->rc;
	struct segment_total t;
	struct key k;
	int got;

	got = segment_total_get(batch_reader(b), rc->f->number, &t, &op->err);
	if (got == 1 && t.records != 0) {
		err_set(&op->err, ERR_INTERNAL, "segment %u has live "
		    "records that are not in it", rc->f->number);
		got = -1;
	}
	if (got == -1)
		return op_fail(op);
	segment_key(&k, rc->f->number);
	batch_del(b, T_SEGMENT, key_bytes(&k));
	return OP_DONE;
}

static int
reclaim_submit(struct reclaim *rc,
    enum op_result (*run)(struct batch *b, struct op *op), struct err *err)
{
	struct move_op o = { .op = { .run = run, .class = OP_BACKGROUND },
	    .rc = rc };

	return op_submit(rc->db, &o.op, err);
}

/* Makes the copies count. */
static int
moves_submit(struct reclaim *rc, struct err *err)
{
	if (rc->n == 0)
		return 0;
	segment_sync(rc->w);
	rc->submitted = true;
	if (reclaim_submit(rc, move_run, err) == -1)
		return -1;
	rc->n = 0;
	rc->bytes = 0;
	return 0;
}

/* ---- copying ---- */

static int
bytes_copy(struct reclaim *rc, const struct segment_record *from,
    struct err *err)
{
	uint64_t done = 0;
	size_t n;

	while (done < from->len) {
		n = from->len - done < sizeof(rc->piece) ?
		    (size_t)(from->len - done) : sizeof(rc->piece);
		if (segment_pread(rc->g, rc->f, from->offset +
		    SEGMENT_HEADER + done, rc->piece, n, err) == -1 ||
		    segment_write(rc->w, bytes_make(rc->piece, n), err) == -1)
			return -1;
		done += n;
	}
	return 0;
}

static int
record_copy(struct reclaim *rc, const struct segment_record *from,
    struct err *err)
{
	struct move *m = &rc->move[rc->n];

	if (rc->w == NULL && segment_open(rc->g, &rc->w, err) == -1)
		return -1;
	m->from = *from;
	segment_begin(rc->w, from->id);
	if (bytes_copy(rc, from, err) == -1 ||
	    segment_end(rc->w, &m->to, err) == -1)
		return -1;
	if (m->to.crc != from->crc)
		return err_set(err, ERR_INTERNAL, "segment %u: the record at "
		    "byte %llu is damaged", from->file,
		    (unsigned long long)from->offset);
	rc->n++;
	rc->bytes += from->len;
	if (rc->n == MOVES_MAX || rc->bytes >= MOVE_BYTES_MAX)
		return moves_submit(rc, err);
	return 0;
}

/* Returns 1 if the record is live, 0 if not, -1 on error. */
static int
is_living(struct reclaim *rc, const struct segment_record *rec,
    struct err *err)
{
	struct segment_record row;
	int got;

	got = segment_ref_get(kv_latest(rc->db->kv), rec->id, &row, err);
	if (got != 1)
		return got;
	return row.file == rec->file && row.offset == rec->offset;
}

/* Moves records until no live one is left.  Returns 1 when done, 0 when
   stopped, -1 on error. */
static int
records_move(struct reclaim *rc, struct err *err)
{
	struct segment_record rec;
	struct segment_total t;
	uint64_t at = SEGMENT_FILE_HEADER;
	int got;

	got = segment_total_get(kv_latest(rc->db->kv), rc->f->number, &t, err);
	if (got == -1)
		return -1;
	while (got == 1 && t.records > 0 && at < t.end) {
		if (rc->is_stopping(rc->arg))
			return 0;
		if (segment_header_read(rc->g, rc->f, at, &rec, err) == -1)
			return -1;
		if (rec.len > t.end - at)
			return err_set(err, ERR_INTERNAL, "segment %u: the "
			    "record at byte %llu is too long", rec.file,
			    (unsigned long long)at);
		if ((got = is_living(rc, &rec, err)) == -1 ||
		    (got == 1 && record_copy(rc, &rec, err) == -1))
			return -1;
		got = 1;
		at += SEGMENT_HEADER + rec.len;
	}
	return moves_submit(rc, err) == -1 ? -1 : 1;
}

static int
file_remove(struct reclaim *rc, struct err *err)
{
	char path[SEGMENT_PATH_MAX];

	segment_path(rc->g, rc->f->number, path);
	pthread_mutex_lock(&rc->g->lock);
	segment_remove(rc->g, rc->f);
	pthread_mutex_unlock(&rc->g->lock);
	if (disk_unlink(path) == -1)
		return err_sys(err, ERR_TEMP, "cannot remove '%s'", path);
	return 0;
}

/* Returns 1 if the file was removed, 0 if stopped, -1 on error. */
static int
file_reclaim(struct reclaim *rc, struct err *err)
{
	int done;

	done = records_move(rc, err);
	if (done == 1 && (reclaim_submit(rc, forget_run, err) == -1 ||
	    file_remove(rc, err) == -1))
		done = -1;
	/* A failed operation may have been committed after all. */
	segment_close(&rc->w, rc->submitted);
	return done;
}

/* ---- choosing a segment ---- */

/*
 * A sealed segment is worth it when half of it is dead; one that still takes
 * records, when half a full one is.
 */
static bool
is_mostly_dead(const struct segments *g, const struct segment_file *f,
    const struct segment_total *t)
{
	uint64_t dead = f->size - SEGMENT_FILE_HEADER - t->bytes;

	if (f->state == SEGMENT_WRITING || f->stuck || f->missing ||
	    f->size < SEGMENT_FILE_HEADER + t->bytes)
		return false;
	if (f->state == SEGMENT_FREE)
		return dead >= g->config.size / 2;
	return dead >= t->bytes;
}

struct totals {
	struct candidate {
		uint32_t file;
		struct segment_total total;
	} *list;			/* own; sorted by file */
	size_t n, cap;
};

static int
note_total(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct totals *all = arg;
	struct candidate *k;

	if (all->n == all->cap) {
		all->cap = all->cap == 0 ? 64 : all->cap * 2;
		all->list = reallocarray(all->list, all->cap,
		    sizeof(*all->list));
		if (all->list == NULL)
			fatal("out of memory");
	}
	if (key.len != 4)
		return err_set(err, ERR_INTERNAL, "damaged key of a segment");
	k = &all->list[all->n++];
	k->file = be32_get(key.data);
	return segment_total_decode(value, &k->total, err);
}

static int
compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return x->file < y->file ? -1 : x->file > y->file;
}

/* Locked.  Takes the next one: in use and sealed.  Returns 1, 0 if there is
   none, -1 on error. */
static int
victim_take(struct segments *g, const struct totals *all,
    struct segment_file **out, struct err *err)
{
	struct segment_file *f, *next;
	struct candidate *k, nothing = { 0, { 0, 0, 0 } };

	HASH_ITER(hh, g->files, f, next) {
		nothing.file = f->number;
		k = all->n == 0 ? NULL : bsearch(&nothing, all->list, all->n,
		    sizeof(*all->list), compare_candidates);
		if (!is_mostly_dead(g, f, k == NULL ? &nothing.total :
		    &k->total))
			continue;
		if (segment_use(g, f, err) == -1) {
			/* It would come up first each time. */
			f->stuck = err->kind != ERR_TEMP;
			return -1;
		}
		if (f->state == SEGMENT_FREE)
			LIST_REMOVE(f, free_link);
		f->state = SEGMENT_SEALED;
		*out = f;
		return 1;
	}
	return 0;
}

/* Returns 1 with a segment that is ours until reclaim_end(), 0 if there is
   none, -1 on error. */
static int
reclaim_begin(struct segments *g, struct database *db, struct segment_file **f,
    struct err *err)
{
	struct totals all = { NULL, 0, 0 };
	int rc;

	/* What is committed meanwhile can make the choice worse, not wrong. */
	rc = reader_scan(kv_latest(db->kv), T_SEGMENT, BYTES(""), BYTES(""),
	    note_total, &all, err);
	pthread_mutex_lock(&g->lock);
	if (rc != -1 && g->pins == 0 && !g->reclaiming) {
		rc = victim_take(g, &all, f, err);
		g->reclaiming = rc == 1;
	}
	pthread_mutex_unlock(&g->lock);
	free(all.list);
	return rc;
}

static void
reclaim_end(struct segments *g, struct segment_file *f, bool stuck)
{
	pthread_mutex_lock(&g->lock);
	f->stuck = stuck;
	g->reclaiming = false;
	pthread_cond_broadcast(&g->change);
	pthread_mutex_unlock(&g->lock);
	segment_put(g, f);
}

int
segment_reclaim(struct database *db, struct segments *g,
    bool (*is_stopping)(void *arg), void *arg,
    struct err *err)
{
	struct reclaim *rc;
	struct segment_file *f = NULL;
	int got = 1;

	while (got == 1 && !is_stopping(arg) &&
	    (got = reclaim_begin(g, db, &f, err)) == 1) {
		if ((rc = calloc(1, sizeof(*rc))) == NULL)
			fatal("out of memory");
		rc->db = db;
		rc->g = g;
		rc->f = f;
		rc->is_stopping = is_stopping;
		rc->arg = arg;
		got = file_reclaim(rc, err);
		/* Damage would make it fail again, after the same copying. */
		reclaim_end(g, f, got == -1 &&
		    err->kind != ERR_TEMP);
		free(rc);
	}
	return got == -1 ? -1 : 0;
}
