/*
 * recipient - looks up an address for LMTP, the MTA's maps and the milter
 *
 * All three use the same lookup, so that LMTP later does what the MTA was told
 * at RCPT.
 */
#ifndef IMAPD_RECIPIENT_H
#define IMAPD_RECIPIENT_H

#include "proto/smtp_command.h"
#include "net/addr.h"
#include "directory/account.h"
#include "imapd/imapd.h"

/*
 * Resolves an address as it arrived, including the site's catch-all (which also
 * accepts what is not a valid address).  Returns 1 if found, 0 if not, -1 on
 * error; ERR_SYNTAX means that the address is not valid.
 */
int recipient_resolve(const struct imapd *d, const struct reader *r,
    struct bytes address, struct arena *a, struct address *out,
    struct err *err);

/*
 * Does the address (or bare domain) belong to one of our domains that is not
 * disabled?  The address need not exist.  Returns 1 if so, 0 if not, -1 on
 * error.
 */
int recipient_is_ours(const struct reader *r, struct bytes address,
    struct arena *a, struct err *err);

enum recipient_status {
	RECIPIENT_KNOWN,	/* accepts mail */
	RECIPIENT_UNKNOWN,
	RECIPIENT_DISABLED,
	RECIPIENT_OVER_QUOTA,
	RECIPIENT_OVER_RATE	/* too much mail from that client lately */
};

/* Returns "known", "unknown", "disabled", "over-quota" or "over-rate". */
const char *recipient_status_name(enum recipient_status status);

/*
 * A question about a recipient, and the answer.  The MTA's maps, the milter and
 * LMTP all use it.
 */
struct recipient_check {
	uint64_t size;			/* 0: unknown */
	/* Set only for mail that counts (recipient_client()): checks what
	   the account has received from the client (evidence/arrivals.h). */
	const struct addr *client;
	const uint8_t *token;		/* if set, also counts the message */
	/* out */
	enum recipient_status status;
	struct smtp_error reply;	/* to RCPT */
	const char *setting;		/* over-rate: the setting that
					   decided */
};

/*
 * May mail be delivered to addr?  An alias accepts mail if one of its members
 * does.  This only looks at a snapshot; the delivery decides.  Returns 0, or -1
 * on error.
 */
int recipient_status(const struct imapd *d, const struct reader *r,
    const struct address *addr, struct recipient_check *check,
    struct err *err);

/* Fills the answer for an address that does not exist. */
void recipient_nobody(struct recipient_check *check);

/*
 * Does mail from that client count for the limits?  Mail from own networks,
 * from users who logged in, or without a client address does not.  ip is text.
 */
bool recipient_client(const struct imapd *d, struct bytes ip,
    struct bytes auth_user, struct addr *out);

#endif
