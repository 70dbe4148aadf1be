/*
 * request_call - one request, as its handler sees it
 *
 * A handler is plain code that runs in a worker: it looks at c->request,
 * does its work, and writes the answer:
 *
 *	static int
 *	account_get_run(struct request_call *c, struct err *err)
 *	{
 *		...
 *		request_answer_begin(c, &w, FRAME_DONE);
 *		request_put_u64(&w, FIELD_ACCOUNT_ID, acc.id);
 *		return request_frame_end(&w, err);
 *	}
 *
 * Returns 0 when all is written, DONE included; REQUEST_MORE when
 * c->more() is to be called again, after what was written so far has gone
 * out (large answers come in pieces); -1 with an error, which becomes the
 * ERROR frame.  Snapshots end before a handler returns.
 *
 * The dispatcher has checked role and fields, gathered all data of a call
 * with REQUEST_DATA_IN (c->data), and hashed a password in the request
 * (c->password_hash): what takes long is not the handler's business.
 */
#ifndef IMAPD_REQUEST_CALL_H
#define IMAPD_REQUEST_CALL_H

#include "proto/request.h"
#include "directory/account.h"
#include "imapd/imapd.h"

#define REQUEST_MORE	1

struct request_call {
	struct imapd *imapd;		/* borrowed */
	struct conn *conn;		/* borrowed */
	struct arena *arena;		/* of this call */
	struct request_frame request;
	struct buf data;		/* REQUEST_DATA_IN */
	const char *password_hash;	/* NULL: no password in the request */
	struct buf *out;		/* frames of the answer */
	/* After REQUEST_MORE; returns likewise. */
	int (*more)(struct request_call *c, struct err *err);
	void *state;			/* more()'s, in the arena */
};

struct request_handler {
	uint16_t op;			/* REQUEST_*; 0 ends a table */
	int (*run)(struct request_call *c, struct err *err);
};

/* The tables, by subject. */
extern const struct request_handler account_requests[];
extern const struct request_handler domain_requests[];
extern const struct request_handler address_requests[];
extern const struct request_handler mailbox_requests[];
extern const struct request_handler message_requests[];
extern const struct request_handler admin_requests[];
extern const struct request_handler export_requests[];
extern const struct request_handler judge_requests[];
extern const struct request_handler submission_requests[];
extern const struct request_handler dmarc_requests[];

/* NULL when nobody handles it. */
const struct request_handler *request_handler_find(uint16_t op);

/* Begins a ROW or DONE of the answer. */
void request_answer_begin(struct request_call *c, struct request_writer *w,
    enum request_kind kind);
/* A DONE without fields. */
int request_answer_done(struct request_call *c, struct err *err);

/*
 * A long answer is made slice by slice, so that other connections are served
 * in between.  c->more() makes the next slice, which begins at the key where
 * the last one stopped:
 *
 *	return request_slice_run(c, &l->slice, rows, err);
 *
 * rows() scans from slice.next on, and stops (1) at the first row for which
 * request_slice_is_over() returns true; at the end it writes the DONE.
 */
struct request_slice {
	struct bytes next;		/* key; empty at first */
	size_t left;			/* rows in this slice */
};

bool request_slice_is_over(struct request_call *c, struct request_slice *slice,
    struct bytes key);
/* With a snapshot of its own.  REQUEST_MORE when the slice is over, 0, -1. */
int request_slice_run(struct request_call *c, struct request_slice *slice,
    int (*rows)(struct request_call *c, const struct reader *r,
    struct err *err), struct err *err);

/*
 * The account that the request names in FIELD_ACCOUNT.  0, or -1 with
 * ERR_CODE_NOT_FOUND, naming it.
 */
int request_find_account(struct request_call *c, const struct reader *r,
    struct account *acc, struct err *err);
/* The same with a snapshot of its own: the id alone. */
int request_find_account_id(struct request_call *c, uint64_t *id,
    struct err *err);
/* Calls fn for each living account, in order of login.  0 or -1. */
int request_each_account(struct request_call *c, const struct reader *r,
    int (*fn)(void *arg, const struct account *acc, struct err *err),
    void *arg, struct err *err);
/* Any account by name; and its id alone, with a snapshot of its own. */
int request_account_id(struct request_call *c, const char *login, uint64_t *id,
    struct err *err);
int request_account_named(const struct reader *r, const char *login,
    struct account *acc, struct err *err);

#endif
