/*
 * imapd_client - the milter's questions to postern-imapd
 *
 * Any thread may ask.  Connections are kept and lent to the thread that asks:
 * there are as many as threads that ask at the same time.  Strings of answers
 * are in the caller's arena.  All questions return 0, or -1 when imapd cannot
 * be asked (ERR_TEMP) or its answer cannot be read.
 */
#ifndef MILTER_IMAPD_CLIENT_H
#define MILTER_IMAPD_CLIENT_H

#include "base/arena.h"
#include "base/err.h"
#include "proto/judge.h"

struct imapd_client;

struct imapd_client *imapd_client_new(void);
/* Nobody may be asking. */
void imapd_client_free(struct imapd_client **c);

/* Says in an error of a call to imapd that it was one.  Returns -1. */
int imapd_client_error(struct err *err);

enum recipient_is {
	RECIPIENT_UNASKED,
	RECIPIENT_OURS,
	RECIPIENT_HIDDEN,	/* of a domain of ours, but unknown */
	RECIPIENT_FOREIGN	/* of somebody else's domain */
};

struct imapd_recipient_question {
	struct bytes address;		/* without <> */
	uint64_t size;			/* bytes; 0: not known */
	struct bytes client_ip;		/* as text; empty: not known */
};

struct imapd_recipient_answer {
	enum recipient_is is;
	bool exists;			/* not just by a catch-all */
	const char *status;		/* "known", "over-quota", ... */
	struct judge_reply reply;
};

/* An address that imapd_client_takes_recipient() refuses is a foreign one. */
int imapd_client_check_recipient(struct imapd_client *c,
    const struct imapd_recipient_question *q, struct arena *a,
    struct imapd_recipient_answer *out, struct err *err);

/*
 * Can imapd be asked about it?  Anything longer than the protocol allows, or
 * not UTF-8, is not an address.
 */
bool imapd_client_takes_recipient(struct bytes address);
bool imapd_client_takes_sender(struct bytes address);

/*
 * What do the accounts of the recipients think of a message?  Fills an answer
 * for each of q->recipients.
 */
int imapd_client_judge(struct imapd_client *c, const struct judge_question *q,
    struct arena *a, struct judge_answer *answers, struct err *err);

struct imapd_sender {
	struct bytes account;		/* login name */
	const struct bytes *addresses;	/* it sends with: MAIL FROM and From */
	size_t n;
};

struct imapd_submission {
	struct bytes account;		/* login name */
	struct bytes queue_id;
	const struct bytes *recipients;
	size_t n;
};

/*
 * May the account send with all these addresses, and to so many recipients?
 * The recipients are counted, once for each queue id.  reply->code 0: it may.
 */
int imapd_client_check_sender(struct imapd_client *c,
    const struct imapd_sender *sender, struct arena *a,
    struct judge_reply *reply, struct err *err);
int imapd_client_record_submission(struct imapd_client *c,
    const struct imapd_submission *submission, struct arena *a,
    struct judge_reply *reply, struct err *err);

#endif
