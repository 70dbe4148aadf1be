/*
 * session - one connection of the MTA, and the message on it
 *
 * The callbacks of libmilter (callbacks.h) work on it, stage by stage:
 *
 *	connect.h	connect, HELO, unknown commands
 *	envelope.h	MAIL, RCPT, DATA
 *	content.h	header and body
 *	finish.h	end of message
 *
 * libmilter runs the callbacks of one session in whatever thread is free:
 * all state of a session hangs at its SMFICTX, nothing in a thread.
 */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include <libmilter/mfapi.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/spool.h"
#include "proto/request_table.h"
#include "net/addr.h"
#include "auth/dkim_sign.h"
#include "auth/origin.h"
#include "auth/verify.h"
#include "milter/config.h"
#include "milter/imapd_client.h"
#include "milter/limits.h"
#include "milter/refusal.h"

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
	/* Of SESSION_RELAY: the client that the relay names, if it does. */
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
	EVP_MD_CTX *sha256;		/* own; NULL: nobody asks for it */
	struct dkim_sign *sign;		/* own; NULL: not signed */
	unsigned nsignatures;
	struct trials trials;
	bool failed;			/* answered at its end: */
	struct err err;
};

/* What sessions share.  Borrowed; it is there until the last one ends. */
struct session_shared {
	struct imapd_client *imapd;
	struct limits *limits;
	struct slow *slow;
	struct report *report;
	struct dkim_keys *dkim_keys;
	struct dns *dns;
	const char *spool_dir;
};

struct session {
	struct log log;
	struct arena arena;
	const struct session_shared *shared;
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

/* Sessions from now on have this; the caller keeps it. */
void session_init(const struct session_shared *shared);

/*
 * Counts one more session.  False: there are max already, and it is not
 * counted.
 */
bool session_reserve(uint64_t max);
unsigned session_count(void);

/*
 * A session that was counted, from what connect tells: name as the MTA found
 * it, sa NULL when there is no address.  Freeing it ends its count.
 */
struct session *session_new(SMFICTX *ctx, const char *name,
    const struct sockaddr *sa);
void session_free(struct session **s);

/* A macro's value, or empty; borrowed from libmilter. */
struct bytes session_macro(SMFICTX *ctx, const char *name);

/* Users, own networks, the MTA itself: their mail goes out in our name. */
bool session_is_ours(const struct session *s);

/* May the client be limited and refused? */
bool session_is_limited(const struct session *s);

/* The client as limits.h wants it, now; strings go into a. */
struct limits_client session_limits_client(const struct session *s,
    struct arena *a);

/* Frees what belongs to the message, and is ready for the next. */
void session_message_clear(struct session *s);

/* Begins to verify, where that is to be done and nobody has yet. */
void session_verify(struct session *s);

#endif
