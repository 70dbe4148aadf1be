/*
 * lmtp_filter - looks at the top header of a message while it passes
 *
 * Takes every Postern-Origin field out, wherever it stands, and keeps its
 * value; counts Received fields and keeps the values of Delivered-To, by
 * which loops are known.  All else goes through unchanged, as it comes.
 *
 *	lmtp_filter_init(&f, &arena, sink, arg);
 *	... lmtp_filter_feed(&f, bytes, err) for each piece
 *	lmtp_filter_end(&f, err);
 *
 * Memory is bounded whatever comes: a value that is too long is cut (a cut
 * origin does not open), fields beyond the number kept are only counted.
 * The header ends with the first empty line, not before.
 */
#ifndef IMAPD_LMTP_FILTER_H
#define IMAPD_LMTP_FILTER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "auth/origin.h"

#define LMTP_DELIVERED_MAX	100	/* Delivered-To fields kept */
#define LMTP_NAME_MAX		24	/* bytes of a name looked at */
#define LMTP_VALUE_MAX		1000	/* bytes of a value kept */

/* Where the message goes on to.  0 or -1. */
typedef int lmtp_sink(void *arg, struct bytes piece, struct err *err);

enum lmtp_filter_state {
	FILTER_NAME,		/* at a line's start: gathering its name */
	FILTER_VALUE,		/* in the rest of a line */
	FILTER_BODY		/* behind the empty line */
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

	/* Inside. */
	enum lmtp_filter_state state;
	struct bytes *keep;		/* where the open value goes; or NULL */
	bool drop;			/* the open field is taken out */
	size_t name_len;
	char name[LMTP_NAME_MAX + 1];	/* room for the colon */
	size_t value_len;
	char value[LMTP_VALUE_MAX];
};

void lmtp_filter_init(struct lmtp_filter *f, struct arena *arena,
    lmtp_sink *sink, void *arg);
/* 0, or -1 from the sink. */
int lmtp_filter_feed(struct lmtp_filter *f, struct bytes piece,
    struct err *err);
/* The end of the message. */
int lmtp_filter_end(struct lmtp_filter *f, struct err *err);

#endif
