/*
 * imapd_client - the milter's requests to postern-imapd
 *
 * Any thread may call these functions.  Connections are kept in a pool; there
 * are as many as threads that call at the same time.  The strings of an answer
 * are in the caller's arena.  All requests return 0, or -1 if imapd cannot be
 * reached (ERR_TEMP) or its answer is invalid.
 */
#ifndef MILTER_IMAPD_CLIENT_H
#define MILTER_IMAPD_CLIENT_H

#include "base/arena.h"
#include "base/err.h"
#include "proto/judge.h"

struct imapd_client;

struct imapd_client *imapd_client_new(void);
/* No thread may be in a request. */
void imapd_client_free(struct imapd_client **c);

/* Adds to a temporary error that it is about postern-imapd.  Returns -1. */
int imapd_client_error(struct err *err);

enum recipient_is {
	RECIPIENT_UNASKED,
	RECIPIENT_OURS,
	RECIPIENT_HIDDEN,	/* in a domain of ours, but unknown */
	RECIPIENT_FOREIGN	/* not in a domain of ours */
};

struct imapd_recipient_question {
	struct bytes address;		/* without <> */
	uint64_t size;			/* bytes; 0: not known */
	struct bytes client_ip;		/* as text; empty: not known */
};

struct imapd_recipient_answer {
	enum recipient_is is;
	bool exists;			/* and not only by a catch-all */
	const char *status;		/* "known", "over-quota", ... */
	struct judge_reply reply;
};

/* An address that imapd_client_takes_recipient() refuses is foreign. */
int imapd_client_check_recipient(struct imapd_client *c,
    const struct imapd_recipient_question *q, struct arena *a,
    struct imapd_recipient_answer *out, struct err *err);

/*
 * Can the address be sent to imapd?  Not if it is longer than the protocol
 * allows or not valid UTF-8.
 */
bool imapd_client_takes_recipient(struct bytes address);
bool imapd_client_takes_sender(struct bytes address);

/*
 * Asks for the verdicts of the recipients' accounts.  Fills one answer for each
 * of q->recipients.
 */
int imapd_client_judge(struct imapd_client *c, const struct judge_question *q,
    struct arena *a, struct judge_answer *answers, struct err *err);

struct imapd_sender {
	struct bytes account;		/* login name */
	const struct bytes *addresses;	/* of MAIL FROM and From */
	size_t n;
};

struct imapd_submission {
	struct bytes account;		/* login name */
	struct bytes queue_id;
	const struct bytes *recipients;
	size_t n;
};

/*
 * May the account use all these sender addresses?  May it send to this many
 * recipients?  The second one counts the recipients, once for each queue id.
 * reply->code is 0 if it may.
 */
int imapd_client_check_sender(struct imapd_client *c,
    const struct imapd_sender *sender, struct arena *a,
    struct judge_reply *reply, struct err *err);
int imapd_client_record_submission(struct imapd_client *c,
    const struct imapd_submission *submission, struct arena *a,
    struct judge_reply *reply, struct err *err);

#endif
