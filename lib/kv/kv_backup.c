/* kv_backup - copies an environment while it is in use. */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "kv/copyfile.h"
#include "kv/disk.h"
#include "kv/kv-private.h"

/*
 * A backup keeps all logs from now on, copies each database page by page
 * (Berkeley DB holds off writes to the page being copied), then copies all
 * logs.  A copied page may be older or newer than its neighbors; replaying the
 * logs from the first one brings all pages to the same point.  The file
 * KV_RESTORE says that this has yet to be done.
 */
#define PATH_MAX_OURS	4000

struct backup {
	struct kv *kv;
	const char *folder;
	void (*progress)(void *arg, const char *file);
	void *arg;
};

int
kv_backup_prepare(const char *folder, struct err *err)
{
	struct dirent *e;
	DIR *d;
	int n = 0;

	if (strlen(folder) >= PATH_MAX_OURS)
		return err_set(err, ERR_REFUSED, "the folder's name is too "
		    "long");
	if (mkdir(folder, 0700) == -1 && errno != EEXIST)
		return err_sys(err, ERR_REFUSED, "cannot make '%s'", folder);
	if ((d = opendir(folder)) == NULL)
		return err_sys(err, ERR_REFUSED, "cannot read '%s'", folder);
	while (n == 0 && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			n++;
	closedir(d);
	if (n > 0)
		return err_set(err, ERR_REFUSED, "'%s' is not empty", folder);
	return 0;
}

static int
prepare_folder(struct backup *b, const char *name, char *path, size_t size,
    struct err *err)
{
	snprintf(path, size, "%s/%s", b->folder, name);
	if (mkdir(path, 0700) == -1)
		return err_sys(err, ERR_REFUSED, "cannot make '%s'", path);
	return 0;
}

static int
sync_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot open '%s'", path);
	if (fsync(fd) == -1)
		rc = err_sys(err, ERR_TEMP, "cannot flush '%s'", path);
	close(fd);
	return rc;
}

static int
backup_tables(struct backup *b, struct err *err)
{
	char folder[PATH_MAX_OURS + 100], path[PATH_MAX_OURS + 200], file[64];
	DB_ENV *env = b->kv->env;
	int rc;

	if (prepare_folder(b, KV_DATA, folder, sizeof(folder), err) == -1)
		return -1;
	for (unsigned t = 0; t < b->kv->config.table_count; t++) {
		snprintf(file, sizeof(file), "%s.db", kv_table(b->kv, t)->name);
		rc = env->dbbackup(env, file, folder, 0);
		if (rc != 0)
			return kv_fail(b->kv, err, rc, "cannot copy '%s'",
			    file);
		snprintf(path, sizeof(path), "%s/%s", folder, file);
		if (sync_file(path, err) == -1)
			return -1;
		if (b->progress != NULL)
			b->progress(b->arg, path);
	}
	return file_sync_dir(folder, err);
}

static int
backup_logs(struct backup *b, struct err *err)
{
	char folder[PATH_MAX_OURS + 100], to[PATH_MAX_OURS + 400];
	DB_ENV *env = b->kv->env;
	char **list = NULL;
	int rc;

	if (prepare_folder(b, KV_LOG, folder, sizeof(folder), err) == -1)
		return -1;
	rc = env->log_archive(env, &list, DB_ARCH_ABS | DB_ARCH_LOG);
	if (rc != 0)
		return kv_fail(b->kv, err, rc, "cannot list the logs");
	for (char **p = list; rc == 0 && p != NULL && *p != NULL; p++) {
		const char *slash = strrchr(*p, '/');
		const char *name = slash == NULL ? *p : slash + 1;

		snprintf(to, sizeof(to), "%s/%s", folder, name);
		rc = copyfile(*p, to, err);
		if (rc == 0 && b->progress != NULL)
			b->progress(b->arg, to);
	}
	free(list);
	return rc == 0 ? file_sync_dir(folder, err) : rc;
}

int
kv_backup_mark(const char *folder, struct err *err)
{
	char path[PATH_MAX_OURS + 100];

	snprintf(path, sizeof(path), "%s/" KV_RESTORE, folder);
	if (file_create(path, 0600, BYTES(""), err) == -1)
		return -1;
	/* Flushes the folder's own name. */
	if (disk_sync_parent(folder) == -1)
		return err_sys(err, ERR_TEMP, "cannot flush the folder of "
		    "'%s'", folder);
	return 0;
}

static int
backup_all(struct backup *b, struct err *err)
{
	/* Leaves fewer logs to copy and to replay. */
	if (kv_checkpoint(b->kv, err) == -1 || backup_tables(b, err) == -1)
		return -1;
	return backup_logs(b, err);
}

int
kv_backup(struct kv *kv, const char *folder,
    void (*progress)(void *arg, const char *file), void *arg, struct err *err)
{
	struct backup b = { kv, folder, progress, arg };
	DB_ENV *env = kv->env;
	int rc;

	if (kv_backup_prepare(folder, err) == -1)
		return -1;
	pthread_mutex_lock(&kv->backup_lock);
	rc = env->log_set_config(env, DB_LOG_AUTO_REMOVE, 0);
	if (rc != 0)
		rc = kv_fail(kv, err, rc, "cannot keep the logs");
	else {
		rc = backup_all(&b, err);
		env->log_set_config(env, DB_LOG_AUTO_REMOVE, 1);
	}
	pthread_mutex_unlock(&kv->backup_lock);
	return rc;
}
