/*
 * judge - what the milter asks about a message, and the answer
 *
 * At the end of a message the milter asks once for all recipients of ours:
 *
 *	request	origin, size, header, sha256, a recipient each
 *	data	features: u32 each
 *	row	a verdict for each recipient, in the order of the question
 *	done	nothing
 *
 * The origin is that of auth/origin.h; its first 16 bytes are the token by
 * which the message is known later.  The header is what comes before the
 * body, cut to REQUEST_HEADER_MAX.  The checksum is that of the message as
 * the milter received it, so a refused one that is sent again has the same.
 * Features are hashes of words in the message; no text crosses.  They are
 * data, because the largest question with them would not fit into a frame.
 *
 * Asking:
 *
 *	request_begin(client, REQUEST_JUDGE, &w);
 *	judge_question_put(&w, &q);
 *	... send it, q.features as data, and for each row
 *	if (judge_answer_get(&m, &arena, &answer, err) == -1)
 *		return -1;
 *
 * Answering:
 *
 *	if (judge_question_get(&m, data, &arena, &q, err) == -1)
 *		return -1;
 *	... for each of q.recipients, into a frame of its own
 *	judge_answer_put(&w, &answer);
 */
#ifndef PROTO_JUDGE_H
#define PROTO_JUDGE_H

#include "proto/request.h"

/* As many fit into a frame.  A message with more is asked about in parts. */
#define JUDGE_RECIPIENTS_MAX	1000
#define JUDGE_SHA256_LEN	32
#define JUDGE_SCORE_MAX		1000000

struct judge_question {
	struct bytes origin;		/* origin_encode() */
	uint64_t size;			/* of the message, bytes */
	struct bytes header;
	struct bytes sha256;		/* JUDGE_SHA256_LEN, or empty */
	struct bytes features;		/* empty: none were computed */
	const struct bytes *recipients;	/* addresses without <> */
	size_t nrecipients;		/* 1 to JUDGE_RECIPIENTS_MAX */
};

enum judge_verdict {
	JUDGE_ACCEPT,
	JUDGE_DELAY,			/* accept, but let the client wait */
	JUDGE_REJECT
};

/* "accept", "delay", "reject". */
const char *judge_verdict_name(enum judge_verdict v);

/* What an SMTP client is told; code 0: nothing. */
struct judge_reply {
	unsigned code;			/* 400 to 599 */
	const char *enhanced;		/* "4.2.2" */
	const char *text;
	const char *setting;		/* that decided, for the log; or NULL */
};

/*
 * What one account thinks.  The explanation is for the log of the MX host,
 * and must not tell whom the account writes to.
 */
struct judge_answer {
	enum judge_verdict verdict;
	const char *reason;		/* a word: what decided */
	const char *explanation;	/* a sentence, or NULL */
	uint64_t delay_ms;
	bool has_score;
	uint32_t score;			/* 0 good to JUDGE_SCORE_MAX junk */
	struct judge_reply reply;	/* of a rejection */
};

/* Adds the fields of a request.  features are not among them. */
void judge_question_put(struct request_writer *w,
    const struct judge_question *q);

/*
 * Reads a request that request_frame_parse() has taken.  All of q points
 * into the frame, its arena and data, but recipients, which is in a.
 * 0, or -1 with ERR_SYNTAX.
 */
int judge_question_get(const struct request_frame *m, struct bytes data,
    struct arena *a, struct judge_question *q, struct err *err);

/* Adds the fields of a row.  Longer texts are cut. */
void judge_answer_put(struct request_writer *w,
    const struct judge_answer *answer);

/* Reads a row; strings are copied into a.  0, or -1 with ERR_SYNTAX. */
int judge_answer_get(const struct request_frame *m, struct arena *a,
    struct judge_answer *answer, struct err *err);

/*
 * A reply alone, of the milter's other questions.  With code 0 nothing is
 * put; and one that is not there is read as code 0.
 */
void judge_reply_put(struct request_writer *w,
    const struct judge_reply *reply);
int judge_reply_get(const struct request_frame *m, struct arena *a,
    struct judge_reply *reply, struct err *err);

#endif
