/* message_purge - purges messages, mailboxes and accounts in slices */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "base/number_set.h"
#include "kv/row.h"
#include "segment/segment.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "store/mailbox_key.h"
#include "store/message_purge.h"
#include "store/page_write.h"
#include "store/store.h"
#include "store/stored_message-private.h"
#include "store/watch.h"

/* Number of cheap rows to delete in one operation. */
#define CHEAP_SLICE	1000
/* Number of chunks that are deleted together with a body's last reference, and
   in one slice of a larger body. */
#define CHUNKS_SLICE	4

/* ---- locations ---- */

/*
 * Deletes a body's location and releases its segment record.  *chunks is set to
 * the number of its chunks in T_BODY.
 */
static int
location_del(struct batch *b, uint64_t account, uint64_t body, uint64_t len,
    uint32_t *chunks, struct err *err)
{
	struct body_loc loc;
	struct key k;
	int rc;

	rc = body_loc_get(batch_reader(b), account, body, &loc, err);
	if (rc == -1)
		return -1;
	*chunks = body_chunks(rc == 1 && loc.kind == BODY_IN_SEGMENT ?
	    loc.prefix_len : len);
	if (rc == 1 && loc.kind == BODY_IN_SEGMENT &&
	    segment_unref(b, loc.record, err) == -1)
		return -1;
	key_account_u64(&k, account, body);
	batch_del(b, T_BODY_LOC, key_bytes(&k));
	return 0;
}

/* ---- deleting by prefix ---- */

struct sweep {
	enum table t;
	struct batch *b;
	size_t left;		/* most records to delete */
	struct buf keys;	/* u16 length and bytes each */
};

static int
sweep_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct sweep *sweep = arg;
	/* A chunk of a body is as much work as many rows. */
	size_t cost = 1 + value.len / 4096;

	(void)err;
	if (sweep->left == 0)
		return 1;
	sweep->left -= cost < sweep->left ? cost : sweep->left;
	row_put_string(&sweep->keys, key);
	return 0;
}

static int
sweep_del(const struct sweep *sweep, struct bytes key, struct err *err)
{
	uint32_t ignored;

	if (sweep->t == T_BODY_LOC && key.len == 16)
		return location_del(sweep->b, be64_get(key.data),
		    be64_get(key.data + 8), 0, &ignored, err);
	batch_del(sweep->b, sweep->t, key);
	return 0;
}

/* Deletes at most *left records with a prefix, and lowers *left. */
static int
sweep_table(struct batch *b, enum table t, struct bytes prefix, size_t *left,
    struct err *err)
{
	struct sweep sweep = { t, b, *left, BUF_INIT };
	struct row r;
	int rc;

	rc = reader_scan(batch_reader(b), t, BYTES(""), prefix, sweep_step,
	    &sweep, err);
	row_begin(&r, buf_view(&sweep.keys));
	while (rc != -1 && r.rest.len > 0)
		rc = sweep_del(&sweep, row_take(&r, row_u16(&r)), err);
	*left = sweep.left;
	buf_free(&sweep.keys);
	return rc == -1 ? -1 : 0;
}

/* ---- bodies ---- */

static void
chunks_del(struct batch *b, uint64_t account, uint64_t body, uint32_t from,
    uint32_t to)
{
	struct key k;

	for (uint32_t i = from; i < to; i++) {
		key_body_chunk(&k, account, body, i);
		batch_del(b, T_BODY, key_bytes(&k));
	}
}

/* Deletes many chunks in small steps, so that other operations do not wait. */
static int
chunks_unlink(struct batch *b, uint64_t account, uint64_t body,
    uint32_t chunks, struct err *err)
{
	struct todo todo = { .body = body, .chunks = chunks };
	struct account acc;
	int rc;

	if (chunks <= CHUNKS_SLICE) {
		chunks_del(b, account, body, 0, chunks);
		return 0;
	}
	/* A dead account is purged as a whole. */
	rc = account_get(batch_reader(b), account, &acc, err);
	if (rc != 1)
		return rc;
	todo_put(b, account, TODO_BODY, acc.next_todo++, &todo);
	account_put(b, &acc);
	return 0;
}

