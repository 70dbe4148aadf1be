/*
 * integrity_body - checks the bodies of one account: references, locations,
 * bytes and derived records.
 */
#include <config.h>

#include <stdlib.h>

#include "base/encode.h"
#include "proto/parsed.h"
#include "segment/tables.h"
#include "repair/integrity-private.h"

/* A body that has a reference row. */
struct body_note {
	uint64_t body;
	struct body_ref ref;
	bool located;
	const struct segment_record *rec;	/* NULL: all is in T_BODY */
	uint64_t chunks_len;		/* bytes that T_BODY has to hold */
	/* Read from it so far: */
	uint64_t len;
	uint32_t chunks, crc;
};

struct bodycheck {
	struct integrity_account *va;
	struct body_note *notes;	/* own; sorted by body */
	size_t n, cap;
	size_t use;			/* index of the next in va->uses */
};

#define BODY_FAULT(c, body, fmt, ...)					\
	integrity_account_fault((c)->va, "body %llu: " fmt,		\
	    (unsigned long long)(body), ##__VA_ARGS__)

static bool
key_fits(struct bodycheck *c, enum table t, struct bytes key, size_t n)
{
	if (key.len == n)
		return true;
	integrity_account_fault(c->va, "table %s has a key of %zu bytes",
	    store_tables[t].name, key.len);
	return false;
}

static struct body_note *
note_of(struct bodycheck *c, uint64_t body)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c->notes[middle].body == body)
			return &c->notes[middle];
		if (c->notes[middle].body < body)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* ---- references ---- */

static int
compare_uses(const void *a, const void *b)
{
	const struct body_use *x = a, *y = b;

	return x->body < y->body ? -1 : x->body > y->body;
}

/* Reports messages whose bodies, numbered below this one, do not exist. */
static void
skip_uses(struct bodycheck *c, uint64_t body)
{
	const struct integrity_account *va = c->va;

	for (; c->use < va->nuses && va->uses[c->use].body < body; c->use++)
		BODY_FAULT(c, va->uses[c->use].body,
		    "a message refers to it, but it does not exist");
}

static uint32_t
count_uses(struct bodycheck *c, uint64_t body, uint64_t len)
{
	const struct integrity_account *va = c->va;
	uint32_t n = 0;

	skip_uses(c, body);
	for (; c->use < va->nuses && va->uses[c->use].body == body;
	    c->use++, n++)
		if (va->uses[c->use].size != len)
			BODY_FAULT(c, body, "it has %llu bytes, but its "
			    "message has %llu", (unsigned long long)len,
			    (unsigned long long)va->uses[c->use].size);
	return n;
}

static int
check_ref(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct bodycheck *c = arg;
	struct body_note *n;
	struct err why = ERR_INIT;
	uint32_t uses;

	if (!key_fits(c, T_BODY_REF, key, 16))
		return 0;
	c->notes = integrity_grow(c->notes, c->n, &c->cap, sizeof(*c->notes));
	n = &c->notes[c->n++];
	*n = (struct body_note){ .body = be64_get(key.data + 8) };
	if (body_ref_row_decode(value, &n->ref, &why) == -1) {
		BODY_FAULT(c, n->body, "%s", why.text);
		c->n--;
		return 0;
	}
	n->chunks_len = n->ref.len;
	uses = count_uses(c, n->body, n->ref.len);
	if (uses != n->ref.refcount)
		BODY_FAULT(c, n->body, "its reference count is %u, but %u "
		    "messages refer to it", n->ref.refcount, uses);
	if (n->body >= c->va->acc.next_body)
		BODY_FAULT(c, n->body, "its number is not assigned yet");
	return 0;
}

/* ---- locations and bytes ---- */

/* n is NULL if the body has no reference row; the location still counts. */
static void
note_segment(struct bodycheck *c, uint64_t body, const struct body_loc *loc,
    struct body_note *n)
{
	const struct segment_record *rec;

	rec = integrity_segment_use(c->va->v, loc->record);
	if (rec == NULL)
		BODY_FAULT(c, body, "its record in a segment does not exist");
	else if (n != NULL && n->ref.len != loc->prefix_len + rec->len)
		BODY_FAULT(c, body, "%llu of its %llu bytes are there",
		    (unsigned long long)(loc->prefix_len + rec->len),
		    (unsigned long long)n->ref.len);
	if (n == NULL)
		return;
	n->rec = rec;
	n->chunks_len = loc->prefix_len;
}

