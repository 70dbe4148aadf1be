/*
 * sasl - the server's side of SASL mechanisms, bytes in and out
 *
 * RFC 4422.  Knows no base64, no protocol and no accounts: IMAP and the
 * Dovecot auth listener decode what comes and encode what goes.
 *
 *	if ((sasl = sasl_new(&arena, name)) == NULL)
 *		... no such mechanism
 *	switch (sasl_step(sasl, has_initial ? &initial : NULL, &out, err)) {
 *	case SASL_CONTINUE:	... send out, step again with the answer
 *	case SASL_PASSWORD:	... check sasl_user(), sasl_password()
 *	case SASL_FAIL:		... err says why; the exchange is over
 *	}
 *
 * After SASL_PASSWORD or SASL_FAIL there are no more steps.  A new mechanism
 * is a row in the table of sasl.c; one that verifies by itself brings a
 * result of its own.  Everything lives in the arena.
 */
#ifndef LOGIN_SASL_H
#define LOGIN_SASL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Longest answer of a client, decoded. */
#define SASL_RESPONSE_MAX	4096
/* Longest user name; such as an address may be (RFC 5321 4.5.3.1). */
#define SASL_USER_MAX		320

struct sasl;

enum sasl_result {
	SASL_CONTINUE,		/* send out (may be empty), go on */
	SASL_PASSWORD,		/* user and password are known: check them */
	SASL_FAIL		/* over; ERR_SYNTAX or ERR_REFUSED */
};

struct sasl_mechanism {
	const char *name;
	bool is_plaintext;	/* shows the password to who listens */
	enum sasl_result (*step)(struct sasl *sasl, const struct bytes *in,
	    struct buf *out, struct err *err);
};

/* The n-th mechanism, or NULL behind the last. */
const struct sasl_mechanism *sasl_mechanism_at(size_t n);

/* NULL when there is no mechanism of that name; case does not matter. */
struct sasl *sasl_new(struct arena *arena, struct bytes name);
const struct sasl_mechanism *sasl_mechanism(const struct sasl *sasl);

/*
 * One answer of the client; NULL at the first step says that there was no
 * initial response.  Appends to out what goes to the client.
 */
enum sasl_result sasl_step(struct sasl *sasl, const struct bytes *in,
    struct buf *out, struct err *err);

/* After SASL_PASSWORD: valid UTF-8, neither empty, no NUL. */
struct bytes sasl_user(const struct sasl *sasl);
struct bytes sasl_password(const struct sasl *sasl);

/* Overwrites the password.  To be called when it was checked. */
void sasl_forget(struct sasl *sasl);

#endif
