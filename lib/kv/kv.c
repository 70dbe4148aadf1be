/*
 * kv - opens and closes the Berkeley DB environment and its tables, and turns
 * its errors and messages into ours.
 */
#include <config.h>

#include <sys/stat.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/condition.h"
#include "kv/disk.h"
#include "kv/disk_hooks.h"
#include "kv/kv-private.h"
#include "kv/log_prealloc.h"

/* Enough for a transaction that changes 256 flag pages and related rows. */
#define LOCKS_MAX	60000
#define LOCKERS_MAX	4000
#define MUTEX_INCREMENT	50000
/* A snapshot keeps its place in the transaction table while its page versions
   exist. */
#define SNAPSHOTS_SPARE	2000
/* Berkeley DB wants the log buffer to be at most a quarter of a log file. */
#define LOG_BUFFERS	4
/* Not too large: recovery fills the last log file with zeroes to its end. */
#define LOG_FILE	(16 * 1024 * 1024)
/* In case the deadlock detector misses one. */
#define LOCK_TIMEOUT_US	(10 * 1000 * 1000)
#define PATH_MAX_OURS	4000
/* At most this many of Berkeley DB's messages are logged in that time. */
#define MESSAGES_MAX	10
#define MESSAGES_MS	60000

#ifdef WITH_SANITIZERS
/*
 * For LeakSanitizer.  With DB_PRIVATE the regions are on the heap, and closing
 * the environment forgets the details of transactions whose page versions
 * still existed: one leak for each commit.  These reports would hide our own
 * leaks.
 */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libdb-5.3\n";
}

/*
 * For ThreadSanitizer: suppresses what is Berkeley DB's alone.  Its latches are
 * atomic instructions that ThreadSanitizer does not recognize as locks, so
 * whatever they order looks like a race (race, called_from_lib).  The mutexes
 * it falls back to are taken in an order that it detects and undoes itself
 * (deadlock), and are sometimes destroyed by the thread that holds them
 * (mutex).
 */
const char *__tsan_default_suppressions(void);

const char *
__tsan_default_suppressions(void)
{
	return "called_from_lib:libdb-5.3.so\ndeadlock:libdb-5.3\n"
	    "race:libdb-5.3\nmutex:libdb-5.3\n";
}
#endif

const struct table_info *
kv_table(const struct kv *kv, unsigned t)
{
	return &kv->config.tables[t];
}

bool
kv_is_deadlock(int rc)
{
	return rc == DB_LOCK_DEADLOCK || rc == DB_LOCK_NOTGRANTED;
}

