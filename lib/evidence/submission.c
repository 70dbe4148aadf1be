/* submission - decides whether an account may send, and records the answer. */
#include <config.h>

#include <string.h>

#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "evidence/correspondent.h"
#include "evidence/submission.h"

/* Old records removed with each new one; more than are added. */
#define TRIM_MAX	32
/* About how many bytes a submission writes, without and per recipient. */
#define ROWS_BYTES	512
#define RECIPIENT_BYTES	80

struct submission_op {
	struct op op;
	struct submission *m;
	struct correspondent_name *names;	/* in the arena; unique */
	size_t nnames;
	char queue_id[SUBMISSION_QUEUE_ID_MAX + 1];

	/* Valid during one run. */
	int64_t now;
	struct submission_sums sums;
	uint64_t fresh;			/* names never sent anything before */
};

/* ---- reading ---- */

/* Gets the sums; zeroes for an account that never sent anything. */
static int
sums_get(const struct reader *r, uint64_t account,
    struct submission_sums *sums, struct err *err)
{
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	memset(sums, 0, sizeof(*sums));
	submission_key(&k, account, SUBMISSION_SUMS);
	rc = reader_get(r, T_SUBMISSION, key_bytes(&k), &value, err);
	if (rc == 1 && submission_sums_decode(buf_view(&value), sums,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc == -1 ? -1 : 0;
}

static int
accepted_first(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	return submission_accepted_decode(value, arg, err) == -1 ? -1 : 1;
}

/* Sums up all recipients, and first-time ones, in the window ending now. */
static int
window_sums(const struct reader *r, uint64_t account, int64_t now,
    const struct submission_sums *sums, uint64_t *count,
    uint64_t *first_time, struct err *err)
{
	struct submission_accepted first;
	struct key from, prefix;
	int rc;

	*count = *first_time = 0;
	if (now < SUBMISSION_WINDOW_S)
		now = SUBMISSION_WINDOW_S;
	submission_key_time(&from, account, SUBMISSION_ACCEPTED,
	    now - SUBMISSION_WINDOW_S + 1, 0);
	submission_key(&prefix, account, SUBMISSION_ACCEPTED);
	rc = reader_scan(r, T_SUBMISSION, key_bytes(&from),
	    key_bytes(&prefix), accepted_first, &first, err);
	if (rc != 1)
		return rc;
	*count = sums->recipients - first.recipients_before;
	*first_time = sums->first_time - first.first_time_before;
	return 0;
}

int
submission_used(const struct reader *r, uint64_t account, int64_t now,
    uint64_t *count, uint64_t *first_time, struct err *err)
{
	struct submission_sums sums;

	if (sums_get(r, account, &sums, err) == -1)
		return -1;
	return window_sums(r, account, now, &sums, count, first_time, err);
}

/* ---- deleting old records ---- */

struct trim {
	struct batch *b;
	uint64_t account;
	enum submission_kind kind;
	int64_t before;		/* delete what is older */
	size_t left;		/* how many more may be deleted */
};

/* Deletes the answer to that queue id, if it belongs to this very record. */
static int
answer_del(struct trim *t, const char *queue_id, uint64_t number,
    struct err *err)
{
	struct submission_answered a;
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	submission_key_id(&k, t->account, bytes_of(queue_id));
	rc = reader_get(batch_reader(t->b), T_SUBMISSION, key_bytes(&k),
	    &value, err);
	if (rc == 1)
		rc = submission_answered_decode(buf_view(&value), &a, err) ==
		    -1 ? -1 : a.number == number;
	if (rc == 1)
		batch_del(t->b, T_SUBMISSION, key_bytes(&k));
	buf_free(&value);
	return rc == -1 ? -1 : 0;
}

static int
trim_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct submission_accepted accepted;
	struct submission_refused refused;
	struct trim *t = arg;
	uint64_t number;
	int64_t time;
	struct key k;
	int rc;

	if (submission_key_parse(key, &time, &number) == -1)
		return err_set(err, ERR_INTERNAL,
		    "damaged key in table submission");
	if (time >= t->before || t->left == 0)
		return 1;
	t->left--;
	if (t->kind == SUBMISSION_ACCEPTED)
		rc = submission_accepted_decode(value, &accepted, err);
	else
		rc = submission_refused_decode(value, &refused, err);
	if (rc == -1 || answer_del(t, t->kind == SUBMISSION_ACCEPTED ?
	    accepted.queue_id : refused.queue_id, number, err) == -1)
		return -1;
	submission_key_time(&k, t->account, t->kind, time, number);
	batch_del(t->b, T_SUBMISSION, key_bytes(&k));
	return 0;
}

static int
first_time(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	uint64_t ignored;

	return submission_key_parse(key, arg, &ignored) == -1 ? -1 : 1;
}

int
submission_is_old(const struct reader *r, uint64_t account, int64_t now,
    struct err *err)
{
	static const struct {
		enum submission_kind kind;
		int64_t keep;
	} rows[] = {
		{ SUBMISSION_ACCEPTED, SUBMISSION_WINDOW_S },
		{ SUBMISSION_REFUSED, SUBMISSION_REFUSED_S }
	};
	struct key prefix;
	int64_t time;
	int rc;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		submission_key(&prefix, account, rows[i].kind);
		rc = reader_scan(r, T_SUBMISSION, BYTES(""),
		    key_bytes(&prefix), first_time, &time, err);
		if (rc == -1 || (rc == 1 && now - time >= rows[i].keep))
			return rc;
	}
	return 0;
}

