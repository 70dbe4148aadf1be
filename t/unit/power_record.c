/* power_record - replaces disk_calls by functions that record each call. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "power_record.h"
#include "kv/disk.h"
#include "kv/disk_hooks.h"

#define FDS_MAX		1000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct record *rec;		/* the record in progress */
static int file_of_fd[FDS_MAX];
static struct disk_calls true_calls;
static bool true_calls_known;

/* The caller must hold the lock. */
static struct event *
event_add(enum what what, int file)
{
	if (rec->n == rec->cap) {
		rec->cap = rec->cap == 0 ? 1024 : rec->cap * 2;
		rec->events = reallocarray(rec->events, rec->cap,
		    sizeof(*rec->events));
		assert_non_null(rec->events);
	}
	rec->events[rec->n] = (struct event){ .what = what, .file = file };
	return &rec->events[rec->n++];
}

/* The file of that name, or -1.  The caller must hold the lock. */
static int
file_named(const char *path)
{
	for (int i = 0; i < rec->nfiles; i++)
		if (rec->name[i] != NULL && strcmp(rec->name[i], path) == 0)
			return i;
	return -1;
}

int
record_file(struct record *r, const char *path)
{
	assert_true(r->nfiles < FILES_MAX);
	r->name[r->nfiles] = strdup(path);
	return r->nfiles++;
}

/* ---- the calls ---- */

static int
rec_open(const char *path, int flags, mode_t mode)
{
	int fd, file;

	pthread_mutex_lock(&lock);
	fd = open(path, flags | O_CLOEXEC, mode);
	if (fd == -1) {
		pthread_mutex_unlock(&lock);
		return -1;
	}
	assert_true(fd < FDS_MAX);
	/* The model knows no O_TRUNC. */
	assert_int_equal(flags & O_TRUNC, 0);
	file = file_named(path);
	if (file == -1 && (flags & O_CREAT) != 0) {
		file = record_file(rec, path);
		event_add(CREATE, file)->data = strdup(path);
	}
	file_of_fd[fd] = file;
	pthread_mutex_unlock(&lock);
	return fd;
}

static ssize_t
rec_write(int fd, const void *p, size_t n)
{
	off_t offset = lseek(fd, 0, SEEK_CUR);
	struct event *e;
	ssize_t rc;

	/* Write and record under the lock: another thread may flush at any
	   time. */
	pthread_mutex_lock(&lock);
	rc = write(fd, p, n);
	if (rc > 0 && file_of_fd[fd] != -1) {
		e = event_add(WRITE, file_of_fd[fd]);
		e->offset = offset;
		e->len = (size_t)rc;
		e->data = malloc((size_t)rc);
		assert_non_null(e->data);
		memcpy(e->data, p, (size_t)rc);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int
rec_fdatasync(int fd)
{
	pthread_mutex_lock(&lock);
	event_add(SYNC, file_of_fd[fd]);
	pthread_mutex_unlock(&lock);
	return 0;
}

static int
rec_sync_folder(const char *folder)
{
	pthread_mutex_lock(&lock);
	event_add(SYNC_FOLDER, -1)->data = strdup(folder);
	pthread_mutex_unlock(&lock);
	return 0;
}

static int
rec_rename(const char *from, const char *to)
{
	struct event *e;
	int rc, file;

	pthread_mutex_lock(&lock);
	rc = rename(from, to);
	file = file_named(from);
	if (rc == 0 && file != -1) {
		e = event_add(RENAME, file);
		e->data = strdup(from);
		e->to = strdup(to);
		free(rec->name[file]);
		rec->name[file] = strdup(to);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int
rec_unlink(const char *path)
{
	int rc, file;

	pthread_mutex_lock(&lock);
	rc = unlink(path);
	file = file_named(path);
	if (rc == 0 && file != -1) {
		event_add(UNLINK, file)->data = strdup(path);
		free(rec->name[file]);
		rec->name[file] = NULL;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int
rec_ftruncate(int fd, off_t len)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = ftruncate(fd, len);
	if (rc == 0 && file_of_fd[fd] != -1)
		event_add(CUT, file_of_fd[fd])->offset = len;
	pthread_mutex_unlock(&lock);
	return rc;
}

static int
skip_fdatasync(int fd)
{
	return 0;
}

static int
skip_sync_folder(const char *folder)
{
	return 0;
}

/* ---- from outside ---- */

void
record_note(const struct note *n)
{
	pthread_mutex_lock(&lock);
	event_add(NOTE, -1)->note = *n;
	pthread_mutex_unlock(&lock);
}

void
record_begin(struct record *r)
{
	if (!true_calls_known)
		true_calls = disk_calls;
	true_calls_known = true;
	for (int i = 0; i < FDS_MAX; i++)
		file_of_fd[i] = -1;
	rec = r;
	disk_calls.open = rec_open;
	disk_calls.write = rec_write;
	disk_calls.fdatasync = rec_fdatasync;
	disk_calls.sync_folder = rec_sync_folder;
	disk_calls.rename = rec_rename;
	disk_calls.unlink = rec_unlink;
	disk_calls.ftruncate = rec_ftruncate;
	disk_hooks_install(true);
}

void
record_end(void)
{
	disk_calls = true_calls;
	disk_calls.fdatasync = skip_fdatasync;
	disk_calls.sync_folder = skip_sync_folder;
}

void
record_clear(struct record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->events[i].data);
		free(r->events[i].to);
	}
	free(r->events);
	for (int i = 0; i < r->nfiles; i++)
		free(r->name[i]);
	memset(r, 0, sizeof(*r));
}
