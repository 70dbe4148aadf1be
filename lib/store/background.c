/* background - the table of steps, the walk over T_TODO, and the thread */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/thread.h"
#include "kv/key.h"
#include "commit/database.h"
#include "segment/segment.h"
#include "segment/tables.h"
#include "store/background.h"
#include "store/message_purge.h"
#include "store/sent.h"
#include "store/store.h"
#include "store/token_purge.h"

/* Records read in one snapshot. */
#define WALK_MAX	200
/* Shortest and longest pause between two passes. */
#define PASS_MIN_MS	1000
#define PASS_MAX_MS	10000
#define HOUR_MS		(3600 * 1000)
/* Shortest time between two errors in the log. */
#define COMPLAIN_MS	(600 * 1000)

/* ---- the table ---- */

static int
begin_sent(const struct background_pass *p, struct err *err)
{
	return sent_begin(p->s, err);
}

static int
reclaim_segments(const struct background_pass *p, struct err *err)
{
	return segment_reclaim(&p->s->db, p->s->segments, p->is_stopping,
	    p->arg, err);
}

static const struct background_step steps[] = {
	{ .name = "earlier sent mail", .when = BACKGROUND_ONCE,
	    .pass = begin_sent },
	{ .name = "old tokens", .when = BACKGROUND_HOURLY,
	    .pass = token_purge },
	{ .name = "expunged messages", .todo = TODO_EXPUNGED,
	    .must_wait = expunged_is_shown, .slice = purge_expunged },
	{ .name = "deleted mailbox", .todo = TODO_MAILBOX,
	    .slice = purge_mailbox },
	{ .name = "deleted account", .todo = TODO_ACCOUNT,
	    .slice = purge_account },
	{ .name = "unfinished copy", .todo = TODO_COPY,
	    .slice = purge_copy },
	{ .name = "large body", .todo = TODO_BODY, .slice = purge_body },
	{ .name = "sent mail", .todo = TODO_SENT, .work = sent_work },
	{ .name = "segments", .when = BACKGROUND_ALWAYS,
	    .pass = reclaim_segments }
};

#define NSTEPS	(sizeof(steps) / sizeof(*steps))

/* Returns the n-th step, or NULL. */
static const struct background_step *
step_at(const struct store *s, unsigned n)
{
	if (n < NSTEPS)
		return &steps[n];
	return n == NSTEPS ? s->config.test_step : NULL;
}

/* Returns the step for records of a kind, or NULL. */
static const struct background_step *
step_of(const struct store *s, enum todo_kind kind)
{
	const struct background_step *step;

	for (unsigned n = 0; (step = step_at(s, n)) != NULL; n++)
		if (step->when == BACKGROUND_TODO && step->todo == kind)
			return step;
	return NULL;
}

/* ---- the thread's state ---- */

struct background {
	struct store *s;		/* borrowed */
	pthread_t thread;
	pthread_mutex_t lock;		/* protects the next members */
	pthread_cond_t change;
	bool stopping, woken;
	uint64_t drains_wanted, drains_done;

	/* Used only by the thread. */
	uint64_t complained_at_ms;
	/* Of passes, by their index in the table; 0: not yet. */
	uint64_t done_at_ms[NSTEPS + 1];
};

static bool
is_stopping(void *arg)
{
	struct background *bg = arg;
	bool stopping;

	pthread_mutex_lock(&bg->lock);
	stopping = bg->stopping;
	pthread_mutex_unlock(&bg->lock);
	return stopping;
}

/* Should this error be logged? */
static bool
may_complain(struct background *bg, const struct err *err)
{
	uint64_t now = clock_mono_ms();

	/* A full disk is logged elsewhere. */
	if (err->kind == ERR_TEMP || is_stopping(bg))
		return false;
	if (bg->complained_at_ms != 0 &&
	    now - bg->complained_at_ms < COMPLAIN_MS)
		return false;
	bg->complained_at_ms = now;
	return true;
}

/* ---- one record ---- */

