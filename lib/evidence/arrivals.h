/*
 * arrivals - how much mail an account received lately, and from which networks
 *
 * For limits on messages and bytes in the last 60 seconds and 24 hours, from
 * an address and the two networks around it (the levels of net/window.h).
 * The windows slide by seconds and are exact: they hold what the delivery
 * tokens of the store say (T_DELIVERED: time, client, size), which a delivery
 * writes in its own operation.  The tokens are read when an account is first
 * asked about, and then kept in memory; if memory gets scarce they are dropped
 * and read again later.  So the windows are right after a restart, and a
 * delivery needs no extra row.
 *
 * A message waits in the MTA's queue between the answer "accept" and its
 * delivery.  So it counts from the answer on, under its token, and its
 * delivery adds nothing.  If it is not delivered within ARRIVALS_PENDING_S it
 * no longer counts: another recipient may have refused it.
 *
 * What counts is that a message arrived: expunging it makes no room.
 *
 *	struct arrivals_question q = { .account = a, .client = &addr,
 *	    .size = size, .token = token, .now = time(NULL),
 *	    .limits = &limits };
 *	rc = arrivals_ask(arrivals, &q, err);	// 1: q says which limit
 *
 * May be called from any thread.
 */
#ifndef EVIDENCE_ARRIVALS_H
#define EVIDENCE_ARRIVALS_H

#include "net/window.h"
#include "commit/database.h"

#define ARRIVALS_TOKEN_LEN	16
#define ARRIVALS_PENDING_S	900

enum arrivals_window {
	ARRIVALS_MINUTE,
	ARRIVALS_DAY,
	ARRIVALS_WINDOWS
};

struct arrivals;

struct arrivals_limits {
	/* 0: no limit. */
	uint64_t messages[ARRIVALS_WINDOWS][WINDOW_LEVELS];
	uint64_t bytes[ARRIVALS_WINDOWS][WINDOW_LEVELS];
};

struct arrivals_question {
	uint64_t account;
	const struct addr *client;
	uint64_t size;			/* 0: not known yet */
	/* Names the message, which counts from now on unless it is over a
	   limit.  NULL: only ask. */
	const uint8_t *token;
	int64_t now;			/* seconds since the epoch */
	const struct arrivals_limits *limits;
	/* out: which limit it would be over, the first one */
	enum arrivals_window window;
	unsigned level;
	bool is_bytes;
	uint64_t limit;
};

/* Returns 0 if it is within the limits (or was counted before), 1 if it is
   over one, -1 on error. */
int arrivals_ask(struct arrivals *t, struct arrivals_question *q,
    struct err *err);

/* Notes that a message was delivered and committed.  Does not block on I/O. */
void arrivals_delivered(struct arrivals *t, uint64_t account,
    const uint8_t *token, const struct addr *client, uint64_t size);

/* memory is in bytes; kv is borrowed and is read when an account is first asked
   about. */
struct arrivals *arrivals_new(struct kv *kv, uint64_t memory);
void arrivals_free(struct arrivals **a);

/* Number of accounts, and bytes of memory, in use. */
void arrivals_stat(struct arrivals *t, size_t *accounts, uint64_t *bytes);

/* ---- the row ---- */

/*
 * T_DELIVERED (a, token, mbox): empty if the client is not known or does not
 * count; otherwise u8 version, u8 family (4 or 6), 16 bytes address, u64 size.
 */
struct delivered_row {
	struct addr client;		/* family ADDR_NONE: does not count */
	uint64_t size;
};

int delivered_row_decode(struct bytes value, struct delivered_row *out,
    struct err *err);
void delivered_row_encode(const struct delivered_row *row, struct buf *out);

#endif
