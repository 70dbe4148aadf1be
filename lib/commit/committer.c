/* committer - the thread that runs operations and commits them in batches. */
#include <config.h>

#include <sys/syscall.h>

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/encode.h"
#include "base/thread.h"
#include "commit/batch-private.h"
#include "commit/committer.h"
#include "commit/disk_space.h"
#include "commit/opqueue.h"

/* Defaults of the configuration. */
#define SLICES_US		5000
#define SLICES_CROWDED_US	1500
#define CROWDED_US		50000
/* While small operations keep coming, background slices run only in every
   n-th batch. */
#define BACKGROUND_EVERY	8
/* Pause before operations that were busy run again, if nothing else runs. */
#define BUSY_WAIT_MS		1

/* An operation in the batch, and its result. */
struct slot {
	struct op *op;
	enum op_result result;
};

struct committer {
	struct committer_config config;
	pthread_t thread;
	pthread_mutex_t lock;		/* protects the members below */
	pthread_cond_t work;
	bool waiting, stopping;
	struct opqueue queue[OP_BACKGROUND + 1];
	struct committer_stats stats;

	/* Used by the thread only. */
	struct batch *batch;
	struct slot *slots;		/* own */
	size_t nslots, slots_cap;
	uint64_t batch_no;
	uint64_t small_at_us;		/* when a small operation last ran */
	bool low;			/* less free space than the mark */
	bool full;			/* a commit failed: try one first */
};

/* ---- waiting and waking ---- */

