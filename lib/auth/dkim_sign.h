/*
 * dkim_sign - DKIM signatures of messages that leave (RFC 6376, 8463)
 *
 * Streaming: the body is hashed as it comes, the header is signed at the
 * end, once for each key.
 *
 *	struct dkim_sign *s = dkim_sign_new();
 *	dkim_sign_header(s, name, value);	// each field, from the top
 *	dkim_sign_body(s, piece);		// cut anywhere
 *	...
 *	// a field the message lacks and the MTA is told to add
 *	dkim_sign_header(s, BYTES("Date"), date);
 *	set = dkim_keys_get(keys, domain);
 *	n = dkim_sign_finish(s, set, now, &arena, &values, err);
 *	... add n fields DKIM_SIGN_HEADER with these values, on top ...
 *	dkim_keyset_free(&set);
 *	dkim_sign_free(&s);
 *
 * Fields may be given until dkim_sign_finish(), also behind the body: those
 * that are added stand at the end of the header, and are signed there.
 * Relaxed header and body; each field of dkim_sign_names that is there is
 * signed, and once more than it is there, so that no second one can be put
 * on top.  Bounded as dkim_verify.h says: a larger header is not signed.
 */
#ifndef AUTH_DKIM_SIGN_H
#define AUTH_DKIM_SIGN_H

#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "auth/dkim_keys.h"

#define DKIM_SIGN_HEADER	"DKIM-Signature"

/* Signed, once more than present; ends with NULL. */
extern const char *const dkim_sign_names[];

struct dkim_sign;

/* Who signs, and for how long that is good. */
struct dkim_signer {
	const struct dkim_keyset *set;
	time_t now;
	uint64_t lifetime_s;	/* to x=; 0: for ever */
};

struct dkim_sign *dkim_sign_new(void);
/* Value and pieces as in dkim_verify.h. */
void dkim_sign_header(struct dkim_sign *s, struct bytes name,
    struct bytes value);
void dkim_sign_body(struct dkim_sign *s, struct bytes piece);

/*
 * One value for each active key of the set: with a leading space, folded
 * with LF and a tab as libmilter has it, for behind "DKIM-Signature:".  They
 * are in the arena and end with a NUL.
 * May be called again with another set (one for each From).  The number, 0
 * without active keys, or -1: ERR_REFUSED, the header is too large to be
 * signed; ERR_INTERNAL, OpenSSL failed.
 */
int dkim_sign_finish(struct dkim_sign *s, const struct dkim_signer *signer,
    struct arena *a, struct bytes **values, struct err *err);
void dkim_sign_free(struct dkim_sign **s);

#endif
