/* batch - the write set: a skip list over the database, with an undo list. */
#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "kv/key.h"
#include "commit/batch-private.h"

/* Levels for a million entries when one in four goes up a level. */
#define LEVELS	10

enum entry_state {
	ENTRY_NONE,		/* rolled back: ignore it */
	ENTRY_PUT,
	ENTRY_DELETED
};

struct batch_entry {
	uint64_t head;		/* first 8 bytes of the key, as a number */
	uint8_t table;
	uint8_t state;		/* enum entry_state */
	struct bytes key, value;
	struct batch_entry *next[];
};

/* What a change replaced. */
struct undo {
	struct batch_entry *entry;
	struct bytes value;
	uint8_t state;
};

struct batch {
	struct arena arena;
	struct reader reader;
	const struct kv *kv;			/* borrowed */
	const struct reader *base;		/* borrowed */
	struct batch_entry *first[LEVELS];
	uint64_t seed;				/* for random levels */
	size_t nentries;
	size_t bytes;
	int64_t now;
	bool crowded;
	struct undo *undos;			/* own */
	size_t nundos, undos_cap;
	struct touch *touches;			/* own */
	size_t ntouches, touches_cap;
	size_t nworks;			/* calls of batch_leave_work() */
	struct change *list;			/* own */
	size_t list_cap;
};

/* ---- growing arrays ---- */

static void *
grow(void *p, size_t *cap, size_t want, size_t size)
{
	size_t n = *cap == 0 ? 256 : *cap;

	if (want <= *cap)
		return p;
	while (n < want)
		n *= 2;
	if ((p = reallocarray(p, n, size)) == NULL)
		fatal("out of memory");
	*cap = n;
	return p;
}

/* ---- the skip list ---- */

static uint64_t
key_head(struct bytes key)
{
	uint8_t b[8] = { 0 };

	memcpy(b, key.data, key.len < 8 ? key.len : 8);
	return be64_get(b);
}

/* Does e sort before (table, key)? */
static bool
entry_before(const struct batch_entry *e, unsigned t, uint64_t head,
    struct bytes key)
{
	if (e->table != t)
		return e->table < t;
	if (e->head != head)
		return e->head < head;
	return bytes_cmp(e->key, key) < 0;
}

static struct batch_entry **
links_of(struct batch *b, struct batch_entry *e)
{
	return e == NULL ? b->first : e->next;
}

/* Finds the first entry that does not sort before (table, key).  path gets the
   last entry before it on each level. */
static struct batch_entry *
entry_seek(struct batch *b, unsigned t, struct bytes key,
    struct batch_entry *path[LEVELS])
{
	struct batch_entry *at = NULL, *e;
	uint64_t head = key_head(key);

	for (int i = LEVELS - 1; i >= 0; i--) {
		while ((e = links_of(b, at)[i]) != NULL &&
		    entry_before(e, t, head, key))
			at = e;
		if (path != NULL)
			path[i] = at;
	}
	return links_of(b, at)[0];
}

static bool
entry_is(const struct batch_entry *e, unsigned t, struct bytes key)
{
	return e != NULL && e->table == t && bytes_eq(e->key, key);
}

static int
random_levels(struct batch *b)
{
	uint64_t x;
	int n = 1;

	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 7;
	b->seed ^= b->seed << 17;
	for (x = b->seed; n < LEVELS && (x & 3) == 0; x >>= 2)
		n++;
	return n;
}

static struct batch_entry *
entry_insert(struct batch *b, unsigned t, struct bytes key)
{
	struct batch_entry *path[LEVELS], *e = entry_seek(b, t, key, path);
	int levels;

	if (entry_is(e, t, key))
		return e;
	levels = random_levels(b);
	e = arena_alloc(&b->arena,
	    sizeof(*e) + (size_t)levels * sizeof(e->next[0]));
	e->head = key_head(key);
	e->table = (uint8_t)t;
	e->state = ENTRY_NONE;
	e->key = bytes_dup(&b->arena, key);
	e->value = bytes_make(NULL, 0);
	for (int i = 0; i < levels; i++) {
		e->next[i] = links_of(b, path[i])[i];
		links_of(b, path[i])[i] = e;
	}
	b->nentries++;
	return e;
}

/* ---- changing ---- */

static void
entry_change(struct batch *b, unsigned t, struct bytes key,
    enum entry_state state, struct bytes value)
{
	struct batch_entry *e;

	assert(key.len > 0 && key.len <= KEY_MAX);
	e = entry_insert(b, t, key);
	b->undos = grow(b->undos, &b->undos_cap, b->nundos + 1,
	    sizeof(*b->undos));
	b->undos[b->nundos++] = (struct undo){ e, e->value, e->state };
	e->state = (uint8_t)state;
	e->value = value;
	b->bytes += key.len + value.len;
}

