/*
 * spool - keeps a message in memory, and in a file once it is large
 *
 * Invariant: the message is what the file holds (file_len bytes, 0 without a
 * file), followed by what is in memory.  Once there is a file, memory only
 * buffers writes to it.
 */
#include <config.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "base/spool.h"

#define FILE_BUFFER	(64 * 1024)
/* Most messages need no more; avoids growing byte by byte. */
#define MEMORY_FIRST	8192

struct spool {
	char *dir;		/* own */
	size_t memory_max;
	uint64_t size_max;
	struct buf memory;
	int fd;			/* own; -1: none */
	uint64_t file_len;
	void *map;		/* own; NULL: none */
	size_t map_len;
	struct err broken;	/* ERR_NONE if it works */
};

struct spool *
spool_new(const char *dir, size_t memory_max, uint64_t size_max)
{
	struct spool *sp;

	if ((sp = calloc(1, sizeof(*sp))) == NULL ||
	    (sp->dir = strdup(dir)) == NULL)
		fatal("out of memory for a spool");
	sp->memory_max = memory_max;
	sp->size_max = size_max;
	sp->fd = -1;
	return sp;
}

/* For file systems without O_TMPFILE: the file has a name for a moment. */
static int
open_named(const char *dir, struct err *err)
{
	char path[4096];
	int n, fd;

	n = snprintf(path, sizeof(path), "%s/spool.%016llx", dir,
	    (unsigned long long)random_u64());
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(err, ERR_INTERNAL, "the path '%s' is too long",
		    dir);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot make a spool file in "
		    "'%s'", dir);
	(void)unlink(path);
	return fd;
}

static int
open_file(struct spool *sp, struct err *err)
{
	int fd;

	fd = open(sp->dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd == -1 && (errno == EOPNOTSUPP || errno == EISDIR))
		fd = open_named(sp->dir, err);
	else if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot make a spool file in "
		    "'%s'", sp->dir);
	if (fd != -1 && file_is_scarce(fd, 0)) {
		(void)close(fd);
		return err_set(err, ERR_TEMP, "cannot make a spool file in "
		    "'%s': the limit of open files is reached", sp->dir);
	}
	sp->fd = fd;
	return fd == -1 ? -1 : 0;
}

static int
write_out(struct spool *sp, struct bytes bytes, struct err *err)
{
	if (sp->fd == -1 && open_file(sp, err) == -1)
		return -1;
	if (file_write_all(sp->fd, sp->dir, bytes, err) == -1)
		return -1;
	sp->file_len += bytes.len;
	return 0;
}

static int
flush(struct spool *sp, struct err *err)
{
	if (write_out(sp, buf_view(&sp->memory), err) == -1)
		return -1;
	/* The large buffer is no longer needed. */
	if (sp->memory.cap > FILE_BUFFER)
		buf_free(&sp->memory);
	buf_clear(&sp->memory);
	return 0;
}

static void
unmap(struct spool *sp)
{
	if (sp->map != NULL)
		(void)munmap(sp->map, sp->map_len);
	sp->map = NULL;
}

static int
append(struct spool *sp, struct bytes bytes, struct err *err)
{
	size_t room = sp->fd == -1 ? sp->memory_max : FILE_BUFFER;

	if (sp->memory.len + bytes.len > room && flush(sp, err) == -1)
		return -1;
	/* After a flush there is a file and the smaller buffer applies. */
	if (sp->fd != -1 && bytes.len >= FILE_BUFFER)
		return write_out(sp, bytes, err);
	if (sp->memory.cap == 0)
		(void)buf_reserve(&sp->memory, MEMORY_FIRST);
	buf_bytes(&sp->memory, bytes);
	return 0;
}

static bool
is_broken(const struct spool *sp)
{
	return sp->broken.kind != ERR_NONE;
}

/* Reports the first error, also to later callers. */
static int
fail(const struct spool *sp, struct err *err)
{
	*err = sp->broken;
	return -1;
}

int
spool_write(struct spool *sp, struct bytes bytes, struct err *err)
{
	if (is_broken(sp))
		return fail(sp, err);
	unmap(sp);
	if (bytes.len > sp->size_max - spool_size(sp))
		err_code(&sp->broken, ERR_REFUSED, ERR_CODE_TOO_LARGE,
		    "the message is larger than %llu bytes",
		    (unsigned long long)sp->size_max);
	else if (append(sp, bytes, &sp->broken) == 0)
		return 0;
	return fail(sp, err);
}

uint64_t
spool_size(const struct spool *sp)
{
	return sp->file_len + sp->memory.len;
}

int
spool_view(struct spool *sp, struct bytes *view, struct err *err)
{
	void *p;

	if (is_broken(sp))
		return fail(sp, err);
	if (sp->fd == -1) {
		*view = buf_view(&sp->memory);
		return 0;
	}
	if (sp->memory.len > 0 && flush(sp, &sp->broken) == -1)
		return fail(sp, err);
	if (sp->map == NULL) {
		p = mmap(NULL, (size_t)sp->file_len, PROT_READ, MAP_SHARED,
		    sp->fd, 0);
		if (p == MAP_FAILED)
			return err_sys(err, ERR_TEMP,
			    "cannot map a spool file in '%s'", sp->dir);
		sp->map = p;
		sp->map_len = (size_t)sp->file_len;
	}
	*view = bytes_make(sp->map, sp->map_len);
	return 0;
}

void
spool_reset(struct spool *sp)
{
	unmap(sp);
	buf_free(&sp->memory);
	if (sp->fd != -1)
		(void)close(sp->fd);
	sp->fd = -1;
	sp->file_len = 0;
	err_clear(&sp->broken);
}

void
spool_free(struct spool **spp)
{
	struct spool *sp = *spp;

	if (sp == NULL)
		return;
	spool_reset(sp);
	free(sp->dir);
	free(sp);
	*spp = NULL;
}
