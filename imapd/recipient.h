/*
 * recipient - who an address is, for LMTP, the MTA's maps and the milter
 *
 * One look-up for all, so that what the MTA is told at RCPT is what LMTP
 * does later.
 */
#ifndef IMAPD_RECIPIENT_H
#define IMAPD_RECIPIENT_H

#include "proto/smtp_command.h"
#include "net/addr.h"
#include "directory/account.h"
#include "imapd/imapd.h"

/*
 * Resolves an address as it came, the site's catch-all included (which takes
 * also what is no address at all).  1 found, 0 not, -1 error; ERR_SYNTAX: it
 * is no address.
 */
int recipient_resolve(const struct imapd *d, const struct reader *r,
    struct bytes address, struct arena *a, struct address *out,
    struct err *err);

/*
 * Is the address (or the bare domain) of a domain of ours that is not
 * disabled?  Whether anybody has it is another question.  1, 0, -1.
 */
int recipient_is_ours(const struct reader *r, struct bytes address,
    struct arena *a, struct err *err);

enum recipient_status {
	RECIPIENT_KNOWN,	/* mail may come */
	RECIPIENT_UNKNOWN,
	RECIPIENT_DISABLED,
	RECIPIENT_OVER_QUOTA,
	RECIPIENT_OVER_RATE	/* too much came from that client lately */
};

/* "known", "unknown", "disabled", "over-quota", "over-rate". */
const char *recipient_status_name(enum recipient_status status);

/*
 * What is asked about a recipient, and the answer: the same for the MTA's
 * maps, the milter and LMTP.
 */
struct recipient_check {
	uint64_t size;			/* 0: not known */
	/* Only of mail that counts (recipient_client()): looks at what the
	   account took from there (evidence/arrivals.h). */
	const struct addr *client;
	const uint8_t *token;		/* and counts the message */
	/* out */
	enum recipient_status status;
	struct smtp_error reply;	/* to RCPT */
	const char *setting;		/* over-rate: that decided */
};

/*
 * May mail come to it?  An alias may get mail if one of its members may.  A
 * look into a snapshot: the delivery decides.  0, or -1.
 */
int recipient_status(const struct imapd *d, const struct reader *r,
    const struct address *addr, struct recipient_check *check,
    struct err *err);

/* Fills the answer of one whom no address leads to. */
void recipient_nobody(struct recipient_check *check);

/*
 * Does mail from that client count for the limits?  Not from networks of our
 * own, from users who logged in, or from nowhere.  ip is text.
 */
bool recipient_client(const struct imapd *d, struct bytes ip,
    struct bytes auth_user, struct addr *out);

#endif
