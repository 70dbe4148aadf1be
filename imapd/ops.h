/*
 * ops - one call of a store operation, as its handler sees it
 *
 * A handler is plain code that runs in a worker: it looks at c->request,
 * does its work, and writes the answer:
 *
 *	static int
 *	account_get_run(struct ops_call *c, struct err *err)
 *	{
 *		...
 *		ops_begin(c, &w, STORE_DONE);
 *		store_put_u64(&w, STORE_ACCOUNT_ID, acc.id);
 *		return store_frame_end(&w, err);
 *	}
 *
 * Returns 0 when all is written, DONE included; OPS_MORE when
 * c->more() is to be called again, after what was written so far has gone
 * out (large answers come in pieces); -1 with an error, which becomes the
 * ERROR frame.  Snapshots end before a handler returns.
 *
 * The dispatcher has checked role and fields, gathered all data of a call
 * with STORE_OP_DATA_IN (c->data), and hashed a password in the request
 * (c->password_hash): what takes long is not the handler's business.
 */
#ifndef IMAPD_OPS_H
#define IMAPD_OPS_H

#include "proto/store_proto.h"
#include "directory/account.h"
#include "imapd/imapd.h"
#include "imapd/store_service.h"

#define OPS_MORE	1

/* Bytes of data in a call; an import of 100,000 accounts has 40 MB. */
#define OPS_DATA_MAX	(64 * 1024 * 1024)

struct ops_call {
	struct imapd *imapd;		/* borrowed */
	struct conn *conn;		/* borrowed */
	struct arena *arena;		/* of this call */
	struct store_message request;
	struct buf data;		/* STORE_OP_DATA_IN */
	const char *password_hash;	/* NULL: no password in the request */
	struct buf *out;		/* frames of the answer */
	/* After OPS_MORE; returns likewise. */
	int (*more)(struct ops_call *c, struct err *err);
	void *state;			/* more()'s, in the arena */
};

struct ops_handler {
	uint16_t op;			/* STORE_OP_*; 0 ends a table */
	int (*run)(struct ops_call *c, struct err *err);
};

/* The tables, by subject. */
extern const struct ops_handler ops_account[];
extern const struct ops_handler ops_domain[];
extern const struct ops_handler ops_address[];
extern const struct ops_handler ops_mailbox[];
extern const struct ops_handler ops_message[];
extern const struct ops_handler ops_admin[];
extern const struct ops_handler ops_text[];
extern const struct ops_handler ops_judge[];
extern const struct ops_handler ops_submission[];
extern const struct ops_handler ops_dmarc[];

/* NULL when nobody handles it. */
const struct ops_handler *ops_handler_find(uint16_t op);

/* Begins a ROW or DONE of the answer. */
void ops_begin(struct ops_call *c, struct store_writer *w,
    enum store_kind kind);
/* A DONE without fields. */
int ops_done(struct ops_call *c, struct err *err);
/* The fields by which a DONE asks the milter to refuse. */
void ops_put_refusal(struct store_writer *w, int code, const char *enhanced,
    const char *reply, const char *setting);
/* A text field, cut to what the field may hold and to whole characters. */
void ops_put_cut(struct store_writer *w, uint16_t tag, struct bytes text);

/*
 * A long answer that comes in turns, so that others get theirs between them.
 * c->more() runs the next one, from the key on where the last one stopped:
 *
 *	return ops_turn_run(c, &l->turn, rows, err);
 *
 * rows() scans from turn.next on, and stops (1) at the first row for which
 * ops_turn_is_over() says so; at the end it writes the DONE.
 */
struct ops_turn {
	struct bytes next;		/* key; empty at first */
	size_t left;			/* rows in this turn */
};

bool ops_turn_is_over(struct ops_call *c, struct ops_turn *t,
    struct bytes key);
/* With a snapshot of its own.  OPS_MORE when the turn is over, 0, -1. */
int ops_turn_run(struct ops_call *c, struct ops_turn *t,
    int (*rows)(struct ops_call *c, const struct reader *r, struct err *err),
    struct err *err);

/*
 * The account that the request names in STORE_ACCOUNT.  0, or -1 with
 * ERR_CODE_NOT_FOUND, naming it.
 */
int ops_find_account(struct ops_call *c, const struct reader *r,
    struct account *acc, struct err *err);
/* The same with a snapshot of its own: the id alone. */
int ops_find_account_id(struct ops_call *c, uint64_t *id,
    struct err *err);
/* Calls fn for each living account, in order of login.  0 or -1. */
int ops_each_account(struct ops_call *c, const struct reader *r,
    int (*fn)(void *arg, const struct account *acc, struct err *err),
    void *arg, struct err *err);
/* Any account by name; and its id alone, with a snapshot of its own. */
int ops_account_id(struct ops_call *c, const char *login, uint64_t *id,
    struct err *err);
int ops_account_named(const struct reader *r, const char *login,
    struct account *acc, struct err *err);

#endif
