#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "ctl/message_file.h"

/* Room for fields that the MTA added to a message of the largest size. */
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
message_file_read(struct ctl *c, const char *path, struct bytes *out)
{
	size_t max = (size_t)c->settings.message_size_max + HEADER_ROOM;
	struct buf raw = BUF_INIT, wire = BUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	rc = strcmp(path, "-") == 0 ? read_stdin(max, &raw, &err) :
	    file_read(path, max, &raw, &err);
	for (size_t i = 0; i < raw.len && rc == 0; i++) {
		if (raw.data[i] == '\n' && (i == 0 || raw.data[i - 1] != '\r'))
			buf_byte(&wire, '\r');
		buf_byte(&wire, raw.data[i]);
	}
	if (rc == 0)
		*out = bytes_dup(&c->arena, buf_view(&wire));
	buf_free(&raw);
	buf_free(&wire);
	return rc == 0 ? CTL_OK : ctl_fail(&err);
}