int
kv_fail(struct kv *kv, struct err *err, int rc, const char *fmt, ...)
{
	char what[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (rc == DB_RUNRECOVERY && !kv->config.read_only)
		disk_die("%s: %s", what, db_strerror(rc));
	if (rc == ENOSPC || rc == EDQUOT)
		return err_code(err, ERR_TEMP, ERR_CODE_FULL, "%s: %s", what,
		    db_strerror(rc));
	return err_set(err, kv_is_deadlock(rc) ? ERR_TEMP : ERR_INTERNAL,
	    "%s: %s", what, db_strerror(rc));
}

/* ---- messages from Berkeley DB ---- */

/* On a full disk each page that cannot be written gives three messages, every
   second. */
static bool
may_log_message(struct kv *kv)
{
	uint64_t now = clock_mono_ms();
	bool may;

	pthread_mutex_lock(&kv->message_lock);
	if (kv->message_count == 0 ||
	    now - kv->message_minute_ms >= MESSAGES_MS) {
		kv->message_minute_ms = now;
		kv->message_count = 0;
	}
	may = kv->message_count++ < MESSAGES_MAX;
	pthread_mutex_unlock(&kv->message_lock);
	return may;
}

static void
env_message(const DB_ENV *env, const char *prefix, const char *text)
{
	struct kv *kv = env->app_private;

	if (kv->config.warn != NULL && may_log_message(kv))
		kv->config.warn(kv->config.warn_arg, text);
}

static void
env_event(DB_ENV *env, u_int32_t event, void *info)
{
	const struct kv *kv = env->app_private;

	/* Nothing works after a panic; the next start recovers. */
	if (event == DB_EVENT_PANIC && !kv->config.read_only)
		disk_die("the database environment is broken; stopping, the "
		    "next start recovers");
}

/* ---- open ---- */

static int
make_folder(const char *home, const char *name, struct err *err)
{
	char path[PATH_MAX_OURS + 100];

	snprintf(path, sizeof(path), "%s/%s", home, name);
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return err_sys(err, ERR_REFUSED, "cannot make '%s'", path);
	/* Even if it exists: the process that made it may have been killed
	   before it flushed the name. */
	if (disk_sync_parent(path) == -1)
		return err_sys(err, ERR_TEMP, "cannot flush '%s'", home);
	return 0;
}

static int
make_folders(const char *home, struct err *err)
{
	if (strlen(home) >= PATH_MAX_OURS)
		return err_set(err, ERR_REFUSED, "the path '%.100s...' is too "
		    "long", home);
	if (mkdir(home, 0700) == -1 && errno != EEXIST)
		return err_sys(err, ERR_REFUSED, "cannot make '%s'", home);
	if (disk_sync_parent(home) == -1)
		return err_sys(err, ERR_TEMP, "cannot flush the folder of "
		    "'%s'", home);
	if (make_folder(home, KV_DATA, err) == -1)
		return -1;
	return make_folder(home, KV_LOG, err);
}

int
kv_reserve_log(struct kv *kv, unsigned files, struct err *err)
{
	char folder[PATH_MAX_OURS + 100];

	snprintf(folder, sizeof(folder), "%s/" KV_LOG, kv->config.home);
	return log_prealloc_reserve(folder, files, kv->config.log_file_bytes,
	    err);
}

int
kv_fill_log(struct kv *kv, unsigned files, struct err *err)
{
	char folder[PATH_MAX_OURS + 100];

	snprintf(folder, sizeof(folder), "%s/" KV_LOG, kv->config.home);
	return log_prealloc_fill(folder, KV_LOG_RESERVED, files,
	    kv->config.log_file_bytes, err);
}

static int
configure_log(DB_ENV *env, uint32_t file_bytes)
{
	int rc;

	if ((rc = env->set_lg_dir(env, KV_LOG)) != 0 ||
	    (rc = env->set_lg_bsize(env, file_bytes / LOG_BUFFERS)) != 0 ||
	    (rc = env->set_lg_max(env, file_bytes)) != 0)
		return rc;
	return env->log_set_config(env, DB_LOG_AUTO_REMOVE, 1);
}

static int
configure_locks(DB_ENV *env, unsigned readers_max)
{
	int rc;

	if ((rc = env->set_lk_detect(env, DB_LOCK_MINWRITE)) != 0 ||
	    (rc = env->set_lk_max_locks(env, LOCKS_MAX)) != 0 ||
	    (rc = env->set_lk_max_objects(env, LOCKS_MAX)) != 0 ||
	    (rc = env->set_lk_max_lockers(env,
	    LOCKERS_MAX + readers_max)) != 0 ||
	    (rc = env->set_timeout(env, LOCK_TIMEOUT_US,
	    DB_SET_LOCK_TIMEOUT)) != 0 ||
	    (rc = env->mutex_set_increment(env, MUTEX_INCREMENT)) != 0)
		return rc;
	return env->set_tx_max(env, readers_max + SNAPSHOTS_SPARE);
}

static int
configure_cache(DB_ENV *env, uint64_t size)
{
	const uint64_t gigabyte = 1024 * 1024 * 1024;

	return env->set_cachesize(env, (u_int32_t)(size / gigabyte),
	    (u_int32_t)(size % gigabyte), 1);
}

static int
configure(struct kv *kv)
{
	DB_ENV *env = kv->env;
	int rc;

	env->app_private = kv;
	env->set_errcall(env, env_message);
	if ((rc = env->set_event_notify(env, env_event)) != 0 ||
	    (rc = env->add_data_dir(env, KV_DATA)) != 0 ||
	    (rc = env->set_create_dir(env, KV_DATA)) != 0 ||
	    (rc = configure_cache(env, kv->config.cache_size)) != 0 ||
	    (rc = configure_log(env, kv->config.log_file_bytes)) != 0)
		return rc;
	return configure_locks(env, kv->config.readers_max);
}

/* Opens a copy made by kv_backup() the first time? */
static bool
is_copy(const char *home)
{
	char path[PATH_MAX_OURS + 100];

	snprintf(path, sizeof(path), "%s/" KV_RESTORE, home);
	return access(path, F_OK) == 0;
}

static int
forget_copy(const char *home, struct err *err)
{
	char path[PATH_MAX_OURS + 100];

	snprintf(path, sizeof(path), "%s/" KV_RESTORE, home);
	if (unlink(path) == -1 || disk_sync_parent(path) == -1)
		return err_sys(err, ERR_TEMP, "cannot remove '%s'", path);
	return 0;
}

static int
open_env(struct kv *kv, struct err *err)
{
	const u_int32_t flags = DB_CREATE | DB_INIT_MPOOL | DB_INIT_LOCK |
	    DB_INIT_LOG | DB_INIT_TXN | DB_THREAD | DB_PRIVATE;
	const char *home = kv->config.home;
	bool copy = is_copy(home);
	int rc;

	if ((rc = db_env_create(&kv->env, 0)) != 0)
		return kv_fail(kv, err, rc, "cannot make an environment");
	if ((rc = configure(kv)) != 0)
		return kv_fail(kv, err, rc, "cannot configure the store");
	rc = kv->env->open(kv->env, home,
	    flags | (copy ? DB_RECOVER_FATAL : DB_RECOVER), 0600);
	if (rc != 0)
		return kv_fail(kv, err, rc, "cannot open the store in '%s'",
		    home);
	return copy ? forget_copy(home, err) : 0;
}

static int
open_table(struct kv *kv, unsigned t, struct err *err)
{
	const struct table_info *info = kv_table(kv, t);
	u_int32_t flags = DB_CREATE | DB_AUTO_COMMIT | DB_THREAD;
	char file[64];
	DB *db;
	int rc;

	if (info->flags & TABLE_MULTIVERSION)
		flags |= DB_MULTIVERSION;
	snprintf(file, sizeof(file), "%s.db", info->name);
	if ((rc = db_create(&kv->db[t], kv->env, 0)) != 0)
		return kv_fail(kv, err, rc, "cannot open table '%s'",
		    info->name);
	db = kv->db[t];
	/*
	 * Bodies would push everything else out of the cache.  And pages that
	 * have versions are not dropped from a full cache but frozen, each in a
	 * file of its own.
	 */
	if ((info->flags & TABLE_READ_ONCE) &&
	    (rc = db->set_priority(db, DB_PRIORITY_VERY_LOW)) != 0)
		return kv_fail(kv, err, rc, "cannot open table '%s'",
		    info->name);
	if ((rc = db->set_pagesize(db, KV_PAGE_SIZE)) != 0 ||
	    (rc = db->set_flags(db, DB_CHKSUM)) != 0 ||
	    (rc = db->open(db, NULL, file, NULL, DB_BTREE, flags, 0600)) != 0)
		return kv_fail(kv, err, rc, "cannot open table '%s'",
		    info->name);
	return 0;
}

/*
 * How many threads may search in snapshots at the same time (see kv_read.c).
 * More than one, because one may wait for the disk.  A sleeping one must not
 * hold up the writer, so no more than there are processors: with eight the
 * writer already stood still.
 */
static unsigned
searchers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 2 ? 2 : n > 4 ? 4 : (unsigned)n;
}

