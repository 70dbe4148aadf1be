/*
 * request_admin - requests about the server: counters, backup, reload, log
 * level.
 */
#include <config.h>

#include <sys/stat.h>

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "commit/committer.h"
#include "directory/account.h"
#include "evidence/arrivals.h"
#include "store/store_open.h"
#include "imapd/request_call.h"

#define KV_STATS_MAX	128

static int
stat_row(struct request_call *c, const char *name, uint64_t value,
    struct err *err)
{
	struct request_writer w;
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	request_answer_begin(c, &w, FRAME_ROW);
	request_put_cut(&w, FIELD_NAME, bytes_of(name));
	request_put_str(&w, FIELD_VALUE, text);
	return request_frame_end(&w, err);
}

struct stat_value {
	const char *name;
	uint64_t value;
};

static int
stat_rows(struct request_call *c, const struct stat_value *rows, size_t n,
    struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (stat_row(c, rows[i].name, rows[i].value, err) == -1)
			return -1;
	return 0;
}

static int
server_stat(struct request_call *c, struct err *err)
{
	struct server_stats s;

	server_stats(c->imapd->server, &s);
	const struct stat_value rows[] = {
		{ "uptime-s", (uint64_t)(time(NULL) - c->imapd->started) },
		{ "connections", (uint64_t)s.connections },
		{ "connections-queued", (uint64_t)s.queued },
		{ "connections-accepted", s.accepted },
		{ "connections-refused", s.refused },
		{ "workers", (uint64_t)s.workers },
		{ "workers-idle", (uint64_t)s.workers_idle },
		{ "worker-runs", s.runs },
	};

	return stat_rows(c, rows, sizeof(rows) / sizeof(*rows), err);
}

static int
committer_stat(struct request_call *c, struct err *err)
{
	struct committer_stats s;

	committer_get_stats(c->imapd->store->db.committer, &s);
	const struct stat_value rows[] = {
		{ "commit-batches", s.batches },
		{ "commit-operations", s.ops },
		{ "commit-refused", s.refused },
		{ "commit-failed", s.failed },
		{ "commit-bytes", s.bytes },
		{ "commit-operations-max", s.ops_max },
		{ "commit-queued", s.queued },
		{ "read-only", s.read_only },
	};

	return stat_rows(c, rows, sizeof(rows) / sizeof(*rows), err);
}

static int
account_count(void *arg, const struct account *acc, struct err *err)
{
	struct stat_value *sums = arg;

	sums[0].value++;
	sums[1].value += acc->used_messages;
	sums[2].value += acc->used_bytes;
	return 0;
}

static int
accounts_stat(struct request_call *c, struct err *err)
{
	struct stat_value sums[] = {
		{ "accounts", 0 }, { "messages", 0 }, { "bytes", 0 }
	};
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = account_each(&snap.reader, account_count, sums, err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : stat_rows(c, sums, 3, err);
}

static int
arrivals_rows(struct request_call *c, struct err *err)
{
	struct stat_value rows[] = {
		{ "arrivals-accounts", 0 }, { "arrivals-memory", 0 }
	};
	size_t accounts;

	arrivals_stat(c->imapd->store->arrivals, &accounts, &rows[1].value);
	rows[0].value = accounts;
	return stat_rows(c, rows, 2, err);
}

static int
stat_run(struct request_call *c, struct err *err)
{
	struct kv_stat stats[KV_STATS_MAX];
	size_t n;

	if (server_stat(c, err) == -1 || committer_stat(c, err) == -1 ||
	    accounts_stat(c, err) == -1 || arrivals_rows(c, err) == -1)
		return -1;
	n = kv_stats(c->imapd->store->db.kv, stats, KV_STATS_MAX);
	for (size_t i = 0; i < n; i++)
		if (stat_row(c, stats[i].name, stats[i].value, err) == -1)
			return -1;
	return request_answer_done(c, err);
}

/* ---- backup ---- */

struct backup {
	struct request_call *c;
	const char *folder;
	uint64_t bytes;			/* of all files */
};

/* Reports a copied file at once, because a backup takes long. */
static void
backup_progress(void *arg, const char *file)
{
	struct backup *b = arg;
	struct request_writer w;
	struct err ignored = ERR_INIT;
	struct stat st;

	if (stat(file, &st) == -1)
		st.st_size = 0;
	b->bytes += (uint64_t)st.st_size;
	request_answer_begin(b->c, &w, FRAME_ROW);
	request_put_cut(&w, FIELD_FILE, bytes_of(file));
	request_put_u64(&w, FIELD_BYTES, (uint64_t)st.st_size);
	(void)request_frame_end(&w, &ignored);
	/* Even if the peer is gone, the backup goes on. */
	(void)conn_write(b->c->conn, b->c->out->data, b->c->out->len);
	buf_clear(b->c->out);
}

static int
backup_run(struct request_call *c, struct err *err)
{
	struct backup b = { .c = c };
	struct request_writer w;

	b.folder = request_str(&c->request, FIELD_FOLDER);
	if (b.folder[0] != '/')
		return err_set(err, ERR_SYNTAX,
		    "the folder '%s' is not an absolute path", b.folder);
	if (store_backup(c->imapd->store, b.folder, backup_progress, &b,
	    err) == -1)
		return -1;
	log_info(conn_log(c->conn), "backup made",
	    KV_STR("folder", b.folder), KV_UINT("bytes", b.bytes));
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_u64(&w, FIELD_BYTES, b.bytes);
	return request_frame_end(&w, err);
}

/* ---- reload, log level ---- */

static int
reload_run(struct request_call *c, struct err *err)
{
	if (c->imapd->reload(c->imapd, err) == -1)
		return -1;
	return request_answer_done(c, err);
}

static int
log_level_run(struct request_call *c, struct err *err)
{
	struct bytes name = request_bytes(&c->request, FIELD_LEVEL);
	struct request_writer w;
	int level;

	if (name.data != NULL) {
		level = log_level_parse(name);
		if (level <= LOG_LEVEL_FATAL)
			return err_set(err, ERR_SYNTAX, "'" BYTES_FMT
			    "' is not a log level, expected error, warn, info, "
			    "debug, trace, traceauth or tracedata",
			    BYTES_ARG(name));
		log_set_level((enum log_level)level);
		log_info(conn_log(c->conn), "log level set",
		    KV_BYTES("level", name));
	}
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_str(&w, FIELD_LEVEL, log_level_name((enum log_level)
	    __atomic_load_n(&log_level_now, __ATOMIC_RELAXED)));
	return request_frame_end(&w, err);
}

const struct request_handler admin_requests[] = {
	{ REQUEST_STAT,	stat_run },
	{ REQUEST_BACKUP,	backup_run },
	{ REQUEST_RELOAD,	reload_run },
	{ REQUEST_LOG_LEVEL,	log_level_run },
	{ 0, NULL }
};
