/*
 * table - the file of an account's table, or of a prior
 *
 *	offset	size	field
 *	0	16	"postern junk", 4 bytes of zero
 *	16	4	version of the format: 1
 *	20	4	FEATURE_VERSION
 *	24	4	0x01020304 in the order of the host that wrote the file
 *	28	4	bits of a slot's number: 18
 *	32	16	feature key
 *	48	8	id of the key
 *	56	4	seed of the slots
 *	60	4	1: dirty, 2: a prior
 *	64	8	seq
 *	72	8	saturated
 *	80	16	junk, ham, judged, contradicted
 *	96	20	weights of the groups
 *	4088	4	CRC-32C of the slots
 *	4092	4	CRC-32C of bytes 0 to 4091
 *	4096	2^20	slots: sum and squares, in the order of the host
 *
 * Numbers of the header are big-endian.  Slots are read as they are, so a host
 * of the other byte order refuses the file.
 *
 * The file is read, not mapped: if somebody copies another file over it, a
 * mapping would end the process with SIGBUS.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/random.h"
#include "junk/table.h"

#define FORMAT_VERSION	1
#define HEADER_SIZE	4096
#define SLOTS_SIZE	(TABLE_SLOTS * sizeof(struct table_slot))
#define FILE_SIZE	(HEADER_SIZE + SLOTS_SIZE)
#define ORDER_MARK	0x01020304u
#define BLOCK		4096

#define FLAG_DIRTY	1u
#define FLAG_PRIOR	2u

/* Of what the prior's mail taught: round 0.6. */
#define PRIOR_SCALE	0.6

/* Of a group's weight in a new table: 0.4. */
#define STACK_START	26214

static const char magic[16] = "postern junk";

/* ---- header ----------------------------------------------------------- */

static uint32_t
order_mark_get(const unsigned char *p)
{
	uint32_t mark;

	memcpy(&mark, p, sizeof(mark));
	return mark;
}

static void
header_put(unsigned char *h, const struct table *t)
{
	const struct table_state *s = &t->state;
	uint32_t mark = ORDER_MARK;

	memset(h, 0, HEADER_SIZE);
	memcpy(h, magic, sizeof(magic));
	be32_put(h + 16, FORMAT_VERSION);
	be32_put(h + 20, FEATURE_VERSION);
	memcpy(h + 24, &mark, sizeof(mark));
	be32_put(h + 28, TABLE_SLOT_BITS);
	memcpy(h + 32, t->key, KEYED_HASH_KEY_SIZE);
	be64_put(h + 48, keyed_hash_key_id(t->key));
	be32_put(h + 56, t->seed);
	be32_put(h + 60, (s->dirty ? FLAG_DIRTY : 0) |
	    (s->prior ? FLAG_PRIOR : 0));
	be64_put(h + 64, s->seq);
	be64_put(h + 72, s->saturated);
	be32_put(h + 80, s->junk);
	be32_put(h + 84, s->ham);
	be32_put(h + 88, s->judged);
	be32_put(h + 92, s->contradicted);
	for (int g = 0; g < FEATURE_GROUPS; g++)
		be32_put(h + 96 + 4 * g, (uint32_t)s->stack[g]);
	be32_put(h + 4088, crc32c(0, t->slots, SLOTS_SIZE));
	be32_put(h + 4092, crc32c(0, h, 4092));
}

static void
header_get(const unsigned char *h, struct table *t)
{
	struct table_state *s = &t->state;

	memcpy(t->key, h + 32, KEYED_HASH_KEY_SIZE);
	t->seed = be32_get(h + 56);
	s->dirty = be32_get(h + 60) & FLAG_DIRTY;
	s->prior = be32_get(h + 60) & FLAG_PRIOR;
	s->seq = be64_get(h + 64);
	s->saturated = be64_get(h + 72);
	s->junk = be32_get(h + 80);
	s->ham = be32_get(h + 84);
	s->judged = be32_get(h + 88);
	s->contradicted = be32_get(h + 92);
	for (int g = 0; g < FEATURE_GROUPS; g++)
		s->stack[g] = (int32_t)be32_get(h + 96 + 4 * g);
}

/* Returns what is wrong with the file, or NULL. */
static const char *
file_check(const unsigned char *h, const struct table_slot *slots)
{
	if (memcmp(h, magic, sizeof(magic)) != 0)
		return "is not a junk table";
	if (be32_get(h + 4092) != crc32c(0, h, 4092))
		return "has a damaged header";
	if (be32_get(h + 16) != FORMAT_VERSION ||
	    be32_get(h + 20) != FEATURE_VERSION ||
	    be32_get(h + 28) != TABLE_SLOT_BITS)
		return "is of another version";
	if (order_mark_get(h + 24) != ORDER_MARK)
		return "is of a host with another byte order";
	if (be32_get(h + 4088) != crc32c(0, slots, SLOTS_SIZE))
		return "has damaged slots";
	return NULL;
}

/* ---- tables ----------------------------------------------------------- */

static struct table *
table_allocate(void)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL ||
	    (t->slots = calloc(TABLE_SLOTS, sizeof(*t->slots))) == NULL)
		fatal("out of memory for a junk table");
	return t;
}

struct table *
table_new(const unsigned char key[KEYED_HASH_KEY_SIZE])
{
	struct table *t = table_allocate();

	memcpy(t->key, key, KEYED_HASH_KEY_SIZE);
	t->seed = (uint32_t)random_u64();
	for (int g = 0; g < FEATURE_GROUPS; g++)
		t->state.stack[g] = STACK_START;
	return t;
}

