/*
 * judge - the milter's question about a message, and the answer
 *
 * At the end of a message the milter asks once for all local recipients:
 *
 *	request	origin, size, header, sha256, one field for each recipient
 *	data	features: a u32 each
 *	row	a verdict for each recipient, in the order of the question
 *	done	no fields
 *
 * The origin is described in auth/origin.h; its first 16 bytes are the token
 * that identifies the message later.  The header is the text before the body,
 * cut to REQUEST_HEADER_MAX.  The checksum is that of the message as the
 * milter received it, so it is the same if a refused message is sent again.
 * Features are hashes of words in the message; the text itself is not sent.
 * They are sent as data, because the largest question would not fit into a
 * frame together with them.
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
 *	... for each of q.recipients, in a separate frame
 *	judge_answer_put(&w, &answer);
 */
#ifndef PROTO_JUDGE_H
#define PROTO_JUDGE_H

#include "proto/request.h"

/* This many fit into a frame.  For more, the milter asks several times. */
#define JUDGE_RECIPIENTS_MAX	1000
#define JUDGE_SHA256_LEN	32
#define JUDGE_SCORE_MAX		1000000

struct judge_question {
	struct bytes origin;		/* origin_encode() */
	uint64_t size;			/* of the message, in bytes */
	struct bytes header;
	struct bytes sha256;		/* JUDGE_SHA256_LEN, or empty */
	struct bytes features;		/* empty if not computed */
	const struct bytes *recipients;	/* addresses without <> */
	size_t nrecipients;		/* 1 to JUDGE_RECIPIENTS_MAX */
};

enum judge_verdict {
	JUDGE_ACCEPT,
	JUDGE_DELAY,			/* accept, but let the client wait */
	JUDGE_REJECT
};

/* Returns "accept", "delay" or "reject". */
const char *judge_verdict_name(enum judge_verdict v);

/* The reply for the SMTP client; code 0 if there is none. */
struct judge_reply {
	unsigned code;			/* 400 to 599 */
	const char *enhanced;		/* "4.2.2" */
	const char *text;
	const char *setting;		/* the deciding setting, for the log;
					   or NULL */
};

/*
 * The verdict of one account.  The explanation is written to the log of the MX
 * host, and must not reveal whom the account sends mail to.
 */
struct judge_answer {
	enum judge_verdict verdict;
	const char *reason;		/* one word */
	const char *explanation;	/* a sentence, or NULL */
	uint64_t delay_ms;
	bool has_score;
	uint32_t score;			/* 0 (good) to JUDGE_SCORE_MAX (junk) */
	struct judge_reply reply;	/* of a rejection */
};

/* Adds the fields of a request, without the features. */
void judge_question_put(struct request_writer *w,
    const struct judge_question *q);

/*
 * Reads a request from request_frame_parse().  q->recipients is in a; the
 * rest is borrowed from the frame, its arena and data.  Returns 0, or -1 with
 * ERR_SYNTAX.
 */
int judge_question_get(const struct request_frame *m, struct bytes data,
    struct arena *a, struct judge_question *q, struct err *err);

/* Adds the fields of a row.  Texts that are too long are cut. */
void judge_answer_put(struct request_writer *w,
    const struct judge_answer *answer);

/* Reads a row; strings are copied to a.  Returns 0, or -1 with ERR_SYNTAX. */
int judge_answer_get(const struct request_frame *m, struct arena *a,
    struct judge_answer *answer, struct err *err);

/*
 * The same for a reply alone, for the milter's other requests.  A reply with
 * code 0 adds no fields, and code 0 is returned if there are none.
 */
void judge_reply_put(struct request_writer *w,
    const struct judge_reply *reply);
int judge_reply_get(const struct request_frame *m, struct arena *a,
    struct judge_reply *reply, struct err *err);

#endif
