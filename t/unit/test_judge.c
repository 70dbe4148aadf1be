/* The codec of the milter's question about a message and of its answer. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/encode.h"
#include "proto/judge.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

static struct arena mem;
static struct buf frame;

static int
begin(void **state)
{
	arena_init(&mem);
	(void)state;
	return 0;
}

static int
end(void **state)
{
	arena_clear(&mem);
	buf_free(&frame);
	(void)state;
	return 0;
}

static struct bytes
fill(size_t n, char c)
{
	char *p = arena_alloc(&mem, n);

	memset(p, c, n);
	return bytes_make(p, n);
}

/* ---- questions ---- */

static void
question_write(const struct judge_question *q)
{
	struct err err = ERR_INIT;
	struct request_writer w;

	buf_clear(&frame);
	request_frame_begin(&w, &frame, FRAME_REQUEST, REQUEST_JUDGE, 7);
	judge_question_put(&w, q);
	assert_int_equal(request_frame_end(&w, &err), 0);
}

static int
question_read(struct bytes in, struct bytes data, struct judge_question *q,
    struct err *err)
{
	struct request_frame m;

	if (request_frame_parse(in, &mem, &m, err) == -1)
		return -1;
	return judge_question_get(&m, data, &mem, q, err);
}

static void
question_returns(const struct judge_question *q)
{
	struct judge_question got;
	struct err err = ERR_INIT;

	question_write(q);
	assert_int_equal(question_read(buf_view(&frame), q->features, &got,
	    &err), 0);
	assert_true(bytes_eq(got.origin, q->origin));
	assert_int_equal(got.size, q->size);
	assert_true(bytes_eq(got.header, q->header));
	assert_true(bytes_eq(got.sha256, q->sha256));
	assert_true(bytes_eq(got.features, q->features));
	assert_int_equal(got.nrecipients, q->nrecipients);
	for (size_t i = 0; i < q->nrecipients; i++)
		assert_true(bytes_eq(got.recipients[i], q->recipients[i]));
}

static const struct bytes some[] = {
	BYTES("alice@example.test"), BYTES("bob@example.test"), BYTES("")
};

static struct judge_question
small_question(void)
{
	return (struct judge_question){
		.origin = BYTES("0123456789abcdef"),
		.size = 12345,
		.header = BYTES("Subject: x\r\n\r\n"),
		.sha256 = fill(JUDGE_SHA256_LEN, 's'),
		.features = BYTES("onetwo78"),
		.recipients = some,
		.nrecipients = ROWS(some)
	};
}

static void
a_question_comes_back(void **state)
{
	struct judge_question q = small_question();

	question_returns(&q);
	q.sha256 = q.features = q.header = BYTES("");
	q.nrecipients = 1;
	question_returns(&q);
	(void)state;
}

/* Without its features, which would not fit. */
static void
the_largest_question_fits_into_a_frame(void **state)
{
	struct bytes *to = arena_array(&mem, JUDGE_RECIPIENTS_MAX,
	    sizeof(*to));
	struct judge_question q = {
		.origin = fill(REQUEST_ORIGIN_MAX, 'o'),
		.size = UINT64_MAX,
		.header = fill(REQUEST_HEADER_MAX, 'h'),
		.sha256 = fill(JUDGE_SHA256_LEN, 's'),
		.features = fill(REQUEST_FEATURES_MAX, 'f'),
		.recipients = to,
		.nrecipients = JUDGE_RECIPIENTS_MAX
	};

	for (size_t i = 0; i < JUDGE_RECIPIENTS_MAX; i++)
		to[i] = fill(REQUEST_RECIPIENT_MAX, (char)('a' + i % 26));
	question_returns(&q);
	assert_true(frame.len + q.features.len > REQUEST_FRAME_MAX);
	(void)state;
}

