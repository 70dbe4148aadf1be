/*
 * dkim_sig - what a DKIM-Signature or ARC-Message-Signature field says
 *
 * RFC 6376 3.5, 8463 3, 8616 (domains in UTF-8) and 8617 4.1.2.  Nothing is
 * verified here: the field is taken apart and what no verifier may accept is
 * told from what it may.
 */
#ifndef AUTH_DKIM_SIG_H
#define AUTH_DKIM_SIG_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/canon.h"
#include "auth/taglist.h"

/* Longer fields and names of more fields in h= are not evaluated. */
#define DKIM_SIG_LEN_MAX	16384
#define DKIM_SIG_NAMES_MAX	200
#define DKIM_SELECTOR_MAX	200

enum dkim_algorithm {
	DKIM_RSA_SHA256,
	DKIM_ED25519_SHA256,
	DKIM_RSA_SHA1,			/* RFC 8301: never acceptable */
	DKIM_ALGORITHM_UNKNOWN
};

/* All strings in the arena it was parsed with or in the field. */
struct dkim_sig {
	struct taglist tags;
	enum dkim_algorithm algorithm;
	struct bytes algorithm_name;	/* a= as it stands */
	enum canon_kind header_canon, body_canon;
	struct bytes domain;		/* d= in lower-case A-labels */
	struct bytes selector;		/* s= in lower-case A-labels */
	struct bytes identity;		/* i= as it stands; may be empty */
	struct bytes names;		/* h= as it stands */
	struct bytes hash;		/* bh=, decoded */
	struct bytes signature;		/* b=, decoded */
	uint64_t limit;			/* l=, or CANON_NO_LIMIT */
	uint64_t signed_at, expires_at;	/* seconds since 1970; 0: not said */
};

/*
 * arc: an ARC-Message-Signature, whose i= is a number and which has no v=.
 * 0, or -1 with ERR_SYNTAX, or ERR_REFUSED and ERR_CODE_LIMIT: more than the
 * bounds above.  Then out has what was read until there.
 */
int dkim_sig_parse(struct arena *a, struct bytes value, bool arc,
    struct dkim_sig *out, struct err *err);

/* Of a= in any case. */
enum dkim_algorithm dkim_algorithm_of(struct bytes name);

/* "selector._domainkey.domain". */
const char *dkim_sig_key_name(struct arena *a, struct bytes selector,
    struct bytes domain);

/*
 * One or more labels of letters, digits, '-' and '_', in A-labels: what may
 * be asked of the DNS, or name a file.  0, or -1 with ERR_SYNTAX.
 */
int dkim_name_parse(struct arena *a, struct bytes text, struct bytes *out,
    struct err *err);

#endif
