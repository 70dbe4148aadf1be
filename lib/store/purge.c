#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/encode.h"
#include "base/thread.h"
#include "kv/key.h"
#include "commit/database.h"
#include "segment/segment.h"
#include "segment/tables.h"
#include "evidence/submission.h"
#include "store/message_purge.h"
#include "store/purge.h"
#include "store/sent.h"
#include "store/store.h"

/* Records looked at in one snapshot. */
#define WALK_MAX	200
/* A pass follows another at the soonest, and at the latest, after so long. */
#define PASS_MIN_MS	1000
#define PASS_MAX_MS	10000
#define TOKENS_EVERY_MS	(3600 * 1000)
#define TRIM_MAX	250
/* A record that cannot be worked off is complained about so often. */
#define COMPLAIN_MS	(600 * 1000)

struct purger {
	struct store *store;		/* borrowed */
	pthread_t thread;
	pthread_mutex_t lock;		/* for what follows */
	pthread_cond_t change;
	bool stopping, woken;
	uint64_t drains_wanted, drains_done;

	/* The thread's own. */
	uint64_t tokens_at_ms, complained_at_ms;
	bool has_begun_sent;
};

/* ---- operations ---- */

struct purge_op {
	struct op op;
	struct purger *purger;		/* borrowed */
	enum todo_kind kind;
	uint64_t seq;
	enum todo_state state;
	bool worked;			/* a slice was done */
	uint32_t before;		/* of tokens */
};

static bool
is_stopping(struct purger *p)
{
	bool stopping;

	pthread_mutex_lock(&p->lock);
	stopping = p->stopping;
	pthread_mutex_unlock(&p->lock);
	return stopping;
}

static enum op_result
todo_run(struct batch *b, struct op *op)
{
	struct purge_op *o = (struct purge_op *)op;
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	o->state = TODO_DONE;
	if (is_stopping(o->purger))
		return OP_DONE;
	/* The slice before this one may have changed or deleted it. */
	todo_key(&k, op->account, o->kind, o->seq);
	rc = reader_get(batch_reader(b), T_TODO, key_bytes(&k), &value,
	    &op->err);
	if (rc == 1)
		rc = todo_step(o->purger->store, b, op->account, o->kind,
		    o->seq, buf_view(&value), &o->state, &op->err);
	buf_free(&value);
	if (rc == -1)
		return op_fail(op);
	if (o->state != TODO_LATER)
		o->worked = true;
	return o->state == TODO_MORE ? OP_MORE : OP_DONE;
}

static enum op_result
token_run(struct batch *b, struct op *op)
{
	struct purge_op *o = (struct purge_op *)op;
	int rc;

	if (is_stopping(o->purger))
		return OP_DONE;
	rc = token_purge_slice(b, op->account, o->before, &op->err);
	if (rc == 0)
		rc = submission_trim(b, op->account, batch_time(b), TRIM_MAX,
		    &op->err);
	if (rc == -1)
		return op_fail(op);
	return rc == 1 ? OP_MORE : OP_DONE;
}

/* Is it worth a line in the log? */
static bool
may_complain(struct purger *p, const struct err *err)
{
	uint64_t now = clock_mono_ms();

	/* A full disk is somebody else's to say. */
	if (err->kind == ERR_TEMP || is_stopping(p))
		return false;
	if (p->complained_at_ms != 0 &&
	    now - p->complained_at_ms < COMPLAIN_MS)
		return false;
	p->complained_at_ms = now;
	return true;
}

static void
complain(struct purger *p, const struct purge_op *o)
{
	if (may_complain(p, &o->op.err))
		log_error(p->store->db.log, "purge failed", KV_HEX("account",
		    o->op.account), KV_UINT("kind", o->kind),
		    KV_UINT("seq", o->seq), KV_ERR(&o->op.err));
}

/* Runs one and waits.  True when it has changed something. */
static bool
purge_submit(struct purger *p, struct purge_op *o)
{
	o->op.class = OP_BACKGROUND;
	o->purger = p;
	if (op_submit(&p->store->db, &o->op, &o->op.err) == -1) {
		complain(p, o);
		return false;
	}
	return o->worked;
}

/* The same for one whose work is mostly reading, and done here. */
static bool
sent_submit(struct purger *p, struct purge_op *o)
{
	int rc = sent_work(p->store, o->op.account, (uint32_t)o->seq,
	    &o->op.err);

	if (rc == -1)
		complain(p, o);
	return rc == 1;
}

