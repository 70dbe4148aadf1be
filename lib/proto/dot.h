/*
 * dot - the text of DATA: dot-unstuffing and -stuffing, in pieces of any size
 *
 * RFC 5321 4.5.2.  The text ends with CRLF "." CRLF and nothing else; a line
 * begins behind CRLF only.  So a bare LF never makes an end, however a sender
 * or a relay before us sees it (SMTP smuggling); that there was one is told,
 * for the server to refuse.
 *
 *	struct dot d = DOT_INIT;
 *	while (dot_feed(&d, piece, &used, &out) == 0)
 *		... next piece
 *
 * The text is as after removing the dots; its last CRLF belongs to it.
 */
#ifndef PROTO_DOT_H
#define PROTO_DOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum dot_state {
	DOT_LINE,		/* at the begin of a line */
	DOT_TEXT,
	DOT_CR,
	DOT_DOT,		/* behind a dot that began a line */
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
 * Appends the text in a piece of input to out.  1 the text has ended, and
 * *used bytes of the piece belonged to it; 0 all was used, more is to come.
 */
int dot_feed(struct dot *d, struct bytes in, size_t *used, struct buf *out);

/* ---- the other way --------------------------------------------------- */

/* Appends a piece of text with dots doubled; state as for dot_feed(). */
void dot_stuff(struct dot *d, struct bytes in, struct buf *out);

/* The end: a CRLF if the text doesn't end with one, then "." CRLF. */
void dot_stuff_end(struct dot *d, struct buf *out);

#endif
