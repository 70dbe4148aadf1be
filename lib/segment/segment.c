/*
 * segment - the table of segments: finds the files at start, opens and closes
 * them, and reads records.
 */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/condition.h"
#include "base/encode.h"
#include "kv/disk.h"
#include "segment/segment.h"
#include "segment/segment_file.h"
#include "segment/tables.h"

/* A record that moves during a lookup has normally moved once. */
#define LOOKUPS_MAX	100

void
segment_path(const struct segments *g, uint32_t number, char *path)
{
	/* The length of the folder's path was checked at open. */
	snprintf(path, SEGMENT_PATH_MAX, "%.4100s/%010u", g->folder, number);
}

/* ---- the table ---- */

struct segment_file *
segment_add(struct segments *g, uint32_t number)
{
	struct segment_file *f = calloc(1, sizeof(*f));

	if (f == NULL)
		fatal("out of memory");
	f->number = number;
	f->fd = -1;
	f->state = SEGMENT_SEALED;
	HASH_ADD(hh, g->files, number, sizeof(f->number), f);
	if (number >= g->next)
		g->next = number + 1;
	return f;
}

static void
file_free(struct segment_file *f)
{
	if (f->fd != -1)
		disk_calls.close(f->fd);
	free(f);
}

void
segment_remove(struct segments *g, struct segment_file *f)
{
	HASH_DEL(g->files, f);
	if (f->state == SEGMENT_FREE)
		LIST_REMOVE(f, free_link);
	f->removed = true;
	if (f->users > 0)
		return;
	if (f->fd != -1) {
		TAILQ_REMOVE(&g->idle, f, idle_link);
		g->nidle--;
	}
	file_free(f);
}

/* Opens the file and checks that it is ours. */
static int
file_open(struct segments *g, struct segment_file *f, struct err *err)
{
	char path[SEGMENT_PATH_MAX], header[SEGMENT_FILE_HEADER];
	int how = f->state == SEGMENT_SEALED ? O_RDONLY : O_RDWR;

	segment_path(g, f->number, path);
	if ((f->fd = disk_open(path, how, 0)) == -1)
		return err_sys(err, errno == ENOENT ? ERR_INTERNAL :
		    ERR_TEMP, "cannot open '%s'", path);
	if (segment_pread(g, f, 0, header, sizeof(header), err) == 0) {
		if (segment_file_header_decode(header, f->number,
		    &f->seed) == 0)
			return 0;
		err_set(err, ERR_INTERNAL, "'%s' is not a segment", path);
	}
	disk_calls.close(f->fd);
	f->fd = -1;
	return -1;
}

int
segment_use(struct segments *g, struct segment_file *f, struct err *err)
{
	if (f->fd == -1) {
		if (file_open(g, f, err) == -1)
			return -1;
	} else if (f->users == 0) {
		TAILQ_REMOVE(&g->idle, f, idle_link);
		g->nidle--;
	}
	f->users++;
	return 0;
}

int
segment_get(struct segments *g, uint32_t number, struct segment_file **out,
    struct err *err)
{
	struct segment_file *f;
	int rc = 0;

	pthread_mutex_lock(&g->lock);
	HASH_FIND(hh, g->files, &number, sizeof(number), f);
	if (f != NULL)
		rc = segment_use(g, f, err) == -1 ? -1 : 1;
	pthread_mutex_unlock(&g->lock);
	*out = f;
	return rc;
}

/* Locked. */
static void
close_idle(struct segments *g)
{
	struct segment_file *f;

	while (g->nidle > g->config.files_max) {
		f = TAILQ_FIRST(&g->idle);
		TAILQ_REMOVE(&g->idle, f, idle_link);
		g->nidle--;
		disk_calls.close(f->fd);
		f->fd = -1;
	}
}

void
segment_put(struct segments *g, struct segment_file *f)
{
	pthread_mutex_lock(&g->lock);
	if (--f->users == 0) {
		if (f->removed)
			file_free(f);
		else {
			TAILQ_INSERT_TAIL(&g->idle, f, idle_link);
			g->nidle++;
			close_idle(g);
		}
	}
	pthread_mutex_unlock(&g->lock);
}

/* ---- reading ---- */