static struct kv *
kv_new(const struct kv_config *config)
{
	struct kv *kv = calloc(1, sizeof(*kv));
	char *home = strdup(config->home);

	if (kv == NULL || home == NULL)
		fatal("out of memory");
	kv->config = *config;
	kv->config.home = home;
	if (kv->config.log_file_bytes == 0)
		kv->config.log_file_bytes = LOG_FILE;
	kv->latest.ops = &kv_latest_ops;
	kv->latest.impl = kv;
	pthread_mutex_init(&kv->lock, NULL);
	(void)sem_init(&kv->searchers, 0, searchers());
	pthread_mutex_init(&kv->message_lock, NULL);
	pthread_mutex_init(&kv->backup_lock, NULL);
	condition_init(&kv->wake);
	return kv;
}

int
kv_open(const struct kv_config *config, struct kv **out, struct err *err)
{
	struct kv *kv = kv_new(config);

	assert(config->table_count <= KV_TABLES_MAX);
	disk_hooks_install(false);
	if (make_folders(config->home, err) == -1 ||
	    (!config->read_only &&
		kv_reserve_log(kv, KV_LOG_RESERVED, err) == -1) ||
	    open_env(kv, err) == -1)
		goto fail;
	for (unsigned t = 0; t < config->table_count; t++)
		if (open_table(kv, t, err) == -1)
			goto fail;
	if (!config->read_only && kv_keeper_start(kv, err) == -1)
		goto fail;
	*out = kv;
	return 0;
fail:
	kv_close(&kv);
	return -1;
}

void
kv_close(struct kv **kvp)
{
	struct kv *kv = *kvp;
	struct err ignored = ERR_INIT;

	if (kv == NULL)
		return;
	if (kv->keeper_runs) {
		kv_keeper_stop(kv);
		kv_checkpoint(kv, &ignored);
	}
	for (unsigned t = 0; t < kv->config.table_count; t++)
		if (kv->db[t] != NULL)
			kv->db[t]->close(kv->db[t], 0);
	if (kv->env != NULL)
		kv->env->close(kv->env, 0);
	pthread_mutex_destroy(&kv->lock);
	(void)sem_destroy(&kv->searchers);
	pthread_mutex_destroy(&kv->message_lock);
	pthread_mutex_destroy(&kv->backup_lock);
	pthread_cond_destroy(&kv->wake);
	free((char *)kv->config.home);
	free(kv);
	*kvp = NULL;
}
