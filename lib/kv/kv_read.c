/* kv_read - reads single values and ranges, in a snapshot or outside one. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kv/kv-private.h"

/*
 * Buffers for bulk reads.  A scan begins with a small one, so that a short
 * range does not copy half a database, and goes on with larger ones.  Each
 * thread keeps a few, because scans may nest.
 */
#define BULK_FIRST	(8 * 1024)
#define BULK_MAX	(256 * 1024)
#define BULK_KEPT	4

struct bulk_cache {
	char *free[BULK_KEPT];		/* own; BULK_MAX bytes each */
	int n;
};

static pthread_key_t bulk_key;
static pthread_once_t bulk_once = PTHREAD_ONCE_INIT;

static void
bulk_cache_free(void *arg)
{
	struct bulk_cache *c = arg;

	while (c->n > 0)
		free(c->free[--c->n]);
	free(c);
}

static void
bulk_key_make(void)
{
	if (pthread_key_create(&bulk_key, bulk_cache_free) != 0)
		fatal("out of thread keys");
}

static struct bulk_cache *
bulk_cache_get(void)
{
	struct bulk_cache *c;

	pthread_once(&bulk_once, bulk_key_make);
	if ((c = pthread_getspecific(bulk_key)) != NULL)
		return c;
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    pthread_setspecific(bulk_key, c) != 0)
		fatal("out of memory");
	return c;
}

static char *
bulk_get(void)
{
	struct bulk_cache *c = bulk_cache_get();
	char *p;

	if (c->n > 0)
		return c->free[--c->n];
	/* Berkeley DB requires alignment for integers. */
	if ((p = malloc(BULK_MAX)) == NULL)
		fatal("out of memory");
	return p;
}

static void
bulk_put(char *p)
{
	struct bulk_cache *c = bulk_cache_get();

	if (c->n < BULK_KEPT)
		c->free[c->n++] = p;
	else
		free(p);
}

/* ---- one value ---- */

static DBT
dbt_of(struct bytes b)
{
	DBT d;

	memset(&d, 0, sizeof(d));
	d.data = (void *)b.data;
	d.size = (u_int32_t)b.len;
	return d;
}

static DBT
dbt_room(void *p, size_t n)
{
	DBT d;

	memset(&d, 0, sizeof(d));
	d.data = p;
	d.ulen = (u_int32_t)n;
	d.flags = DB_DBT_USERMEM;
	return d;
}

/*
 * Begins a search in a snapshot.  Only a few threads may search at the same
 * time: see searchers() in kv.c.  A thread that finds the root page of a tree
 * latched by the writer tries again at once (__bam_get_root()), and takes a
 * shared latch on the page's hash bucket for each try.  The writer needs that
 * bucket exclusively, to put a new version of the page there, and the latch
 * prefers readers.  With tens of workers one of them always held it: all
 * processors were busy and nothing progressed.
 *
 * Not limited are the committer, whose own writes cannot wait while it reads;
 * tables without versions, where a reader may wait for the writer's next
 * flush; and cursors past their first read, which do not look at the root and
 * may wait for a cold disk.
 */
static void
search_begin(struct kv *kv, const DB_TXN *snapshot)
{
	if (snapshot != NULL)
		while (sem_wait(&kv->searchers) == -1 && errno == EINTR)
			;
}

static void
search_end(struct kv *kv, const DB_TXN *snapshot)
{
	if (snapshot != NULL)
		(void)sem_post(&kv->searchers);
}

/* Bodies have no versions: they never change and are read as they are. */
static DB_TXN *
snap_txn(const struct kv_snap *snap, unsigned t)
{
	return snap != NULL &&
	    (kv_table(snap->kv, t)->flags & TABLE_MULTIVERSION) ? snap->txn :
	    NULL;
}

/* snap is NULL for the latest data. */
static int
get_value(struct kv *kv, const struct kv_snap *snap, unsigned t,
    struct bytes key, struct buf *value, struct err *err)
{
	DB *db = kv->db[t];
	DB_TXN *txn = snap_txn(snap, t);
	DBT k = dbt_of(key), v;
	size_t room = 1024;
	int rc, tries = 0;

	buf_clear(value);
	if (value->cap > room)
		room = value->cap;
	do {
		char *p = buf_reserve(value, room);

		v = dbt_room(p, room);
		search_begin(kv, txn);
		rc = db->get(db, txn, &k, &v, 0);
		search_end(kv, txn);
		if (rc == DB_BUFFER_SMALL)
			room = v.size;
	} while (rc == DB_BUFFER_SMALL ||
	    (kv_is_deadlock(rc) && tries++ < KV_RETRIES));
	if (rc == DB_NOTFOUND)
		return 0;
	if (rc != 0)
		return kv_fail(kv, err, rc, "reading table '%s'",
		    kv_table(kv, t)->name);
	value->len = v.size;
	return 1;
}