void
batch_put(struct batch *b, unsigned t, struct bytes key, struct bytes value)
{
	entry_change(b, t, key, ENTRY_PUT, bytes_dup(&b->arena, value));
}

void
batch_put_borrowed(struct batch *b, unsigned t, struct bytes key,
    struct bytes value)
{
	entry_change(b, t, key, ENTRY_PUT, value);
}

void
batch_del(struct batch *b, unsigned t, struct bytes key)
{
	entry_change(b, t, key, ENTRY_DELETED, bytes_make(NULL, 0));
}

void
batch_touch(struct batch *b, uint64_t account, uint32_t mbox, uint64_t modseq,
    uint32_t page)
{
	b->touches = grow(b->touches, &b->touches_cap, b->ntouches + 1,
	    sizeof(*b->touches));
	b->touches[b->ntouches++] = (struct touch){ account, mbox, page,
	    modseq };
}

void
batch_leave_work(struct batch *b)
{
	b->nworks++;
}

bool
batch_has_work(const struct batch *b)
{
	return b->nworks > 0;
}

size_t
batch_share(const struct batch *b, size_t n)
{
	return b->crowded && n >= 8 ? n / 8 : n;
}

int64_t
batch_time(const struct batch *b)
{
	return b->now;
}

/* ---- reading ---- */

static int
overlay_get(const struct reader *r, unsigned t, struct bytes key,
    struct buf *value, struct err *err)
{
	struct batch *b = r->impl;
	const struct batch_entry *e = entry_seek(b, t, key, NULL);

	if (!entry_is(e, t, key) || e->state == ENTRY_NONE)
		return reader_get(b->base, t, key, value, err);
	buf_clear(value);
	if (e->state == ENTRY_DELETED)
		return 0;
	buf_bytes(value, e->value);
	return 1;
}

/*
 * A scan that merges the write set and the database.  `next' is the first
 * entry not yet given to fn; it is looked up again if entries were added.
 */
struct merge {
	struct batch *b;
	unsigned table;
	struct bytes prefix;
	scan_fn *fn;
	void *arg;
	struct batch_entry *next;
	size_t nentries;		/* when next was looked up */
	struct buf last;		/* own: last key given to fn */
	bool begun;
};

static bool
has_prefix(struct bytes key, struct bytes prefix)
{
	return key.len >= prefix.len && (prefix.len == 0 ||
	    memcmp(key.data, prefix.data, prefix.len) == 0);
}

static int
merge_give(struct merge *m, struct bytes key, struct bytes value,
    struct err *err)
{
	buf_clear(&m->last);
	buf_bytes(&m->last, key);
	m->begun = true;
	return m->fn(m->arg, key, value, err);
}

static void
merge_refresh(struct merge *m)
{
	struct bytes last = buf_view(&m->last);

	if (m->nentries == m->b->nentries)
		return;
	m->nentries = m->b->nentries;
	if (!m->begun)
		return;
	m->next = entry_seek(m->b, m->table, last, NULL);
	if (entry_is(m->next, m->table, last))
		m->next = m->next->next[0];
}

/* Gives fn the entries before key (NULL: the rest of the prefix). */
static int
merge_entries(struct merge *m, const struct bytes *key, struct err *err)
{
	struct batch_entry *e;
	int rc;

	for (;;) {
		merge_refresh(m);
		e = m->next;
		if (e == NULL || e->table != m->table ||
		    !has_prefix(e->key, m->prefix) ||
		    (key != NULL && bytes_cmp(e->key, *key) >= 0))
			return 0;
		m->next = e->next[0];
		if (e->state != ENTRY_PUT)
			continue;
		if ((rc = merge_give(m, e->key, e->value, err)) != 0)
			return rc;
	}
}

/* Gives fn the entries before one record of the database, then the record. */
static int
merge_record(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct merge *m = arg;
	struct batch_entry *e;
	int rc;

	if ((rc = merge_entries(m, &key, err)) != 0)
		return rc;
	e = m->next;
	if (!entry_is(e, m->table, key))
		return merge_give(m, key, value, err);
	m->next = e->next[0];
	if (e->state == ENTRY_NONE)
		return merge_give(m, key, value, err);
	if (e->state == ENTRY_PUT)
		return merge_give(m, e->key, e->value, err);
	return 0;
}

