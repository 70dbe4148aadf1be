/*
 * line - reads lines of bounded length from an input buffer
 *
 *	struct line_reader r = { .max = 1000, .ending = LINE_CRLF };
 *	for (;;) {
 *		rc = line_next(&r, buf_view(&in), &line, &used, err);
 *		... 1: use the line; -1: tell the peer that it was bad
 *		buf_consume(&in, used);		// in each case
 *		if (rc == 0)
 *			... read more
 *	}
 *
 * No byte is read twice.  A bad line (too long, with a NUL or with the wrong
 * ending) is reported once and skipped up to its LF; the lines after it are
 * read as usual.
 */
#ifndef PROTO_LINE_H
#define PROTO_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum line_ending {
	LINE_CRLF,	/* CRLF; a line with a bare CR or LF is bad */
	LINE_LF,	/* LF; CR is a byte like any other */
	LINE_ANY	/* CRLF or LF */
};

struct line_reader {
	size_t max;		/* bytes in a line, including its ending */
	enum line_ending ending;
	size_t scanned;		/* private: bytes that were read */
	bool skipping;		/* private: in a line that is too long */
};

/*
 * Returns 1 with a line without its ending, borrowed from in; 0 if more input
 * is needed; -1 with ERR_SYNTAX for a bad line.  In each case the caller must
 * remove *used bytes from the front of the buffer, after using the line.
 */
int line_next(struct line_reader *r, struct bytes in, struct bytes *line,
    size_t *used, struct err *err);

#endif
