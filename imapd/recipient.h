/*
 * recipient - who an address is, for LMTP, the MTA's maps and the milter
 *
 * One look-up for all, so that what the MTA is told at RCPT is what LMTP
 * does later.
 */
#ifndef IMAPD_RECIPIENT_H
#define IMAPD_RECIPIENT_H

#include "imapd/imapd.h"
#include "proto/smtp_command.h"
#include "store/account.h"

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
	RECIPIENT_OVER_QUOTA
};

/* "known", "unknown", "disabled", "over-quota". */
const char *recipient_status_name(enum recipient_status status);

/* The reply to RCPT, for the MTA's maps, the milter and LMTP alike. */
const struct smtp_error *recipient_reply(enum recipient_status status);

/*
 * May a message of that size (0: any) come to it?  An alias may get mail if
 * one of its members may.  A look into a snapshot: the delivery decides.
 * 0, or -1.
 */
int recipient_status(const struct imapd *d, const struct reader *r,
    const struct address *addr, uint64_t size, enum recipient_status *out,
    struct err *err);

#endif