int
kv_get_part(struct kv *kv, unsigned t, struct bytes key, uint64_t offset,
    size_t n, struct buf *value, struct err *err)
{
	DB *db = kv->db[t];
	DBT k = dbt_of(key), v;
	int rc, tries = 0;

	buf_clear(value);
	if (offset > UINT32_MAX || n > UINT32_MAX)
		return err_set(err, ERR_INTERNAL, "no value is that long");
	v = dbt_room(buf_reserve(value, n), n);
	v.flags |= DB_DBT_PARTIAL;
	v.doff = (u_int32_t)offset;
	v.dlen = (u_int32_t)n;
	do
		rc = db->get(db, NULL, &k, &v, 0);
	while (kv_is_deadlock(rc) && tries++ < KV_RETRIES);
	if (rc == DB_NOTFOUND)
		return 0;
	if (rc != 0)
		return kv_fail(kv, err, rc, "reading table '%s'",
		    kv_table(kv, t)->name);
	value->len = v.size;
	return 1;
}

/* ---- scans ---- */

struct scan {
	struct kv *kv;
	const struct kv_snap *snap;	/* NULL: the latest */
	unsigned table;
	struct bytes prefix;
	scan_fn *fn;
	void *arg;
	DBC *cursor;
	char *bulk;			/* own */
	size_t room;			/* bytes of bulk to use next */
	struct buf last;		/* own: last key given to fn */
};

static bool
bytes_begin(struct bytes b, struct bytes prefix)
{
	return b.len >= prefix.len && (prefix.len == 0 ||
	    memcmp(b.data, prefix.data, prefix.len) == 0);
}

static int
scan_give(struct scan *s, struct bytes key, struct bytes value,
    struct err *err)
{
	buf_clear(&s->last);
	buf_bytes(&s->last, key);
	return s->fn(s->arg, key, value, err);
}

/* Gives fn the records of one bulk read. */
static int
scan_records(struct scan *s, DBT *v, bool *end, struct err *err)
{
	void *p, *key, *value;
	size_t key_len, value_len;
	int rc;

	DB_MULTIPLE_INIT(p, v);
	for (;;) {
		DB_MULTIPLE_KEY_NEXT(p, v, key, key_len, value, value_len);
		if (p == NULL)
			return 0;
		if (!bytes_begin(bytes_make(key, key_len), s->prefix)) {
			*end = true;
			return 0;
		}
		rc = scan_give(s, bytes_make(key, key_len),
		    bytes_make(value, value_len), err);
		if (rc != 0)
			return rc;
	}
}

static int
cursor_get(struct scan *s, DBT *k, DBT *v, u_int32_t how)
{
	bool goes_on = (how & DB_OPFLAGS_MASK) == DB_NEXT;
	DB_TXN *txn = goes_on ? NULL : snap_txn(s->snap, s->table);
	int rc;

	search_begin(s->kv, txn);
	rc = s->cursor->get(s->cursor, k, v, how);
	search_end(s->kv, txn);
	return rc;
}

/* Reads a record that is larger than the buffer, alone. */
static int
scan_large(struct scan *s, u_int32_t how, const DBT *k, bool *end, int *dbrc,
    struct err *err)
{
	DBT key = *k, none = dbt_room(NULL, 0);
	struct buf value = BUF_INIT;
	struct bytes found;
	int rc = 0;

	key.flags = DB_DBT_MALLOC;
	none.flags |= DB_DBT_PARTIAL;
	*dbrc = cursor_get(s, &key, &none, how);
	if (*dbrc != 0)
		return 0;
	found = bytes_make(key.data, key.size);
	if (!bytes_begin(found, s->prefix))
		*end = true;
	else if ((rc = get_value(s->kv, s->snap, s->table, found, &value,
	    err)) == 1)
		rc = scan_give(s, found, buf_view(&value), err);
	free(key.data);
	buf_free(&value);
	return rc;
}

/* Does one bulk read and gives its records to fn.  Returns 0 to continue, 1 if
   fn stopped the scan, -1 on error. */
static int
scan_step(struct scan *s, struct bytes from, u_int32_t how, bool *end,
    int *dbrc, struct err *err)
{
	DBT k = dbt_of(from), v = dbt_room(s->bulk, s->room);

	*dbrc = cursor_get(s, &k, &v, how | DB_MULTIPLE_KEY);
	if (*dbrc == DB_BUFFER_SMALL && s->room < BULK_MAX) {
		s->room = BULK_MAX;
		v = dbt_room(s->bulk, s->room);
		*dbrc = cursor_get(s, &k, &v, how | DB_MULTIPLE_KEY);
	}
	if (*dbrc == DB_BUFFER_SMALL)
		return scan_large(s, how, &k, end, dbrc, err);
	if (*dbrc != 0)
		return 0;
	s->room = s->room * 8 > BULK_MAX ? BULK_MAX : s->room * 8;
	return scan_records(s, &v, end, err);
}

