/*
 * lmtp_filter - examines the top header of a message as it passes through
 *
 * Removes all Postern-Origin fields and keeps their values.  Counts the
 * Received fields and keeps the values of the Delivered-To fields, which reveal
 * loops.  Everything else passes unchanged, as it arrives.
 *
 *	lmtp_filter_init(&f, &arena, sink, arg);
 *	... lmtp_filter_feed(&f, bytes, err) for each piece
 *	lmtp_filter_end(&f, err);
 *
 * Memory is bounded for any input: a value that is too long is cut (a cut
 * origin cannot be opened), and fields beyond the number kept are only
 * counted.  Only an empty line ends the header.
 */
#ifndef IMAPD_LMTP_FILTER_H
#define IMAPD_LMTP_FILTER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "auth/origin.h"

#define LMTP_DELIVERED_MAX	100	/* Delivered-To fields kept */
#define LMTP_NAME_MAX		24	/* bytes of a name examined */
#define LMTP_VALUE_MAX		1000	/* bytes of a value kept */

/* Receives the filtered message.  Returns 0, or -1 on error. */
typedef int lmtp_sink(void *arg, struct bytes piece, struct err *err);

enum lmtp_filter_state {
	FILTER_NAME,		/* at the start of a line: reading the name */
	FILTER_VALUE,		/* in the rest of a line */
	FILTER_BODY		/* after the empty line */
};

struct lmtp_filter {
	struct arena *arena;		/* borrowed */
	lmtp_sink *sink;
	void *arg;

	/* What was found. */
	unsigned received;
	unsigned delivered;
	struct bytes delivered_to[LMTP_DELIVERED_MAX];
	unsigned origins;		/* values in origin[] */
	struct bytes origin[ORIGIN_LINES_MAX];

	/* Private. */
	enum lmtp_filter_state state;
	struct bytes *keep;		/* destination of the open value, or
					   NULL */
	bool drop;			/* remove the open field */
	size_t name_len;
	char name[LMTP_NAME_MAX + 1];	/* and the colon */
	size_t value_len;
	char value[LMTP_VALUE_MAX];
};

void lmtp_filter_init(struct lmtp_filter *f, struct arena *arena,
    lmtp_sink *sink, void *arg);
/* Returns 0, or -1 if the sink failed. */
int lmtp_filter_feed(struct lmtp_filter *f, struct bytes piece,
    struct err *err);
/* Call it at the end of the message. */
int lmtp_filter_end(struct lmtp_filter *f, struct err *err);

#endif
