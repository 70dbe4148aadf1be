/*
 * session - one connection of the MTA, and the message on it
 *
 *	session.c	registration, macros, begin and end of a session
 *	connect.c	connect, HELO, unknown commands
 *	envelope.c	MAIL, RCPT, DATA
 *	content.c	header and body
 *	finish.c	end of message
 *	outgoing.c	there: what users and own networks send
 *	fields.c	there: what is changed in the header
 *
 * libmilter runs the callbacks of one session in whatever thread is free:
 * all state of a session hangs at its SMFICTX, nothing in a thread.
 */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include <libmilter/mfapi.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/spool.h"
#include "proto/request_table.h"
#include "net/addr.h"
#include "auth/dkim_sign.h"
#include "auth/origin.h"
#include "auth/verify.h"
#include "milter/answer.h"
#include "milter/config.h"
#include "milter/judge.h"
#include "milter/limits.h"

/*
 * Of one message, whatever recipients-max says.  All of them go in one
 * question about the limits of a sender, which has room for so many bytes.
 */
#define RECIPIENTS_MAX		4000
#define RECIPIENTS_BYTES_MAX	(384 * 1024)

/* Of mail by sendmail(1), which is not refused, and with enforce = no. */
#define RECIPIENTS_KEPT_MAX	50000

#define TRIAL_HEADER		"Postern-Trial"
#define RESULTS_HEADER		"Authentication-Results"

/* Who the client is. */
enum session_kind {
	SESSION_OUTSIDE,
	SESSION_EXEMPT,		/* exempt-clients */
	SESSION_RELAY,		/* trusted-relays: speaks for others */
	SESSION_OWN,		/* own-networks */
	SESSION_LOCAL		/* the MTA's own mail: sendmail(1), bounces */
};

struct recipient {
	struct bytes address;	/* without <> */
	enum recipient_is is;
};

/* What belongs to one message. */
struct message {
	struct arena arena;
	uint64_t begin_ms;
	struct bytes mail_from;		/* without <> */
	bool has_mail_from;
	uint64_t announced;		/* SIZE of MAIL, bytes; 0: none */
	bool is_exempt;			/* its sender: exempt-senders */
	struct recipient *recipients;
	size_t nrecipients, recipients_cap, recipients_bytes;
	struct bytes from[ORIGIN_FROM_MAX];
	size_t nfrom;
	unsigned from_fields;
	bool from_is_bad;		/* an address that is none, or too
					   many of them */
	bool has_date, has_message_id;
	/* Of SESSION_RELAY: whom the relay had it from, if it says so. */
	bool is_relay_known, is_relayed;
	struct addr relay_client;
	struct bytes relay_helo;
	unsigned forged;		/* Postern-Origin fields that came */
	unsigned trial_fields;		/* Postern-Trial fields that came */
	unsigned results_fields;	/* Authentication-Results fields */
	unsigned *results_forged;	/* which of them go */
	size_t nresults_forged, results_forged_cap;
	struct buf header;		/* at most REQUEST_HEADER_MAX bytes */
	struct spool *spool;		/* own */
	struct dkim_sign *sign;		/* own; NULL: not signed */
	unsigned nsignatures;
	struct trials trials;
	bool failed;			/* answered at its end: */
	struct err err;
};

struct session {
	struct log log;
	struct arena arena;
	const struct config *config;
	struct addr client;
	struct bytes client_ip, client_name, helo;
	struct bytes authserv_id;	/* whose results are ours */
	enum session_kind kind;
	bool is_submission;		/* submission-daemons */
	bool is_authenticated;
	bool is_checked;		/* the limits, at the first command */
	bool has_spoken;		/* SMTP */
	bool is_slow;
	enum limits_lease lease;
	struct verify *verify;		/* own; NULL: nothing is verified */
	bool is_refused;		/* at the next command: */
	struct refusal refusal;
	struct trials trials;		/* before any message */
	struct message message;
};

static inline struct session *
session_of(SMFICTX *ctx)
{
	return smfi_getpriv(ctx);
}

/* Hands the callbacks to libmilter.  0, or -1. */
int session_register(struct err *err);

/* A macro's value, or empty; borrowed from libmilter. */
struct bytes session_macro(SMFICTX *ctx, const char *name);

/* Users, own networks, the MTA itself: their mail goes out in our name. */
bool session_is_ours(const struct session *s);

/* May the client be limited and refused? */
bool session_is_limited(const struct session *s);

void session_message_clear(struct session *s);

/*
 * Asks the limits whether the client may come in, once.  False: *answer is
 * what it is told.  connect.c
 */
bool session_may_enter(SMFICTX *ctx, struct session *s, sfsistat *answer);

/* reject-unresolvable-helo.  False: *answer.  connect.c */
bool session_helo_is_right(SMFICTX *ctx, struct session *s,
    sfsistat *answer);

/* Begins to verify, where that is to be done and nobody has yet. */
void session_verify(struct session *s);

/* ---- callbacks ---- */

sfsistat connect_on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *sa);
sfsistat connect_on_helo(SMFICTX *ctx, char *helo);
sfsistat connect_on_unknown(SMFICTX *ctx, const char *verb);
sfsistat envelope_on_mail(SMFICTX *ctx, char **argv);
sfsistat envelope_on_rcpt(SMFICTX *ctx, char **argv);
sfsistat envelope_on_data(SMFICTX *ctx);
sfsistat content_on_header(SMFICTX *ctx, char *name, char *value);
sfsistat content_on_eoh(SMFICTX *ctx);
sfsistat content_on_body(SMFICTX *ctx, unsigned char *data, size_t n);
sfsistat finish_on_eom(SMFICTX *ctx);

/* ---- parts of the end of a message ---- */

/*
 * outgoing.c: may this be sent, by this user, to so many?  1 yes, 0 no: *why
 * (strings in the message's arena), -1 imapd cannot be asked.
 */
int outgoing_check(SMFICTX *ctx, struct session *s, struct refusal *why,
    struct err *err);

/* Adds what is missing, and signs.  0, or -1: the MTA took no field. */
int outgoing_sign(SMFICTX *ctx, struct session *s, struct err *err);

/* ---- fields.c; 0, or -1: the MTA took no change ---- */

/* This Authentication-Results field is to go. */
void fields_note(struct message *m, unsigned index);
/* Takes out what may not come from outside. */
int fields_remove(SMFICTX *ctx, struct session *s, struct err *err);
/* A field on top of all others, or behind them; value with its space. */
int fields_put_top(SMFICTX *ctx, struct message *m, const char *name,
    struct bytes value, struct err *err);
int fields_put_end(SMFICTX *ctx, struct message *m, const char *name,
    struct bytes value, struct err *err);
int fields_add_origin(SMFICTX *ctx, struct session *s,
    const struct origin *o, struct err *err);
/* What would have been refused. */
int fields_add_trials(SMFICTX *ctx, struct session *s, struct err *err);

#endif