static const struct {
	const char *title, *text;
	size_t recipients, recipient_len, sha256_len, features_len;
} bad_questions[] = {
	{ "nobody", "judge request: no recipients", 0, 1, 32, 4 },
	{ "too many", "judge request: more than 1000 recipients", 1001, 1, 32,
	    4 },
	{ "a long one", "judge request: field 'recipient': is too long", 1,
	    321, 32, 4 },
	{ "a short sum", "judge request: checksum of 31 bytes, expected 32",
	    1, 1, 31, 4 },
	{ "a long sum", "judge request: field 'sha256': is too long", 1, 1,
	    33, 4 },
	{ "half a feature", "judge request: 6 bytes of features, expected a "
	    "multiple of 4 and at most 131072", 1, 1, 32, 6 },
	{ "too many features", "judge request: 131076 bytes of features, "
	    "expected a multiple of 4 and at most 131072", 1, 1, 32, 131076 },
};

static void
wrong_questions_are_refused(void **state)
{
	for (size_t i = 0; i < ROWS(bad_questions); i++) {
		struct judge_question q;
		struct err err = ERR_INIT;
		struct request_writer w;

		buf_clear(&frame);
		request_frame_begin(&w, &frame, FRAME_REQUEST, REQUEST_JUDGE,
		    7);
		request_put_blob(&w, FIELD_ORIGIN, BYTES("o"));
		request_put_u64(&w, FIELD_SIZE, 1);
		request_put_blob(&w, FIELD_HEADER, BYTES("h"));
		request_put_blob(&w, FIELD_SHA256,
		    fill(bad_questions[i].sha256_len, 's'));
		for (size_t n = 0; n < bad_questions[i].recipients; n++)
			request_put_text(&w, FIELD_RECIPIENT,
			    fill(bad_questions[i].recipient_len, 'r'));
		be32_put(frame.data, (uint32_t)(frame.len - 4));
		assert_int_equal(question_read(buf_view(&frame),
		    fill(bad_questions[i].features_len, 'f'), &q, &err), -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
		assert_string_equal(err.text, bad_questions[i].text);
	}
	(void)state;
}

/* The first n bytes in a block of their own, with the length corrected. */
static struct bytes
cut_frame(size_t n)
{
	char *copy = malloc(n);

	assert_non_null(copy);
	memcpy(copy, frame.data, n);
	be32_put(copy, (uint32_t)(n - 4));
	return bytes_make(copy, n);
}

/* If the cut is between two recipients, the first ones remain. */
static void
a_question_may_be_cut_anywhere(void **state)
{
	struct judge_question q = small_question();
	size_t whole = 0;

	question_write(&q);
	for (size_t n = REQUEST_FRAME_HEAD; n <= frame.len; n++) {
		struct bytes in = cut_frame(n);
		struct err err = ERR_INIT;
		struct judge_question got;

		if (question_read(in, q.features, &got, &err) == 0) {
			whole++;
			assert_int_equal(got.nrecipients, whole);
		} else
			assert_int_equal(err.kind, ERR_SYNTAX);
		free(in.data == NULL ? NULL : (char *)(uintptr_t)in.data);
	}
	assert_int_equal(whole, ROWS(some));
	(void)state;
}

/* ---- answers ---- */

static void
answer_write(const struct judge_answer *answer)
{
	struct err err = ERR_INIT;
	struct request_writer w;

	buf_clear(&frame);
	request_frame_begin(&w, &frame, FRAME_ROW, REQUEST_JUDGE, 7);
	judge_answer_put(&w, answer);
	assert_int_equal(request_frame_end(&w, &err), 0);
}

static int
answer_read(struct bytes in, struct judge_answer *answer, struct err *err)
{
	struct request_frame m;

	if (request_frame_parse(in, &mem, &m, err) == -1)
		return -1;
	return judge_answer_get(&m, &mem, answer, err);
}

static const struct judge_answer answers[] = {
	{ .verdict = JUDGE_ACCEPT, .reason = "no-history" },
	{ .verdict = JUDGE_ACCEPT, .reason = "msgfromfull",
	    .explanation = "2 messages", .has_score = true, .score = 0 },
	{ .verdict = JUDGE_DELAY, .reason = "first-time",
	    .delay_ms = 15000, .has_score = true, .score = JUDGE_SCORE_MAX },
	{ .verdict = JUDGE_REJECT, .reason = "over-rate",
	    .reply = { 452, "4.2.2", "too much", "delivery-bytes-per-day" } },
	{ .verdict = JUDGE_REJECT, .reason = "unknown",
	    .explanation = "nobody", .delay_ms = UINT64_MAX,
	    .reply = { 599, "5.1.1", "no such mailbox", NULL } },
};

static void
assert_texts_equal(const char *got, const char *expected)
{
	assert_int_equal(got == NULL, expected == NULL);
	if (got != NULL)
		assert_string_equal(got, expected);
}

static void
answers_come_back(void **state)
{
	for (size_t i = 0; i < ROWS(answers); i++) {
		const struct judge_answer *a = &answers[i];
		struct err err = ERR_INIT;
		struct judge_answer got;

		answer_write(a);
		assert_int_equal(answer_read(buf_view(&frame), &got, &err),
		    0);
		assert_int_equal(got.verdict, a->verdict);
		assert_string_equal(got.reason, a->reason);
		assert_texts_equal(got.explanation, a->explanation);
		assert_int_equal(got.delay_ms, a->delay_ms);
		assert_int_equal(got.has_score, a->has_score);
		assert_int_equal(got.score, a->score);
		assert_int_equal(got.reply.code, a->reply.code);
		assert_texts_equal(got.reply.enhanced, a->reply.enhanced);
		assert_texts_equal(got.reply.text, a->reply.text);
		assert_texts_equal(got.reply.setting, a->reply.setting);
	}
	(void)state;
}

static void
verdicts_have_names(void **state)
{
	assert_string_equal(judge_verdict_name(JUDGE_ACCEPT), "accept");
	assert_string_equal(judge_verdict_name(JUDGE_DELAY), "delay");
	assert_string_equal(judge_verdict_name(JUDGE_REJECT), "reject");
	(void)state;
}

static const struct {
	const char *text, *verdict;
	uint64_t code, score;		/* 0: absent */
	const char *enhanced, *reply;
} bad_answers[] = {
	{ "judge row: 'maybe' is not a verdict", "maybe", 0, 0, NULL, NULL },
	{ "judge row: '' is not a verdict", "", 0, 0, NULL, NULL },
	{ "judge row: 'rejec' is not a verdict", "rejec", 0, 0, NULL, NULL },
	{ "judge row: score over 1000000", "accept", 0, 1000001, NULL,
	    NULL },
	{ "judge row: score over 1000000", "accept", 0, UINT64_MAX, NULL,
	    NULL },
	{ "judge row: rejection without a reply", "reject", 0, 0, NULL,
	    NULL },
	{ "judge row: the reply is not an SMTP reply", "reject", 399, 0,
	    "4.0.0", "x" },
	{ "judge row: the reply is not an SMTP reply", "reject", 600, 0,
	    "5.0.0", "x" },
	{ "judge row: the reply is not an SMTP reply", "accept", 250, 0,
	    "2.0.0", "x" },
	{ "judge row: the reply is not an SMTP reply", "reject", 451, 0, NULL,
	    "x" },
	{ "judge row: the reply is not an SMTP reply", "reject", 451, 0,
	    "4.0.0", NULL },
};

static void
wrong_answers_are_refused(void **state)
{
	for (size_t i = 0; i < ROWS(bad_answers); i++) {
		struct judge_answer got;
		struct err err = ERR_INIT;
		struct request_writer w;

		buf_clear(&frame);
		request_frame_begin(&w, &frame, FRAME_ROW, REQUEST_JUDGE, 7);
		request_put_str(&w, FIELD_VERDICT, bad_answers[i].verdict);
		request_put_str(&w, FIELD_REASON, "r");
		if (bad_answers[i].score != 0)
			request_put_u64(&w, FIELD_SCORE,
			    bad_answers[i].score);
		if (bad_answers[i].code != 0)
			request_put_u64(&w, FIELD_CODE, bad_answers[i].code);
		if (bad_answers[i].enhanced != NULL)
			request_put_str(&w, FIELD_ENHANCED,
			    bad_answers[i].enhanced);
		if (bad_answers[i].reply != NULL)
			request_put_str(&w, FIELD_REPLY,
			    bad_answers[i].reply);
		assert_int_equal(request_frame_end(&w, &err), 0);
		assert_int_equal(answer_read(buf_view(&frame), &got, &err),
		    -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
		assert_string_equal(err.text, bad_answers[i].text);
	}
	(void)state;
}

/* A truncated rejection must never be read as an acceptance. */
static void
answers_may_be_cut_anywhere(void **state)
{
	for (size_t i = 0; i < ROWS(answers); i++) {
		answer_write(&answers[i]);
		for (size_t n = REQUEST_FRAME_HEAD; n < frame.len; n++) {
			struct bytes in = cut_frame(n);
			struct err err = ERR_INIT;
			struct judge_answer got;

			if (answer_read(in, &got, &err) == 0)
				assert_int_equal(got.verdict,
				    answers[i].verdict);
			else
				assert_int_equal(err.kind, ERR_SYNTAX);
			free((char *)(uintptr_t)in.data);
		}
	}
	(void)state;
}

static void
long_texts_are_cut(void **state)
{
	char *text = arena_alloc(&mem, 2 * REQUEST_TEXT_MAX + 2);
	struct judge_answer answer = {
		.verdict = JUDGE_REJECT, .reason = text, .explanation = text,
		.reply = { 550, text, text, text }
	}, got;
	struct err err = ERR_INIT;

	/* Characters of two bytes; the limit falls in the middle of one. */
	text[0] = 'x';
	for (size_t i = 0; i < REQUEST_TEXT_MAX; i++)
		memcpy(text + 1 + 2 * i, "\303\244", 2);
	text[2 * REQUEST_TEXT_MAX + 1] = '\0';
	answer_write(&answer);
	assert_int_equal(answer_read(buf_view(&frame), &got, &err), 0);
	assert_int_equal(strlen(got.reason), REQUEST_TEXT_MAX - 1);
	assert_int_equal(strlen(got.explanation), REQUEST_TEXT_MAX - 1);
	assert_int_equal(strlen(got.reply.text), REQUEST_TEXT_MAX - 1);
	assert_int_equal(strlen(got.reply.setting), REQUEST_WORD_MAX - 1);
	/* A byte that is not UTF-8 ends the text. */
	answer.explanation = "well\377ill";
	answer_write(&answer);
	assert_int_equal(answer_read(buf_view(&frame), &got, &err), 0);
	assert_string_equal(got.explanation, "well");
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_question_comes_back, begin,
		    end),
		cmocka_unit_test_setup_teardown(
		    the_largest_question_fits_into_a_frame, begin, end),
		cmocka_unit_test_setup_teardown(wrong_questions_are_refused,
		    begin, end),
		cmocka_unit_test_setup_teardown(
		    a_question_may_be_cut_anywhere, begin, end),
		cmocka_unit_test_setup_teardown(answers_come_back, begin,
		    end),
		cmocka_unit_test(verdicts_have_names),
		cmocka_unit_test_setup_teardown(wrong_answers_are_refused,
		    begin, end),
		cmocka_unit_test_setup_teardown(answers_may_be_cut_anywhere,
		    begin, end),
		cmocka_unit_test_setup_teardown(long_texts_are_cut, begin,
		    end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
