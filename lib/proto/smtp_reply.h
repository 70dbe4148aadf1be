/*
 * smtp_reply - replies of SMTP and LMTP, written and read
 */
#ifndef PROTO_SMTP_REPLY_H
#define PROTO_SMTP_REPLY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/line.h"

#define SMTP_REPLY_LINE_MAX	512	/* written, CRLF included */
#define SMTP_REPLY_TAKE_MAX	2048	/* a line read */
#define SMTP_REPLY_LINES_MAX	200	/* read, in one reply */

/*
 * "250-2.1.0 first" CRLF "250 2.1.0 second" CRLF: one line for each of text,
 * more where one is too long.  enhanced is NULL for replies that have none
 * (greetings, LHLO, 354).  Control characters and bytes beyond ASCII become
 * "?".
 */
void smtp_reply(struct buf *out, int code, const char *enhanced,
    const char *text);
void smtp_replyf(struct buf *out, int code, const char *enhanced,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- reading, for clients -------------------------------------------- */

struct smtp_reply {
	int code;		/* 200 to 599 */
	char enhanced[12];	/* "" when the first line has none of the
				   code's class; taken out of the text */
	const char *text;	/* in the arena; lines parted by \n, without
				   codes; any bytes but NUL */
	size_t nlines;
};

struct smtp_reply_reader {
	struct line_reader lines;
	struct buf text;	/* own */
	int code;
	char enhanced[12];
	size_t nlines;
};

void smtp_reply_reader_init(struct smtp_reply_reader *r);
void smtp_reply_reader_free(struct smtp_reply_reader *r);

/*
 * 1 a whole reply; 0 needs more; -1 ERR_SYNTAX: this is no SMTP, close.  In
 * each case *used bytes are to be taken from the front of the input.
 */
int smtp_reply_read(struct smtp_reply_reader *r, struct bytes in,
    size_t *used, struct arena *arena, struct smtp_reply *out,
    struct err *err);

#endif