int
segment_pread(const struct segments *g, const struct segment_file *f,
    uint64_t offset, void *out, size_t n, struct err *err)
{
	size_t done = 0;
	ssize_t got;

	while (done < n) {
		got = disk_calls.pread(f->fd, (char *)out + done, n - done,
		    (off_t)(offset + done));
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return err_sys(err, ERR_TEMP, "cannot read segment %u",
			    f->number);
		if (got == 0)
			return err_set(err, ERR_INTERNAL, "segment %u ends "
			    "before byte %llu", f->number,
			    (unsigned long long)(offset + n));
		done += (size_t)got;
	}
	return 0;
}

int
segment_header_read(const struct segments *g, const struct segment_file *f,
    uint64_t offset, struct segment_record *rec, struct err *err)
{
	char header[SEGMENT_HEADER];

	if (segment_pread(g, f, offset, header, sizeof(header), err) == -1)
		return -1;
	if (segment_header_decode(header, f->seed, rec) == -1)
		return err_set(err, ERR_INTERNAL, "segment %u has no record "
		    "at byte %llu", f->number, (unsigned long long)offset);
	rec->file = f->number;
	rec->offset = offset;
	return 0;
}

static int
read_part(struct segments *g, const struct segment_file *f,
    const struct segment_record *rec, uint64_t offset, size_t n,
    struct buf *out, struct err *err)
{
	if (offset >= rec->len)
		return 0;
	if (n > rec->len - offset)
		n = (size_t)(rec->len - offset);
	if (segment_pread(g, f, rec->offset + SEGMENT_HEADER + offset,
	    buf_reserve(out, n), n, err) == -1)
		return -1;
	out->len += n;
	return 0;
}

int
segment_read(struct segments *g, const struct reader *r, uint64_t id,
    uint64_t offset, size_t n, struct buf *out, struct err *err)
{
	struct segment_record rec;
	struct segment_file *f;
	int rc;

	for (int i = 0; i < LOOKUPS_MAX; i++) {
		if ((rc = segment_ref_get(r, id, &rec, err)) != 1)
			return rc;
		/* The record may have moved between the two steps. */
		if ((rc = segment_get(g, rec.file, &f, err)) == 0)
			continue;
		if (rc == -1)
			return -1;
		rc = read_part(g, f, &rec, offset, n, out, err);
		segment_put(g, f);
		return rc == -1 ? -1 : 1;
	}
	return err_set(err, ERR_INTERNAL, "segment %u is missing", rec.file);
}

/* ---- loading the table ---- */

static int
note_row(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct segments *g = arg;
	struct segment_file *f;
	struct segment_total total;

	if (key.len != 4)
		return err_set(err, ERR_INTERNAL, "damaged key of a segment");
	if (segment_total_decode(value, &total, err) == -1)
		return -1;
	f = segment_add(g, be32_get(key.data));
	f->size = total.end;
	return 0;
}

/* A crash may leave bytes after the last committed record: cuts them off. */
static int
cut_after(const struct segments *g, const struct segment_file *f,
    struct err *err)
{
	char path[SEGMENT_PATH_MAX];
	int fd, rc = 0;

	segment_path(g, f->number, path);
	if ((fd = disk_open(path, O_RDWR, 0)) == -1)
		return err_sys(err, ERR_TEMP, "cannot open '%s'", path);
	if (disk_calls.ftruncate(fd, (off_t)f->size) == -1)
		rc = err_sys(err, ERR_TEMP, "cannot shorten '%s'", path);
	disk_calls.close(fd);
	return rc;
}

/* Checks the file of a row.  A file with a second hard link is shared with a
   backup and must not be written. */
static int
check_file(struct segments *g, struct segment_file *f, struct err *err)
{
	char path[SEGMENT_PATH_MAX];
	struct stat st;

	segment_path(g, f->number, path);
	if (stat(path, &st) == -1) {
		if (errno != ENOENT)
			return err_sys(err, ERR_TEMP, "cannot look at '%s'",
			    path);
		f->missing = true;
		st.st_size = 0;
	}
	if ((uint64_t)st.st_size < f->size) {
		if (g->config.log != NULL)
			log_error(g->config.log, "a segment is missing or too "
			    "short, messages in it cannot be read",
			    KV_STR("path", path));
		return 0;
	}
	if (g->config.read_only || st.st_nlink > 1)
		return 0;
	if ((uint64_t)st.st_size > f->size && cut_after(g, f, err) == -1)
		return -1;
	if (f->size < g->config.size) {
		f->state = SEGMENT_FREE;
		LIST_INSERT_HEAD(&g->free, f, free_link);
	}
	return 0;
}

