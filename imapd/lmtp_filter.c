/*
 * lmtp_filter - removes origin fields from a header and finds signs of loops.
 */
#include <config.h>

#include <string.h>

#include "imapd/lmtp_filter.h"

void
lmtp_filter_init(struct lmtp_filter *f, struct arena *arena, lmtp_sink *sink,
    void *arg)
{
	memset(f, 0, sizeof(*f));
	f->arena = arena;
	f->sink = sink;
	f->arg = arg;
	f->state = FILTER_NAME;
}

/* Keeps the open value, which is complete. */
static void
value_end(struct lmtp_filter *f)
{
	if (f->keep != NULL)
		*f->keep = bytes_trim(bytes_dup(f->arena,
		    bytes_make(f->value, f->value_len)));
	f->keep = NULL;
	f->value_len = 0;
}

static void
value_add(struct lmtp_filter *f, struct bytes piece)
{
	size_t room = sizeof(f->value) - f->value_len;
	size_t n = piece.len < room ? piece.len : room;

	if (f->keep == NULL || n == 0)
		return;
	memcpy(f->value + f->value_len, piece.data, n);
	f->value_len += n;
}

/* A field begins, or a line that is not a field: finds out which. */
static void
field_begin(struct lmtp_filter *f, bool has_name)
{
	struct bytes name = bytes_trim(bytes_make(f->name, f->name_len));

	value_end(f);
	f->drop = false;
	if (!has_name)
		return;
	if (bytes_ieq_str(name, ORIGIN_HEADER)) {
		f->drop = true;
		if (f->origins < ORIGIN_LINES_MAX)
			f->keep = &f->origin[f->origins++];
	} else if (bytes_ieq_str(name, "Received")) {
		f->received++;
	} else if (bytes_ieq_str(name, "Delivered-To")) {
		if (f->delivered < LMTP_DELIVERED_MAX)
			f->keep = &f->delivered_to[f->delivered];
		f->delivered++;
	}
}

/* Passes the name on, unless its field is removed. */
static int
name_flush(struct lmtp_filter *f, struct err *err)
{
	size_t n = f->name_len;

	f->name_len = 0;
	if (n == 0 || f->drop)
		return 0;
	return f->sink(f->arg, bytes_make(f->name, n), err);
}

static bool
is_empty_line(const struct lmtp_filter *f)
{
	return f->name_len == 0 ||
	    (f->name_len == 1 && f->name[0] == '\r');
}

/*
 * Is the name padded?  It fills the buffer, so it is none of the names that we
 * know, except for one with many spaces before its colon (RFC 5322 4.5).
 */
static bool
is_padded(const struct lmtp_filter *f)
{
	char last = f->name[LMTP_NAME_MAX - 1];

	return f->name_len == LMTP_NAME_MAX && (last == ' ' || last == '\t');
}

/*
 * Handles one byte at the start of a line.  Sets *used if the byte is part of
 * the name; otherwise it belongs to what follows.
 */
static int
name_byte(struct lmtp_filter *f, char c, bool *used, struct err *err)
{
	*used = false;
	if (f->name_len == 0 && (c == ' ' || c == '\t')) {
		/* A continuation line. */
		f->state = FILTER_VALUE;
		return 0;
	}
	if (c == '\n' && is_empty_line(f)) {
		field_begin(f, false);
		f->state = FILTER_BODY;
		return name_flush(f, err);
	}
	if (c != ':' && c != '\n' && f->name_len < LMTP_NAME_MAX) {
		f->name[f->name_len++] = c;
		*used = true;
		return 0;
	}
	field_begin(f, c == ':' || is_padded(f));
	if (c == ':') {
		f->name[f->name_len++] = c;
		*used = true;
	}
	f->state = FILTER_VALUE;
	return name_flush(f, err);
}

/* Handles the input up to and including the end of the line. */
static int
value_piece(struct lmtp_filter *f, struct bytes in, size_t *used,
    struct err *err)
{
	ptrdiff_t nl = bytes_index(in, '\n');
	struct bytes piece = bytes_make(in.data,
	    nl < 0 ? in.len : (size_t)nl + 1);

	*used = piece.len;
	value_add(f, piece);
	if (nl >= 0)
		f->state = FILTER_NAME;
	return f->drop ? 0 : f->sink(f->arg, piece, err);
}

int
lmtp_filter_feed(struct lmtp_filter *f, struct bytes piece, struct err *err)
{
	bool one;
	size_t n;

	while (piece.len > 0) {
		if (f->state == FILTER_BODY)
			return f->sink(f->arg, piece, err);
		if (f->state == FILTER_NAME) {
			if (name_byte(f, piece.data[0], &one, err) == -1)
				return -1;
			n = one;
		} else if (value_piece(f, piece, &n, err) == -1)
			return -1;
		piece.data += n;
		piece.len -= n;
	}
	return 0;
}

int
lmtp_filter_end(struct lmtp_filter *f, struct err *err)
{
	if (f->state == FILTER_NAME && f->name_len > 0)
		field_begin(f, false);
	else
		value_end(f);
	f->state = FILTER_BODY;
	return name_flush(f, err);
}
