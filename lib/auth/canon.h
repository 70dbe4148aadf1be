/*
 * canon - canonical forms of messages for signatures (RFC 6376 3.4)
 *
 * DKIM, our signer and ARC hash header fields and bodies in one of two forms:
 * "simple" (unchanged) and "relaxed" (white space normalized).  Text is hashed
 * as it comes and not kept.
 *
 *	struct canon_hash h;
 *	canon_hash_init(&h);
 *	canon_field(&h, CANON_RELAXED, name, value, true);
 *	canon_hash_final(&h, digest);
 *
 *	struct canon_body b;
 *	canon_body_init(&b, CANON_RELAXED, CANON_NO_LIMIT);
 *	... canon_body_add(&b, piece) for each piece, cut anywhere ...
 *	canon_body_final(&b, digest);
 *
 * An initialized hash owns an OpenSSL context until _final or _clear.  Line
 * ends in bodies are CRLF; a CR or LF alone is an ordinary character.  In field
 * values CRLF and LF are the same, because MTAs give them to filters with LF.
 */
#ifndef AUTH_CANON_H
#define AUTH_CANON_H

#include <openssl/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define CANON_DIGEST_LEN	32	/* SHA-256 */
#define CANON_NO_LIMIT		UINT64_MAX

enum canon_kind {
	CANON_SIMPLE,
	CANON_RELAXED
};

struct canon_hash {
	EVP_MD_CTX *md;			/* own */
	size_t n;
	char out[1024];			/* not yet hashed */
};

void canon_hash_init(struct canon_hash *h);
/* Makes a copy of h that continues from its current state. */
void canon_hash_fork(struct canon_hash *h, struct canon_hash *copy);
void canon_hash_final(struct canon_hash *h, uint8_t digest[CANON_DIGEST_LEN]);
/* May be called after _final, and on a zeroed struct. */
void canon_hash_clear(struct canon_hash *h);

/*
 * Hashes one field.  value is what follows the colon, without the final line
 * end.  line_end is false for the last field of a signature.
 */
void canon_field(struct canon_hash *h, enum canon_kind kind,
    struct bytes name, struct bytes value, bool line_end);

/*
 * Appends a signature's own value with an empty b= to out, which is what has
 * to be hashed in its place (RFC 6376 3.5, "b=").
 */
void canon_strip_b(struct buf *out, struct bytes value);

struct canon_body {
	struct canon_hash hash;
	enum canon_kind kind;
	uint64_t limit;			/* l=: most bytes to hash */
	uint64_t length;		/* of the body in this form, so far */
	uint64_t blank_lines;		/* held back; the body may end here */
	bool has_line;			/* the current line has text */
	bool has_space;			/* relaxed: white space held back */
	bool has_cr;			/* a CR held back */
};

/* Bytes beyond limit are counted in length but not hashed. */
void canon_body_init(struct canon_body *b, enum canon_kind kind,
    uint64_t limit);
void canon_body_add(struct canon_body *b, struct bytes piece);
/* After this, length is complete. */
void canon_body_final(struct canon_body *b, uint8_t digest[CANON_DIGEST_LEN]);
void canon_body_clear(struct canon_body *b);

#endif
