/* power_disk - replays a record of system calls onto a model of a disk. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "power_disk.h"

#define NAMES_MAX	(2 * FILES_MAX)

struct list {
	size_t *event;		/* own */
	size_t n, cap;
};

struct disk_file {
	char *data;		/* own: the flushed content */
	size_t len, cap;
	struct list pending;	/* events not yet flushed */
};

/* A flushed name, and the file that it names. */
struct disk_name {
	const char *path;	/* borrowed: the record, or loaded */
	int file;		/* -1: the name does not exist */
};

struct disk {
	const struct record *r;	/* borrowed */
	size_t piece;
	uint64_t *seed;		/* borrowed */
	struct disk_file file[FILES_MAX];
	struct disk_name name[NAMES_MAX];
	size_t nnames;
	struct list pending_names;
	char *loaded[FILES_MAX];	/* own */
	int nloaded;
};

static const char *const folders[] = { "", "/store", "/store/data",
    "/store/log", "/store/segment" };
#define NFOLDERS	(sizeof(folders) / sizeof(*folders))

uint64_t
disk_random(uint64_t *seed, uint64_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % n;
}

static uint64_t
rnd(struct disk *d, uint64_t n)
{
	return disk_random(d->seed, n);
}

struct disk *
disk_new(const struct record *r, size_t piece, uint64_t *seed)
{
	struct disk *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	d->r = r;
	d->piece = piece;
	d->seed = seed;
	return d;
}

void
disk_free(struct disk **dp)
{
	struct disk *d = *dp;

	for (int i = 0; i < FILES_MAX; i++) {
		free(d->file[i].data);
		free(d->file[i].pending.event);
	}
	for (int i = 0; i < d->nloaded; i++)
		free(d->loaded[i]);
	free(d->pending_names.event);
	free(d);
	*dp = NULL;
}

static void
push(struct list *l, size_t event)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 64 : l->cap * 2;
		l->event = reallocarray(l->event, l->cap, sizeof(*l->event));
		assert_non_null(l->event);
	}
	l->event[l->n++] = event;
}

/* ---- files ---- */

static void
file_resize(struct disk_file *f, size_t len)
{
	if (len > f->cap) {
		f->cap = len * 2;
		f->data = realloc(f->data, f->cap);
		assert_non_null(f->data);
	}
	if (len > f->len)
		memset(f->data + f->len, 0, len - f->len);
	f->len = len;
}

/* Applies a write: all of it (chance 100), or some of its pieces. */
static void
file_apply(struct disk *d, struct disk_file *f, const struct event *e,
    unsigned chance)
{
	size_t end = (size_t)e->offset + e->len, at = (size_t)e->offset, n;

	if (e->what == CUT) {
		if (rnd(d, 100) < chance)
			file_resize(f, (size_t)e->offset);
		return;
	}
	for (; at < end; at += n) {
		n = d->piece - at % d->piece;
		if (n > end - at)
			n = end - at;
		if (rnd(d, 100) >= chance)
			continue;
		if (at + n > f->len)
			file_resize(f, at + n);
		memcpy(f->data + at, e->data + (at - (size_t)e->offset), n);
	}
}

static void
file_sync(struct disk *d, struct disk_file *f)
{
	for (size_t i = 0; i < f->pending.n; i++)
		file_apply(d, f, &d->r->events[f->pending.event[i]], 100);
	f->pending.n = 0;
}

/* ---- names ---- */

static struct disk_name *
name_of(struct disk_name *list, size_t *n, const char *path)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(list[i].path, path) == 0)
			return &list[i];
	assert_true(*n < NAMES_MAX);
	list[*n] = (struct disk_name){ path, -1 };
	return &list[(*n)++];
}

static void
name_apply(struct disk_name *list, size_t *n, const struct event *e)
{
	struct disk_name *at = name_of(list, n, e->data);
	int file = at->file;

	if (e->what == CREATE)
		at->file = e->file;
	else if (file == e->file) {
		at->file = -1;
		if (e->what == RENAME)
			name_of(list, n, e->to)->file = file;
	}
}

static bool
is_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && path[n] == '/' &&
	    strchr(path + n + 1, '/') == NULL;
}

