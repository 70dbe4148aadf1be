/*
 * request_call - one request, as its handler sees it
 *
 * A handler is plain code that runs in a worker.  It reads c->request, does its
 * work, and writes the answer:
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
 * Returns 0 if the whole answer is written, including DONE.  Returns
 * REQUEST_MORE if c->more() must be called again, after the output so far has
 * been sent (large answers are written in pieces).  Returns -1 with an error,
 * which becomes the ERROR frame.  A handler must end its snapshots before it
 * returns.
 *
 * The dispatcher has already checked the role and the fields, collected all
 * data of a call with REQUEST_DATA_IN (c->data), and hashed the password of the
 * request (c->password_hash), so handlers do nothing that takes long.
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
	struct buf data;		/* data, with REQUEST_DATA_IN */
	const char *password_hash;	/* NULL: no password in the request */
	struct buf *out;		/* frames of the answer */
	/* Called after REQUEST_MORE; returns the same values as run. */
	int (*more)(struct request_call *c, struct err *err);
	void *state;			/* for more(), in the arena */
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
extern const struct request_handler junk_requests[];

/* Finds the handler of an operation.  Returns NULL if there is none. */
const struct request_handler *request_handler_find(uint16_t op);

/* Begins a ROW or DONE frame of the answer. */
void request_answer_begin(struct request_call *c, struct request_writer *w,
    enum request_kind kind);
/* Writes a DONE frame without fields. */
int request_answer_done(struct request_call *c, struct err *err);

/*
 * A long answer is written in slices, so that other connections are served in
 * between.  c->more() writes the next slice, which begins at the key where the
 * last one stopped:
 *
 *	return request_slice_run(c, &l->slice, rows, err);
 *
 * rows() scans from slice.next on.  It stops (returns 1) at the first row for
 * which request_slice_is_over() returns true.  At the end it writes the DONE
 * frame.
 */
struct request_slice {
	struct bytes next;		/* key; empty at the start */
	size_t left;			/* rows left in this slice */
};

bool request_slice_is_over(struct request_call *c, struct request_slice *slice,
    struct bytes key);
/*
 * Calls rows() with a new snapshot.  Returns REQUEST_MORE at the end of a
 * slice, 0 at the end of the answer, -1 on error.
 */
int request_slice_run(struct request_call *c, struct request_slice *slice,
    int (*rows)(struct request_call *c, const struct reader *r,
    struct err *err), struct err *err);

/*
 * Finds the account named in FIELD_ACCOUNT.  Returns 0, or -1 with
 * ERR_CODE_NOT_FOUND and a text that names it.
 */
int request_find_account(struct request_call *c, const struct reader *r,
    struct account *acc, struct err *err);
/* The same with a new snapshot; returns only the id. */
int request_find_account_id(struct request_call *c, uint64_t *id,
    struct err *err);
/*
 * Calls fn for each live account, in order of login.  Returns 0, or -1 on
 * error.
 */
int request_each_account(struct request_call *c, const struct reader *r,
    int (*fn)(void *arg, const struct account *acc, struct err *err),
    void *arg, struct err *err);
/*
 * Find an account by name: request_account_id() returns its id and takes its
 * own snapshot, request_account_named() returns the account.
 */
int request_account_id(struct request_call *c, const char *login, uint64_t *id,
    struct err *err);
int request_account_named(const struct reader *r, const char *login,
    struct account *acc, struct err *err);

#endif
