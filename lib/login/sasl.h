/*
 * sasl - the server's side of SASL mechanisms, bytes in and out
 *
 * RFC 4422.  Knows no base64, no protocol and no accounts: IMAP and the
 * Dovecot auth listener decode what comes, encode what goes, and find out
 * what a mechanism asks for.
 *
 *	if ((m = sasl_mechanism_find(name, PROTOCOL_IMAP)) == NULL)
 *		... no such mechanism
 *	sasl = sasl_new(&arena, m, &channel);
 *	r = sasl_step(sasl, has_initial ? &initial : NULL, &out, err);
 *	switch (r) {
 *	case SASL_CONTINUE:	... send out, step again with the answer
 *	case SASL_SECRETS:	... auth_find() those of sasl_user(), then
 *				    r = sasl_secrets(sasl, &list, &out, err)
 *	case SASL_PASSWORD:
 *	case SASL_VERIFIED:
 *	case SASL_REFUSED:	... auth_request_sasl(), auth_check()
 *	case SASL_FAIL:		... err says why
 *	}
 *	...
 *	sasl_forget(sasl);
 *
 * After the last four there are no more steps.  SASL_REFUSED is for whoever
 * asked the same as a wrong password, in words and in time; SASL_FAIL says
 * nothing about any account, so it may be told at once.
 *
 * Neither IMAP nor SMTP has a place for data beside success: a mechanism's
 * last words to the client are one more challenge, whose answer is empty.
 *
 * A new mechanism is a row in the table of sasl.c, or in a file of its own
 * with sasl-private.h.  Everything lives in the arena but secrets, which
 * sasl_forget() wipes.
 */
#ifndef LOGIN_SASL_H
#define LOGIN_SASL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "login/secret.h"

/* Longest answer of a client, decoded. */
#define SASL_RESPONSE_MAX	4096
/* Longest user name; such as an address may be (RFC 5321 4.5.3.1). */
#define SASL_USER_MAX		320

struct sasl;

enum sasl_result {
	SASL_CONTINUE,		/* send out (may be empty), go on */
	SASL_SECRETS,		/* find the user's secrets, go on */
	SASL_PASSWORD,		/* user and password are known: check them */
	SASL_VERIFIED,		/* the user is who he says he is */
	SASL_REFUSED,		/* he is not; or there is no such user */
	SASL_FAIL		/* over; ERR_SYNTAX or ERR_REFUSED */
};

/* What a mechanism verifies with. */
enum sasl_need {
	SASL_NEEDS_PASSWORD,	/* the password, checked by the caller */
	SASL_NEEDS_SECRET,	/* a secret of its kind, from the store */
	SASL_NEEDS_CERTIFICATE,	/* the client's, that TLS has verified */
	SASL_NEEDS_NOTHING	/* of the account: a token, say */
};

/* The connection that it runs over. */
struct sasl_channel {
	enum login_protocol protocol;
	bool is_private;		/* passwords may be shown */
	struct bytes binding;		/* tls-exporter (RFC 9266); or empty */
	struct bytes certificate;	/* whom it names; or empty */
};

struct sasl_mechanism {
	const char *name;
	uint32_t protocols;		/* set: where it is offered */
	enum sasl_need need;
	enum secret_kind secret;	/* SASL_NEEDS_SECRET: which */
	bool shows_password;		/* to whoever can listen */
	bool binds_channel;		/* -PLUS (RFC 5802 6) */
	/* See sasl_step(). */
	enum sasl_result (*step)(struct sasl *sasl, const struct bytes *in,
	    struct buf *out, struct err *err);
	/* After SASL_SECRETS; sasl->secrets has one at least. */
	enum sasl_result (*secrets)(struct sasl *sasl, struct buf *out,
	    struct err *err);
};

/* The n-th mechanism, or NULL after the last. */
const struct sasl_mechanism *sasl_mechanism_at(size_t n);
/*
 * By name, if this protocol has it; case does not matter.  Whether it is
 * offered over this very connection is another question.
 */
const struct sasl_mechanism *sasl_mechanism_find(struct bytes name,
    enum login_protocol protocol);
bool sasl_is_offered(const struct sasl_mechanism *m,
    const struct sasl_channel *channel);

/* Copies what the channel says. */
struct sasl *sasl_new(struct arena *arena, const struct sasl_mechanism *m,
    const struct sasl_channel *channel);
const struct sasl_mechanism *sasl_mechanism(const struct sasl *sasl);

/*
 * One answer of the client; NULL at the first step says that there was no
 * initial response.  Appends to out what goes to the client.
 */
enum sasl_result sasl_step(struct sasl *sasl, const struct bytes *in,
    struct buf *out, struct err *err);

/*
 * The secrets that SASL_SECRETS asked for, at least one: for a user without
 * any they are decoys (auth_find()).  Takes them over.
 */
enum sasl_result sasl_secrets(struct sasl *sasl, struct secret_list *list,
    struct buf *out, struct err *err);

/* Once it is known: valid UTF-8, not empty, no NUL.  Else empty. */
struct bytes sasl_user(const struct sasl *sasl);
/* After SASL_PASSWORD: neither empty nor with a NUL. */
struct bytes sasl_password(const struct sasl *sasl);
/* After SASL_VERIFIED: what did it, in the list; NULL: no secret. */
const struct secret_entry *sasl_proof(const struct sasl *sasl);

/*
 * Wipes password and secrets.  To be called for each exchange, however it
 * ended, before the arena is cleared.
 */
void sasl_forget(struct sasl *sasl);

#endif
