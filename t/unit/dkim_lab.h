/*
 * dkim_lab - messages, keys and a DNS, for tests of signatures
 *
 * The DNS is a table of names.  Keys are generated when the test starts.
 * lab_sign() signs with libopendkim, while postern signs with its own code, so
 * each checks the other.
 */
#ifndef T_UNIT_DKIM_LAB_H
#define T_UNIT_DKIM_LAB_H

#include <openssl/types.h>
#include <sys/types.h>

#include "auth/arc.h"
#include "auth/dkim_keys.h"
#include "auth/dkim_verify.h"

#define LAB_NAMES_MAX	200
#define LAB_NOW		1767225600

struct lab_name {
	const char *name;
	const char *txt[4];
	size_t n;
	enum dkim_key_status status;
	bool secure;
};

struct lab {
	struct arena arena;
	struct lab_name names[LAB_NAMES_MAX];
	size_t n;
	unsigned starts, lookups;	/* how often each was called */
	bool late;			/* a start came after a lookup */
	struct dkim_key_source keys;
	struct dkim_engine *engine;
};

void lab_init(struct lab *lab);
void lab_clear(struct lab *lab);

/* Adds a TXT record. */
struct lab_name *lab_txt(struct lab *lab, const char *name,
    const char *txt);

/* Makes a new key (bits 0: Ed25519); the text of its DNS record. */
EVP_PKEY *lab_key(unsigned bits);
const char *lab_record(struct lab *lab, EVP_PKEY *key);
/* Publishes the record at selector._domainkey.domain. */
void lab_publish(struct lab *lab, const char *selector, const char *domain,
    EVP_PKEY *key);

/* How libopendkim signs. */
struct lab_sign {
	const char *domain, *selector;
	EVP_PKEY *key;
	int algorithm;			/* DKIM_SIGN_RSASHA256, ... */
	int header_canon, body_canon;	/* 0 simple, 1 relaxed */
	ssize_t limit;			/* -1: no l= */
	unsigned long ttl;		/* x=; 0: none */
	const char **names;		/* header fields to sign; NULL: all */
	const char *signer;		/* i=; NULL: none */
};

/*
 * Signs the message, whose lines end with CRLF, and puts the DKIM-Signature at
 * its top.  The result is in the lab's arena.
 */
struct bytes lab_sign(struct lab *lab, const struct lab_sign *how,
    struct bytes message);

/* Gets the header fields one by one and the body in pieces. */
struct lab_sink {
	void *ctx;
	void (*header)(void *ctx, struct bytes name, struct bytes value);
	void (*eoh)(void *ctx);
	void (*body)(void *ctx, struct bytes piece);
};

/* Sinks that feed the two verifiers. */
struct lab_sink lab_sink_dkim(struct dkim_verify *v);
struct lab_sink lab_sink_arc(struct arc *c);

/* Feeds a message as libmilter would: line breaks in folded values are LF.  The
   body comes in pieces of at most cut bytes. */
void lab_feed(struct bytes message, size_t cut, const struct lab_sink *sink);

/* Verifies the message; the results are in the lab's arena. */
struct dkim_results lab_verify(struct lab *lab, struct bytes message,
    size_t cut);

#endif