static int
overlay_scan(const struct reader *r, unsigned t, struct bytes from,
    struct bytes prefix, scan_fn *fn, void *arg, struct err *err)
{
	struct batch *b = r->impl;
	struct merge m = { .b = b, .table = t, .prefix = prefix, .fn = fn,
	    .arg = arg, .nentries = b->nentries };
	int rc;

	if (bytes_cmp(from, prefix) < 0)
		from = prefix;
	m.next = entry_seek(b, t, from, NULL);
	rc = reader_scan(b->base, t, from, prefix, merge_record, &m, err);
	if (rc == 0)
		rc = merge_entries(&m, NULL, err);
	buf_free(&m.last);
	return rc;
}

static const struct reader_ops overlay_ops = { overlay_get, overlay_scan };

const struct reader *
batch_reader(struct batch *b)
{
	return &b->reader;
}

/* ---- for the committer ---- */

struct batch *
batch_new(struct kv *kv)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		fatal("out of memory");
	arena_init(&b->arena);
	b->kv = kv;
	b->base = kv_latest(kv);
	b->reader = (struct reader){ &overlay_ops, b };
	b->seed = 0x9e3779b97f4a7c15u;
	return b;
}

void
batch_free(struct batch **bp)
{
	struct batch *b = *bp;

	if (b == NULL)
		return;
	arena_clear(&b->arena);
	free(b->undos);
	free(b->touches);
	free(b->list);
	free(b);
	*bp = NULL;
}

void
batch_reset(struct batch *b, int64_t now, bool crowded)
{
	arena_clear(&b->arena);
	memset(b->first, 0, sizeof(b->first));
	b->nentries = b->nundos = b->ntouches = b->bytes = b->nworks = 0;
	b->now = now;
	b->crowded = crowded;
}

struct savepoint
batch_savepoint(const struct batch *b)
{
	return (struct savepoint){ b->nundos, b->ntouches, b->bytes,
	    b->nworks };
}

void
batch_rollback(struct batch *b, struct savepoint sp)
{
	while (b->nundos > sp.undos) {
		const struct undo *u = &b->undos[--b->nundos];

		u->entry->state = u->state;
		u->entry->value = u->value;
	}
	b->ntouches = sp.touches;
	b->nworks = sp.works;
	b->bytes = sp.bytes;
}

size_t
batch_size(const struct batch *b)
{
	return b->bytes;
}

static int
compare_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

const uint64_t *
batch_accounts(struct batch *b, size_t *count)
{
	uint64_t *ids = arena_alloc(&b->arena,
	    (b->nentries + 1) * sizeof(*ids));
	size_t n = 0, out = 0;

	for (const struct batch_entry *e = b->first[0]; e != NULL;
	    e = e->next[0])
		if (e->state != ENTRY_NONE && e->key.len >= 8 &&
		    kv_table(b->kv, e->table)->class == TABLE_ACCOUNT &&
		    (n == 0 || ids[n - 1] != e->head))
			ids[n++] = e->head;
	qsort(ids, n, sizeof(*ids), compare_u64);
	for (size_t i = 0; i < n; i++)
		if (out == 0 || ids[out - 1] != ids[i])
			ids[out++] = ids[i];
	*count = out;
	return ids;
}

const struct change *
batch_list(struct batch *b, size_t *n)
{
	b->list = grow(b->list, &b->list_cap, b->nentries + 1,
	    sizeof(*b->list));
	*n = 0;
	for (const struct batch_entry *e = b->first[0]; e != NULL;
	    e = e->next[0])
		if (e->state != ENTRY_NONE)
			b->list[(*n)++] = (struct change){
			    e->table, e->key, e->value,
			    e->state == ENTRY_DELETED };
	return b->list;
}

static int
compare_touches(const void *a, const void *b)
{
	const struct touch *x = a, *y = b;

	if (x->account != y->account)
		return x->account < y->account ? -1 : 1;
	if (x->mbox != y->mbox)
		return x->mbox < y->mbox ? -1 : 1;
	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return x->modseq < y->modseq ? -1 : x->modseq > y->modseq;
}

const struct touch *
batch_touches(struct batch *b, size_t *n)
{
	struct touch *t = b->touches;
	size_t out = 0;

	if (b->ntouches > 1)
		qsort(t, b->ntouches, sizeof(*t), compare_touches);
	/* Of the touches of one page, the last has the largest modseq. */
	for (size_t i = 0; i < b->ntouches; i++) {
		if (i + 1 < b->ntouches && t[i].account == t[i + 1].account &&
		    t[i].mbox == t[i + 1].mbox && t[i].page == t[i + 1].page)
			continue;
		t[out++] = t[i];
	}
	*n = b->ntouches = out;
	return t;
}
