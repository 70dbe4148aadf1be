/* disk_space - checks the free space of the store's disk and logs changes. */
#include <config.h>

#include <sys/statvfs.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "commit/disk_space.h"

/* Free space is looked up again when it was last looked up this long ago. */
#define FRESH_MS	10

struct disk_space {
	char *folder;			/* own; NULL: not watched */
	uint64_t free_bytes_min;
	struct kv *kv;			/* borrowed */
	struct log *log;		/* borrowed; may be NULL */
	pthread_mutex_t lock;		/* protects the members below */
	uint64_t looked_ms;
	uint64_t free_bytes;
	bool low;			/* less free space than the mark */
	bool full;			/* a commit failed */
};

struct disk_space *
disk_space_new(const char *folder, uint64_t free_bytes_min, struct kv *kv,
    struct log *log)
{
	struct disk_space *sp = calloc(1, sizeof(*sp));

	if (sp == NULL || (folder != NULL &&
	    (sp->folder = strdup(folder)) == NULL))
		fatal("out of memory");
	sp->free_bytes_min = free_bytes_min;
	sp->kv = kv;
	sp->log = log;
	pthread_mutex_init(&sp->lock, NULL);
	return sp;
}

void
disk_space_free(struct disk_space **spp)
{
	struct disk_space *sp = *spp;

	if (sp == NULL)
		return;
	pthread_mutex_destroy(&sp->lock);
	free(sp->folder);
	free(sp);
	*spp = NULL;
}

/* Locked.  Logs when the first of the two begins and when the last ends. */
static void
state_set(struct disk_space *sp, bool low, bool full)
{
	bool was = sp->low || sp->full;

	sp->low = low;
	sp->full = full;
	if (sp->log == NULL || was == (low || full))
		return;
	if (was)
		log_warn(sp->log, "the store's disk has space again",
		    KV_UINT("free", sp->free_bytes));
	else
		log_error(sp->log, "the store's disk is full, mail is "
		    "deferred until there is space",
		    KV_UINT("free", sp->free_bytes));
}

/* Locked. */
static void
measure(struct disk_space *sp)
{
	uint64_t now = clock_mono_ms(), wanted = sp->free_bytes_min;
	struct statvfs v;
	uint64_t room;

	if (sp->looked_ms != 0 && now - sp->looked_ms < FRESH_MS)
		return;
	sp->looked_ms = now;
	if (sp->folder == NULL || statvfs(sp->folder, &v) == -1)
		return;
	sp->free_bytes = room = (uint64_t)v.f_bavail * v.f_frsize;
	if (wanted == 0) {
		state_set(sp, false, sp->full);
		return;
	}
	/* A checkpoint needs space too: new pages are in memory only. */
	if (wanted < UINT64_MAX / 2)
		wanted += kv_unwritten(sp->kv);
	/* A fifth more is needed to leave the low state, so that it does not
	   flap at the mark. */
	if (sp->low)
		room -= room / 5;
	state_set(sp, room < wanted, sp->full);
}

bool
disk_space_is_low(struct disk_space *sp)
{
	bool low;

	pthread_mutex_lock(&sp->lock);
	measure(sp);
	low = sp->low;
	pthread_mutex_unlock(&sp->lock);
	return low;
}

void
disk_space_note_commit(struct disk_space *sp, bool full)
{
	pthread_mutex_lock(&sp->lock);
	state_set(sp, sp->low, full);
	pthread_mutex_unlock(&sp->lock);
}

bool
disk_space_is_full(struct disk_space *sp)
{
	bool full;

	pthread_mutex_lock(&sp->lock);
	full = sp->full;
	pthread_mutex_unlock(&sp->lock);
	return full;
}
