/*
 * dkim_record - public keys of signatures, as published in the DNS
 *
 * RFC 6376 3.6.1, RFC 8463 4.  Look-ups are started early and run in parallel:
 *
 *	keys.start(keys.ctx, name);		// for each signature
 *	...
 *	dkim_record_fetch(&keys, &arena, name, deadline_ms, &record);
 *
 * Keys come from a struct dkim_key_source: the resolver, through
 * dkim_key_source_dns(), or a test.
 */
#ifndef AUTH_DKIM_RECORD_H
#define AUTH_DKIM_RECORD_H

#include <openssl/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "auth/dkim_sig.h"

/* A longer record is not a key: RSA with 8192 bits needs 1,500. */
#define DKIM_RECORD_MAX		4096
#define DKIM_RSA_BITS_MIN	1024	/* RFC 8301 3.2 */
#define DKIM_RSA_BITS_MAX	8192

enum dkim_key_status {
	DKIM_KEY_FOUND,
	DKIM_KEY_NONE,			/* no record, or no key in it */
	DKIM_KEY_TEMP			/* the DNS did not answer */
};

struct dkim_key_source {
	void *ctx;			/* borrowed */
	/* Starts a look-up without waiting.  May be NULL. */
	void (*start)(void *ctx, const char *name);
	/*
	 * Gets the text of all TXT records of that name, the strings of each
	 * joined, in the arena.  Waits until deadline_ms (clock_mono_ms()).
	 */
	enum dkim_key_status (*lookup)(void *ctx, struct arena *a,
	    const char *name, uint64_t deadline_ms, struct bytes **txt,
	    size_t *n, bool *secure);
};

struct dns;
/* Looks keys up with the resolver, which is borrowed. */
struct dkim_key_source dkim_key_source_dns(struct dns *dns);

struct dkim_record {
	enum dkim_key_status status;
	bool secure;			/* validated by DNSSEC */
	/* Set for DKIM_KEY_FOUND; otherwise `why' says what is wrong. */
	struct bytes text;		/* the record */
	enum dkim_algorithm algorithm;	/* RSA_SHA256 means any RSA */
	struct bytes key;		/* p=, decoded */
	bool is_test;			/* t=y */
	bool revoked;			/* p= is empty; status is NONE */
	const char *why;		/* in the arena */
};

/* Never fails: if the key cannot be used, status is not DKIM_KEY_FOUND. */
void dkim_record_fetch(const struct dkim_key_source *keys, struct arena *a,
    const char *name, uint64_t deadline_ms, struct dkim_record *out);

/* Parses the text of one record.  0, or -1 with ERR_SYNTAX; may set revoked. */
int dkim_record_parse(struct arena *a, struct bytes text,
    struct dkim_record *out, struct err *err);

enum dkim_crypt {
	DKIM_CRYPT_OK,
	DKIM_CRYPT_BAD,			/* the signature does not match */
	DKIM_CRYPT_KEY,			/* the key cannot be decoded */
	DKIM_CRYPT_WEAK			/* RSA with too few (or many) bits */
};

/* Verifies a signature of a SHA-256 digest with the key.  bits may be NULL. */
enum dkim_crypt dkim_record_verify(const struct dkim_record *r,
    const uint8_t digest[CANON_DIGEST_LEN], struct bytes signature,
    unsigned *bits);

#endif
