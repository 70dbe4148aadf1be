/* submission_row - encodes and decodes the rows of submissions. */
#include <config.h>

#include "base/encode.h"
#include "kv/row.h"
#include "evidence/submission_row.h"

#define ROW_VERSION	1

/* a, kind, time, number */
#define TIME_KEY_SIZE	25

void
submission_key(struct key *k, uint64_t account, enum submission_kind kind)
{
	key_account(k, account);
	key_u8(k, (uint8_t)kind);
}

void
submission_key_time(struct key *k, uint64_t account,
    enum submission_kind kind, int64_t time, uint64_t number)
{
	submission_key(k, account, kind);
	key_u64(k, (uint64_t)time);
	key_u64(k, number);
}

void
submission_key_id(struct key *k, uint64_t account, struct bytes queue_id)
{
	submission_key(k, account, SUBMISSION_ANSWER);
	key_rest(k, queue_id);
}

int
submission_key_parse(struct bytes key, int64_t *time, uint64_t *number)
{
	if (key.len != TIME_KEY_SIZE)
		return -1;
	*time = (int64_t)be64_get(key.data + 9);
	*number = be64_get(key.data + 17);
	return 0;
}

int
submission_sums_decode(struct bytes value, struct submission_sums *out,
    struct err *err)
{
	struct row r;

	row_begin_version(&r, value, ROW_VERSION);
	out->next_number = row_u64(&r);
	out->recipients = row_u64(&r);
	out->first_time = row_u64(&r);
	out->last = (int64_t)row_u64(&r);
	return row_end(&r, "submission sums", err);
}

void
submission_sums_encode(const struct submission_sums *s, struct buf *out)
{
	row_put_u8(out, ROW_VERSION);
	row_put_u64(out, s->next_number);
	row_put_u64(out, s->recipients);
	row_put_u64(out, s->first_time);
	row_put_u64(out, (uint64_t)s->last);
}

int
submission_answered_decode(struct bytes value,
    struct submission_answered *out, struct err *err)
{
	struct row r;
	uint8_t answer;

	row_begin_version(&r, value, ROW_VERSION);
	out->time = (int64_t)row_u64(&r);
	out->number = row_u64(&r);
	answer = row_u8(&r);
	if (answer > SUBMISSION_OVER_FIRST_TIME)
		r.damaged = true;
	out->answer = (enum submission_answer)answer;
	out->limit = row_u64(&r);
	return row_end(&r, "submission answer", err);
}

void
submission_answered_encode(const struct submission_answered *a,
    struct buf *out)
{
	row_put_u8(out, ROW_VERSION);
	row_put_u64(out, (uint64_t)a->time);
	row_put_u64(out, a->number);
	row_put_u8(out, (uint8_t)a->answer);
	row_put_u64(out, a->limit);
}

int
submission_accepted_decode(struct bytes value,
    struct submission_accepted *out, struct err *err)
{
	struct row r;

	row_begin_version(&r, value, ROW_VERSION);
	out->recipients_before = row_u64(&r);
	out->first_time_before = row_u64(&r);
	out->recipients = row_u32(&r);
	out->first_time = row_u32(&r);
	row_string(&r, out->queue_id, sizeof(out->queue_id));
	return row_end(&r, "submission", err);
}

void
submission_accepted_encode(const struct submission_accepted *a,
    struct buf *out)
{
	row_put_u8(out, ROW_VERSION);
	row_put_u64(out, a->recipients_before);
	row_put_u64(out, a->first_time_before);
	row_put_u32(out, a->recipients);
	row_put_u32(out, a->first_time);
	row_put_string(out, bytes_of(a->queue_id));
}

int
submission_refused_decode(struct bytes value,
    struct submission_refused *out, struct err *err)
{
	struct row r;

	row_begin_version(&r, value, ROW_VERSION);
	row_string(&r, out->queue_id, sizeof(out->queue_id));
	return row_end(&r, "refused submission", err);
}

void
submission_refused_encode(const struct submission_refused *rf,
    struct buf *out)
{
	row_put_u8(out, ROW_VERSION);
	row_put_string(out, bytes_of(rf->queue_id));
}