void
table_free(struct table **t)
{
	if (*t == NULL)
		return;
	free((*t)->slots);
	free(*t);
	*t = NULL;
}

void
table_make_prior(struct table *t)
{
	for (size_t i = 0; i < TABLE_SLOTS; i++) {
		struct table_slot *s = &t->slots[i];

		s->sum = (int16_t)lrint(PRIOR_SCALE * s->sum);
		s->squares = (uint16_t)lrint(PRIOR_SCALE * s->squares);
	}
	t->state.prior = true;
}

/* ---- reading ---------------------------------------------------------- */

/* A file that ends too early has the wrong size. */
static int
read_all(int fd, const char *path, void *to, size_t len, struct err *err)
{
	char *at = to;
	ssize_t n;

	while (len > 0) {
		n = read(fd, at, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, ERR_TEMP, "cannot read '%s'",
			    path);
		if (n == 0)
			return err_set(err, ERR_SYNTAX,
			    "'%s' has the wrong size", path);
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
file_read_parts(int fd, const char *path, unsigned char *header,
    struct table_slot *slots, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(err, ERR_TEMP, "cannot read '%s'", path);
	if (st.st_size != (off_t)FILE_SIZE)
		return err_set(err, ERR_SYNTAX, "'%s' has the wrong size",
		    path);
	if (read_all(fd, path, header, HEADER_SIZE, err) == -1)
		return -1;
	return read_all(fd, path, slots, SLOTS_SIZE, err);
}

static int
table_read(int fd, const char *path, struct table **out, struct err *err)
{
	unsigned char header[HEADER_SIZE];
	struct table *t = table_allocate();
	const char *wrong;

	if (file_read_parts(fd, path, header, t->slots, err) == -1) {
		table_free(&t);
		return -1;
	}
	if ((wrong = file_check(header, t->slots)) != NULL) {
		table_free(&t);
		return err_set(err, ERR_SYNTAX, "'%s' %s", path, wrong);
	}
	header_get(header, t);
	*out = t;
	return 0;
}

int
table_open(const char *path, struct table **out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc;

	*out = NULL;
	if (fd == -1 && errno == ENOENT)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "'%s' does not exist", path);
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot open '%s'", path);
	rc = table_read(fd, path, out, err);
	(void)close(fd);
	return rc;
}

int
table_open_or_set_aside(const char *path, struct table **out,
    bool *set_aside, struct err *err)
{
	struct buf aside = BUF_INIT;
	int rc = table_open(path, out, err);

	*set_aside = false;
	if (rc == -1 && err->code == ERR_CODE_NOT_FOUND)
		return 0;
	if (rc == 0 || err->kind != ERR_SYNTAX)
		return rc;
	buf_printf(&aside, "%s.damaged", path);
	rc = rename(path, buf_cstr(&aside));
	buf_free(&aside);
	if (rc == -1)
		return err_sys(err, ERR_TEMP, "cannot rename '%s'", path);
	*set_aside = true;
	return 0;
}

/* ---- writing ---------------------------------------------------------- */

static bool
is_zero(const char *p, size_t n)
{
	static const char zero[BLOCK];

	return memcmp(p, zero, n) == 0;
}

/* Writes the slots that were used; the others stay holes. */
static int
slots_write(const struct table *t, int fd, const char *path, struct err *err)
{
	const char *p = (const char *)t->slots;

	for (size_t i = 0; i < SLOTS_SIZE; i += BLOCK) {
		if (is_zero(p + i, BLOCK))
			continue;
		if (pwrite(fd, p + i, BLOCK, (off_t)(HEADER_SIZE + i)) != BLOCK)
			return err_sys(err, ERR_TEMP, "cannot write '%s'",
			    path);
	}
	return 0;
}

static int
table_write(const struct table *t, int fd, const char *path, struct err *err)
{
	unsigned char header[HEADER_SIZE];

	header_put(header, t);
	if (file_write_all(fd, path, bytes_make(header, HEADER_SIZE),
	    err) == -1)
		return -1;
	if (ftruncate(fd, FILE_SIZE) == -1)
		return err_sys(err, ERR_TEMP, "cannot write '%s'", path);
	if (slots_write(t, fd, path, err) == -1)
		return -1;
	if (fsync(fd) == -1)
		return err_sys(err, ERR_TEMP, "cannot sync '%s'", path);
	return 0;
}

static int
table_replace(const struct table *t, const char *temporary, const char *path,
    struct err *err)
{
	int fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	int rc;

	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot create '%s'", temporary);
	rc = table_write(t, fd, temporary, err);
	if (rc == 0 && rename(temporary, path) == -1)
		rc = err_sys(err, ERR_TEMP, "cannot rename '%s'", temporary);
	if (rc == 0)
		rc = file_sync_parent(path, err);
	else
		(void)unlink(temporary);
	if (close(fd) == -1 && rc == 0)
		rc = err_sys(err, ERR_TEMP, "cannot write '%s'", path);
	return rc;
}

int
table_save(const struct table *t, const char *path, struct err *err)
{
	struct buf temporary = BUF_INIT;
	int rc;

	buf_printf(&temporary, "%s.new", path);
	rc = table_replace(t, buf_cstr(&temporary), path, err);
	buf_free(&temporary);
	return rc;
}
