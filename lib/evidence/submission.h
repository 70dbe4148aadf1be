/*
 * submission - how much an account may send
 *
 * Two limits over any 24 hours: recipients of messages (each RCPT counts, so
 * the same address twice counts twice), and recipients that the account never
 * sent anything to before (correspondent.h).
 *
 * A message, named by its queue id, is judged and recorded in one operation.
 * So two at the same time cannot both take the last place; and if the answer
 * is lost and the question is repeated, the answer is the same and nothing is
 * counted twice.  Records are deleted when they leave the window.
 */
#ifndef EVIDENCE_SUBMISSION_H
#define EVIDENCE_SUBMISSION_H

#include "commit/database.h"
#include "evidence/submission_row.h"

#define SUBMISSION_WINDOW_S	86400
/* Refusals are remembered for this long. */
#define SUBMISSION_REFUSED_S	3600
#define SUBMISSION_NO_LIMIT	UINT64_MAX

struct submission {
	uint64_t account;
	struct bytes queue_id;
	const struct bytes *recipients;	/* in any form */
	size_t nrecipients;
	/* Limits if the account has none of its own. */
	uint64_t recipients_max, first_time_max;
	int64_t now;			/* 0: the clock of the batch */
	/* out */
	enum submission_answer answer;
	bool is_repeated;		/* the question was asked before */
	uint64_t limit;			/* the one that decided, or 0 */
	/* In the current window, including this message if accepted. */
	uint64_t count, first_time;
};

/* Returns 0 with the answer, or -1 (ERR_CODE_NOT_FOUND: no such account). */
int submission_record(struct database *db, struct submission *m,
    struct err *err);

/* How much of its limits an account has used at that time. */
int submission_used(const struct reader *r, uint64_t account, int64_t now,
    uint64_t *count, uint64_t *first_time, struct err *err);

/* Is there work for submission_trim()?  Returns 1, 0, or -1 on error. */
int submission_is_old(const struct reader *r, uint64_t account, int64_t now,
    struct err *err);

/*
 * Within an operation: deletes records that are out of the windows at that
 * time, about max of them at most.  Returns 1 if there are more, 0 if not, -1
 * on error.
 */
int submission_trim(struct batch *b, uint64_t account, int64_t now,
    size_t max, struct err *err);

#endif
