/*
 * sasl - the server side of SASL mechanisms, without base64 or sockets
 *
 * RFC 4422.  This file knows no protocol and no accounts: IMAP and the Dovecot
 * auth listener decode and encode base64, and look up the secrets that a
 * mechanism needs.
 *
 *	if ((m = sasl_mechanism_find(name, PROTOCOL_IMAP)) == NULL)
 *		... no such mechanism
 *	sasl = sasl_new(&arena, m, &channel);
 *	r = sasl_step(sasl, has_initial ? &initial : NULL, &out, err);
 *	switch (r) {
 *	case SASL_CONTINUE:	... send out, call again with the answer
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
 * The last four end the exchange.  To the client, SASL_REFUSED must look the
 * same as a wrong password, in its text and its time.  SASL_FAIL does not
 * depend on any account, so the client may be told at once.
 *
 * Neither IMAP nor SMTP can send data with a success reply, so the last data of
 * a mechanism is sent as one more challenge, whose answer is empty.
 *
 * A new mechanism needs a row in the table of sasl.c; its functions may be in
 * another file that includes sasl-private.h.  Everything is in the arena except
 * the secrets, which sasl_forget() wipes.
 */
#ifndef LOGIN_SASL_H
#define LOGIN_SASL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "login/secret.h"

/* Longest answer of a client in bytes, decoded. */
#define SASL_RESPONSE_MAX	4096
/* Longest user name in bytes; that of an address (RFC 5321 4.5.3.1). */
#define SASL_USER_MAX		320

struct sasl;

enum sasl_result {
	SASL_CONTINUE,		/* send out (may be empty), and continue */
	SASL_SECRETS,		/* find the user's secrets, and continue */
	SASL_PASSWORD,		/* check the user and the password */
	SASL_VERIFIED,		/* the user was verified */
	SASL_REFUSED,		/* the user was refused or does not exist */
	SASL_FAIL		/* failed with ERR_SYNTAX or ERR_REFUSED */
};

/* What a mechanism needs to verify the user. */
enum sasl_need {
	SASL_NEEDS_PASSWORD,	/* the password, checked by the caller */
	SASL_NEEDS_SECRET,	/* a secret of its kind, from the store */
	SASL_NEEDS_CERTIFICATE,	/* the client's, verified by TLS */
	SASL_NEEDS_NOTHING	/* nothing of the account; it checks a token */
};

/* The connection that the exchange runs over. */
struct sasl_channel {
	enum login_protocol protocol;
	bool is_private;		/* plain passwords may be sent */
	struct bytes binding;		/* tls-exporter (RFC 9266), or empty */
	struct bytes certificate;	/* the name in it, or empty */
};

struct sasl_mechanism {
	const char *name;
	uint32_t protocols;		/* set of PROTOCOL_* that offer it */
	enum sasl_need need;
	enum secret_kind secret;	/* for SASL_NEEDS_SECRET */
	bool shows_password;		/* to anyone who can listen */
	bool binds_channel;		/* -PLUS (RFC 5802 6) */
	/* See sasl_step(). */
	enum sasl_result (*step)(struct sasl *sasl, const struct bytes *in,
	    struct buf *out, struct err *err);
	/* After SASL_SECRETS; sasl->secrets has at least one. */
	enum sasl_result (*secrets)(struct sasl *sasl, struct buf *out,
	    struct err *err);
};

/* Returns the n-th mechanism, from 0, or NULL after the last. */
const struct sasl_mechanism *sasl_mechanism_at(size_t n);
/*
 * Finds a mechanism of this protocol by its name, ignoring case.  Returns NULL
 * if there is none.  sasl_is_offered() says if a connection offers it.
 */
const struct sasl_mechanism *sasl_mechanism_find(struct bytes name,
    enum login_protocol protocol);
bool sasl_is_offered(const struct sasl_mechanism *m,
    const struct sasl_channel *channel);

/* Copies the channel. */
struct sasl *sasl_new(struct arena *arena, const struct sasl_mechanism *m,
    const struct sasl_channel *channel);
const struct sasl_mechanism *sasl_mechanism(const struct sasl *sasl);

/*
 * Handles one answer of the client.  At the first step in is NULL if there was
 * no initial response.  Appends the challenge for the client to out.
 */
enum sasl_result sasl_step(struct sasl *sasl, const struct bytes *in,
    struct buf *out, struct err *err);

/*
 * Continues after SASL_SECRETS with at least one secret; a decoy if the user
 * has none (auth_find()).  Takes over the list.
 */
enum sasl_result sasl_secrets(struct sasl *sasl, struct secret_list *list,
    struct buf *out, struct err *err);

/* The user: UTF-8 without NUL.  Empty as long as it is not known. */
struct bytes sasl_user(const struct sasl *sasl);
/* After SASL_PASSWORD: the password, not empty, without NUL. */
struct bytes sasl_password(const struct sasl *sasl);
/* After SASL_VERIFIED: the secret that matched, or NULL if none was used. */
const struct secret_entry *sasl_proof(const struct sasl *sasl);

/*
 * Wipes the password and the secrets.  Must be called for each exchange,
 * however it ended, before the arena is cleared.
 */
void sasl_forget(struct sasl *sasl);

#endif
