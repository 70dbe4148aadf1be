/*
 * message_file - reads a whole message from a file or standard input, and
 * gives it the line endings that it has on the wire.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "ctl/message_file.h"

/* Room for the fields that the MTA adds to a message of the maximum size. */
#define HEADER_ROOM	(1024 * 1024)

static int
read_stdin(size_t max, struct buf *out, struct err *err)
{
	size_t n;

	while ((n = fread(buf_reserve(out, 65536), 1, 65536, stdin)) > 0) {
		out->len += n;
		if (out->len > max)
			return err_set(err, ERR_REFUSED,
			    "standard input is larger than %zu bytes", max);
	}
	return ferror(stdin) ? err_sys(err, ERR_TEMP,
	    "cannot read standard input") : 0;
}

int
message_file_load(const char *path, size_t max, struct buf *out,
    struct err *err)
{
	return strcmp(path, "-") == 0 ? read_stdin(max, out, err) :
	    file_read(path, max, out, err);
}

void
message_crlf(struct buf *out, struct bytes in, bool of_lone_cr)
{
	const char *p = in.data;

	for (size_t i = 0; i < in.len; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			buf_byte(out, '\r');
		buf_byte(out, p[i]);
		if (of_lone_cr && p[i] == '\r' &&
		    (i + 1 == in.len || p[i + 1] != '\n'))
			buf_byte(out, '\n');
	}
}

int
message_file_read(struct command *c, const char *path, struct bytes *out)
{
	size_t max = (size_t)c->settings.message_size_max + HEADER_ROOM;
	struct buf raw = BUF_INIT, wire = BUF_INIT;
	struct err err = ERR_INIT;
	int rc = message_file_load(path, max, &raw, &err);

	if (rc == 0) {
		message_crlf(&wire, buf_view(&raw), false);
		*out = bytes_dup(&c->arena, buf_view(&wire));
	}
	buf_free(&raw);
	buf_free(&wire);
	return rc == 0 ? COMMAND_OK : command_failf("%s", err.text);
}
