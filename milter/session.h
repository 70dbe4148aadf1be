/*
 * session - a milter session, and its current message
 *
 * The callbacks of libmilter (callbacks.h) use it at each stage:
 *
 *	connect.h	connect, HELO, unknown commands
 *	envelope.h	MAIL, RCPT, DATA
 *	content.h	header and body
 *	finish.h	end of message
 *
 * libmilter runs the callbacks of one session in any free thread.  So all state
 * of a session belongs to its SMFICTX, none to a thread.
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
 * Upper limits for the recipients of one message, whatever recipients-max is.
 * All of them must fit into one request that checks the limits of the sender.
 */
#define RECIPIENTS_MAX		4000
#define RECIPIENTS_BYTES_MAX	(384 * 1024)

/* The limit for mail from sendmail(1), which is not refused, and with enforce =
   no. */
#define RECIPIENTS_KEPT_MAX	50000

#define TRIAL_HEADER		"Postern-Trial"
#define RESULTS_HEADER		"Authentication-Results"

/* Who the client is. */
enum session_kind {
	SESSION_OUTSIDE,
	SESSION_EXEMPT,		/* exempt-clients */
	SESSION_RELAY,		/* trusted-relays: passes on mail of others */
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
	bool is_exempt;			/* the sender is in exempt-senders */
	struct recipient *recipients;
	size_t nrecipients, recipients_cap, recipients_bytes;
	struct bytes from[ORIGIN_FROM_MAX];
	size_t nfrom;
	unsigned from_fields;
	bool from_is_bad;		/* invalid or too many addresses */
	bool has_date, has_message_id;
	/* For SESSION_RELAY: the client that the relay names, if it does. */
	bool is_relay_known, is_relayed;
	struct addr relay_client;
	struct bytes relay_helo;
	unsigned forged;		/* number of Postern-Origin fields */
	unsigned trial_fields;		/* number of Postern-Trial fields */
	unsigned results_fields;	/* Authentication-Results fields */
	unsigned *results_forged;	/* which of them must be removed */
	size_t nresults_forged, results_forged_cap;
	struct buf header;		/* at most REQUEST_HEADER_MAX bytes */
	struct spool *spool;		/* own */
	EVP_MD_CTX *sha256;		/* own; NULL: not needed */
	struct dkim_sign *sign;		/* own; NULL: not signed */
	unsigned nsignatures;
	struct trials trials;
	bool failed;			/* with err, answered at its end */
	struct err err;
};

/* What all sessions share.  Borrowed; valid until the last session ends. */
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
	struct bytes authserv_id;	/* our name in results */
	enum session_kind kind;
	bool is_submission;		/* submission-daemons */
	bool is_authenticated;
	bool is_checked;		/* the limits were checked */
	bool has_spoken;		/* the client has sent a command */
	bool is_slow;
	enum limits_lease lease;
	struct verify *verify;		/* own; NULL: nothing is verified */
	bool is_refused;		/* with refusal, at the next command */
	struct refusal refusal;
	struct trials trials;		/* noted before any message */
	struct message message;
};

static inline struct session *
session_of(SMFICTX *ctx)
{
	return smfi_getpriv(ctx);
}

/* Sets what new sessions share; the caller owns it. */
void session_init(const struct session_shared *shared);

/*
 * Counts one more session.  Returns false, without counting it, if there are
 * max already.
 */
bool session_reserve(uint64_t max);
unsigned session_count(void);

/*
 * Makes a session after session_reserve(), from the arguments of the connect
 * callback: name as the MTA found it, sa NULL if there is no address.
 * session_free() also takes it out of the count.
 */
struct session *session_new(SMFICTX *ctx, const char *name,
    const struct sockaddr *sa);
void session_free(struct session **s);

/* Returns the value of a macro, or empty; borrowed from libmilter. */
struct bytes session_macro(SMFICTX *ctx, const char *name);

/* Is it a user, an own network or the MTA itself, whose mail we sign? */
bool session_is_ours(const struct session *s);

/* May the client be limited and refused? */
bool session_is_limited(const struct session *s);

/* Returns the client for limits.h, with the current time; strings go to a. */
struct limits_client session_limits_client(const struct session *s,
    struct arena *a);

/* Frees what belongs to the message, and prepares for the next. */
void session_message_clear(struct session *s);

/* Starts the verification, unless it is not needed or was started. */
void session_verify(struct session *s);

#endif