/* Drops one reference to a body, and deletes the body with the last one. */
static int
body_unref(struct batch *b, uint64_t account, uint64_t body, struct err *err)
{
	struct body_ref ref;
	struct key k;
	uint32_t chunks;
	int rc;

	rc = body_ref_get(batch_reader(b), account, body, &ref, err);
	if (rc != 1)
		return rc;
	if (ref.refcount > 1) {
		ref.refcount--;
		body_ref_put(b, account, body, &ref);
		return 0;
	}
	key_account_u64(&k, account, body);
	batch_del(b, T_BODY_REF, key_bytes(&k));
	batch_del(b, T_PARSED, key_bytes(&k));
	batch_del(b, T_ORIGIN, key_bytes(&k));
	if (location_del(b, account, body, ref.len, &chunks, err) == -1)
		return -1;
	return chunks_unlink(b, account, body, chunks, err);
}

int
purge_body(struct todo_work *w, enum todo_state *state, struct err *err)
{
	struct todo *todo = &w->todo;
	uint32_t n = todo->chunks < CHUNKS_SLICE ? todo->chunks :
	    CHUNKS_SLICE;

	(void)err;
	chunks_del(w->b, w->account, todo->body, todo->chunks - n,
	    todo->chunks);
	todo->chunks -= n;
	return todo->chunks == 0 ? todo_done(w, state) :
	    todo_more(w, state);
}

/* ---- messages ---- */

/* The next messages of a set to delete. */
struct take {
	struct buf messages;		/* of struct message */
	size_t n;
};

static int
take_step(void *arg, const struct message *m, struct err *err)
{
	struct take *take = arg;

	(void)err;
	buf_add(&take->messages, m, sizeof(*m));
	return ++take->n == PURGE_SLICE;
}

/*
 * Deletes up to PURGE_SLICE messages of the set, beginning with `first', and
 * drops the references to their bodies.  Adds their UIDs to `uids', unless it
 * is NULL.  Returns how many, or -1.
 */
static int
messages_del(struct todo_work *w, uint32_t first, const struct number_set *set,
    struct buf *uids, struct err *err)
{
	struct number_set from = number_set_from(set, first, &w->a);
	struct take take = { BUF_INIT, 0 };
	struct message m;
	struct key k;
	int rc;

	rc = message_each_in(batch_reader(w->b), w->account,
	    w->todo.mbox, &from, take_step, &take, err);
	for (size_t i = 0; rc != -1 && i < take.n; i++) {
		memcpy(&m, take.messages.data + i * sizeof(m), sizeof(m));
		key_mailbox_u32(&k, w->account, w->todo.mbox, m.uid);
		batch_del(w->b, T_MESSAGE, key_bytes(&k));
		if (uids != NULL)
			number_set_add(uids, m.uid);
		if (body_unref(w->b, w->account, m.body, err) == -1)
			rc = -1;
	}
	buf_free(&take.messages);
	return rc == -1 ? -1 : (int)take.n;
}

/* ---- expunged messages ---- */

