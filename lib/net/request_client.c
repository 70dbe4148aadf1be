/* request_client - the blocking client of the store protocol. */
#include <config.h>

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/dial.h"
#include "net/request_client.h"

struct request_client {
	char *where;			/* own */
	unsigned timeout_ms;
	int fd;				/* own; -1 */
	bool in_call;
	uint16_t op;
	uint32_t id;
	struct buf out, in;
	size_t in_used;			/* bytes of the last frame returned */
	struct arena arena;		/* of the last frame returned */
};

struct request_client *
request_client_new(const char *where, unsigned timeout_ms)
{
	struct request_client *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->where = strdup(where)) == NULL)
		fatal("out of memory");
	c->timeout_ms = timeout_ms;
	c->fd = -1;
	arena_init(&c->arena);
	return c;
}

static void
hang_up(struct request_client *c)
{
	if (c->fd != -1)
		(void)close(c->fd);
	c->fd = -1;
	c->in_call = false;
	buf_free(&c->in);
	c->in_used = 0;
}

void
request_client_free(struct request_client **cp)
{
	struct request_client *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	hang_up(c);
	buf_free(&c->out);
	arena_clear(&c->arena);
	free(c->where);
	free(c);
}

static uint64_t
deadline(const struct request_client *c)
{
	return clock_mono_ms() + c->timeout_ms;
}

/* Between requests only the end of the connection can arrive. */
static bool
is_stale(const struct request_client *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	return c->in_call || c->in.len > c->in_used || poll(&p, 1, 0) != 0;
}

void
request_begin(struct request_client *c, uint16_t op, struct request_writer *w)
{
	if (c->fd != -1 && is_stale(c))
		hang_up(c);
	buf_clear(&c->out);
	c->op = op;
	request_frame_begin(w, &c->out, FRAME_REQUEST, op, ++c->id);
}

static int
flush(struct request_client *c, struct err *err)
{
	if (dial_write(c->fd, c->out.data, c->out.len, deadline(c),
	    err) == -1) {
		hang_up(c);
		return err_wrap(err, "request to '%s'", c->where);
	}
	buf_clear(&c->out);
	return 0;
}

int
request_send(struct request_client *c, struct request_writer *w,
    struct err *err)
{
	if (request_frame_end(w, err) == -1)
		return -1;
	if (c->fd == -1) {
		c->fd = dial_connect(c->where, deadline(c), err);
		if (c->fd == -1)
			return -1;
	}
	c->in_call = true;
	return flush(c, err);
}

int
request_data(struct request_client *c, struct bytes data, struct err *err)
{
	struct bytes piece;

	while (data.len > 0) {
		piece = data;
		if (piece.len > REQUEST_DATA_MAX)
			piece.len = REQUEST_DATA_MAX;
		request_put_data(&c->out, c->op, c->id, piece);
		if (flush(c, err) == -1)
			return -1;
		data.data += piece.len;
		data.len -= piece.len;
	}
	return 0;
}

int
request_data_end(struct request_client *c, struct err *err)
{
	request_put_data(&c->out, c->op, c->id, BYTES(""));
	return flush(c, err);
}

/* Reads until a whole frame is at the front of c->in. */
static int
read_frame(struct request_client *c, size_t *len, struct err *err)
{
	uint64_t until = deadline(c);
	ssize_t n;
	int rc;

	buf_consume(&c->in, c->in_used);
	c->in_used = 0;
	while ((rc = request_frame_length(buf_view(&c->in), len, err)) == 0) {
		n = dial_read(c->fd, buf_reserve(&c->in, 16384), 16384,
		    until, err);
		if (n == 0)
			return err_set(err, ERR_TEMP,
			    "the connection was closed");
		if (n < 0)
			return -1;
		c->in.len += (size_t)n;
	}
	return rc == 1 ? 0 : -1;
}

int
request_next_frame(struct request_client *c, struct request_frame *m,
    struct err *err)
{
	size_t len;

	arena_clear(&c->arena);
	if (c->fd == -1)
		return err_set(err, ERR_TEMP, "'%s' is not connected",
		    c->where);
	if (read_frame(c, &len, err) == -1 ||
	    request_frame_parse(bytes_make(c->in.data, len), &c->arena, m,
	    err) == -1) {
		hang_up(c);
		return err_wrap(err, "answer of '%s'", c->where);
	}
	c->in_used = len;
	if (m->id != c->id || m->op_number != c->op) {
		hang_up(c);
		return err_set(err, ERR_INTERNAL,
		    "'%s' answered another request", c->where);
	}
	if (m->kind == FRAME_ROW || m->kind == FRAME_DATA)
		return 1;
	c->in_call = false;
	return m->kind == FRAME_DONE ? 0 : request_error_get(m, err);
}

int
request_finish(struct request_client *c, struct request_writer *w,
    struct request_frame *m, struct err *err)
{
	int rc;

	if (request_send(c, w, err) == -1)
		return -1;
	while ((rc = request_next_frame(c, m, err)) == 1)
		;
	return rc;
}
