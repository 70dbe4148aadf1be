/* kv_write - applies the changes of a batch in one transaction. */
#include <config.h>

#include <sched.h>
#include <string.h>

#include "kv/disk.h"
#include "kv/kv-private.h"
#include "kv/log_prealloc.h"

/* About how many bytes a change takes in the log besides its key and value. */
#define LOG_OVERHEAD	120

static uint64_t
list_bytes(const struct change *list, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += list[i].key.len + list[i].value.len + LOG_OVERHEAD;
	return bytes;
}

static int
apply_change(struct kv *kv, DB_TXN *txn, const struct change *c)
{
	DB *db = kv->db[c->table];
	DBT k, v;
	int rc;

	memset(&k, 0, sizeof(k));
	memset(&v, 0, sizeof(v));
	k.data = (void *)c->key.data;
	k.size = (u_int32_t)c->key.len;
	if (c->is_delete) {
		rc = db->del(db, txn, &k, 0);
		return rc == DB_NOTFOUND ? 0 : rc;
	}
	v.data = (void *)c->value.data;
	v.size = (u_int32_t)c->value.len;
	return db->put(db, txn, &k, &v, 0);
}

/*
 * Berkeley DB 5.3 reports a successful commit when the first write to a new
 * log file failed (seen with a full disk: this commit and all that followed
 * "succeeded", and none of them was on the disk).  log_prealloc.h prevents
 * that where the file system can reserve space.  Flushing the log once more
 * costs nothing if everything is written.  If it fails, what is committed in
 * memory cannot be undone: only recovery knows what is on the disk.
 */
static int
ensure_flushed(struct kv *kv)
{
	int rc = kv->env->log_flush(kv->env, NULL);

	if (rc != 0)
		disk_die("cannot write the log: %s; stopping, the next start "
		    "recovers", db_strerror(rc));
	return 0;
}

/* Returns Berkeley DB's return code. */
static int
apply_list(struct kv *kv, const struct change *list, size_t n, bool flush)
{
	DB_TXN *txn;
	int rc;

	if ((rc = kv->env->txn_begin(kv->env, NULL, &txn, 0)) != 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = apply_change(kv, txn, &list[i]);
	if (rc == 0) {
		rc = txn->commit(txn, flush ? DB_TXN_SYNC : DB_TXN_NOSYNC);
		return rc == 0 && flush ? ensure_flushed(kv) : rc;
	}
	if (txn->abort(txn) != 0)
		disk_die("cannot take back a transaction; stopping, the next "
		    "start recovers");
	return rc;
}

/*
 * Reserves the space in the log that the list may need: two log files to
 * change rows and remove old ones (no slice of a purge deletes more), plus one
 * for each log file that the new rows alone would fill.
 */
static int
reserve_room(struct kv *kv, const struct change *list, size_t n,
    struct err *err)
{
	uint64_t bytes = list_bytes(list, n);

	return kv_reserve_log(kv, KV_LOG_RESERVED + (unsigned)(bytes /
	    kv->config.log_file_bytes), err);
}

/* Tells the keeper how much the log has grown. */
static void
count_applied(struct kv *kv, uint64_t bytes, unsigned retries)
{
	pthread_mutex_lock(&kv->lock);
	kv->retries += retries;
	kv->applied += bytes;
	if (kv->applied >= kv->config.checkpoint_bytes ||
	    kv->prealloc_taken != log_prealloc_taken())
		pthread_cond_signal(&kv->wake);
	pthread_mutex_unlock(&kv->lock);
}

static int
apply(struct kv *kv, const struct change *list, size_t n, bool flush,
    struct err *err)
{
	unsigned tries = 0;
	int rc;

	if (reserve_room(kv, list, n, err) == -1)
		return -1;
	rc = apply_list(kv, list, n, flush);
	while (kv_is_deadlock(rc) && tries++ < KV_RETRIES) {
		sched_yield();
		rc = apply_list(kv, list, n, flush);
	}
	count_applied(kv, list_bytes(list, n), tries);
	if (rc == 0)
		return 0;
	kv_fail(kv, err, rc, "cannot write");
	/* What is on the disk is unknown: only recovery can tell. */
	if (err->kind != ERR_TEMP)
		disk_die("%s; stopping, the next start recovers", err->text);
	return -1;
}

int
kv_apply(struct kv *kv, const struct change *list, size_t n, struct err *err)
{
	return apply(kv, list, n, true, err);
}

int
kv_apply_unflushed(struct kv *kv, const struct change *list, size_t n,
    struct err *err)
{
	return apply(kv, list, n, false, err);
}
