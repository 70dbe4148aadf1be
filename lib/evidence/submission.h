/*
 * submission - how much an account may send
 *
 * Two limits over any 24 hours: recipients of messages (each RCPT counts, the
 * same address twice counts twice), and recipients to whom the account never
 * sent anything before (correspondent.h).
 *
 * A message is judged and recorded in one operation, named by its queue id.
 * So two at the same time cannot both take the last room; and when the answer
 * is lost and the question comes again, the answer is the same and nothing is
 * counted twice.  Records are dropped once they are out of the window.
 */
#ifndef EVIDENCE_SUBMISSION_H
#define EVIDENCE_SUBMISSION_H

#include "commit/database.h"
#include "evidence/submission_row.h"

#define SUBMISSION_WINDOW_S	86400
/* Answers that were refusals are remembered so long. */
#define SUBMISSION_REFUSED_S	3600
#define SUBMISSION_NO_LIMIT	UINT64_MAX

struct submission {
	uint64_t account;
	struct bytes queue_id;
	const struct bytes *recipients;	/* in any form */
	size_t nrecipients;
	/* Where the account has no limit of its own. */
	uint64_t recipients_max, first_time_max;
	int64_t now;			/* 0: the clock of the batch */
	/* out */
	enum submission_answer answer;
	bool is_repeated;		/* it was asked before */
	uint64_t limit;			/* that decided, or 0 */
	/* In the window now, this message included if it was accepted. */
	uint64_t count, first_time;
};

/* 0 with the answer, or -1: ERR_CODE_NOT_FOUND (account). */
int submission_record(struct database *db, struct submission *m,
    struct err *err);

/* What an account has used of its limits by that time. */
int submission_used(const struct reader *r, uint64_t account, int64_t now,
    uint64_t *count, uint64_t *first_time, struct err *err);

/* Is there anything for submission_trim()?  1, 0, -1. */
int submission_is_old(const struct reader *r, uint64_t account, int64_t now,
    struct err *err);

/*
 * Within an operation: deletes what is out of the windows by that time, but
 * at most about max records.  1 there is more, 0, -1.
 */
int submission_trim(struct batch *b, uint64_t account, int64_t now,
    size_t max, struct err *err);

#endif
