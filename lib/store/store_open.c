/* store_open - opens, converts, closes and copies a store */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "kv/disk.h"
#include "commit/committer.h"
#include "commit/disk_space.h"
#include "segment/segment.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "directory/credential.h"
#include "evidence/arrivals.h"
#include "store/background.h"
#include "store/store_open.h"
#include "store/watch.h"

#define FORMAT_KEY	"format"
#define TRIAL_KEY	"disk-trial"
/* Most snapshots open at a time, by workers and background threads. */
#define SNAPSHOTS_PER_WORKER	4
#define SNAPSHOTS_MIN		64
#define SEGMENT_SIZE		(256 * 1024 * 1024)
#define ARRIVALS_MEMORY		(64 * 1024 * 1024)
/* Number of open segments: one for this many workers, and some for readers. */
#define WORKERS_PER_SEGMENT	4
#define SEGMENTS_SPARE		16

/* ---- messages of Berkeley DB ---- */

static void
log_database(void *arg, const char *text)
{
	log_warn(arg, "database", KV_STR("text", text));
}

static void
log_last_words(void *arg, const char *text)
{
	log_error(arg, "store failed", KV_STR("text", text));
}

/* ---- opening ---- */

int
store_lock(const char *dir, struct err *err)
{
	char *path = NULL;
	int fd;

	if (file_mkdirs(dir, 0700, err) == -1)
		return -1;
	/* In some installations we may not read the parent folder; then we did
	   not create the folder either. */
	if (disk_sync_parent(dir) == -1 && errno != EACCES)
		return err_sys(err, ERR_TEMP, "cannot flush the folder of "
		    "'%s'", dir);
	if (asprintf(&path, "%s/" STORE_LOCK, dir) == -1)
		fatal("out of memory");
	fd = file_lock(path, err);
	free(path);
	if (fd == -1)
		return err_wrap(err, "the store in '%s' cannot be opened",
		    dir);
	return fd;
}

static int
write_format(struct kv *kv, struct err *err)
{
	char text[16];
	struct change c = { T_META, bytes_of(FORMAT_KEY), { NULL, 0 }, false };

	snprintf(text, sizeof(text), "%d", STORE_FORMAT);
	c.value = bytes_of(text);
	return kv_apply(kv, &c, 1, err);
}

/*
 * Converts to the current format.  Formats up to 3 only added tables.  The
 * number is written last, so that an interrupted conversion is repeated.
 */
static int
convert(struct kv *kv, uint64_t format, struct err *err)
{
	if (format < 4 && credential_convert(kv, err) == -1)
		return -1;
	return write_format(kv, err);
}

int
store_check_format(struct kv *kv, const char *dir, struct err *err)
{
	struct buf v = BUF_INIT;
	uint64_t format;
	int rc;

	rc = reader_get(kv_latest(kv), T_META, bytes_of(FORMAT_KEY), &v, err);
	if (rc == 0)
		rc = write_format(kv, err);
	else if (rc == 1 && decimal_parse(buf_view(&v), UINT32_MAX,
	    &format) == -1)
		rc = err_set(err, ERR_REFUSED, "'%s' does not contain a store "
		    "of postern", dir);
	else if (rc == 1 && format > STORE_FORMAT)
		rc = err_set(err, ERR_REFUSED, "the store in '%s' has format "
		    "%u of a newer version; this version supports up to %d",
		    dir, (unsigned)format, STORE_FORMAT);
	else if (rc == 1 && format < STORE_FORMAT)
		rc = convert(kv, format, err);
	buf_free(&v);
	return rc == -1 ? -1 : 0;
}

int
store_open_kv(const struct store_config *config, struct log *log,
    bool read_only, struct kv **kv, struct err *err)
{
	unsigned readers = config->workers * SNAPSHOTS_PER_WORKER;
	struct kv_config c = {
		.tables = store_tables,
		.table_count = TABLE_COUNT,
		.cache_size = config->cache_size,
		.checkpoint_bytes = config->checkpoint_bytes,
		.checkpoint_ms = config->checkpoint_ms,
		.log_file_bytes = config->log_file_bytes,
		.readers_max = readers < SNAPSHOTS_MIN ? SNAPSHOTS_MIN :
		    readers,
		.read_only = read_only,
		.warn = log_database,
		.warn_arg = log
	};
	char *home;
	int rc;

	disk_set_log(log_last_words, log);
	if (asprintf(&home, "%s/" STORE_HOME, config->dir) == -1)
		fatal("out of memory");
	c.home = home;
	rc = kv_open(&c, kv, err);
	free(home);
	if (rc == -1)
		return -1;
	if (store_check_format(*kv, config->dir, err) == -1) {
		kv_close(kv);
		return -1;
	}
	return 0;
}

