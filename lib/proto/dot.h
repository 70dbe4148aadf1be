/*
 * dot - the text of DATA: dot-unstuffing and -stuffing, in pieces of any size
 *
 * RFC 5321 4.5.2.  Only CRLF "." CRLF ends the text, and only CRLF ends a
 * line.  A bare LF therefore never ends the message, whatever the sender or a
 * relay before us makes of it (SMTP smuggling).  Bare CR and LF are reported,
 * so that the server can refuse the message.
 *
 *	struct dot d = DOT_INIT;
 *	while (dot_feed(&d, piece, &used, &out) == 0)
 *		... next piece
 *
 * The output is the text without the stuffed dots, including its last CRLF.
 */
#ifndef PROTO_DOT_H
#define PROTO_DOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum dot_state {
	DOT_LINE,		/* at the beginning of a line */
	DOT_TEXT,
	DOT_CR,
	DOT_DOT,		/* after a dot at the beginning of a line */
	DOT_DOT_CR,
	DOT_END
};

struct dot {
	enum dot_state state;
	bool bare_cr;		/* a CR without LF was seen */
	bool bare_lf;		/* an LF without CR was seen */
};

#define DOT_INIT	{ DOT_LINE, false, false }

/*
 * Appends the text in a piece of input to out.  Returns 1 if the text ended,
 * with *used set to the number of bytes up to its end, or 0 if the whole piece
 * was used and more input is needed.
 */
int dot_feed(struct dot *d, struct bytes in, size_t *used, struct buf *out);

/* ---- the other way --------------------------------------------------- */

/* Appends a piece of text, doubling the dots at the beginning of lines. */
void dot_stuff(struct dot *d, struct bytes in, struct buf *out);

/* Ends the text: adds a CRLF if it does not end with one, then "." CRLF. */
void dot_stuff_end(struct dot *d, struct buf *out);

#endif
