/*
 * lmtp - the parts of the LMTP service
 *
 *	lmtp.c		sessions: commands and their order
 *	lmtp_intake.c	an arriving message: filter, parser, store
 *	lmtp_deliver.c	a complete message: delivery to its accounts
 */
#ifndef IMAPD_LMTP_H
#define IMAPD_LMTP_H

#include "mail/message.h"
#include "proto/dot.h"
#include "proto/smtp_command.h"
#include "store/incoming.h"
#include "imapd/imapd.h"
#include "imapd/lmtp_filter.h"

/* ---- an arriving message ---- */

struct lmtp_intake {
	struct arena arena;		/* for the parser and the filter */
	struct incoming *incoming;	/* own */
	struct mail_parser *parser;	/* in the arena */
	struct lmtp_filter filter;
	struct dot dot;
	struct buf piece;		/* own */
	struct err err;			/* if set: the message is refused and
					   the rest discarded */
};

/* Never returns NULL. */
struct lmtp_intake *lmtp_intake_new(const struct imapd *d);
void lmtp_intake_free(struct lmtp_intake **in);

/*
 * Takes a piece of DATA, before dot removal.  *used is how much of it was
 * taken.  Returns 1 if it contained the end, 0 if more follows.
 */
int lmtp_intake_dots(struct lmtp_intake *in, struct bytes piece,
    size_t *used);
/* Takes a piece of BDAT, unchanged. */
void lmtp_intake_plain(struct lmtp_intake *in, struct bytes piece);

/* ---- delivery ---- */

/* An accepted RCPT. */
struct lmtp_rcpt {
	struct bytes given;		/* without angle brackets */
	struct address *addr;
	struct err err;			/* kind NONE: delivered */
};

/* Everything known about a message except its text. */
struct lmtp_envelope {
	const struct imapd *imapd;
	struct arena *arena;		/* of the transaction */
	const struct log *log;
	const char *id;			/* transaction id, for replies */
	const char *client;		/* "name ([192.0.2.1])" */
	bool smtputf8;
	struct bytes mail_from;
	const struct smtp_xforward *xforward;
	struct lmtp_rcpt *rcpts;
	size_t nrcpts;
};

/*
 * Delivers to all recipients and sets err of each.  Returns when all delivered
 * copies are durable.
 */
void lmtp_deliver(struct lmtp_envelope *e, struct lmtp_intake *in);

/* ---- replies ---- */

/* The reply for an error of the store. */
void lmtp_error_code(const struct err *err, int *code,
    const char **enhanced, const char **text);

#endif
