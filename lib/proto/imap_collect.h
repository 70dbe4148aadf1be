/*
 * imap_collect - gathers one IMAP command with its literals
 *
 * Works on the caller's input buffer, which begins with the command and grows
 * between calls.  It remembers its position and never reads a byte twice.
 *
 *	imap_collect_begin(&c, &limits, IMAP_COLLECT_COMMAND);
 *	for (;;) switch (imap_collect(&c, buf_view(&in), err)) {
 *	case IMAP_COLLECT_MORE:		read more into the buffer; call again
 *	case IMAP_COLLECT_CONTINUE:	send "+ "; call again (or answer, and
 *					imap_collect_refuse())
 *	case IMAP_COLLECT_STREAM:	see below
 *	case IMAP_COLLECT_COMPLETE:	parse the first c.len bytes, run the
 *					command, consume them, begin again
 *	case IMAP_COLLECT_ERROR:	see below
 *	}
 *
 * IMAP_COLLECT_STREAM: the client announced a message literal of APPEND of at
 * least limits.stream_min bytes.  The first c.len bytes of the buffer are the
 * command so far, including "{n}" CRLF; c.literal_size is n.  Parse them; if
 * they are wrong, answer with an error instead of "+ " and call
 * imap_collect_refuse().  Otherwise send "+ " if c.literal_sync, consume them,
 * read and consume the n bytes of the literal, call imap_collect_taken() and
 * continue.  The buffer now begins right after the literal, with the CRLF that
 * ends the command or with the next message of a MULTIAPPEND (RFC 3502), for
 * which STREAM is returned again.
 *
 * IMAP_COLLECT_ERROR: err says what is wrong: ERR_SYNTAX (BAD), or ERR_REFUSED
 * with ERR_CODE_TOO_LARGE (NO).  The tag is still at the beginning of the
 * buffer (imap_tag_of()).  If c.fatal is set, end the connection after the
 * answer.  Otherwise answer, then call imap_collect_discard() and drop as many
 * bytes as it says until it is done: the rest of the line, the data of its
 * non-synchronizing literals and the lines after them.
 *
 * A literal is announced at the end of a line, by "{n}" or "{n+}" (RFC 7888).
 * Lines end with CRLF; a bare CR or LF or a NUL is an error.  The parser
 * checks for NUL inside literals.
 */
#ifndef PROTO_IMAP_COLLECT_H
#define PROTO_IMAP_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct imap_collect_limits {
	size_t line_max;	/* bytes in a line, including CRLF */
	size_t literal_max;	/* bytes in a literal kept in the buffer */
	size_t command_max;	/* bytes in all lines and kept literals */
	uint64_t stream_min;	/* message literals of at least this size are
				   streamed; UINT64_MAX: none */
	uint64_t stream_max;	/* the largest message */
	uint64_t discard_max;	/* most bytes of refused data to read before
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
	size_t len;		/* bytes collected */
	uint64_t literal_size;	/* at STREAM */
	bool literal_sync;	/* at STREAM: the client waits for "+ " */
	bool fatal;		/* at ERROR */

	/* Private. */
	uint8_t mode, state;
	uint8_t tail;		/* how far into "{n+}" CRLF the line is */
	bool tail_sync;
	bool streaming;		/* a literal of this command was streamed */
	uint64_t tail_size;
	size_t pos;		/* bytes before it were read */
	size_t line;		/* offset of the current line */
	size_t brace;		/* offset of its last "{" */
	uint64_t left;		/* bytes of a literal to step over */
	uint64_t discarded;
};

void imap_collect_begin(struct imap_collect *c,
    const struct imap_collect_limits *limits, enum imap_collect_mode mode);

enum imap_collect_result imap_collect(struct imap_collect *c, struct bytes in,
    struct err *err);

/* Call when the literal announced by STREAM was removed from the input. */
void imap_collect_taken(struct imap_collect *c);

/*
 * Call after answering with a refusal of the literal announced by STREAM or
 * CONTINUE.  Then call imap_collect_discard(), with the buffer as it was when
 * the literal was announced.  Returns false if the client will send more than
 * discard_max bytes: end the connection.
 */
bool imap_collect_refuse(struct imap_collect *c);

/*
 * Drops more of a refused command.  In each case the caller must remove *drop
 * bytes from the front of the buffer.  Returns 1 if the command is over (begin
 * again), 0 if more must be dropped, -1 if that was more than discard_max bytes
 * (end the connection).
 */
int imap_collect_discard(struct imap_collect *c, struct bytes in,
    size_t *drop);

/* Returns the tag at the beginning of in, or an empty one (answer with "*"). */
struct bytes imap_tag_of(struct bytes in);

#endif
