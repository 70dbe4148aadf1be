/*
 * canon - messages as signatures see them (RFC 6376 3.4)
 *
 * What DKIM, its signer here and ARC hash: header fields and bodies brought
 * into one of two forms, "simple" (as they are) and "relaxed" (white space
 * made equal).  Text goes to a hash and is kept nowhere.
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
 * An initialized hash owns an OpenSSL context until it is finished by _final
 * or given up by _clear.  Line ends in bodies are CRLF, a CR or LF alone is
 * a character like others; in field values CRLF and LF are the same, since
 * MTAs hand them to filters with LF.
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
/* A hash that goes on from where h is. */
void canon_hash_fork(struct canon_hash *h, struct canon_hash *copy);
void canon_hash_final(struct canon_hash *h, uint8_t digest[CANON_DIGEST_LEN]);
/* Also after _final, and on zeroes. */
void canon_hash_clear(struct canon_hash *h);

/*
 * One field.  value is what stands behind the colon, without the line end at
 * its end.  The last one of a signature goes without its line end.
 */
void canon_field(struct canon_hash *h, enum canon_kind kind,
    struct bytes name, struct bytes value, bool line_end);

/*
 * A signature's own value with an empty b= (RFC 6376 3.5, "b="): appends to
 * out what is hashed in its place.
 */
void canon_strip_b(struct buf *out, struct bytes value);

struct canon_body {
	struct canon_hash hash;
	enum canon_kind kind;
	uint64_t limit;			/* bytes that are hashed: l= */
	uint64_t length;		/* of the body in this form, so far */
	uint64_t blank_lines;		/* seen, not yet known to be inside */
	bool has_line;			/* text in the line at hand */
	bool has_space;			/* relaxed: white space held back */
	bool has_cr;			/* a CR held back */
};

/* Bytes beyond limit are counted in length, not hashed. */
void canon_body_init(struct canon_body *b, enum canon_kind kind,
    uint64_t limit);
void canon_body_add(struct canon_body *b, struct bytes piece);
/* length is complete behind this. */
void canon_body_final(struct canon_body *b, uint8_t digest[CANON_DIGEST_LEN]);
void canon_body_clear(struct canon_body *b);

#endif
