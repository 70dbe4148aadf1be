/*
 * imap_collect - gathers one IMAP command with its literals
 *
 * Works on the caller's input buffer, which begins with the command and grows
 * between calls; remembers how far it has looked and never looks twice.
 *
 *	imap_collect_begin(&c, &limits, IMAP_COLLECT_COMMAND);
 *	for (;;) switch (imap_collect(&c, buf_view(&in), err)) {
 *	case IMAP_COLLECT_MORE:		read more into the buffer; call again
 *	case IMAP_COLLECT_CONTINUE:	send "+ "; call again (or answer, and
 *					imap_collect_refuse())
 *	case IMAP_COLLECT_STREAM:	see below
 *	case IMAP_COLLECT_COMPLETE:	parse the first c.len bytes, run them,
 *					consume them, begin anew
 *	case IMAP_COLLECT_ERROR:	see below
 *	}
 *
 * IMAP_COLLECT_STREAM: a message literal of APPEND of at least
 * limits.stream_min bytes was announced.  c.len bytes of the buffer are the
 * command so far, "{n}" CRLF included; c.literal_size is n.  Parse them (what
 * is wrong with them is answered instead of "+ "; then imap_collect_refuse()),
 * send "+ " if c.literal_sync, consume them, take n bytes of input away, call
 * imap_collect_taken() and go on: the buffer now begins right behind the
 * literal, with the CRLF that ends the command or with the next message of a
 * MULTIAPPEND (RFC 3502), reported by STREAM again.
 *
 * IMAP_COLLECT_ERROR: err says what is wrong; ERR_SYNTAX (BAD), or
 * ERR_REFUSED with ERR_CODE_TOO_LARGE (NO).  The beginning of the buffer still
 * shows the tag (imap_tag_of()).  c.fatal says that the connection should end
 * after the answer.  Otherwise answer, then call imap_collect_discard() and
 * drop what it says until it is done: that eats the rest of the line, the
 * data of its non-synchronizing literals and what follows them.
 *
 * A literal is what a line ends with: "{n}" or, RFC 7888, "{n+}".  Lines end
 * with CRLF; a bare CR or LF and a NUL are errors.  NUL inside a literal is
 * left to the parser.
 */
#ifndef PROTO_IMAP_COLLECT_H
#define PROTO_IMAP_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct imap_collect_limits {
	size_t line_max;	/* of one line, CRLF included */
	size_t literal_max;	/* of one literal kept in the buffer */
	size_t command_max;	/* all lines and kept literals */
	uint64_t stream_min;	/* message literals from here are streamed;
				   UINT64_MAX: none */
	uint64_t stream_max;	/* the largest message */
	uint64_t discard_max;	/* refused data that is still read; beyond it
				   the connection ends */
};

enum imap_collect_mode {
	IMAP_COLLECT_COMMAND,
	IMAP_COLLECT_LINE	/* DONE of IDLE, an answer in AUTHENTICATE */
};

enum imap_collect_result {
	IMAP_COLLECT_MORE,
	IMAP_COLLECT_CONTINUE,
	IMAP_COLLECT_STREAM,
	IMAP_COLLECT_COMPLETE,
	IMAP_COLLECT_ERROR
};

struct imap_collect {
	const struct imap_collect_limits *limits;	/* borrowed */

	/* For the caller. */
	size_t len;		/* of what was collected */
	uint64_t literal_size;	/* at STREAM */
	bool literal_sync;	/* at STREAM: the client waits for "+ " */
	bool fatal;		/* at ERROR */

	/* Inside. */
	uint8_t mode, state;
	uint8_t tail;		/* how far into "{n+}" CRLF the line is */
	bool tail_sync;
	bool streaming;		/* a literal of this command was streamed */
	uint64_t tail_size;
	size_t pos;		/* looked at up to here */
	size_t line;		/* where the current line begins */
	size_t brace;		/* where its last "{" stands */
	uint64_t left;		/* bytes of a literal to step over */
	uint64_t discarded;
};

void imap_collect_begin(struct imap_collect *c,
    const struct imap_collect_limits *limits, enum imap_collect_mode mode);

enum imap_collect_result imap_collect(struct imap_collect *c, struct bytes in,
    struct err *err);

/* The literal announced by STREAM has been taken out of the input. */
void imap_collect_taken(struct imap_collect *c);

/*
 * The caller refuses the literal announced by STREAM or CONTINUE and has
 * answered.  Then comes imap_collect_discard(), with the buffer as it was when
 * the literal was announced.  Returns false when there is more to come than
 * may be discarded: end the connection.
 */
bool imap_collect_refuse(struct imap_collect *c);

/*
 * Goes on with dropping a refused command.  *drop is how many bytes to take
 * from the front of the buffer now, whatever is returned: 1 the command is
 * over, begin anew; 0 more is to come; -1 too much came, end the connection.
 */
int imap_collect_discard(struct imap_collect *c, struct bytes in,
    size_t *drop);

/* The tag that in begins with, or an empty one ("*" is to be used then). */
struct bytes imap_tag_of(struct bytes in);

#endif
