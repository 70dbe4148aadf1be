/*
 * arrivals - how much mail an account took lately, from which networks
 *
 * For limits of messages and bytes in the last 60 seconds and 24 hours, from
 * an address and the two networks around it (the levels of net/window.h).
 * The windows slide by seconds and forget nothing: what they hold is what the
 * delivery tokens of the store say (T_DELIVERED: time, client, size), which a
 * delivery writes in its own operation.  They are read once, when an account
 * is first asked about, and kept in memory from then on; if that gets scarce
 * they are forgotten, and read again.  So they are right after a restart,
 * and a delivery costs no row more.
 *
 * Between the answer "accept" and the delivery lies the MTA's queue.  So a
 * message counts from the answer on, under its token, and its delivery counts
 * nothing more.  If it has not come after ARRIVALS_PENDING_S it does not
 * count any longer: perhaps another recipient refused it.
 *
 * What counts is that a message arrived: expunging it makes no room.
 *
 *	struct arrivals_question q = { .account = a, .client = &addr,
 *	    .size = size, .token = token, .now = time(NULL),
 *	    .limits = &limits };
 *	rc = arrivals_ask(arrivals, &q, err);	// 1: q says which limit
 *
 * Any thread may call.
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
	   limit; NULL: a look. */
	const uint8_t *token;
	int64_t now;			/* seconds since the epoch */
	const struct arrivals_limits *limits;
	/* out, of the first limit that it would be over */
	enum arrivals_window window;
	unsigned level;
	bool is_bytes;
	uint64_t limit;
};

/* 0 there is room (or the message was counted before), 1 not, -1 error. */
int arrivals_ask(struct arrivals *t, struct arrivals_question *q,
    struct err *err);

/* A message was delivered, committed.  Nobody waits for anything. */
void arrivals_delivered(struct arrivals *t, uint64_t account,
    const uint8_t *token, const struct addr *client, uint64_t size);

/* memory: bytes; kv is borrowed, and read when an account is first asked
   about. */
struct arrivals *arrivals_new(struct kv *kv, uint64_t memory);
void arrivals_free(struct arrivals **a);

/* Accounts, and bytes of memory, in use. */
void arrivals_stat(struct arrivals *t, size_t *accounts, uint64_t *bytes);

/* ---- the row ---- */

/*
 * T_DELIVERED (a, token, mbox): empty when the client is not known or does
 * not count, else u8 version, u8 family (4, 6), 16 bytes address, u64 size.
 */
struct delivered_row {
	struct addr client;		/* family ADDR_NONE: does not count */
	uint64_t size;
};

int delivered_row_decode(struct bytes value, struct delivered_row *out,
    struct err *err);
void delivered_row_encode(const struct delivered_row *row, struct buf *out);

#endif