/* ---- a pass over the records ---- */

struct walk {
	struct store *s;
	int64_t now;
	size_t n;
	struct todo_name {
		uint64_t account, seq;
		enum todo_kind kind;
	} name[WALK_MAX];
	struct buf last;		/* own: the key read last */
};

/* Those that wait for a session are many at times, and cost no operation. */
static bool
must_wait(const struct walk *w, const struct todo_name *t, struct bytes value)
{
	struct err ignored = ERR_INIT;
	struct todo todo;

	return t->kind == TODO_EXPUNGED &&
	    todo_row_decode(t->kind, value, &todo, &ignored) == 0 &&
	    todo_is_shown(w->s, t->account, &todo, w->now);
}

static int
walk_one(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct walk *w = arg;
	struct todo_name *t = &w->name[w->n];

	if (todo_key_parse(key, &t->account, &t->kind, &t->seq) == 0 &&
	    !must_wait(w, t, value))
		w->n++;
	buf_clear(&w->last);
	buf_bytes(&w->last, key);
	buf_byte(&w->last, '\0');
	return w->n == WALK_MAX;
}

/* Reads the next records.  1 there may be more, 0 the end, -1. */
static int
walk_read(struct purger *p, struct walk *w, struct err *err)
{
	struct kv_snap snap;
	struct buf from = BUF_INIT;
	int rc;

	w->s = p->store;
	w->now = (int64_t)(clock_wall_ms() / 1000);
	w->n = 0;
	if (store_snap(p->store, &snap, err) == -1)
		return -1;
	buf_bytes(&from, buf_view(&w->last));
	rc = reader_scan(&snap.reader, T_TODO, buf_view(&from), BYTES(""),
	    walk_one, w, err);
	kv_snap_end(&snap);
	buf_free(&from);
	return rc;
}

/* True when something was done. */
static bool
todo_pass(struct purger *p)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct err err = ERR_INIT;
	bool worked = false;
	int rc;

	if (w == NULL)
		fatal("out of memory");
	do {
		rc = walk_read(p, w, &err);
		for (size_t i = 0; i < w->n && !is_stopping(p); i++) {
			struct purge_op o = { .op = { .run = todo_run,
			    .account = w->name[i].account },
			    .kind = w->name[i].kind, .seq = w->name[i].seq };

			worked |= o.kind == TODO_SENT ? sent_submit(p, &o) :
			    purge_submit(p, &o);
		}
	} while (rc == 1 && !is_stopping(p));
	if (rc == -1)
		log_error(p->store->db.log, "purge failed", KV_ERR(&err));
	buf_free(&w->last);
	free(w);
	return worked;
}

/* Accounts from before there were records of recipients. */
static void
begin_sent(struct purger *p)
{
	struct err err = ERR_INIT;

	p->has_begun_sent = sent_begin(p->store, &err) == 0;
	if (!p->has_begun_sent && may_complain(p, &err))
		log_error(p->store->db.log, "purge failed", KV_ERR(&err));
}

/* ---- old tokens and submissions ---- */

struct account_ids {
	uint64_t *id;			/* own */
	size_t n, cap;
};

static int
note_account(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct account_ids *ids = arg;

	if (key.len != 8)
		return 0;
	if (ids->n == ids->cap) {
		ids->cap = ids->cap == 0 ? 64 : ids->cap * 2;
		ids->id = reallocarray(ids->id, ids->cap, sizeof(*ids->id));
		if (ids->id == NULL)
			fatal("out of memory");
	}
	ids->id[ids->n++] = be64_get(key.data);
	return 0;
}

static int
note_token_time(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	uint32_t *when = arg;

	/* account, then the token, which begins with its time. */
	if (key.len >= 12)
		*when = be32_get(key.data + 8);
	return 1;
}

/* Has the account tokens from before that time, or submissions that are out
   of their windows?  -1 on error. */
static int
has_old_records(struct purger *p, uint64_t account, uint32_t before,
    struct err *err)
{
	uint32_t oldest = UINT32_MAX;
	struct kv_snap snap;
	struct key k;
	int rc;

	if (store_snap(p->store, &snap, err) == -1)
		return -1;
	key_account(&k, account);
	rc = reader_scan(&snap.reader, T_DELIVERED, BYTES(""), key_bytes(&k),
	    note_token_time, &oldest, err);
	if (rc != -1)
		rc = oldest < before ? 1 : submission_is_old(&snap.reader,
		    account, (int64_t)(clock_wall_ms() / 1000), err);
	kv_snap_end(&snap);
	return rc;
}