/* Does not use page_write(), because this is not a change by a user. */
static void
page_forget(struct todo_work *w, uint32_t page, struct flagpage *p,
    uint64_t mask)
{
	struct buf value = BUF_INIT;
	struct key k;

	flagpage_forget(p, mask & ~p->present);
	key_mailbox_u32(&k, w->account, w->todo.mbox, page);
	if (flagpage_used(p) == 0) {
		batch_del(w->b, T_FLAGS, key_bytes(&k));
		return;
	}
	flagpage_encode(p, &value);
	batch_put(w->b, T_FLAGS, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

/* Marks the slots of these UIDs as never used. */
static int
slots_forget(struct todo_work *w, const struct number_set *uids,
    struct err *err)
{
	struct page_list list;
	struct flagpage p;
	int rc;

	page_list_init(&list, w->account, w->todo.mbox, uids);
	rc = page_list_read(&list, batch_reader(w->b), SIZE_MAX, err);
	for (size_t i = 0; i < list.n && rc == 0; i++) {
		rc = flagpage_decode(&p, page_list_record(&list, i), err);
		if (rc == -1)
			break;
		page_forget(w, list.ref[i].page, &p, list.ref[i].mask);
	}
	page_list_free(&list);
	return rc;
}

struct oldest {
	uint64_t modseq;
	uint64_t until;
	size_t n, max;
	struct buf modseqs;	/* of uint64_t */
};

static int
oldest_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct oldest *old = arg;
	uint64_t modseq;

	(void)value;
	if (key.len != 20)
		return err_set(err, ERR_INTERNAL,
		    "damaged key in table expunged");
	modseq = be64_get(key.data + 12);
	if (old->n == old->max || modseq > old->until)
		return 1;
	buf_add(&old->modseqs, &modseq, sizeof(modseq));
	old->n++;
	return 0;
}

/* Deletes tombstones over tombstones_max, the oldest first. */
static int
tombstones_trim(struct todo_work *w, struct mailbox *mb, struct err *err)
{
	struct oldest old = { .until = w->todo.modseq };
	uint64_t modseq;
	struct key k;
	int rc;

	if (w->s->config.tombstones_max == 0 ||
	    mb->tombstones <= w->s->config.tombstones_max)
		return 0;
	old.max = mb->tombstones - w->s->config.tombstones_max;
	if (old.max > CHEAP_SLICE)
		old.max = CHEAP_SLICE;
	key_mailbox(&k, w->account, mb->id);
	rc = reader_scan(batch_reader(w->b), T_EXPUNGED, BYTES(""),
	    key_bytes(&k), oldest_step, &old, err);
	for (size_t i = 0; rc != -1 && i < old.n; i++) {
		memcpy(&modseq, old.modseqs.data + i * sizeof(modseq),
		    sizeof(modseq));
		key_mailbox_u64(&k, w->account, mb->id, modseq);
		batch_del(w->b, T_EXPUNGED, key_bytes(&k));
		mb->tombstones--;
		mb->purged_modseq = modseq;
	}
	if (rc != -1 && old.n > 0)
		mailbox_put(w->b, w->account, mb);
	buf_free(&old.modseqs);
	return rc == -1 ? -1 : 0;
}

/* Gets the tombstone's ranges.  Returns 1 if found, 0 if not, -1 on error. */
static int
tombstone_get(struct todo_work *w, struct buf *ranges, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	key_mailbox_u64(&k, w->account, w->todo.mbox, w->todo.modseq);
	rc = reader_get(batch_reader(w->b), T_EXPUNGED, key_bytes(&k),
	    &value, err);
	if (rc == 1 && tombstone_row_decode(buf_view(&value), ranges,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

bool
expunged_is_shown(struct store *s, uint64_t account, const struct todo *todo,
    int64_t now)
{
	return watch_min_modseq(s, account, todo->mbox) < todo->modseq &&
	    now - todo->time < (int64_t)s->config.purge_delay_s;
}

static int
expunged_slice(struct todo_work *w, const struct number_set *set,
    enum todo_state *state, struct err *err)
{
	struct buf uids = BUF_INIT;
	struct number_set purged;
	int n;

	n = messages_del(w, w->todo.first, set, &uids, err);
	purged = number_set_view(&uids);
	if (n > 0) {
		w->todo.first = purged.range[purged.n - 1].last;
		if (slots_forget(w, &purged, err) == -1)
			n = -1;
	}
	buf_free(&uids);
	if (n == -1)
		return -1;
	return n == PURGE_SLICE ? todo_more(w, state) :
	    todo_done(w, state);
}

/*
 * Must messages of the mailbox stay on the disk, because a session shows them
 * or a row of page_write() has not seen them yet?  Returns 1 if so, 0 if not,
 * -1 on error.
 */
static int
expunged_must_stay(struct todo_work *w, struct err *err)
{
	if (expunged_is_shown(w->s, w->account, &w->todo, batch_time(w->b)))
		return 1;
	return page_rows_wait(w->s, batch_reader(w->b), w->account,
	    w->todo.mbox, err);
}

static int
expunged_purge(struct todo_work *w, struct mailbox *mb, enum todo_state *state,
    struct err *err)
{
	struct buf ranges = BUF_INIT;
	struct number_set set;
	int rc;

	rc = tombstone_get(w, &ranges, err);
	set = number_set_view(&ranges);
	if (rc == 0)
		rc = todo_done(w, state);
	else if (rc == 1)
		rc = expunged_slice(w, &set, state, err);
	if (rc == 0 && *state == TODO_DONE)
		rc = tombstones_trim(w, mb, err);
	buf_free(&ranges);
	return rc;
}

int
purge_expunged(struct todo_work *w, enum todo_state *state, struct err *err)
{
	struct mailbox mb;
	int rc;

	rc = mailbox_get(batch_reader(w->b), w->account, w->todo.mbox,
	    &w->a, &mb, err);
	if (rc == 0)
		return todo_done(w, state);
	if (rc == -1 || (rc = expunged_must_stay(w, err)) == -1)
		return -1;
	if (rc == 1)
		return todo_later(state);
	return expunged_purge(w, &mb, state, err);
}

/* ---- dead mailboxes and accounts ---- */

/* The same for a dead mailbox. */
static int
mailbox_must_stay(struct todo_work *w, struct err *err)
{
	/* It may be the hidden target of a copy. */
	if (mailbox_is_reserved(w->s, w->account, w->todo.mbox) ||
	    (watch_min_modseq(w->s, w->account, w->todo.mbox) !=
	    UINT64_MAX && batch_time(w->b) - w->todo.time <
	    (int64_t)w->s->config.purge_delay_s))
		return 1;
	return page_rows_wait(w->s, batch_reader(w->b), w->account,
	    w->todo.mbox, err);
}

int
purge_mailbox(struct todo_work *w, enum todo_state *state, struct err *err)
{
	static const enum table tables[] = { T_FLAGS, T_EXPUNGED };
	size_t left = CHEAP_SLICE;
	struct key k;
	int n, rc;

	rc = mailbox_must_stay(w, err);
	if (rc == -1)
		return -1;
	if (rc == 1)
		return todo_later(state);
	n = messages_del(w, 0, &number_set_all, NULL, err);
	if (n == -1)
		return -1;
	if (n == PURGE_SLICE)
		return todo_more(w, state);
	key_mailbox(&k, w->account, w->todo.mbox);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (sweep_table(w->b, tables[i], key_bytes(&k), &left,
		    err) == -1)
			return -1;
	if (left == 0)
		return todo_more(w, state);
	batch_del(w->b, T_MAILBOX, key_bytes(&k));
	return todo_done(w, state);
}

int
purge_account(struct todo_work *w, enum todo_state *state, struct err *err)
{
	size_t left = CHEAP_SLICE;
	struct key k;

	key_account(&k, w->account);
	/* Delete the account and this record last. */
	for (int t = 0; t < TABLE_COUNT; t++) {
		if (!(store_tables[t].flags & TABLE_BY_ACCOUNT) ||
		    t == T_ACCOUNT || t == T_TODO)
			continue;
		if (sweep_table(w->b, t, key_bytes(&k), &left, err) == -1)
			return -1;
		if (left == 0)
			return todo_more(w, state);
	}
	if (sweep_table(w->b, T_TODO, key_bytes(&k), &left, err) == -1)
		return -1;
	if (left == 0)
		return todo_more(w, state);
	batch_del(w->b, T_ACCOUNT, key_bytes(&k));
	return todo_done(w, state);
}

/* ---- unfinished copies ---- */

int
purge_copy(struct todo_work *w, enum todo_state *state, struct err *err)
{
	struct number_range range = { w->todo.first, w->todo.last };
	struct number_set set = { &range, 1 };
	struct mailbox mb;
	int n, rc;

	rc = mailbox_get(batch_reader(w->b), w->account, w->todo.mbox,
	    &w->a, &mb, err);
	if (rc == 0)
		return todo_done(w, state);
	if (rc == -1)
		return -1;
	if (mailbox_is_reserved(w->s, w->account, mb.id))
		return todo_later(state);
	n = messages_del(w, range.first, &set, NULL, err);
	if (n == -1)
		return -1;
	if (n == PURGE_SLICE)
		return todo_more(w, state);
	if (mb.uid_reserved == range.last + 1) {
		if (mb.uidnext < mb.uid_reserved)
			mb.uidnext = mb.uid_reserved;
		mb.uid_reserved = 0;
		mailbox_put(w->b, w->account, &mb);
	}
	return todo_done(w, state);
}