static void
futex_wait(uint32_t *p, uint32_t value)
{
	syscall(SYS_futex, p, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void
futex_wake(uint32_t *p)
{
	syscall(SYS_futex, p, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void
op_wait(struct op *op)
{
	while (__atomic_load_n(&op->finished, __ATOMIC_ACQUIRE) == 0)
		futex_wait(&op->finished, 0);
}

/* After this the operation belongs to its submitter and may be gone. */
static void
op_finish(struct op *op, bool committed)
{
	op->committed = committed;
	if (op->done != NULL) {
		op->done(op, committed);
		return;
	}
	__atomic_store_n(&op->finished, 1, __ATOMIC_RELEASE);
	futex_wake(&op->finished);
}

enum op_result
op_refuse(struct op *op, enum err_code code, const char *fmt, ...)
{
	char text[sizeof(op->err.text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_code(&op->err, ERR_REFUSED, code, "%s", text);
	return OP_REFUSED;
}

enum op_result
op_fail(struct op *op)
{
	if (op->err.kind == ERR_NONE)
		err_set(&op->err, ERR_INTERNAL, "the operation failed");
	return OP_REFUSED;
}

/* ---- taking operations ---- */

static void
slot_add(struct committer *c, struct op *op)
{
	if (c->nslots == c->slots_cap) {
		c->slots_cap = c->slots_cap == 0 ? 256 : c->slots_cap * 2;
		c->slots = reallocarray(c->slots, c->slots_cap,
		    sizeof(*c->slots));
		if (c->slots == NULL)
			fatal("out of memory");
	}
	c->slots[c->nslots++] = (struct slot){ op, OP_DONE };
}

static bool
nothing_queued(const struct committer *c)
{
	return c->queue[OP_SMALL].n == 0 && c->queue[OP_BULK].n == 0 &&
	    c->queue[OP_BACKGROUND].n == 0;
}

/* Locked.  Waits for work.  Returns false if stopping and there is none. */
static bool
wait_for_work(struct committer *c)
{
	while (nothing_queued(c)) {
		if (c->stopping)
			return false;
		c->waiting = true;
		pthread_cond_wait(&c->work, &c->lock);
		c->waiting = false;
	}
	return true;
}

/* Locked.  Takes small operations for one batch.  Returns true if the last one
   wants to be alone in its batch. */
static bool
take_small(struct committer *c)
{
	struct opqueue *q = &c->queue[OP_SMALL];
	struct op *op;
	size_t bytes = 0;

	while (c->nslots < c->config.batch_ops_max &&
	    (op = opqueue_peek(q)) != NULL) {
		if (c->nslots > 0 && (op->alone ||
		    bytes + op->payload > c->config.batch_bytes_max))
			break;
		bytes += op->payload;
		slot_add(c, opqueue_take(q));
		if (op->alone)
			return true;
	}
	return false;
}

static struct op *
take_one(struct committer *c, enum op_class class)
{
	struct op *op;

	pthread_mutex_lock(&c->lock);
	op = opqueue_take(&c->queue[class]);
	pthread_mutex_unlock(&c->lock);
	return op;
}

/* ---- a full disk ---- */

/* Makes a trial commit, to see whether there is space again. */
static void
try_to_write(struct committer *c)
{
	uint8_t now[8];
	struct change trial = { c->config.trial_table,
	    bytes_of(c->config.trial_key), bytes_make(now, sizeof(now)),
	    false };
	struct err err = ERR_INIT;

	be64_put(now, clock_wall_ms());
	if (kv_apply(c->config.kv, &trial, 1, &err) == 0)
		disk_space_note_commit(c->config.space, false);
}

static void
look_at_space(struct committer *c)
{
	c->low = disk_space_is_low(c->config.space);
	if (!c->low && disk_space_is_full(c->config.space))
		try_to_write(c);
	c->full = disk_space_is_full(c->config.space);
}

static bool
space_allows(struct committer *c, const struct op *op)
{
	return !c->full && (!c->low || op->payload == 0);
}

/* ---- running ---- */

static void
run_slot(struct committer *c, struct slot *s)
{
	struct savepoint sp = batch_savepoint(c->batch);
	struct op *op = s->op;

	err_clear(&op->err);
	if (!space_allows(c, op)) {
		err_code(&op->err, ERR_TEMP, ERR_CODE_FULL,
		    "the store's disk is full");
		s->result = OP_REFUSED;
		return;
	}
	s->result = op->run(c->batch, op);
	if (s->result == OP_REFUSED || s->result == OP_BUSY)
		batch_rollback(c->batch, sp);
	if (s->result == OP_REFUSED)
		op_fail(op);
}

static bool
is_crowded(const struct committer *c)
{
	return c->small_at_us != 0 &&
	    clock_mono_us() - c->small_at_us < c->config.crowded_us;
}

static void
run_slice(struct committer *c, struct op *op)
{
	slot_add(c, op);
	run_slot(c, &c->slots[c->nslots - 1]);
}

/*
 * Runs slices of bulk operations, each operation at most once (its next slice
 * has to see this one committed), and one background slice if there is time.
 */
static void
run_slices(struct committer *c)
{
	bool crowded = is_crowded(c);
	uint64_t until = clock_mono_us() +
	    (crowded ? c->config.slices_crowded_us : c->config.slices_us);
	struct op *op;

	while (clock_mono_us() < until &&
	    batch_size(c->batch) < c->config.batch_bytes_max &&
	    (op = take_one(c, OP_BULK)) != NULL)
		run_slice(c, op);
	if (crowded && c->batch_no % BACKGROUND_EVERY != 0)
		return;
	if ((op = take_one(c, OP_BACKGROUND)) != NULL)
		run_slice(c, op);
}

/* ---- committing ---- */

static void
publish(struct committer *c)
{
	const struct touch *t;
	uint32_t *pages;
	uint64_t modseq;
	size_t n, k;

	t = batch_touches(c->batch, &n);
	if (c->config.publish == NULL || n == 0)
		return;
	if ((pages = malloc(n * sizeof(*pages))) == NULL)
		fatal("out of memory");
	for (size_t i = 0; i < n; i += k) {
		modseq = 0;
		for (k = 0; i + k < n && t[i + k].account == t[i].account &&
		    t[i + k].mbox == t[i].mbox; k++) {
			pages[k] = t[i + k].page;
			if (t[i + k].modseq > modseq)
				modseq = t[i + k].modseq;
		}
		c->config.publish(c->config.publish_arg, t[i].account,
		    t[i].mbox, modseq, pages, k);
	}
	free(pages);
}

/*
 * Slices of a bulk operation that no session can see yet, and that nothing is
 * answered after, are flushed together with later ones, because a flush for
 * each would cost more than the slices do.  This does not hold for background
 * operations: files are removed after them.
 */
static bool
may_wait_for_flush(struct committer *c)
{
	size_t ntouches;

	(void)batch_touches(c->batch, &ntouches);
	for (size_t i = 0; i < c->nslots; i++)
		if (c->slots[i].result != OP_MORE ||
		    c->slots[i].op->class != OP_BULK)
			return false;
	return ntouches == 0;
}

static int
seal(struct committer *c, struct err *err)
{
	const uint64_t *accounts;
	size_t n;

	if (c->config.seal == NULL)
		return 0;
	accounts = batch_accounts(c->batch, &n);
	return c->config.seal(c->batch, accounts, n, err);
}

/* Returns 0, or -1 with nothing of the batch written. */
static int
commit(struct committer *c, struct err *err)
{
	const struct change *list;
	size_t n;
	int rc;

	if (seal(c, err) == -1)
		return -1;
	list = batch_list(c->batch, &n);
	if (n == 0)
		return 0;
	if (c->config.before_commit != NULL)
		c->config.before_commit(c->config.before_commit_arg, list, n);
	rc = may_wait_for_flush(c) ?
	    kv_apply_unflushed(c->config.kv, list, n, err) :
	    kv_apply(c->config.kv, list, n, err);
	if (rc == -1) {
		if (err->code == ERR_CODE_FULL) {
			c->full = true;
			disk_space_note_commit(c->config.space, true);
		}
		return -1;
	}
	publish(c);
	if (c->config.work != NULL && batch_has_work(c->batch))
		c->config.work(c->config.work_arg);
	return 0;
}

/* Locked.  Will the operation run again?  After a failure only if busy. */
static bool
slot_goes_on(const struct slot *s, bool failed)
{
	return s->result == OP_BUSY || (s->result == OP_MORE && !failed);
}

/* Requeues the operations that run again and counts the results.  Returns
   false if all of them were busy. */
static bool
finish_ops(struct committer *c, bool failed)
{
	struct committer_stats *st = &c->stats;
	size_t busy = 0;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->nslots; i++) {
		const struct slot *s = &c->slots[i];

		busy += s->result == OP_BUSY;
		st->slices += s->op->class != OP_SMALL;
		st->refused += s->result == OP_REFUSED && !failed;
		if (slot_goes_on(s, failed))
			opqueue_add(&c->queue[s->op->class], s->op);
		else
			st->ops++;
	}
	st->failed += failed;
	st->batches += batch_size(c->batch) > 0;
	st->bytes += batch_size(c->batch);
	if (c->nslots > st->ops_max)
		st->ops_max = c->nslots;
	st->read_only = c->full || c->low;
	pthread_mutex_unlock(&c->lock);
	return busy < c->nslots;
}

/* Finishes the others.  If the commit failed, refused ones fail with its error
   as well: they may have been refused because of what was not written. */
static void
finish(struct committer *c, bool failed, const struct err *err)
{
	for (size_t i = 0; i < c->nslots; i++) {
		struct slot *s = &c->slots[i];

		if (slot_goes_on(s, failed))
			continue;
		if (failed)
			s->op->err = *err;
		op_finish(s->op, !failed && s->result == OP_DONE);
	}
}

/* The rest waits for something that will not happen any more. */
static void
refuse_busy(struct committer *c)
{
	struct op *op;

	for (int class = 0; class <= OP_BACKGROUND; class++)
		while ((op = take_one(c, (enum op_class)class)) != NULL) {
			err_code(&op->err, ERR_TEMP, ERR_CODE_BUSY,
			    "the store is being closed");
			op_finish(op, false);
		}
}

static void
wait_a_moment(struct committer *c)
{
	pthread_mutex_lock(&c->lock);
	c->waiting = true;
	(void)condition_wait_until(&c->work, &c->lock,
	    clock_mono_ms() + BUSY_WAIT_MS);
	c->waiting = false;
	pthread_mutex_unlock(&c->lock);
}

static void
run_batch(struct committer *c, bool large)
{
	struct err err = ERR_INIT;
	bool failed, stopping;

	c->batch_no++;
	if (c->nslots > 0)
		c->small_at_us = clock_mono_us();
	batch_reset(c->batch, (int64_t)(clock_wall_ms() / 1000),
	    is_crowded(c));
	look_at_space(c);
	for (size_t i = 0; i < c->nslots; i++)
		run_slot(c, &c->slots[i]);
	if (!large)
		run_slices(c);
	failed = commit(c, &err) == -1;
	if (finish_ops(c, failed)) {
		finish(c, failed, &err);
		return;
	}
	pthread_mutex_lock(&c->lock);
	stopping = c->stopping;
	pthread_mutex_unlock(&c->lock);
	if (stopping)
		refuse_busy(c);
	else
		wait_a_moment(c);
}

static void *
committer_main(void *arg)
{
	struct committer *c = arg;
	bool large;

	pthread_mutex_lock(&c->lock);
	while (wait_for_work(c)) {
		c->nslots = 0;
		large = take_small(c);
		pthread_mutex_unlock(&c->lock);
		run_batch(c, large);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* ---- called by other threads ---- */

static void
committer_free(struct committer *c)
{
	for (int class = 0; class <= OP_BACKGROUND; class++)
		opqueue_clear(&c->queue[class]);
	batch_free(&c->batch);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->work);
	free(c->slots);
	free(c);
}

static void
use_default(unsigned *value, unsigned otherwise)
{
	if (*value == 0)
		*value = otherwise;
}

int
committer_start(const struct committer_config *config, struct committer **out,
    struct err *err)
{
	struct committer *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory");
	c->config = *config;
	use_default(&c->config.slices_us, SLICES_US);
	use_default(&c->config.slices_crowded_us, SLICES_CROWDED_US);
	use_default(&c->config.crowded_us, CROWDED_US);
	pthread_mutex_init(&c->lock, NULL);
	condition_init(&c->work);
	for (int class = 0; class <= OP_BACKGROUND; class++)
		opqueue_init(&c->queue[class]);
	c->batch = batch_new(config->kv);
	if (thread_start(&c->thread, "committer", committer_main, c,
	    err) == -1) {
		committer_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void
committer_stop(struct committer **cp)
{
	struct committer *c = *cp;

	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	committer_free(c);
	*cp = NULL;
}

int
committer_submit(struct committer *c, struct op *op)
{
	bool waits = op->done == NULL;

	op->finished = 0;
	op->committed = false;
	pthread_mutex_lock(&c->lock);
	if (c->stopping) {
		pthread_mutex_unlock(&c->lock);
		return err_set(&op->err, ERR_TEMP,
		    "the store is being closed");
	}
	opqueue_add(&c->queue[op->class], op);
	if (c->waiting)
		pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->lock);
	/* An op with done() may have been freed by now. */
	if (!waits)
		return 0;
	op_wait(op);
	return op->committed ? 0 : -1;
}

void
committer_get_stats(struct committer *c, struct committer_stats *out)
{
	pthread_mutex_lock(&c->lock);
	*out = c->stats;
	out->queued = c->queue[OP_SMALL].n + c->queue[OP_BULK].n +
	    c->queue[OP_BACKGROUND].n;
	pthread_mutex_unlock(&c->lock);
}