static void
token_pass(struct purger *p)
{
	int64_t before = (int64_t)(clock_wall_ms() / 1000) -
	    p->store->config.delivered_keep_s;
	struct account_ids ids = { NULL, 0, 0 };
	struct err err = ERR_INIT;
	struct kv_snap snap;

	if (before <= 0 || store_snap(p->store, &snap, &err) == -1)
		return;
	(void)reader_scan(&snap.reader, T_ACCOUNT, BYTES(""), BYTES(""),
	    note_account, &ids, &err);
	kv_snap_end(&snap);
	for (size_t i = 0; i < ids.n && !is_stopping(p); i++) {
		struct purge_op o = { .op = { .run = token_run,
		    .account = ids.id[i] }, .before = (uint32_t)before };

		if (has_old_records(p, ids.id[i], o.before, &err) == 1)
			purge_submit(p, &o);
	}
	free(ids.id);
}

/* ---- segments ---- */

static bool
purge_is_stopping(void *arg)
{
	return is_stopping(arg);
}

static void
segment_pass(struct purger *p)
{
	struct err err = ERR_INIT;

	if (segment_reclaim(&p->store->db, p->store->segments,
	    purge_is_stopping, p, &err) == -1 &&
	    may_complain(p, &err))
		log_error(p->store->db.log, "a segment is not reclaimed",
		    KV_ERR(&err));
}

/* ---- the thread ---- */

static void
purge_pass(struct purger *p)
{
	uint64_t now = clock_mono_ms(), drains;

	if (!p->has_begun_sent)
		begin_sent(p);
	if (p->tokens_at_ms == 0 || now - p->tokens_at_ms >= TOKENS_EVERY_MS) {
		p->tokens_at_ms = now;
		token_pass(p);
	}
	pthread_mutex_lock(&p->lock);
	drains = p->drains_wanted;
	p->woken = false;
	pthread_mutex_unlock(&p->lock);
	while (todo_pass(p) && !is_stopping(p))
		continue;
	segment_pass(p);
	pthread_mutex_lock(&p->lock);
	p->drains_done = drains;
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
}

/* Locked. */
static void
purge_wait(struct purger *p, uint64_t ms)
{
	(void)condition_wait_until(&p->change, &p->lock,
	    clock_mono_ms() + ms);
}

/* Locked.  Until there is a reason for the next pass. */
static void
purge_rest(struct purger *p, uint64_t passed_at_ms)
{
	uint64_t now = clock_mono_ms(), rest;

	while (!p->stopping && p->drains_wanted == p->drains_done) {
		rest = p->woken ? PASS_MIN_MS : PASS_MAX_MS;
		if (now - passed_at_ms >= rest)
			return;
		purge_wait(p, rest - (now - passed_at_ms));
		now = clock_mono_ms();
	}
}

static void *
purge_main(void *arg)
{
	struct purger *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->stopping) {
		pthread_mutex_unlock(&p->lock);
		purge_pass(p);
		pthread_mutex_lock(&p->lock);
		purge_rest(p, clock_mono_ms());
	}
	/* Nobody may wait for ever. */
	p->drains_done = p->drains_wanted;
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void
purger_free(struct purger *p)
{
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->change);
	free(p);
}

int
purge_start(struct store *s, struct purger **out, struct err *err)
{
	struct purger *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory");
	p->store = s;
	pthread_mutex_init(&p->lock, NULL);
	condition_init(&p->change);
	/* Before the thread: its work may wake it. */
	*out = p;
	if (thread_start(&p->thread, "purger", purge_main, p, err) == -1) {
		*out = NULL;
		purger_free(p);
		return -1;
	}
	return 0;
}

void
purge_stop(struct purger **pp)
{
	struct purger *p = *pp;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	purger_free(p);
	*pp = NULL;
}

void
purge_wake(void *store)
{
	struct purger *p = ((struct store *)store)->purger;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->woken = true;
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
}

void
purge_drain(struct store *s)
{
	struct purger *p = s->purger;
	uint64_t mine;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	mine = ++p->drains_wanted;
	pthread_cond_broadcast(&p->change);
	while (p->drains_done < mine && !p->stopping)
		pthread_cond_wait(&p->change, &p->lock);
	pthread_mutex_unlock(&p->lock);
}
