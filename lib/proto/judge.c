/*
 * judge - writes and reads the fields of the milter's question about a message
 * and of the answer; judge.h has the layout.
 */
#include <config.h>

#include <assert.h>
#include <string.h>

#include "proto/judge.h"

#define FIELD_HEAD	6	/* tag and length */
#define FEATURE_LEN	4

_Static_assert(REQUEST_FRAME_HEAD + FIELD_HEAD + REQUEST_ORIGIN_MAX +
    FIELD_HEAD + REQUEST_HEADER_MAX + FIELD_HEAD + 8 +
    FIELD_HEAD + JUDGE_SHA256_LEN +
    JUDGE_RECIPIENTS_MAX * (FIELD_HEAD + REQUEST_RECIPIENT_MAX) <=
    REQUEST_FRAME_MAX, "the largest question must fit into a frame");
_Static_assert(JUDGE_RECIPIENTS_MAX + 4 <= REQUEST_FIELDS_MAX,
    "the largest question must not have too many fields");

static const char *const verdict_names[] = {
	[JUDGE_ACCEPT] = "accept",
	[JUDGE_DELAY] = "delay",
	[JUDGE_REJECT] = "reject"
};

#define VERDICTS	(sizeof(verdict_names) / sizeof(verdict_names[0]))

const char *
judge_verdict_name(enum judge_verdict v)
{
	return verdict_names[v];
}

/* ---- the question ---- */

void
judge_question_put(struct request_writer *w, const struct judge_question *q)
{
	assert(q->nrecipients > 0 && q->nrecipients <= JUDGE_RECIPIENTS_MAX);
	request_put_blob(w, FIELD_ORIGIN, q->origin);
	request_put_u64(w, FIELD_SIZE, q->size);
	request_put_blob(w, FIELD_HEADER, q->header);
	if (q->sha256.len > 0)
		request_put_blob(w, FIELD_SHA256, q->sha256);
	for (size_t i = 0; i < q->nrecipients; i++)
		request_put_text(w, FIELD_RECIPIENT, q->recipients[i]);
}

static int
recipients_get(const struct request_frame *m, struct arena *a,
    struct judge_question *q, struct err *err)
{
	const struct request_value *at = NULL;
	struct bytes *v;

	v = arena_array(a, JUDGE_RECIPIENTS_MAX, sizeof(*v));
	while ((at = request_next_value(m, FIELD_RECIPIENT, at)) != NULL) {
		if (q->nrecipients == JUDGE_RECIPIENTS_MAX)
			return err_set(err, ERR_SYNTAX,
			    "judge request: more than %d recipients",
			    JUDGE_RECIPIENTS_MAX);
		v[q->nrecipients++] = at->bytes;
	}
	q->recipients = v;
	return q->nrecipients > 0 ? 0 : err_set(err, ERR_SYNTAX,
	    "judge request: no recipients");
}

int
judge_question_get(const struct request_frame *m, struct bytes data,
    struct arena *a, struct judge_question *q, struct err *err)
{
	*q = (struct judge_question){
		.origin = request_bytes(m, FIELD_ORIGIN),
		.size = request_u64(m, FIELD_SIZE, 0),
		.header = request_bytes(m, FIELD_HEADER),
		.sha256 = request_bytes(m, FIELD_SHA256),
		.features = data
	};
	if (q->sha256.len != 0 && q->sha256.len != JUDGE_SHA256_LEN)
		return err_set(err, ERR_SYNTAX,
		    "judge request: checksum of %zu bytes, expected %d",
		    q->sha256.len, JUDGE_SHA256_LEN);
	if (data.len > REQUEST_FEATURES_MAX || data.len % FEATURE_LEN != 0)
		return err_set(err, ERR_SYNTAX,
		    "judge request: %zu bytes of features, expected a multiple "
		    "of %d and at most %d", data.len, FEATURE_LEN,
		    REQUEST_FEATURES_MAX);
	return recipients_get(m, a, q, err);
}

