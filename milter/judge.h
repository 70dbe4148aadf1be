/*
 * judge - the questions to imapd
 *
 * Any thread may ask.  Strings of answers are in the caller's arena.  All
 * return -1 when imapd cannot be asked (ERR_TEMP).
 */
#ifndef MILTER_JUDGE_H
#define MILTER_JUDGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "auth/origin.h"

struct judge;

/* Lives as long as the process: threads may still ask at its end. */
struct judge *judge_new(void);

/* Says in the error of a call to imapd whom it did not get to.  -1. */
int judge_trouble(struct err *err);

enum recipient_is {
	RECIPIENT_UNASKED,
	RECIPIENT_OURS,
	RECIPIENT_HIDDEN,	/* of a domain of ours, but unknown */
	RECIPIENT_FOREIGN	/* of somebody else's domain */
};

/* What imapd wants the client to be told; code NULL: nothing. */
struct judge_reply {
	const char *code, *enhanced, *text;
	const char *setting;		/* that decided, or NULL */
};

struct judge_recipient_answer {
	enum recipient_is is;
	bool exists;			/* not just by a catch-all */
	const char *status;		/* "known", "over-quota", ... */
	struct judge_reply reply;
};

/*
 * Can imapd be asked about it?  What is longer than its protocol takes, or no
 * UTF-8, is no address.
 */
bool judge_takes_address(struct bytes address);

/* size 0 and client_ip empty: not known. */
int judge_check_recipient(struct judge *j, struct bytes address,
    uint64_t size, struct bytes client_ip, struct arena *a,
    struct judge_recipient_answer *out, struct err *err);

enum verdict { VERDICT_ACCEPT, VERDICT_DELAY, VERDICT_REJECT };

const char *verdict_name(enum verdict v);

/* What is asked about one message, for each of its recipients. */
struct judge_question {
	const struct origin *origin;
	struct bytes header;		/* at most REQUEST_HEADER_MAX bytes */
	uint64_t size;
};

struct judge_answer {
	enum verdict verdict;
	uint64_t delay_ms;
	const char *reason;
	struct judge_reply reply;	/* of a rejection */
};

/* One recipient of ours: what does its account think? */
int judge_message(struct judge *j, const struct judge_question *q,
    struct bytes recipient, struct log *log, struct arena *a,
    struct judge_answer *answer, struct err *err);

/*
 * May the account send with all these addresses, and to so many recipients?
 * The second is counted, once for each queue id.  reply->code NULL: it may.
 */
int judge_check_sender(struct judge *j, struct bytes account,
    const struct bytes *addresses, size_t n, struct arena *a,
    struct judge_reply *reply, struct err *err);
int judge_record_submission(struct judge *j, struct bytes account,
    struct bytes queue_id, const struct bytes *recipients, size_t n,
    struct arena *a, struct judge_reply *reply, struct err *err);

#endif
