/* line - takes lines of bounded length from an input buffer. */
#include <config.h>

#include <string.h>

#include "proto/line.h"

/* Returns what is wrong with a line, which includes its LF, or NULL. */
static const char *
line_fault(const struct line_reader *r, struct bytes line)
{
	const char *cr;

	if (memchr(line.data, '\0', line.len) != NULL)
		return "line with a NUL";
	if (r->ending != LINE_CRLF)
		return NULL;
	cr = memchr(line.data, '\r', line.len);
	if (cr == NULL)
		return "line feed without carriage return";
	return cr != line.data + line.len - 2 ?
	    "carriage return without line feed" : NULL;
}

static int
line_take(struct line_reader *r, struct bytes whole, struct bytes *line,
    struct err *err)
{
	const char *fault = line_fault(r, whole);

	if (fault != NULL)
		return err_set(err, ERR_SYNTAX, "%s", fault);
	*line = bytes_make(whole.data, whole.len - 1);
	if (r->ending != LINE_LF && line->len > 0 &&
	    line->data[line->len - 1] == '\r')
		line->len--;
	return 1;
}

int
line_next(struct line_reader *r, struct bytes in, struct bytes *line,
    size_t *used, struct err *err)
{
	size_t skip = 0, len;
	const char *lf = NULL;

	*used = 0;
	if (in.len > r->scanned)
		lf = memchr(in.data + r->scanned, '\n', in.len - r->scanned);
	if (r->skipping) {
		if (lf == NULL) {
			*used = in.len;
			r->scanned = 0;
			return 0;
		}
		r->skipping = false;
		skip = (size_t)(lf - in.data) + 1;
		in = bytes_from(in, skip);
		lf = memchr(in.data, '\n', in.len);
	}
	len = lf == NULL ? in.len : (size_t)(lf - in.data) + 1;
	if (len > r->max || (lf == NULL && len == r->max)) {
		r->skipping = lf == NULL;
		r->scanned = 0;
		*used = skip + len;
		return err_code(err, ERR_SYNTAX, ERR_CODE_LIMIT,
		    "line longer than %zu bytes", r->max);
	}
	if (lf == NULL) {
		*used = skip;
		r->scanned = len;
		return 0;
	}
	r->scanned = 0;
	*used = skip + len;
	return line_take(r, bytes_make(in.data, len), line, err);
}