int
store_open_segments(const struct store_config *config, struct log *log,
    struct kv *kv, bool read_only, struct segments **g, struct err *err)
{
	struct segments_config c = {
		.size = config->segment_size == 0 ? SEGMENT_SIZE :
		    config->segment_size,
		.files_max = config->workers / WORKERS_PER_SEGMENT +
		    SEGMENTS_SPARE,
		.read_only = read_only,
		.log = log
	};
	char *home = NULL;
	int rc;

	if (asprintf(&home, "%s/" STORE_HOME, config->dir) == -1)
		fatal("out of memory");
	c.home = home;
	rc = segments_open(&c, kv_latest(kv), g, err);
	free(home);
	return rc;
}

static int
start_threads(struct store *s, struct err *err)
{
	uint64_t memory = s->config.arrivals_memory;
	struct committer_config c = {
		.kv = s->db.kv,
		.batch_ops_max = s->config.commit_batch_max,
		.batch_bytes_max = s->config.commit_batch_bytes,
		.trial_table = T_META,
		.trial_key = TRIAL_KEY,
		.seal = account_seal,
		.publish = watch_publish,
		.publish_arg = s,
		.work = background_wake,
		.work_arg = s
	};

	s->arrivals = arrivals_new(s->db.kv,
	    memory == 0 ? ARRIVALS_MEMORY : memory);
	s->db.space = disk_space_new(s->config.dir,
	    s->config.free_bytes_min, s->db.kv, s->db.log);
	c.space = s->db.space;
	if (committer_start(&c, &s->db.committer, err) == -1)
		return -1;
	return background_start(s, &s->background, err);
}

int
store_open(const struct store_config *config, struct log *log,
    struct store **out, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));
	char *dir = strdup(config->dir);

	if (s == NULL || dir == NULL)
		fatal("out of memory");
	s->config = *config;
	s->config.dir = dir;
	s->db.log = log;
	s->junk_stamp = junk_settings_stamp(&config->junk);
	s->watches = watch_table_new();
	if ((s->lock_fd = store_lock(dir, err)) == -1 ||
	    store_open_kv(&s->config, log, false, &s->db.kv, err) == -1 ||
	    store_open_segments(&s->config, log, s->db.kv, false, &s->segments,
	    err) == -1 ||
	    start_threads(s, err) == -1) {
		store_close(&s);
		return -1;
	}
	*out = s;
	return 0;
}

void
store_close(struct store **sp)
{
	struct store *s = *sp;

	if (s == NULL)
		return;
	/* In this order: the background submits operations to the committer,
	   which publishes to the watchers. */
	background_stop(&s->background);
	committer_stop(&s->db.committer);
	watch_table_free(&s->watches);
	arrivals_free(&s->arrivals);
	segments_close(&s->segments);
	disk_space_free(&s->db.space);
	kv_close(&s->db.kv);
	if (s->lock_fd != -1)
		close(s->lock_fd);
	free((char *)s->config.dir);
	free(s);
	*sp = NULL;
}

/* ---- copying ---- */

int
store_backup(struct store *s, const char *folder,
    void (*progress)(void *arg, const char *file), void *arg, struct err *err)
{
	char *home = NULL;
	int rc;

	if (kv_backup_prepare(folder, err) == -1)
		return -1;
	if (asprintf(&home, "%s/" STORE_HOME, folder) == -1)
		fatal("out of memory");
	segments_pin(s->segments);
	rc = kv_backup(s->db.kv, home, progress, arg, err);
	if (rc == 0)
		rc = segments_backup(s->segments, home, progress, arg, err);
	if (rc == 0)
		rc = kv_backup_mark(home, err);
	segments_unpin(s->segments);
	free(home);
	return rc == -1 ? err_wrap(err, "backup") : 0;
}
