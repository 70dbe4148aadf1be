/*
 * dkim_record - public keys of signatures, as the DNS has them
 *
 * RFC 6376 3.6.1, RFC 8463 4.  Keys are asked for early and by many at once:
 *
 *	keys.start(keys.ctx, name);		// for each signature
 *	...
 *	dkim_record_fetch(&keys, &arena, name, deadline_ms, &record);
 *
 * Where they come from is a struct dkim_key_source: the resolver, by
 * dkim_key_source_dns(), or what a test says.
 */
#ifndef AUTH_DKIM_RECORD_H
#define AUTH_DKIM_RECORD_H

#include <openssl/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "auth/dkim_sig.h"

/* A longer record is not a key: RSA of 8192 bits has 1,500. */
#define DKIM_RECORD_MAX		4096
#define DKIM_RSA_BITS_MIN	1024	/* RFC 8301 3.2 */
#define DKIM_RSA_BITS_MAX	8192

enum dkim_key_status {
	DKIM_KEY_FOUND,
	DKIM_KEY_NONE,			/* no such record, or no key in it */
	DKIM_KEY_TEMP			/* the DNS does not answer */
};

struct dkim_key_source {
	void *ctx;			/* borrowed */
	/* Begins to ask; does not wait.  May be NULL. */
	void (*start)(void *ctx, const char *name);
	/*
	 * The strings of all TXT records of that name, each joined, in the
	 * arena; waits until deadline_ms (clock_mono_ms()) at the latest.
	 */
	enum dkim_key_status (*lookup)(void *ctx, struct arena *a,
	    const char *name, uint64_t deadline_ms, struct bytes **txt,
	    size_t *n, bool *secure);
};

struct dns;
/* The resolver, which is borrowed. */
struct dkim_key_source dkim_key_source_dns(struct dns *dns);

struct dkim_record {
	enum dkim_key_status status;
	bool secure;			/* by DNSSEC */
	/* Of DKIM_KEY_FOUND; else why says what is wrong. */
	struct bytes text;		/* the record */
	enum dkim_algorithm algorithm;	/* RSA_SHA256 stands for all RSA */
	struct bytes key;		/* p=, decoded */
	bool is_test;			/* t=y */
	bool revoked;			/* p= is empty; status is NONE */
	const char *why;		/* in the arena */
};

/* Never fails: what cannot be used has another status than FOUND. */
void dkim_record_fetch(const struct dkim_key_source *keys, struct arena *a,
    const char *name, uint64_t deadline_ms, struct dkim_record *out);

/* One record's text.  0, or -1 with ERR_SYNTAX; revoked may be set. */
int dkim_record_parse(struct arena *a, struct bytes text,
    struct dkim_record *out, struct err *err);

enum dkim_crypt {
	DKIM_CRYPT_OK,
	DKIM_CRYPT_BAD,			/* the signature is not of this key */
	DKIM_CRYPT_KEY,			/* the key cannot be decoded */
	DKIM_CRYPT_WEAK			/* RSA of too few (or too many) bits */
};

/* Is it this key's signature of a SHA-256 digest?  bits may be NULL. */
enum dkim_crypt dkim_record_verify(const struct dkim_record *r,
    const uint8_t digest[CANON_DIGEST_LEN], struct bytes signature,
    unsigned *bits);

#endif
