/*
 * smtp_reply - writes and reads replies of SMTP and LMTP
 */
#ifndef PROTO_SMTP_REPLY_H
#define PROTO_SMTP_REPLY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/line.h"

#define SMTP_REPLY_LINE_MAX	512	/* bytes in a line written, with CRLF */
#define SMTP_REPLY_TAKE_MAX	2048	/* bytes in a line read */
#define SMTP_REPLY_LINES_MAX	200	/* lines in a reply read */

/*
 * Writes "250-2.1.0 first" CRLF "250 2.1.0 second" CRLF: one line for each line
 * of text, or more if one is too long.  enhanced is NULL for replies without an
 * enhanced status code (greetings, LHLO, 354).  Control characters and bytes
 * that are not ASCII become "?".
 */
void smtp_reply(struct buf *out, int code, const char *enhanced,
    const char *text);
void smtp_replyf(struct buf *out, int code, const char *enhanced,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- reading, for clients -------------------------------------------- */

struct smtp_reply {
	int code;		/* 200 to 599 */
	char enhanced[12];	/* "" if the first line has none of the code's
				   class; removed from the text */
	const char *text;	/* in the arena; lines separated by \n, without
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
 * Returns 1 if the reply is complete; 0 if more input is needed; -1 with
 * ERR_SYNTAX if this is not SMTP (close the connection).  In each case the
 * caller must remove *used bytes from the front of the input.
 */
int smtp_reply_read(struct smtp_reply_reader *r, struct bytes in,
    size_t *used, struct arena *arena, struct smtp_reply *out,
    struct err *err);

#endif