static void
folder_sync(struct disk *d, const char *folder)
{
	struct list *l = &d->pending_names;
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct event *e = &d->r->events[l->event[i]];

		if (is_in(e->data, folder))
			name_apply(d->name, &d->nnames, e);
		else
			l->event[kept++] = l->event[i];
	}
	l->n = kept;
}

void
disk_step(struct disk *d, size_t i, bool folders_are_flushed)
{
	const struct event *e = &d->r->events[i];
	struct disk_file *f = e->file == -1 ? NULL : &d->file[e->file];

	switch (e->what) {
	case WRITE:
	case CUT:
		push(&f->pending, i);
		break;
	case SYNC:
		if (f != NULL)
			file_sync(d, f);
		break;
	case SYNC_FOLDER:
		if (folders_are_flushed)
			folder_sync(d, e->data);
		break;
	case CREATE:
	case RENAME:
	case UNLINK:
		push(&d->pending_names, i);
		break;
	case NOTE:
		break;
	}
}

/* ---- from a folder ---- */

static void
load_file(struct disk *d, struct record *r, const char *path)
{
	int fd = open(path, O_RDONLY), number = record_file(r, path);
	struct disk_file *f = &d->file[number];
	struct stat st;

	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	file_resize(f, (size_t)st.st_size);
	assert_int_equal(pread(fd, f->data, f->len, 0), f->len);
	close(fd);
	d->loaded[d->nloaded] = strdup(path);
	name_of(d->name, &d->nnames, d->loaded[d->nloaded++])->file = number;
}

void
disk_load(struct disk *d, struct record *r, const char *folder)
{
	char path[300], file[600];
	struct dirent *e;
	struct stat st;
	DIR *dir;

	for (size_t i = 0; i < NFOLDERS; i++) {
		snprintf(path, sizeof(path), "%s%s", folder, folders[i]);
		if ((dir = opendir(path)) == NULL)
			continue;
		while ((e = readdir(dir)) != NULL) {
			snprintf(file, sizeof(file), "%s/%s", path,
			    e->d_name);
			if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
				load_file(d, r, file);
		}
		closedir(dir);
	}
}

/* ---- to a folder ---- */

static bool
is_zero(const char *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static void
write_file(const char *path, const struct disk_file *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(ftruncate(fd, (off_t)f->len), 0);
	for (size_t at = 0; at < f->len; at += BLOCK) {
		size_t n = f->len - at < BLOCK ? f->len - at : BLOCK;

		if (!is_zero(f->data + at, n))
			assert_int_equal(pwrite(fd, f->data + at, n,
			    (off_t)at), n);
	}
	close(fd);
}

/* Writes the file with a random part of what was not flushed. */
static void
write_torn(struct disk *d, const char *path, const struct disk_file *f,
    unsigned chance)
{
	struct disk_file torn = { .len = 0 };

	file_resize(&torn, f->len);
	if (f->len > 0)
		memcpy(torn.data, f->data, f->len);
	for (size_t i = 0; i < f->pending.n; i++)
		file_apply(d, &torn, &d->r->events[f->pending.event[i]],
		    chance);
	write_file(path, &torn);
	free(torn.data);
}

static void
make_folders(const char *folder)
{
	char path[200];

	for (size_t i = 0; i < NFOLDERS; i++) {
		snprintf(path, sizeof(path), "%s%s", folder, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
}

void
disk_write(struct disk *d, const char *from, const char *to)
{
	static const unsigned chances[] = { 0, 10, 50, 90, 100 };
	static struct disk_name torn[NAMES_MAX];
	unsigned chance = chances[rnd(d, 5)];
	size_t n = d->nnames;
	char path[300];

	memcpy(torn, d->name, n * sizeof(*torn));
	for (size_t i = 0; i < d->pending_names.n; i++)
		if (rnd(d, 100) < chance)
			name_apply(torn, &n,
			    &d->r->events[d->pending_names.event[i]]);
	make_folders(to);
	for (size_t i = 0; i < n; i++) {
		if (torn[i].file == -1)
			continue;
		snprintf(path, sizeof(path), "%s%s", to,
		    torn[i].path + strlen(from));
		write_torn(d, path, &d->file[torn[i].file], chance);
	}
}
