/*
 * The milter's question about a message, and the answer: whatever is read is
 * within its limits and can be written and read again.  Frames follow one
 * another; after a question the rest of the input is its features.
 */
#include <config.h>

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "proto/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_question(const struct judge_question *q)
{
	assert(q->nrecipients > 0 && q->nrecipients <= JUDGE_RECIPIENTS_MAX);
	assert(q->header.len <= REQUEST_HEADER_MAX);
	assert(q->origin.len <= REQUEST_ORIGIN_MAX);
	assert(q->sha256.len == 0 || q->sha256.len == JUDGE_SHA256_LEN);
	assert(q->features.len <= REQUEST_FEATURES_MAX);
	for (size_t i = 0; i < q->nrecipients; i++)
		assert(q->recipients[i].len <= REQUEST_RECIPIENT_MAX);
}

static void
question_again(const struct judge_question *q, struct arena *a)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct request_writer w;
	struct judge_question got;
	struct request_frame m;

	check_question(q);
	request_frame_begin(&w, &out, FRAME_REQUEST, REQUEST_JUDGE, 1);
	judge_question_put(&w, q);
	assert(request_frame_end(&w, &err) == 0);
	assert(request_frame_parse(buf_view(&out), a, &m, &err) == 0);
	assert(judge_question_get(&m, q->features, a, &got, &err) == 0);
	assert(bytes_eq(got.header, q->header) && got.size == q->size &&
	    got.nrecipients == q->nrecipients);
	buf_free(&out);
}

static void
answer_again(const struct judge_answer *answer, struct arena *a)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct request_writer w;
	struct judge_answer got;
	struct request_frame m;

	assert(answer->reason != NULL && answer->score <= JUDGE_SCORE_MAX);
	assert(answer->verdict != JUDGE_REJECT || answer->reply.code >= 400);
	request_frame_begin(&w, &out, FRAME_ROW, REQUEST_JUDGE, 1);
	judge_answer_put(&w, answer);
	assert(request_frame_end(&w, &err) == 0);
	assert(request_frame_parse(buf_view(&out), a, &m, &err) == 0);
	assert(judge_answer_get(&m, a, &got, &err) == 0);
	assert(got.verdict == answer->verdict &&
	    got.delay_ms == answer->delay_ms &&
	    got.reply.code == answer->reply.code &&
	    strcmp(got.reason, answer->reason) == 0);
	buf_free(&out);
}

static void
feed_frame(const struct request_frame *m, struct bytes rest, struct arena *a)
{
	struct judge_question q;
	struct judge_answer answer;
	struct err err = ERR_INIT;
	int rc;

	if (m->op == NULL || m->op_number != REQUEST_JUDGE)
		return;
	if (m->kind == FRAME_REQUEST) {
		if ((rc = judge_question_get(m, rest, a, &q, &err)) == 0)
			question_again(&q, a);
	} else if (m->kind == FRAME_ROW) {
		if ((rc = judge_answer_get(m, a, &answer, &err)) == 0)
			answer_again(&answer, a);
	} else
		return;
	assert(rc == 0 || err.kind == ERR_SYNTAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct request_frame m;
	struct err err = ERR_INIT;
	struct arena a;
	size_t len;

	arena_init(&a);
	while (request_frame_length(in, &len, &err) == 1) {
		if (request_frame_parse(bytes_make(in.data, len), &a, &m,
		    &err) == 0)
			feed_frame(&m, bytes_from(in, len), &a);
		arena_clear(&a);
		in = bytes_from(in, len);
	}
	return 0;
}
