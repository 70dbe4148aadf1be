/* segment_write - takes a free segment and appends records to it. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/random.h"
#include "kv/disk.h"
#include "segment/segment.h"
#include "segment/segment_file.h"

/* Smaller pieces are collected, up to GATHERED_MAX bytes; not more, because a
   writer keeps that memory while its client is silent. */
#define DIRECT_MIN	(8 * 1024)
#define GATHERED_MAX	(16 * 1024)

/*
 * Offsets in the file: start <= complete <= written <= written + waiting.len.
 * Except for moments the descriptor's position is `written'.
 */
struct segment_writer {
	struct segments *g;		/* borrowed */
	struct segment_file *f;		/* in use */
	uint64_t start;			/* end of other writers' records */
	uint64_t complete;		/* end of the last complete record */
	uint64_t written;		/* what follows is in `waiting' */
	struct buf waiting;
	struct segment_record rec;	/* the one being written */
	bool failed;
};

/* ---- taking a segment ---- */

static int
write_all(int fd, const char *p, size_t n)
{
	ssize_t done;

	while (n > 0) {
		done = disk_calls.write(fd, p, n);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
file_make(struct segments *g, uint32_t number, uint32_t *seed,
    struct err *err)
{
	char path[SEGMENT_PATH_MAX], header[SEGMENT_FILE_HEADER];
	int fd;

	segment_path(g, number, path);
	*seed = segment_file_header_encode(header, number, random_u64());
	fd = disk_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot make '%s'", path);
	if (file_is_scarce(fd, 0))
		err_set(err, ERR_TEMP, "cannot make '%s': the limit of open "
		    "files is reached", path);
	else if (write_all(fd, header, sizeof(header)) == 0)
		return fd;
	else
		err_sys(err, ERR_TEMP, "cannot write '%s'", path);
	disk_calls.close(fd);
	/* If this fails, the next start removes the file. */
	(void)disk_calls.unlink(path);
	return -1;
}

/* Makes a new segment, without holding the lock because that needs a flush. */
static struct segment_file *
file_new(struct segments *g, struct err *err)
{
	struct segment_file *f;
	uint32_t number, seed;
	int fd;

	pthread_mutex_lock(&g->lock);
	number = g->next++;
	pthread_mutex_unlock(&g->lock);
	if (number == UINT32_MAX) {
		err_set(err, ERR_INTERNAL, "the numbers of segments are used "
		    "up");
		return NULL;
	}
	if ((fd = file_make(g, number, &seed, err)) == -1)
		return NULL;
	pthread_mutex_lock(&g->lock);
	f = segment_add(g, number);
	f->fd = fd;
	f->seed = seed;
	f->state = SEGMENT_WRITING;
	f->size = SEGMENT_FILE_HEADER;
	f->users = 1;
	pthread_mutex_unlock(&g->lock);
	return f;
}

/* Takes a free segment.  Returns 1, 0 if there is none, -1 on error. */
static int
file_take(struct segments *g, struct segment_file **out, struct err *err)
{
	struct segment_file *f;
	int rc = 0;

	pthread_mutex_lock(&g->lock);
	if ((f = LIST_FIRST(&g->free)) != NULL &&
	    (rc = segment_use(g, f, err)) == 0) {
		LIST_REMOVE(f, free_link);
		f->state = SEGMENT_WRITING;
		rc = 1;
	}
	pthread_mutex_unlock(&g->lock);
	*out = f;
	return rc;
}

int
segment_open(struct segments *g, struct segment_writer **out,
    struct err *err)
{
	struct segment_writer *w;
	struct segment_file *f;
	int rc;

	if ((rc = file_take(g, &f, err)) == -1 ||
	    (rc == 0 && (f = file_new(g, err)) == NULL))
		return -1;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		fatal("out of memory");
	w->g = g;
	w->f = f;
	w->start = w->complete = w->written = f->size;
	if (lseek(f->fd, (off_t)w->written, SEEK_SET) == -1) {
		err_sys(err, ERR_TEMP, "cannot write segment %u", f->number);
		segment_close(&w, false);
		return -1;
	}
	*out = w;
	return 0;
}

/* Cuts off everything after `end'.  Returns false if that failed. */
static bool
file_cut(const struct segment_writer *w, uint64_t end)
{
	return (w->written == end && !w->failed) ||
	    disk_calls.ftruncate(w->f->fd, (off_t)end) == 0;
}

void
segment_close(struct segment_writer **wp, bool keep)
{
	struct segment_writer *w = *wp;
	struct segment_file *f;
	struct segments *g;
	uint64_t end;
	bool is_cut;

	*wp = NULL;
	if (w == NULL)
		return;
	f = w->f;
	g = w->g;
	end = keep ? w->complete : w->start;
	is_cut = file_cut(w, end);
	pthread_mutex_lock(&g->lock);
	f->size = end;
	if (is_cut && end < g->config.size) {
		f->state = SEGMENT_FREE;
		LIST_INSERT_HEAD(&g->free, f, free_link);
	} else
		f->state = SEGMENT_SEALED;
	pthread_mutex_unlock(&g->lock);
	segment_put(g, f);
	buf_free(&w->waiting);
	free(w);
}

/* ---- writing ---- */

static int
write_out(struct segment_writer *w, struct bytes bytes, struct err *err)
{
	if (w->failed)
		return err_set(err, ERR_TEMP, "writing segment %u failed "
		    "before", w->f->number);
	if (write_all(w->f->fd, bytes.data, bytes.len) == -1) {
		w->failed = true;
		return err_sys(err, ERR_TEMP, "cannot write segment %u",
		    w->f->number);
	}
	w->written += bytes.len;
	return 0;
}

static int
write_waiting(struct segment_writer *w, struct err *err)
{
	int rc = write_out(w, buf_view(&w->waiting), err);

	buf_clear(&w->waiting);
	return rc;
}

void
segment_begin(struct segment_writer *w, uint64_t id)
{
	static const char room[SEGMENT_HEADER];

	w->rec = (struct segment_record){
		.id = id != 0 ? id : random_u64(),
		.file = w->f->number,
		.offset = w->written + w->waiting.len
	};
	buf_add(&w->waiting, room, sizeof(room));
}

int
segment_write(struct segment_writer *w, struct bytes bytes, struct err *err)
{
	w->rec.crc = crc32c(w->rec.crc, bytes.data, bytes.len);
	w->rec.len += bytes.len;
	if (bytes.len >= DIRECT_MIN) {
		if (write_waiting(w, err) == -1)
			return -1;
		return write_out(w, bytes, err);
	}
	buf_bytes(&w->waiting, bytes);
	return w->waiting.len < GATHERED_MAX ? 0 : write_waiting(w, err);
}

/* Writes the header to the place that was left for it. */
static int
write_header(struct segment_writer *w, struct err *err)
{
	char header[SEGMENT_HEADER];
	uint64_t end = w->written;

	segment_header_encode(header, w->f->seed, &w->rec);
	if (w->rec.offset >= w->written) {
		memcpy(w->waiting.data + (w->rec.offset - w->written), header,
		    sizeof(header));
		return 0;
	}
	if (w->failed || lseek(w->f->fd, (off_t)w->rec.offset, SEEK_SET) ==
	    -1 || write_all(w->f->fd, header, sizeof(header)) == -1 ||
	    lseek(w->f->fd, (off_t)end, SEEK_SET) == -1) {
		w->failed = true;
		return err_sys(err, ERR_TEMP, "cannot write segment %u",
		    w->f->number);
	}
	return 0;
}

int
segment_end(struct segment_writer *w, struct segment_record *out,
    struct err *err)
{
	if (write_header(w, err) == -1 || write_waiting(w, err) == -1)
		return -1;
	w->complete = w->written;
	*out = w->rec;
	return 0;
}

void
segment_sync(struct segment_writer *w)
{
	char path[SEGMENT_PATH_MAX];

	segment_path(w->g, w->f->number, path);
	disk_flush(w->f->fd, path);
}