static int
check_files(struct segments *g, struct err *err)
{
	struct segment_file *f, *next;

	HASH_ITER(hh, g->files, f, next)
		if (check_file(g, f, err) == -1)
			return -1;
	return 0;
}

/* No row names the file: there was a crash before its first commit, or between
   the commit that deleted its row and its removal. */
static int
orphan_remove(struct segments *g, uint32_t number, struct err *err)
{
	char path[SEGMENT_PATH_MAX];

	if (number >= g->next)
		g->next = number + 1;
	segment_path(g, number, path);
	if (!g->config.read_only && disk_unlink(path) == -1)
		return err_sys(err, ERR_TEMP, "cannot remove '%s'", path);
	return 0;
}

static int
look_at_name(struct segments *g, const char *name, struct err *err)
{
	struct segment_file *f;
	uint64_t number;
	uint32_t n;

	if (strlen(name) != 10 || decimal_parse(bytes_of(name), UINT32_MAX - 1,
	    &number) == -1)
		return 0;
	n = (uint32_t)number;
	HASH_FIND(hh, g->files, &n, sizeof(n), f);
	return f != NULL ? 0 : orphan_remove(g, n, err);
}

static int
look_at_names(struct segments *g, struct err *err)
{
	struct dirent *e;
	DIR *d;
	int rc = 0;

	if ((d = opendir(g->folder)) == NULL) {
		if (errno == ENOENT && g->config.read_only)
			return 0;
		return err_sys(err, ERR_TEMP, "cannot read '%s'", g->folder);
	}
	while (rc == 0 && (e = readdir(d)) != NULL)
		rc = look_at_name(g, e->d_name, err);
	closedir(d);
	return rc;
}

static int
folder_make(const struct segments *g, struct err *err)
{
	if (g->config.read_only)
		return 0;
	if (mkdir(g->folder, 0700) == -1 && errno != EEXIST)
		return err_sys(err, ERR_REFUSED, "cannot make '%s'",
		    g->folder);
	/* Even if it exists: see make_folder() in kv.c. */
	if (disk_sync_parent(g->folder) == -1)
		return err_sys(err, ERR_TEMP, "cannot flush the folder of "
		    "'%s'", g->folder);
	return 0;
}

int
segments_open(const struct segments_config *config, const struct reader *r,
    struct segments **out, struct err *err)
{
	struct segments *g = calloc(1, sizeof(*g));
	int n;

	if (g == NULL)
		fatal("out of memory");
	g->config = *config;
	pthread_mutex_init(&g->lock, NULL);
	condition_init(&g->change);
	LIST_INIT(&g->free);
	TAILQ_INIT(&g->idle);
	g->next = 1;
	n = snprintf(g->folder, sizeof(g->folder), "%s/" SEGMENT_FOLDER,
	    config->home);
	if (n < 0 || n > 4100)
		err_set(err, ERR_REFUSED, "the path '%.100s...' is too long",
		    config->home);
	else if (folder_make(g, err) == 0 &&
	    reader_scan(r, T_SEGMENT, BYTES(""), BYTES(""), note_row, g,
	    err) != -1 && check_files(g, err) == 0 &&
	    look_at_names(g, err) == 0) {
		*out = g;
		return 0;
	}
	segments_close(&g);
	return -1;
}

void
segments_close(struct segments **gp)
{
	struct segments *g = *gp;
	struct segment_file *f, *next;

	if (g == NULL)
		return;
	HASH_ITER(hh, g->files, f, next)
		segment_remove(g, f);
	pthread_mutex_destroy(&g->lock);
	pthread_cond_destroy(&g->change);
	free(g);
	*gp = NULL;
}

void
segments_pin(struct segments *g)
{
	pthread_mutex_lock(&g->lock);
	g->pins++;
	while (g->reclaiming)
		pthread_cond_wait(&g->change, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

void
segments_unpin(struct segments *g)
{
	pthread_mutex_lock(&g->lock);
	g->pins--;
	pthread_mutex_unlock(&g->lock);
}
