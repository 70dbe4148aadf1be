/* token_purge - deletes old delivery tokens and submissions, every hour */
#include <config.h>

#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "kv/key.h"
#include "kv/row.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "evidence/submission.h"
#include "store/store.h"
#include "store/token_purge.h"

/* Limits of one slice. */
#define TOKENS_MAX	250
#define SUBMISSIONS_MAX	250

/* ---- within an operation ---- */

struct token_walk {
	uint32_t before;
	size_t n;
	struct buf keys;		/* own: u16 length and bytes each */
};

static int
token_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct token_walk *walk = arg;

	(void)value;
	(void)err;
	if (walk->n == TOKENS_MAX || (key.len >= 12 &&
	    be32_get(key.data + 8) >= walk->before))
		return 1;
	row_put_string(&walk->keys, key);
	walk->n++;
	return 0;
}

/* Deletes tokens made before `before'.  Returns 0 if none is left, 1 if there
   are more, -1 on error. */
static int
tokens_del(struct batch *b, uint64_t account, uint32_t before,
    struct err *err)
{
	struct token_walk walk = { before, 0, BUF_INIT };
	struct key prefix;
	struct row r;
	int rc;

	key_account(&prefix, account);
	rc = reader_scan(batch_reader(b), T_DELIVERED, BYTES(""),
	    key_bytes(&prefix), token_step, &walk, err);
	row_begin(&r, buf_view(&walk.keys));
	while (rc != -1 && r.rest.len > 0)
		batch_del(b, T_DELIVERED, row_take(&r, row_u16(&r)));
	buf_free(&walk.keys);
	return rc == -1 ? -1 : walk.n == TOKENS_MAX;
}

struct token_op {
	struct op op;
	const struct background_pass *pass;	/* borrowed */
	uint32_t before;
};

static enum op_result
token_run(struct batch *b, struct op *op)
{
	struct token_op *o = (struct token_op *)op;
	int rc;

	if (o->pass->is_stopping(o->pass->arg))
		return OP_DONE;
	rc = tokens_del(b, op->account, o->before, &op->err);
	if (rc == 0)
		rc = submission_trim(b, op->account, batch_time(b),
		    SUBMISSIONS_MAX, &op->err);
	if (rc == -1)
		return op_fail(op);
	return rc == 1 ? OP_MORE : OP_DONE;
}

/* ---- a pass ---- */

static int
note_account(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	uint64_t id;

	(void)value;
	(void)err;
	if (key.len == sizeof(id)) {
		id = be64_get(key.data);
		buf_add(arg, &id, sizeof(id));
	}
	return 0;
}

static int
note_token_time(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	uint32_t *when = arg;

	(void)value;
	(void)err;
	/* The token, which begins with its time, comes after the account. */
	if (key.len >= 12)
		*when = be32_get(key.data + 8);
	return 1;
}

/* Does the account have tokens from before that time, or submissions that no
   limit counts any longer?  Returns 1 if so, 0 if not, -1 on error. */
static int
has_old_records(struct store *s, uint64_t account, uint32_t before,
    struct err *err)
{
	uint32_t oldest = UINT32_MAX;
	struct kv_snap snap;
	struct key k;
	int rc;

	if (store_snap(s, &snap, err) == -1)
		return -1;
	key_account(&k, account);
	rc = reader_scan(&snap.reader, T_DELIVERED, BYTES(""), key_bytes(&k),
	    note_token_time, &oldest, err);
	if (rc != -1)
		rc = oldest < before ? 1 : submission_is_old(&snap.reader,
		    account, (int64_t)(clock_wall_ms() / 1000), err);
	kv_snap_end(&snap);
	return rc;
}

static int
account_purge(const struct background_pass *p, uint64_t account,
    uint32_t before, struct err *err)
{
	struct token_op o = { .op = { .run = token_run, .account = account,
	    .class = OP_BACKGROUND }, .pass = p, .before = before };
	int rc;

	rc = has_old_records(p->s, account, before, err);
	return rc == 1 ? op_submit(&p->s->db, &o.op, err) : rc;
}

int
token_purge(const struct background_pass *p, struct err *err)
{
	int64_t before = (int64_t)(clock_wall_ms() / 1000) -
	    p->s->config.delivered_keep_s;
	struct buf ids = BUF_INIT;
	struct kv_snap snap;
	bool failed;
	uint64_t id;

	if (before <= 0)
		return 0;
	if (store_snap(p->s, &snap, err) == -1)
		return -1;
	failed = reader_scan(&snap.reader, T_ACCOUNT, BYTES(""), BYTES(""),
	    note_account, &ids, err) == -1;
	kv_snap_end(&snap);
	/* An error for one account does not stop the others. */
	for (size_t i = 0; i < ids.len && !p->is_stopping(p->arg);
	    i += sizeof(id)) {
		memcpy(&id, ids.data + i, sizeof(id));
		if (account_purge(p, id, (uint32_t)before, err) == -1)
			failed = true;
	}
	buf_free(&ids);
	return failed ? -1 : 0;
}