static int
check_loc(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct bodycheck *c = arg;
	struct body_note *n;
	struct body_loc loc;
	struct err why = ERR_INIT;
	uint64_t body;

	if (!key_fits(c, T_BODY_LOC, key, 16))
		return 0;
	body = be64_get(key.data + 8);
	if ((n = note_of(c, body)) == NULL)
		BODY_FAULT(c, body, "it has a location, but no reference row");
	else
		n->located = true;
	if (body_loc_row_decode(value, &loc, &why) == -1)
		BODY_FAULT(c, body, "%s", why.text);
	else if (loc.kind == BODY_IN_SEGMENT)
		note_segment(c, body, &loc, n);
	return 0;
}

/* Is this a chunk of a body that is being removed? */
static bool
chunk_is_left_over(const struct bodycheck *c, uint64_t body, uint32_t chunk)
{
	for (size_t i = 0; i < c->va->ntodos; i++) {
		const struct integrity_todo *t = &c->va->todos[i];

		if (t->kind == TODO_BODY && t->todo.body == body &&
		    chunk < t->todo.chunks)
			return true;
	}
	return false;
}

static int
check_chunk(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct bodycheck *c = arg;
	struct body_note *n;
	uint64_t body;
	uint32_t chunk;

	if (!key_fits(c, T_BODY, key, 20))
		return 0;
	body = be64_get(key.data + 8);
	chunk = be32_get(key.data + 16);
	if ((n = note_of(c, body)) == NULL) {
		if (!chunk_is_left_over(c, body, chunk))
			BODY_FAULT(c, body, "it has bytes, but no reference "
			    "row");
		return 0;
	}
	if (chunk != n->chunks)
		BODY_FAULT(c, body, "chunk %u is missing", n->chunks);
	n->chunks = chunk + 1;
	n->len += value.len;
	n->crc = crc32c(n->crc, value.data, value.len);
	if (value.len != BODY_CHUNK && n->len != n->chunks_len)
		BODY_FAULT(c, body, "chunk %u has %zu bytes", chunk,
		    value.len);
	return 0;
}

/* The bytes of a record were already checked with its segment. */
static uint32_t
note_crc(const struct body_note *n)
{
	return n->rec == NULL ? n->crc :
	    crc32c_combine(n->crc, n->rec->crc, n->rec->len);
}

static void
check_notes(struct bodycheck *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct body_note *n = &c->notes[i];

		if (!n->located)
			BODY_FAULT(c, n->body, "it has no location");
		if (n->len != n->chunks_len)
			BODY_FAULT(c, n->body, "%llu of its %llu bytes are "
			    "there", (unsigned long long)n->len,
			    (unsigned long long)n->chunks_len);
		else if (note_crc(n) != n->ref.crc)
			BODY_FAULT(c, n->body, "its checksum is wrong");
	}
}

/* ---- records that belong to bodies ---- */

static int
check_parsed(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct bodycheck *c = arg;
	struct err why = ERR_INIT;
	struct parsed pd;
	uint64_t body;

	if (!key_fits(c, T_PARSED, key, 16))
		return 0;
	body = be64_get(key.data + 8);
	if (note_of(c, body) == NULL)
		BODY_FAULT(c, body, "it has a parsed record, but no reference "
		    "row");
	else if (parsed_open(value, &pd, &why) == -1)
		BODY_FAULT(c, body, "its parsed record: %s", why.text);
	return 0;
}

static int
check_origin(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct bodycheck *c = arg;

	if (key_fits(c, T_ORIGIN, key, 16) &&
	    note_of(c, be64_get(key.data + 8)) == NULL)
		BODY_FAULT(c, be64_get(key.data + 8), "it has an origin, but "
		    "no reference row");
	return 0;
}

static int
check_tables(struct bodycheck *c, struct err *err)
{
	static const struct {
		enum table t;
		scan_fn *check;
	} rows[] = {
		{ T_BODY_REF, check_ref }, { T_BODY_LOC, check_loc },
		{ T_BODY, check_chunk }, { T_PARSED, check_parsed },
		{ T_ORIGIN, check_origin }
	};
	struct key prefix;

	key_account(&prefix, c->va->acc.id);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (reader_scan(c->va->v->r, rows[i].t, BYTES(""),
		    key_bytes(&prefix), rows[i].check, c, err) == -1)
			return -1;
	return 0;
}

int
integrity_bodies(struct integrity_account *va, struct err *err)
{
	struct bodycheck c = { .va = va };
	int rc;

	if (va->nuses > 1)
		qsort(va->uses, va->nuses, sizeof(*va->uses), compare_uses);
	rc = check_tables(&c, err);
	if (rc == 0) {
		skip_uses(&c, UINT64_MAX);
		check_notes(&c);
	}
	free(c.notes);
	return rc;
}
