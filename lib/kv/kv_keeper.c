/*
 * kv_keeper - the thread that maintains the environment
 *
 * It writes checkpoints, so that recovery is short and old logs can be
 * removed; it trickles dirty pages to disk, so that the committer finds clean
 * pages in the cache; and it fills the next log files with zeroes, so that
 * commits are flushed fast (log_prealloc.h).
 */
#include <config.h>

#include <string.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/thread.h"
#include "kv/kv-private.h"
#include "kv/log_prealloc.h"

#define TICK_MS		1000
/* Percentage of the cache that is kept clean. */
#define CLEAN_PERCENT	20
/* Log files filled in advance; one is used while the next is being filled. */
#define FILLED		3
/*
 * A checkpoint writes this many pages (256 KB), then pauses: writing them all
 * at once would hold up the flushes of the log, and so every delivery.
 */
#define WRITE_PAGES	64
#define WRITE_PAUSE_US	2000

int
kv_checkpoint(struct kv *kv, struct err *err)
{
	uint64_t before;
	int rc;

	pthread_mutex_lock(&kv->lock);
	before = kv->applied;
	pthread_mutex_unlock(&kv->lock);
	rc = kv->env->txn_checkpoint(kv->env, 0, 0, 0);
	pthread_mutex_lock(&kv->lock);
	kv->checkpoints++;
	kv->checkpoint_failed = rc != 0;
	if (rc == 0)
		kv->applied -= kv->applied < before ? kv->applied : before;
	pthread_mutex_unlock(&kv->lock);
	return rc == 0 ? 0 : kv_fail(kv, err, rc, "cannot write a checkpoint");
}

uint64_t
kv_unwritten(struct kv *kv)
{
	uint64_t n;

	pthread_mutex_lock(&kv->lock);
	n = kv->applied;
	pthread_mutex_unlock(&kv->lock);
	return n;
}

/* Waits for the next tick, or until a checkpoint is due. */
static void
keeper_wait(struct kv *kv)
{
	if (kv->prealloc_taken != log_prealloc_taken())
		return;
	(void)condition_wait_until(&kv->wake, &kv->lock,
	    clock_mono_ms() + TICK_MS);
}

static void
keeper_tick(struct kv *kv, bool due, bool fill)
{
	struct err err = ERR_INIT, ignored = ERR_INIT;
	bool failed_before;
	int written;

	/* Not before a log file was used up, because many stores are small. */
	if (fill)
		(void)kv_fill_log(kv, FILLED, &ignored);
	pthread_mutex_lock(&kv->lock);
	failed_before = kv->checkpoint_failed;
	pthread_mutex_unlock(&kv->lock);
	/* Log it once: on a full disk it fails every second. */
	if (due && kv_checkpoint(kv, &err) == -1 && !failed_before &&
	    kv->config.warn != NULL)
		kv->config.warn(kv->config.warn_arg, err.text);
	kv->env->memp_trickle(kv->env, CLEAN_PERCENT, &written);
}

static void *
keeper_main(void *arg)
{
	struct kv *kv = arg;
	uint64_t last = clock_mono_ms();
	bool due, fill;

	pthread_mutex_lock(&kv->lock);
	while (!kv->stopping) {
		if (kv->applied < kv->config.checkpoint_bytes ||
		    kv->checkpoint_failed)
			keeper_wait(kv);
		if (kv->stopping)
			break;
		due = kv->applied >= kv->config.checkpoint_bytes ||
		    (kv->applied > 0 &&
		    clock_mono_ms() - last >= kv->config.checkpoint_ms);
		fill = kv->prealloc_taken != log_prealloc_taken();
		kv->prealloc_taken = log_prealloc_taken();
		pthread_mutex_unlock(&kv->lock);
		if (due)
			last = clock_mono_ms();
		keeper_tick(kv, due, fill);
		pthread_mutex_lock(&kv->lock);
	}
	pthread_mutex_unlock(&kv->lock);
	return NULL;
}

int
kv_keeper_start(struct kv *kv, struct err *err)
{
	kv->prealloc_taken = log_prealloc_taken();
	(void)kv->env->set_mp_max_write(kv->env, WRITE_PAGES, WRITE_PAUSE_US);
	if (thread_start(&kv->keeper, "store-keeper", keeper_main, kv,
	    err) == -1)
		return -1;
	kv->keeper_runs = true;
	return 0;
}

void
kv_keeper_stop(struct kv *kv)
{
	pthread_mutex_lock(&kv->lock);
	kv->stopping = true;
	pthread_cond_signal(&kv->wake);
	pthread_mutex_unlock(&kv->lock);
	pthread_join(kv->keeper, NULL);
	kv->keeper_runs = false;
	/* The end is all that is waited for now, so do not pause. */
	(void)kv->env->set_mp_max_write(kv->env, 0, 0);
}