/* Reads the record anew.  Returns 1 if found, 0 if not, -1 on error. */
static int
record_read(struct todo_work *w, struct err *err)
{
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	todo_key(&k, w->account, w->kind, w->number);
	rc = reader_get(batch_reader(w->b), T_TODO, key_bytes(&k), &value,
	    err);
	if (rc == 1 && todo_row_decode(w->kind, buf_view(&value), &w->todo,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

int
background_slice(struct todo_work *w, enum todo_state *state,
    struct err *err)
{
	const struct background_step *step = step_of(w->s, w->kind);
	int rc;

	*state = TODO_DONE;
	if (step == NULL || step->slice == NULL)
		return err_set(err, ERR_INTERNAL, "no step for todo records "
		    "of kind %d", (int)w->kind);
	rc = record_read(w, err);
	if (rc != 1)
		return rc;
	arena_init(&w->a);
	rc = step->slice(w, state, err);
	arena_clear(&w->a);
	return rc;
}

/* The key of a record. */
struct todo_name {
	uint64_t account, number;
	enum todo_kind kind;
};

struct slice_op {
	struct op op;
	struct background *bg;		/* borrowed */
	struct todo_name name;
	bool worked;			/* a slice was done */
};

static enum op_result
slice_run(struct batch *b, struct op *op)
{
	struct slice_op *o = (struct slice_op *)op;
	struct todo_work w = { .s = o->bg->s, .b = b,
	    .account = op->account, .kind = o->name.kind,
	    .number = o->name.number };
	enum todo_state state;

	if (is_stopping(o->bg))
		return OP_DONE;
	/* The slice before this one may have changed or deleted it. */
	if (background_slice(&w, &state, &op->err) == -1)
		return op_fail(op);
	if (state != TODO_LATER)
		o->worked = true;
	return state == TODO_MORE ? OP_MORE : OP_DONE;
}

/* Submits all slices, one after the other.  Returns 1 if something was done, 0
   if not, -1 on error. */
static int
slices_submit(struct background *bg, const struct todo_name *t,
    struct err *err)
{
	struct slice_op o = { .op = { .run = slice_run,
	    .class = OP_BACKGROUND, .account = t->account }, .bg = bg,
	    .name = *t };

	return op_submit(&bg->s->db, &o.op, err) == -1 ? -1 : o.worked;
}

/* Does the work of a record.  Returns true if something was done. */
static bool
record_work(struct background *bg, const struct todo_name *t)
{
	const struct background_step *step = step_of(bg->s, t->kind);
	struct err err = ERR_INIT;
	int rc;

	if (step != NULL && step->work != NULL)
		rc = step->work(bg->s, t->account, t->number, &err);
	else
		rc = slices_submit(bg, t, &err);
	if (rc == -1 && may_complain(bg, &err))
		log_error(bg->s->db.log, "background work failed",
		    KV_STR("step", step == NULL ? "" : step->name),
		    KV_HEX("account", t->account), KV_UINT("kind", t->kind),
		    KV_UINT("seq", t->number), KV_ERR(&err));
	return rc == 1;
}

/* ---- a walk over the records ---- */

struct walk {
	struct store *s;
	int64_t now;
	size_t n;
	struct todo_name name[WALK_MAX];
	struct buf last;		/* own: the key read last */
};

/* Many records may wait for a session, so do not use an operation for each. */
static bool
must_wait(const struct walk *w, const struct todo_name *t, struct bytes value)
{
	const struct background_step *step = step_of(w->s, t->kind);
	struct err ignored = ERR_INIT;
	struct todo todo;

	return step != NULL && step->must_wait != NULL &&
	    todo_row_decode(t->kind, value, &todo, &ignored) == 0 &&
	    step->must_wait(w->s, t->account, &todo, w->now);
}

static int
walk_one(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct walk *w = arg;
	struct todo_name *t = &w->name[w->n];

	(void)err;
	if (todo_key_parse(key, &t->account, &t->kind, &t->number) == 0 &&
	    !must_wait(w, t, value))
		w->n++;
	buf_clear(&w->last);
	buf_bytes(&w->last, key);
	buf_byte(&w->last, '\0');
	return w->n == WALK_MAX;
}

/* Reads the next records.  Returns 1 if there may be more, 0 at the end, -1 on
   error. */
static int
walk_read(struct walk *w, struct err *err)
{
	struct kv_snap snap;
	struct buf from = BUF_INIT;
	int rc;

	w->now = (int64_t)(clock_wall_ms() / 1000);
	w->n = 0;
	if (store_snap(w->s, &snap, err) == -1)
		return -1;
	buf_bytes(&from, buf_view(&w->last));
	rc = reader_scan(&snap.reader, T_TODO, buf_view(&from), BYTES(""),
	    walk_one, w, err);
	kv_snap_end(&snap);
	buf_free(&from);
	return rc;
}

/* Does the work of all records.  Returns true if something was done. */
static bool
records_work(struct background *bg)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct err err = ERR_INIT;
	bool worked = false;
	int rc;

	if (w == NULL)
		fatal("out of memory");
	w->s = bg->s;
	do {
		rc = walk_read(w, &err);
		for (size_t i = 0; i < w->n && !is_stopping(bg); i++)
			worked |= record_work(bg, &w->name[i]);
	} while (rc == 1 && !is_stopping(bg));
	if (rc == -1)
		log_error(bg->s->db.log, "background work failed",
		    KV_ERR(&err));
	buf_free(&w->last);
	free(w);
	return worked;
}

/* ---- passes ---- */

/* Is it time for this step? */
static bool
is_due(const struct background *bg, const struct background_step *step,
    unsigned n)
{
	uint64_t done = bg->done_at_ms[n];

	switch (step->when) {
	case BACKGROUND_ONCE:
		return done == 0;
	case BACKGROUND_HOURLY:
		return done == 0 || clock_mono_ms() - done >= HOUR_MS;
	case BACKGROUND_ALWAYS:
		return true;
	case BACKGROUND_TODO:
		break;
	}
	return false;
}

static void
step_pass(struct background *bg, const struct background_step *step,
    unsigned n)
{
	struct background_pass p = { bg->s, is_stopping, bg };
	struct err err = ERR_INIT;
	int rc = step->pass(&p, &err);

	/* BACKGROUND_ONCE is repeated until it succeeds. */
	if (rc == 0 || step->when != BACKGROUND_ONCE)
		bg->done_at_ms[n] = clock_mono_ms();
	if (rc == -1 && may_complain(bg, &err))
		log_error(bg->s->db.log, "background work failed",
		    KV_STR("step", step->name), KV_ERR(&err));
}

/* Runs the passes that come after the records, or those before them. */
static void
passes_work(struct background *bg, bool after)
{
	const struct background_step *step;

	for (unsigned n = 0; (step = step_at(bg->s, n)) != NULL; n++)
		if ((step->when == BACKGROUND_ALWAYS) == after &&
		    is_due(bg, step, n) && !is_stopping(bg))
			step_pass(bg, step, n);
}

static void
work(struct background *bg)
{
	uint64_t drains;

	passes_work(bg, false);
	pthread_mutex_lock(&bg->lock);
	drains = bg->drains_wanted;
	bg->woken = false;
	pthread_mutex_unlock(&bg->lock);
	while (records_work(bg) && !is_stopping(bg))
		continue;
	passes_work(bg, true);
	pthread_mutex_lock(&bg->lock);
	bg->drains_done = drains;
	pthread_cond_broadcast(&bg->change);
	pthread_mutex_unlock(&bg->lock);
}

/* ---- the thread ---- */

/* Waits for the next pass.  The caller must hold the lock. */
static void
pause_work(struct background *bg)
{
	uint64_t begun = clock_mono_ms(), until;

	while (!bg->stopping && bg->drains_wanted == bg->drains_done) {
		until = begun + (bg->woken ? PASS_MIN_MS : PASS_MAX_MS);
		if (clock_mono_ms() >= until)
			return;
		(void)condition_wait_until(&bg->change, &bg->lock, until);
	}
}

static void *
background_main(void *arg)
{
	struct background *bg = arg;

	pthread_mutex_lock(&bg->lock);
	while (!bg->stopping) {
		pthread_mutex_unlock(&bg->lock);
		work(bg);
		pthread_mutex_lock(&bg->lock);
		pause_work(bg);
	}
	/* Let background_drain() return. */
	bg->drains_done = bg->drains_wanted;
	pthread_cond_broadcast(&bg->change);
	pthread_mutex_unlock(&bg->lock);
	return NULL;
}

static void
background_free(struct background *bg)
{
	pthread_mutex_destroy(&bg->lock);
	pthread_cond_destroy(&bg->change);
	free(bg);
}

int
background_start(struct store *s, struct background **out, struct err *err)
{
	struct background *bg = calloc(1, sizeof(*bg));

	if (bg == NULL)
		fatal("out of memory");
	bg->s = s;
	pthread_mutex_init(&bg->lock, NULL);
	condition_init(&bg->change);
	/* Set before the thread starts, because its work may wake it. */
	*out = bg;
	if (thread_start(&bg->thread, "background", background_main, bg,
	    err) == -1) {
		*out = NULL;
		background_free(bg);
		return -1;
	}
	return 0;
}

void
background_stop(struct background **bgp)
{
	struct background *bg = *bgp;

	if (bg == NULL)
		return;
	pthread_mutex_lock(&bg->lock);
	bg->stopping = true;
	pthread_cond_broadcast(&bg->change);
	pthread_mutex_unlock(&bg->lock);
	pthread_join(bg->thread, NULL);
	background_free(bg);
	*bgp = NULL;
}

void
background_wake(void *store)
{
	struct background *bg = ((struct store *)store)->background;

	if (bg == NULL)
		return;
	pthread_mutex_lock(&bg->lock);
	bg->woken = true;
	pthread_cond_broadcast(&bg->change);
	pthread_mutex_unlock(&bg->lock);
}

void
background_drain(struct store *s)
{
	struct background *bg = s->background;
	uint64_t mine;

	if (bg == NULL)
		return;
	pthread_mutex_lock(&bg->lock);
	mine = ++bg->drains_wanted;
	pthread_cond_broadcast(&bg->change);
	while (bg->drains_done < mine && !bg->stopping)
		pthread_cond_wait(&bg->change, &bg->lock);
	pthread_mutex_unlock(&bg->lock);
}