int
submission_trim(struct batch *b, uint64_t account, int64_t now, size_t max,
    struct err *err)
{
	struct trim trims[] = {
		{ b, account, SUBMISSION_ACCEPTED,
		    now - SUBMISSION_WINDOW_S + 1, max },
		{ b, account, SUBMISSION_REFUSED,
		    now - SUBMISSION_REFUSED_S + 1, max }
	};
	struct key prefix;
	int more = 0;

	for (size_t i = 0; i < sizeof(trims) / sizeof(*trims); i++) {
		submission_key(&prefix, account, trims[i].kind);
		if (reader_scan(batch_reader(b), T_SUBMISSION, BYTES(""),
		    key_bytes(&prefix), trim_step, &trims[i], err) == -1)
			return -1;
		if (trims[i].left == 0)
			more = 1;
	}
	return more;
}

/* ---- the operation ---- */

/* Was it asked before?  Returns 1 with the answer filled in, 0 if not, -1 on
   error. */
static int
answer_find(struct batch *b, struct submission_op *o, struct err *err)
{
	struct submission *m = o->m;
	struct submission_answered a;
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	submission_key_id(&k, m->account, m->queue_id);
	rc = reader_get(batch_reader(b), T_SUBMISSION, key_bytes(&k), &value,
	    err);
	if (rc == 1 && submission_answered_decode(buf_view(&value), &a,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	if (rc != 1)
		return rc;
	/* After that time the same queue id means another message. */
	if (o->now - a.time >= (a.answer == SUBMISSION_OK ?
	    SUBMISSION_WINDOW_S : SUBMISSION_REFUSED_S))
		return 0;
	m->answer = a.answer;
	m->limit = a.limit;
	m->is_repeated = true;
	return 1;
}

static int
fresh_count(struct batch *b, struct submission_op *o, struct err *err)
{
	struct correspondent k;
	int rc;

	o->fresh = 0;
	for (size_t i = 0; i < o->nnames; i++) {
		rc = correspondent_get(batch_reader(b), o->m->account,
		    o->names[i].address, &k, err);
		if (rc == -1)
			return -1;
		if (rc == 0)
			o->fresh++;
	}
	return 0;
}

/* The limit in force: the account's own, or the site's if it has none. */
static uint64_t
limit_of(uint64_t own, uint64_t site)
{
	return own == 0 ? site : own;
}

static bool
is_over(uint64_t used, uint64_t more, uint64_t limit)
{
	return limit != SUBMISSION_NO_LIMIT &&
	    (more > limit || used > limit - more);
}

static int
decide(struct batch *b, struct submission_op *o, const struct account *acc,
    struct err *err)
{
	struct submission *m = o->m;

	m->limit = limit_of(acc->recipients_per_day, m->recipients_max);
	m->answer = SUBMISSION_OVER_RECIPIENTS;
	if (is_over(m->count, m->nrecipients, m->limit))
		return 0;
	if (fresh_count(b, o, err) == -1)
		return -1;
	m->limit = limit_of(acc->first_time_per_day, m->first_time_max);
	m->answer = SUBMISSION_OVER_FIRST_TIME;
	if (is_over(m->first_time, o->fresh, m->limit))
		return 0;
	m->limit = 0;
	m->answer = SUBMISSION_OK;
	return 0;
}

static void
row_put(struct batch *b, struct key *k, struct buf *value)
{
	batch_put(b, T_SUBMISSION, key_bytes(k), buf_view(value));
	buf_free(value);
}

static void
refused_put(struct batch *b, struct submission_op *o)
{
	struct submission_refused row;
	struct buf value = BUF_INIT;
	struct key k;

	memcpy(row.queue_id, o->queue_id, sizeof(row.queue_id));
	submission_refused_encode(&row, &value);
	submission_key_time(&k, o->m->account, SUBMISSION_REFUSED, o->now,
	    o->sums.next_number);
	row_put(b, &k, &value);
}

static int
accepted_put(struct batch *b, struct submission_op *o, struct err *err)
{
	struct submission *m = o->m;
	struct submission_accepted row = {
		.recipients_before = o->sums.recipients,
		.first_time_before = o->sums.first_time,
		.recipients = (uint32_t)m->nrecipients,
		.first_time = (uint32_t)o->fresh
	};
	struct correspondent more = { .first = o->now, .last = o->now };
	struct buf value = BUF_INIT;
	struct key k;

	for (size_t i = 0; i < o->nnames; i++) {
		more.submitted = o->names[i].count;
		if (correspondent_add(b, m->account, o->names[i].address, &more,
		    err) == -1)
			return -1;
	}
	memcpy(row.queue_id, o->queue_id, sizeof(row.queue_id));
	submission_accepted_encode(&row, &value);
	submission_key_time(&k, m->account, SUBMISSION_ACCEPTED, o->now,
	    o->sums.next_number);
	row_put(b, &k, &value);
	o->sums.recipients += m->nrecipients;
	o->sums.first_time += o->fresh;
	m->count += m->nrecipients;
	m->first_time += o->fresh;
	return 0;
}

static void
answer_put(struct batch *b, struct submission_op *o)
{
	struct submission *m = o->m;
	struct submission_answered a = { o->now, o->sums.next_number,
	    m->answer, m->limit };
	struct buf value = BUF_INIT;
	struct key k;

	submission_answered_encode(&a, &value);
	submission_key_id(&k, m->account, m->queue_id);
	row_put(b, &k, &value);
	o->sums.next_number++;
	o->sums.last = o->now;
	submission_sums_encode(&o->sums, &value);
	submission_key(&k, m->account, SUBMISSION_SUMS);
	row_put(b, &k, &value);
}

/*
 * Numbers and times must ascend together whatever the clock does, so a
 * submission earlier than the last one gets the time of the last one.  If the
 * last one is a day ahead or more, the clock was wrong then; what was recorded
 * would count until that time, so it is deleted.
 */
static int
time_settle(struct batch *b, struct submission_op *o, struct err *err)
{
	int64_t last = o->sums.last;

	if (o->now >= last)
		return 0;
	if (last - o->now < SUBMISSION_WINDOW_S) {
		o->now = last;
		return 0;
	}
	o->sums.last = o->now;
	return submission_trim(b, o->m->account, last + SUBMISSION_WINDOW_S,
	    SIZE_MAX, err) == -1 ? -1 : 0;
}

static enum op_result
submission_run(struct batch *b, struct op *op)
{
	struct submission_op *o = (struct submission_op *)op;
	struct submission *m = o->m;
	struct err *err = &op->err;
	struct account acc;
	int rc;

	m->is_repeated = false;
	o->now = m->now != 0 ? m->now : batch_time(b);
	if (account_need(b, m->account, &acc, err) == -1 ||
	    sums_get(batch_reader(b), m->account, &o->sums, err) == -1 ||
	    time_settle(b, o, err) == -1 ||
	    window_sums(batch_reader(b), m->account, o->now, &o->sums,
	    &m->count, &m->first_time, err) == -1 ||
	    (rc = answer_find(b, o, err)) == -1)
		return op_fail(op);
	if (rc == 1)
		return OP_DONE;
	if (submission_trim(b, m->account, o->now, TRIM_MAX, err) == -1 ||
	    decide(b, o, &acc, err) == -1 ||
	    (m->answer == SUBMISSION_OK && accepted_put(b, o, err) == -1))
		return op_fail(op);
	if (m->answer != SUBMISSION_OK)
		refused_put(b, o);
	answer_put(b, o);
	return OP_DONE;
}

/* ---- in the caller's thread ---- */

static int
submission_check(const struct submission *m, struct err *err)
{
	if (m->queue_id.len == 0 ||
	    m->queue_id.len > SUBMISSION_QUEUE_ID_MAX ||
	    bytes_index(m->queue_id, '\0') >= 0)
		return err_set(err, ERR_SYNTAX,
		    "a queue id must be 1 to %d bytes",
		    SUBMISSION_QUEUE_ID_MAX);
	if (m->nrecipients == 0 || m->nrecipients > UINT32_MAX)
		return err_set(err, ERR_SYNTAX,
		    "a submission needs a recipient");
	for (size_t i = 0; i < m->nrecipients; i++)
		if (m->recipients[i].len == 0)
			return err_set(err, ERR_SYNTAX,
			    "a recipient must not be empty");
	return 0;
}

static void
names_make(struct submission_op *o, struct arena *a)
{
	const struct submission *m = o->m;

	o->names = arena_array(a, m->nrecipients, sizeof(*o->names));
	for (size_t i = 0; i < m->nrecipients; i++) {
		o->names[i].address = correspondent_canonical(a,
		    m->recipients[i]);
		o->names[i].count = 1;
	}
	o->nnames = correspondent_names_merge(o->names, m->nrecipients);
}

int
submission_record(struct database *db, struct submission *m, struct err *err)
{
	struct submission_op o = {
		.op = { .run = submission_run, .account = m->account },
		.m = m
	};
	struct arena a;
	int rc;

	if (submission_check(m, err) == -1)
		return -1;
	memcpy(o.queue_id, m->queue_id.data, m->queue_id.len);
	o.op.payload = ROWS_BYTES + RECIPIENT_BYTES * m->nrecipients;
	arena_init(&a);
	names_make(&o, &a);
	rc = op_submit(db, &o.op, err);
	arena_clear(&a);
	return rc;
}