/*
 * Scans from the given key to the end of the prefix.  *dbrc is the last return
 * code of Berkeley DB.  After a lost deadlock the scan resumes after s->last.
 */
static int
scan_pass(struct scan *s, struct bytes from, int *dbrc, struct err *err)
{
	DB *db = s->kv->db[s->table];
	u_int32_t how = from.len > 0 ? DB_SET_RANGE : DB_FIRST;
	bool end = false;
	int rc = 0;

	if ((*dbrc = db->cursor(db, snap_txn(s->snap, s->table),
	    &s->cursor, 0)) != 0)
		return 0;
	while (*dbrc == 0 && rc == 0 && !end) {
		rc = scan_step(s, from, how, &end, dbrc, err);
		how = DB_NEXT;
	}
	s->cursor->close(s->cursor);
	return rc;
}

static int
scan_table(struct kv *kv, const struct kv_snap *snap, unsigned t,
    struct bytes from, struct bytes prefix, scan_fn *fn, void *arg,
    struct err *err)
{
	struct scan s = { .kv = kv, .snap = snap, .table = t, .prefix = prefix,
	    .fn = fn, .arg = arg, .room = BULK_FIRST };
	struct buf again = BUF_INIT;
	int dbrc, rc, tries = 0;

	if (bytes_cmp(from, prefix) < 0)
		from = prefix;
	s.bulk = bulk_get();
	rc = scan_pass(&s, from, &dbrc, err);
	while (rc == 0 && kv_is_deadlock(dbrc) && tries++ < KV_RETRIES) {
		if (s.last.len > 0) {
			/* The smallest key greater than the last one. */
			buf_clear(&again);
			buf_bytes(&again, buf_view(&s.last));
			buf_byte(&again, '\0');
			from = buf_view(&again);
		}
		rc = scan_pass(&s, from, &dbrc, err);
	}
	if (rc == 0 && dbrc != 0 && dbrc != DB_NOTFOUND)
		rc = kv_fail(kv, err, dbrc, "reading table '%s'",
		    kv_table(kv, t)->name);
	bulk_put(s.bulk);
	buf_free(&s.last);
	buf_free(&again);
	return rc;
}

/* ---- readers ---- */

static int
snap_get(const struct reader *r, unsigned t, struct bytes key,
    struct buf *value, struct err *err)
{
	const struct kv_snap *snap = r->impl;

	return get_value(snap->kv, snap, t, key, value, err);
}

static int
snap_scan(const struct reader *r, unsigned t, struct bytes from,
    struct bytes prefix, scan_fn *fn, void *arg, struct err *err)
{
	const struct kv_snap *snap = r->impl;

	return scan_table(snap->kv, snap, t, from, prefix, fn, arg, err);
}

const struct reader_ops kv_reader_ops = { snap_get, snap_scan };

static int
latest_get(const struct reader *r, unsigned t, struct bytes key,
    struct buf *value, struct err *err)
{
	return get_value(r->impl, NULL, t, key, value, err);
}

static int
latest_scan(const struct reader *r, unsigned t, struct bytes from,
    struct bytes prefix, scan_fn *fn, void *arg, struct err *err)
{
	return scan_table(r->impl, NULL, t, from, prefix, fn, arg, err);
}

const struct reader_ops kv_latest_ops = { latest_get, latest_scan };

const struct reader *
kv_latest(struct kv *kv)
{
	return &kv->latest;
}

int
kv_snap_begin(struct kv *kv, struct kv_snap *snap, struct err *err)
{
	DB_TXN *txn;
	int rc;

	rc = kv->env->txn_begin(kv->env, NULL, &txn, DB_TXN_SNAPSHOT);
	if (rc != 0)
		return kv_fail(kv, err, rc, "cannot begin a snapshot");
	snap->kv = kv;
	snap->txn = txn;
	snap->reader.ops = &kv_reader_ops;
	snap->reader.impl = snap;
	return 0;
}

void
kv_snap_end(struct kv_snap *snap)
{
	DB_TXN *txn = snap->txn;

	if (txn != NULL)
		txn->abort(txn);
	snap->txn = NULL;
}

int
reader_get(const struct reader *r, unsigned t, struct bytes key,
    struct buf *value, struct err *err)
{
	return r->ops->get(r, t, key, value, err);
}

int
reader_scan(const struct reader *r, unsigned t, struct bytes from,
    struct bytes prefix, scan_fn *fn, void *arg, struct err *err)
{
	return r->ops->scan(r, t, from, prefix, fn, arg, err);
}
