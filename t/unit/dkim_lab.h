/*
 * dkim_lab - messages, keys and a DNS of its own, for tests of signatures
 *
 * The DNS is a table of names.  Keys are made on the way.  lab_sign() signs
 * with libopendkim, which is not what postern signs with: the two check one
 * another.
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
	unsigned starts, lookups;	/* how often it was asked */
	bool late;			/* a start behind a lookup */
	struct dkim_key_source keys;
	struct dkim_engine *engine;
};

void lab_init(struct lab *lab);
void lab_clear(struct lab *lab);

/* A TXT record more. */
struct lab_name *lab_txt(struct lab *lab, const char *name,
    const char *txt);

/* Fresh; and what the DNS says of it.  bits 0: Ed25519. */
EVP_PKEY *lab_key(unsigned bits);
const char *lab_record(struct lab *lab, EVP_PKEY *key);
/* The same put at selector._domainkey.domain. */
void lab_publish(struct lab *lab, const char *selector, const char *domain,
    EVP_PKEY *key);

/* How libopendkim is to sign. */
struct lab_sign {
	const char *domain, *selector;
	EVP_PKEY *key;
	int algorithm;			/* DKIM_SIGN_RSASHA256, ... */
	int header_canon, body_canon;	/* 0 simple, 1 relaxed */
	ssize_t limit;			/* -1: no l= */
	unsigned long ttl;		/* x=; 0: none */
	const char **names;		/* that are signed; NULL: all */
	const char *signer;		/* i=; NULL: none */
};

/*
 * The message (lines end with CRLF) with a DKIM-Signature on top, in the
 * lab's arena.
 */
struct bytes lab_sign(struct lab *lab, const struct lab_sign *how,
    struct bytes message);

/* name: value fields to header(), pieces of at most cut bytes to body(). */
struct lab_sink {
	void *ctx;
	void (*header)(void *ctx, struct bytes name, struct bytes value);
	void (*eoh)(void *ctx);
	void (*body)(void *ctx, struct bytes piece);
};

/* Those of the two verifiers. */
struct lab_sink lab_sink_dkim(struct dkim_verify *v);
struct lab_sink lab_sink_arc(struct arc *c);

/* As libmilter would: lines folded in values end with LF. */
void lab_feed(struct bytes message, size_t cut, const struct lab_sink *sink);

/* Verifies the message; the results are in the lab's arena. */
struct dkim_results lab_verify(struct lab *lab, struct bytes message,
    size_t cut);

#endif
