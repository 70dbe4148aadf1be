/*
 * lmtp - the parts of the LMTP service, for each other
 *
 *	lmtp.c		sessions: commands and their order
 *	lmtp_intake.c	a message on its way in: filter, parser, store
 *	lmtp_deliver.c	a message that is all here: to its accounts
 */
#ifndef IMAPD_LMTP_H
#define IMAPD_LMTP_H

#include "mail/message.h"
#include "proto/dot.h"
#include "proto/smtp_command.h"
#include "store/incoming.h"
#include "imapd/imapd.h"
#include "imapd/lmtp_filter.h"

/* ---- a message on its way in ---- */

struct lmtp_intake {
	struct arena arena;		/* parser and filter */
	struct incoming *incoming;	/* own */
	struct mail_parser *parser;	/* in the arena */
	struct lmtp_filter filter;
	struct dot dot;
	struct buf piece;		/* own */
	struct err err;			/* of a kind but ERR_NONE: it cannot
					   be taken, and the rest is dropped */
};

struct lmtp_intake *lmtp_intake_new(const struct imapd *d);
void lmtp_intake_free(struct lmtp_intake **in);

/*
 * A piece of DATA, dots and all.  1: the end was in it; 0: more comes.
 * *used is how much of it was taken.
 */
int lmtp_intake_dots(struct lmtp_intake *in, struct bytes piece,
    size_t *used);
/* A piece of BDAT, as it is. */
void lmtp_intake_plain(struct lmtp_intake *in, struct bytes piece);

/* ---- delivery ---- */

/* One RCPT that was accepted. */
struct lmtp_rcpt {
	struct bytes given;		/* without angle brackets */
	struct address *addr;
	struct err err;			/* kind NONE: delivered */
};

/* Everything that is known about a message besides its text. */
struct lmtp_envelope {
	const struct imapd *imapd;
	struct arena *arena;		/* of the transaction */
	const struct log *log;
	const char *id;			/* of the transaction, in replies */
	const char *client;		/* "name ([192.0.2.1])" */
	bool smtputf8;
	struct bytes mail_from;
	const struct smtp_xforward *xforward;
	struct lmtp_rcpt *rcpts;
	size_t nrcpts;
};

/*
 * Delivers to all recipients; each one's err says how it went.  Returns when
 * what was delivered is durable.
 */
void lmtp_deliver(struct lmtp_envelope *e, struct lmtp_intake *in);

/* ---- replies ---- */

/* The reply that an error of the store stands for. */
void lmtp_error_code(const struct err *err, int *code,
    const char **enhanced, const char **text);

#endif
