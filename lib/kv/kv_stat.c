/* kv_stat - collects Berkeley DB's counters for `postern stat'. */
#include <config.h>

#include <stdlib.h>

#include "kv/kv-private.h"

struct stat_list {
	struct kv_stat *list;
	size_t n, max;
};

static void
stat_add(struct stat_list *l, const char *name, uint64_t value)
{
	if (l->n < l->max)
		l->list[l->n++] = (struct kv_stat){ name, value };
}

static void
stat_cache(struct kv *kv, struct stat_list *l)
{
	DB_MPOOL_STAT *s;

	if (kv->env->memp_stat(kv->env, &s, NULL, 0) != 0)
		return;
	stat_add(l, "cache-bytes",
	    (uint64_t)s->st_gbytes << 30 | s->st_bytes);
	stat_add(l, "cache-hits", s->st_cache_hit);
	stat_add(l, "cache-misses", s->st_cache_miss);
	stat_add(l, "cache-pages", s->st_pages);
	stat_add(l, "cache-pages-dirty", s->st_page_dirty);
	stat_add(l, "cache-pages-read", s->st_page_in);
	stat_add(l, "cache-pages-written", s->st_page_out);
	stat_add(l, "cache-versions-frozen", s->st_mvcc_frozen);
	free(s);
}

static void
stat_log(struct kv *kv, struct stat_list *l)
{
	DB_LOG_STAT *s;

	if (kv->env->log_stat(kv->env, &s, 0) != 0)
		return;
	stat_add(l, "log-bytes",
	    (uint64_t)s->st_w_mbytes << 20 | s->st_w_bytes);
	stat_add(l, "log-bytes-since-checkpoint",
	    (uint64_t)s->st_wc_mbytes << 20 | s->st_wc_bytes);
	stat_add(l, "log-flushes", s->st_scount);
	stat_add(l, "log-writes", s->st_wcount);
	free(s);
}

static void
stat_locks(struct kv *kv, struct stat_list *l)
{
	DB_LOCK_STAT *s;

	if (kv->env->lock_stat(kv->env, &s, 0) != 0)
		return;
	stat_add(l, "locks", s->st_nlocks);
	stat_add(l, "locks-max", s->st_maxnlocks);
	stat_add(l, "lock-deadlocks", s->st_ndeadlocks);
	stat_add(l, "lock-timeouts", s->st_nlocktimeouts);
	free(s);
}

static void
stat_transactions(struct kv *kv, struct stat_list *l)
{
	DB_TXN_STAT *s;

	if (kv->env->txn_stat(kv->env, &s, 0) != 0)
		return;
	stat_add(l, "transactions", s->st_nbegins);
	stat_add(l, "transactions-open", s->st_nactive);
	stat_add(l, "transactions-open-max", s->st_maxnactive);
	stat_add(l, "snapshots", s->st_nsnapshot);
	stat_add(l, "snapshots-max", s->st_maxnsnapshot);
	free(s);
}

size_t
kv_stats(struct kv *kv, struct kv_stat *list, size_t max)
{
	struct stat_list l = { list, 0, max };

	pthread_mutex_lock(&kv->lock);
	stat_add(&l, "checkpoints", kv->checkpoints);
	stat_add(&l, "apply-retries", kv->retries);
	pthread_mutex_unlock(&kv->lock);
	stat_cache(kv, &l);
	stat_log(kv, &l);
	stat_locks(kv, &l);
	stat_transactions(kv, &l);
	return l.n;
}