/* ---- the answer ---- */

void
judge_reply_put(struct request_writer *w, const struct judge_reply *reply)
{
	if (reply->code == 0)
		return;
	request_put_u64(w, FIELD_CODE, reply->code);
	request_put_cut(w, FIELD_ENHANCED, bytes_of(reply->enhanced));
	request_put_cut(w, FIELD_REPLY, bytes_of(reply->text));
	if (reply->setting != NULL)
		request_put_cut(w, FIELD_SETTING, bytes_of(reply->setting));
}

static const char *
text_get(const struct request_frame *m, struct arena *a, uint16_t tag)
{
	const char *text = request_str(m, tag);

	return text == NULL ? NULL : arena_strdup(a, text);
}

int
judge_reply_get(const struct request_frame *m, struct arena *a,
    struct judge_reply *reply, struct err *err)
{
	uint64_t code = request_u64(m, FIELD_CODE, 0);

	*reply = (struct judge_reply){ 0 };
	if (!request_has(m, FIELD_CODE))
		return 0;
	if (code < 400 || code > 599 || !request_has(m, FIELD_ENHANCED) ||
	    !request_has(m, FIELD_REPLY))
		return err_set(err, ERR_SYNTAX,
		    "%s %s: the reply is not an SMTP reply", m->op->name,
		    request_kind_name(m->kind));
	reply->code = (unsigned)code;
	reply->enhanced = text_get(m, a, FIELD_ENHANCED);
	reply->text = text_get(m, a, FIELD_REPLY);
	reply->setting = text_get(m, a, FIELD_SETTING);
	return 0;
}

void
judge_answer_put(struct request_writer *w, const struct judge_answer *answer)
{
	request_put_str(w, FIELD_VERDICT, judge_verdict_name(answer->verdict));
	request_put_cut(w, FIELD_REASON, bytes_of(answer->reason));
	if (answer->explanation != NULL)
		request_put_cut(w, FIELD_EXPLANATION,
		    bytes_of(answer->explanation));
	if (answer->delay_ms > 0)
		request_put_u64(w, FIELD_DELAY_MS, answer->delay_ms);
	if (answer->has_score)
		request_put_u64(w, FIELD_SCORE, answer->score);
	judge_reply_put(w, &answer->reply);
}

/* An unknown verdict is an error, so that nothing is accepted by mistake. */
static int
verdict_get(const struct request_frame *m, enum judge_verdict *v,
    struct err *err)
{
	struct bytes word = request_bytes(m, FIELD_VERDICT);

	for (size_t i = 0; i < VERDICTS; i++)
		if (bytes_eq_str(word, verdict_names[i])) {
			*v = (enum judge_verdict)i;
			return 0;
		}
	return err_set(err, ERR_SYNTAX, "judge row: '" BYTES_FMT
	    "' is not a verdict", BYTES_ARG(word));
}

int
judge_answer_get(const struct request_frame *m, struct arena *a,
    struct judge_answer *answer, struct err *err)
{
	uint64_t score = request_u64(m, FIELD_SCORE, 0);

	*answer = (struct judge_answer){
		.reason = text_get(m, a, FIELD_REASON),
		.explanation = text_get(m, a, FIELD_EXPLANATION),
		.delay_ms = request_u64(m, FIELD_DELAY_MS, 0),
		.has_score = request_has(m, FIELD_SCORE),
		.score = (uint32_t)score
	};
	if (score > JUDGE_SCORE_MAX)
		return err_set(err, ERR_SYNTAX,
		    "judge row: score over %d", JUDGE_SCORE_MAX);
	if (verdict_get(m, &answer->verdict, err) == -1 ||
	    judge_reply_get(m, a, &answer->reply, err) == -1)
		return -1;
	if (answer->verdict == JUDGE_REJECT && answer->reply.code == 0)
		return err_set(err, ERR_SYNTAX,
		    "judge row: rejection without a reply");
	return 0;
}
