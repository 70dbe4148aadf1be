/*
 * line - lines out of an input buffer, of bounded length
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
 * Never looks at a byte twice.  A bad line (too long, with a NUL, with a
 * wrong ending) is reported once and skipped to its LF; the lines after it
 * are good again.
 */
#ifndef PROTO_LINE_H
#define PROTO_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum line_ending {
	LINE_CRLF,	/* CRLF; a bare CR or LF makes a line bad */
	LINE_LF,	/* LF; CR is a byte like others */
	LINE_ANY	/* CRLF or LF */
};

struct line_reader {
	size_t max;		/* bytes of a line with its ending */
	enum line_ending ending;
	size_t scanned;		/* inside: looked at up to here */
	bool skipping;		/* inside: the rest of a line too long */
};

/*
 * 1 *line is a line without its ending, borrowed from in; 0 needs more; -1 a
 * bad line, ERR_SYNTAX.  *used is how many bytes to take from the front of
 * the buffer now, after the line was used.
 */
int line_next(struct line_reader *r, struct bytes in, struct bytes *line,
    size_t *used, struct err *err);

#endif
