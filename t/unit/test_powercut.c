/*
 * Power cuts at any moment.
 *
 * Writers work on a store while every system call below it is recorded.  Then
 * for many moments of that record the disk is made as it might have been: all
 * that was flushed, and of the rest a random part, in pieces of 4 KB; names
 * of files too.  From each such disk the store must recover, have no faults,
 * and hold all that had been acknowledged by then.
 *
 * With POSTERN_TEST_ALL set there are many more cuts.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "store/sys.h"
#include "store_fate.h"
#include "store_sample.h"

#define MESSAGES	40	/* of each writer */
#define CUTS		40
#define CUTS_ALL	3000
#define FDS_MAX		1000
#define FILES_MAX	2000
#define BLOCK		4096	/* what a disk writes whole, mostly */
#define SECTOR		512	/* what it writes whole always */

/* ---- the record ---- */

enum what { CREATE, WRITE, SYNC, SYNC_FOLDER, RENAME, UNLINK, CUT, NOTE };

struct event {
	enum what what;
	int file;
	off_t offset;
	size_t len;
	char *data;		/* own: bytes; a name; a folder */
	char *to;		/* own: of RENAME */
	struct note note;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct event *events;
static size_t nevents, events_cap;
static int file_of_fd[FDS_MAX];
static char *name_of_file[FILES_MAX];	/* NULL: unlinked */
static int nfiles;

/* Locked. */
static struct event *
event_add(enum what what, int file)
{
	if (nevents == events_cap) {
		events_cap = events_cap == 0 ? 1024 : events_cap * 2;
		events = reallocarray(events, events_cap, sizeof(*events));
		assert_non_null(events);
	}
	events[nevents] = (struct event){ .what = what, .file = file };
	return &events[nevents++];
}

/* Locked.  -1: there is none of that name. */
static int
file_named(const char *path)
{
	for (int i = 0; i < nfiles; i++)
		if (name_of_file[i] != NULL &&
		    strcmp(name_of_file[i], path) == 0)
			return i;
	return -1;
}

static int
rec_open(const char *path, int flags, mode_t mode)
{
	int fd = open(path, flags | O_CLOEXEC, mode), file;

	if (fd == -1)
		return -1;
	assert_true(fd < FDS_MAX);
	pthread_mutex_lock(&lock);
	file = file_named(path);
	if (file == -1 && (flags & O_CREAT) != 0) {
		assert_true(nfiles < FILES_MAX);
		file = nfiles++;
		name_of_file[file] = strdup(path);
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

	/* The record first: another thread may flush at once. */
	pthread_mutex_lock(&lock);
	rc = write(fd, p, n);
	if (rc > 0 && file_of_fd[fd] != -1) {
		e = event_add(WRITE, file_of_fd[fd]);
		e->offset = offset;
		e->len = (size_t)rc;
		e->data = malloc((size_t)rc);
		memcpy(e->data, p, (size_t)rc);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int
rec_fdatasync(int fd)
{
	/* The true disk doesn't matter here. */
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
		free(name_of_file[file]);
		name_of_file[file] = strdup(to);
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
		free(name_of_file[file]);
		name_of_file[file] = NULL;
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

static void
rec_note(const struct note *n)
{
	pthread_mutex_lock(&lock);
	event_add(NOTE, -1)->note = *n;
	pthread_mutex_unlock(&lock);
}

/* ---- the disk that might have been ---- */

struct disk_file {
	char *data;		/* own: what is flushed */
	size_t len, cap;
	size_t *pending;	/* own: events that are not */
	size_t npending, pending_cap;
};

/* A name and its file, flushed. */
struct disk_name {
	char *path;		/* borrowed: the record */
	int file;		/* -1: not there */
};

static struct disk_file disk[FILES_MAX];
static struct disk_name names[2 * FILES_MAX];
static size_t nnames;
static size_t *pending_names;	/* own: events of names, not flushed */
static size_t npending_names, pending_names_cap;
static size_t piece = BLOCK;	/* in which writes are torn */
static uint64_t seed;

static uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static void
push(size_t **list, size_t *n, size_t *cap, size_t event)
{
	if (*n == *cap) {
		*cap = *cap == 0 ? 64 : *cap * 2;
		*list = reallocarray(*list, *cap, sizeof(**list));
		assert_non_null(*list);
	}
	(*list)[(*n)++] = event;
}

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

/* Applies a write: whole (chance 100), or some of its blocks. */
static void
file_apply(struct disk_file *f, const struct event *e, unsigned chance)
{
	size_t end = (size_t)e->offset + e->len, at = (size_t)e->offset, n;

	if (e->what == CUT) {
		if (rnd(100) < chance)
			file_resize(f, (size_t)e->offset);
		return;
	}
	for (; at < end; at += n) {
		n = piece - at % piece < end - at ? piece - at % piece :
		    end - at;
		if (rnd(100) >= chance)
			continue;
		if (at + n > f->len)
			file_resize(f, at + n);
		memcpy(f->data + at, e->data + (at - (size_t)e->offset), n);
	}
}

static void
file_sync(struct disk_file *f)
{
	for (size_t i = 0; i < f->npending; i++)
		file_apply(f, &events[f->pending[i]], 100);
	f->npending = 0;
}

static struct disk_name *
name_of(struct disk_name *list, size_t *n, char *path)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(list[i].path, path) == 0)
			return &list[i];
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
folder_sync(const char *folder)
{
	size_t kept = 0;

	for (size_t i = 0; i < npending_names; i++) {
		const struct event *e = &events[pending_names[i]];

		if (is_in(e->data, folder))
			name_apply(names, &nnames, e);
		else
			pending_names[kept++] = pending_names[i];
	}
	npending_names = kept;
}

/* The record goes on by one event. */
static void
disk_step(size_t i, bool folders_are_flushed)
{
	const struct event *e = &events[i];
	struct disk_file *f = e->file == -1 ? NULL : &disk[e->file];

	switch (e->what) {
	case WRITE:
	case CUT:
		push(&f->pending, &f->npending, &f->pending_cap, i);
		break;
	case SYNC:
		if (f != NULL)
			file_sync(f);
		break;
	case SYNC_FOLDER:
		if (folders_are_flushed)
			folder_sync(e->data);
		break;
	case CREATE:
	case RENAME:
	case UNLINK:
		push(&pending_names, &npending_names, &pending_names_cap, i);
		break;
	case NOTE:
		fate_note(&e->note);
		break;
	}
}

static void
disk_forget(void)
{
	for (int i = 0; i < FILES_MAX; i++) {
		free(disk[i].data);
		free(disk[i].pending);
	}
	memset(disk, 0, sizeof(disk));
	nnames = npending_names = 0;
	fate_forget();
}

/* ---- making it true ---- */

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

/* The file with a part of what was not flushed. */
static void
write_torn(const char *path, const struct disk_file *f, unsigned chance)
{
	struct disk_file torn = { .len = 0 };

	file_resize(&torn, f->len);
	if (f->len > 0)
		memcpy(torn.data, f->data, f->len);
	for (size_t i = 0; i < f->npending; i++)
		file_apply(&torn, &events[f->pending[i]], chance);
	write_file(path, &torn);
	free(torn.data);
}

static void
make_folders(const char *folder)
{
	static const char *const below[] = { "", "/store", "/store/data",
	    "/store/log" };
	char path[200];

	for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, below[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
}

/* from: the recorded folder, whose place `to' takes. */
static void
disk_write(const char *from, const char *to)
{
	static const unsigned chances[] = { 0, 10, 50, 90, 100 };
	static struct disk_name torn[2 * FILES_MAX];
	unsigned chance = chances[rnd(5)];
	size_t n = nnames;
	char path[300];

	memcpy(torn, names, nnames * sizeof(*names));
	for (size_t i = 0; i < npending_names; i++)
		if (rnd(100) < chance)
			name_apply(torn, &n, &events[pending_names[i]]);
	make_folders(to);
	for (size_t i = 0; i < n; i++) {
		if (torn[i].file == -1)
			continue;
		snprintf(path, sizeof(path), "%s%s", to,
		    torn[i].path + strlen(from));
		write_torn(path, &disk[torn[i].file], chance);
	}
}

/* ---- the test ---- */

static char folder[64];

static void
record(void)
{
	struct store_config config = sample_config(folder);
	struct writer w[WRITERS];
	pthread_t t[WRITERS];
	struct err err = ERR_INIT;
	struct store *s;

	for (int i = 0; i < FDS_MAX; i++)
		file_of_fd[i] = -1;
	/* Many checkpoints, and many log files. */
	config.checkpoint_bytes = 150000;
	config.log_file_bytes = 256 * 1024;
	if (store_open(&config, NULL, &s, &err) == -1)
		fail_msg("%s", err.text);
	fate_begin(s);
	fate_tell = rec_note;
	for (uint32_t i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ s, i, 1, MESSAGES };
		assert_int_equal(pthread_create(&t[i], NULL, fate_write,
		    &w[i]), 0);
	}
	for (uint32_t i = 0; i < WRITERS; i++)
		pthread_join(t[i], NULL);
	store_close(&s);
}

static int
skip_fdatasync(int fd)
{
	return 0;
}

static int
skip_sync_folder(const char *folder_name)
{
	return 0;
}

static int
setup(void **state)
{
	struct sys_calls calls = sys_calls;

	snprintf(folder, sizeof(folder), "%s", sample_folder());
	sys_calls.open = rec_open;
	sys_calls.write = rec_write;
	sys_calls.fdatasync = rec_fdatasync;
	sys_calls.sync_folder = rec_sync_folder;
	sys_calls.rename = rec_rename;
	sys_calls.unlink = rec_unlink;
	sys_calls.ftruncate = rec_ftruncate;
	sys_install(true);
	record();
	/* The disks that are made need no flushing. */
	calls.fdatasync = skip_fdatasync;
	calls.sync_folder = skip_sync_folder;
	sys_calls = calls;
	return 0;
}

static int
teardown(void **state)
{
	disk_forget();
	fate_end();
	for (size_t i = 0; i < nevents; i++) {
		free(events[i].data);
		free(events[i].to);
	}
	free(events);
	free(pending_names);
	for (int i = 0; i < nfiles; i++)
		free(name_of_file[i]);
	sample_remove(folder);
	return 0;
}

static int
compare_sizes(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool
all_cuts(void)
{
	return getenv("POSTERN_TEST_ALL") != NULL;
}

/* How often cuts did harm, and how often nobody was told of it. */
struct harm {
	unsigned all, silent;
};

static struct harm
cut_power(unsigned cuts, bool folders_are_flushed)
{
	size_t *at = calloc(cuts, sizeof(*at)), i = 0;
	struct harm harm = { 0, 0 };
	char to[100];

	seed = 88172645463325252u;
	snprintf(to, sizeof(to), "%s.cut", folder);
	for (unsigned k = 0; k < cuts; k++)
		at[k] = rnd(nevents);
	qsort(at, cuts, sizeof(*at), compare_sizes);
	for (unsigned k = 0; k < cuts; k++) {
		const char *why;

		for (; i < at[k]; i++)
			disk_step(i, folders_are_flushed);
		disk_write(folder, to);
		why = fate_check(to);
		if (why != NULL)
			print_message("# cut at %zu: %s\n", at[k], why);
		harm.all += why != NULL;
		harm.silent += why != NULL && strncmp(why, "message", 7) == 0;
		sample_remove(to);
	}
	disk_forget();
	free(at);
	return harm;
}

static void
nothing_is_lost_by_power_cuts(void **state)
{
	struct harm harm = cut_power(all_cuts() ? CUTS_ALL : CUTS, true);

	assert_int_equal(harm.all, 0);
}

/* A page torn in the middle may be beyond repair, but is not served. */
static void
no_loss_by_torn_pages_is_silent(void **state)
{
	struct harm harm;

	piece = SECTOR;
	harm = cut_power(all_cuts() ? CUTS_ALL : CUTS, true);
	piece = BLOCK;
	assert_int_equal(harm.silent, 0);
}

/* The model must be able to find what it looks for. */
static void
without_flushed_folders_mail_is_lost(void **state)
{
	assert_true(cut_power(20, false).all > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_by_power_cuts),
		cmocka_unit_test(no_loss_by_torn_pages_is_silent),
		cmocka_unit_test(without_flushed_folders_mail_is_lost),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
