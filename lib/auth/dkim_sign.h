/*
 * dkim_sign - DKIM signatures for outgoing messages (RFC 6376, 8463)
 *
 * Streaming: the body is hashed as it comes; the header is signed at the end,
 * once for each key.
 *
 *	struct dkim_sign *s = dkim_sign_new();
 *	dkim_sign_header(s, name, value);	// each field, from the top
 *	dkim_sign_body(s, piece);		// cut anywhere
 *	...
 *	// a field that the message lacks and the MTA is told to add
 *	dkim_sign_header(s, BYTES("Date"), date);
 *	set = dkim_keys_get(keys, domain);
 *	n = dkim_sign_finish(s, set, now, &arena, &values, err);
 *	... add n fields DKIM_SIGN_HEADER with these values, on top ...
 *	dkim_keyset_free(&set);
 *	dkim_sign_free(&s);
 *
 * Fields may be given until dkim_sign_finish(), even after the body: fields
 * that are added are at the end of the header and are signed there.  Header
 * and body are relaxed.  Each field of dkim_sign_names that is present is
 * signed, and its name is listed once more than it occurs, so that another one
 * cannot be added.  Limits are those of dkim_verify.h: a larger header is not
 * signed.
 */
#ifndef AUTH_DKIM_SIGN_H
#define AUTH_DKIM_SIGN_H

#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "auth/dkim_keys.h"

#define DKIM_SIGN_HEADER	"DKIM-Signature"

/* Names to sign, listed once more than they occur; ends with NULL. */
extern const char *const dkim_sign_names[];

struct dkim_sign;

/* The keys to sign with, and how long the signatures are valid. */
struct dkim_signer {
	const struct dkim_keyset *set;
	time_t now;
	uint64_t lifetime_s;	/* until x=; 0: forever */
};

struct dkim_sign *dkim_sign_new(void);
/* Value and pieces as in dkim_verify.h. */
void dkim_sign_header(struct dkim_sign *s, struct bytes name,
    struct bytes value);
void dkim_sign_body(struct dkim_sign *s, struct bytes piece);

/*
 * Makes one value for each active key of the set, to follow "DKIM-Signature:":
 * with a leading space, and folded with LF and a tab as libmilter wants it.
 * Values are in the arena and end with a NUL.  May be called again with another
 * set (one for each From).  Returns the number of values, 0 without active
 * keys, or -1: ERR_REFUSED if the header is too large, ERR_INTERNAL if OpenSSL
 * failed.
 */
int dkim_sign_finish(struct dkim_sign *s, const struct dkim_signer *signer,
    struct arena *a, struct bytes **values, struct err *err);
void dkim_sign_free(struct dkim_sign **s);

#endif
