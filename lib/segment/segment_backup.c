/* segment_backup - copies the segments for a backup. */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "kv/copyfile.h"
#include "segment/segment.h"
#include "segment/segment_file.h"

/*
 * Runs after the copy of the database, so that every record that the copy
 * knows is in the files, and while segments are pinned, so that no file is
 * removed.  Bytes after the last record that the copy knows are cut off when
 * the copy is opened.
 *
 * A sealed segment is never written again, neither here nor by the program
 * that opens the copy (see check_file()), so both can share the file.
 */

struct copying {
	struct segments *g;
	char folder[SEGMENT_PATH_MAX];
	void (*progress)(void *arg, const char *file);
	void *arg;
};

/* Each segment's number and whether it is sealed. */
struct part {
	uint32_t number;
	bool sealed;
};

static struct part *
parts_list(struct segments *g, size_t *n)
{
	struct segment_file *f, *next;
	struct part *list;

	*n = 0;
	pthread_mutex_lock(&g->lock);
	list = calloc(HASH_COUNT(g->files) + 1, sizeof(*list));
	if (list == NULL)
		fatal("out of memory");
	HASH_ITER(hh, g->files, f, next)
		if (!f->missing)
			list[(*n)++] = (struct part){ f->number,
			    f->state == SEGMENT_SEALED };
	pthread_mutex_unlock(&g->lock);
	return list;
}

static int
part_copy(const struct copying *c, const struct part *p, struct err *err)
{
	char from[SEGMENT_PATH_MAX], to[SEGMENT_PATH_MAX + 20];
	int rc;

	segment_path(c->g, p->number, from);
	snprintf(to, sizeof(to), "%s/%010u", c->folder, p->number);
	rc = p->sealed ? copyfile_link(from, to, err) :
	    copyfile(from, to, err);
	if (rc == 0 && c->progress != NULL)
		c->progress(c->arg, to);
	return rc;
}

int
segments_backup(struct segments *g, const char *home,
    void (*progress)(void *arg, const char *file), void *arg,
    struct err *err)
{
	struct copying c = { .g = g, .progress = progress, .arg = arg };
	struct part *list;
	size_t n;
	int rc = 0;

	snprintf(c.folder, sizeof(c.folder), "%s/" SEGMENT_FOLDER, home);
	if (mkdir(c.folder, 0700) == -1)
		return err_sys(err, ERR_REFUSED, "cannot make '%s'",
		    c.folder);
	list = parts_list(g, &n);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = part_copy(&c, &list[i], err);
	free(list);
	return rc == 0 ? file_sync_dir(c.folder, err) : rc;
}
