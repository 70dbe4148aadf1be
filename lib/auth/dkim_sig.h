/*
 * dkim_sig - parsed DKIM-Signature and ARC-Message-Signature fields
 *
 * RFC 6376 3.5, 8463 3, 8616 (domains in UTF-8) and 8617 4.1.2.  Nothing is
 * verified here: the field is parsed, and refused if no verifier may accept
 * it.
 */
#ifndef AUTH_DKIM_SIG_H
#define AUTH_DKIM_SIG_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/canon.h"
#include "auth/taglist.h"

/* Longer fields, or more names in h=, are not evaluated. */
#define DKIM_SIG_LEN_MAX	16384
#define DKIM_SIG_NAMES_MAX	200
#define DKIM_SELECTOR_MAX	200

enum dkim_algorithm {
	DKIM_RSA_SHA256,
	DKIM_ED25519_SHA256,
	DKIM_RSA_SHA1,			/* RFC 8301: never acceptable */
	DKIM_ALGORITHM_UNKNOWN
};

/* Strings are in the arena that was given, or in the field. */
struct dkim_sig {
	struct taglist tags;
	enum dkim_algorithm algorithm;
	struct bytes algorithm_name;	/* a= as written */
	enum canon_kind header_canon, body_canon;
	struct bytes domain;		/* d= in lower-case A-labels */
	struct bytes selector;		/* s= in lower-case A-labels */
	struct bytes identity;		/* i= as written; may be empty */
	struct bytes names;		/* h= as written */
	struct bytes hash;		/* bh=, decoded */
	struct bytes signature;		/* b=, decoded */
	uint64_t limit;			/* l=, or CANON_NO_LIMIT */
	uint64_t signed_at, expires_at;	/* seconds since 1970; 0: not given */
};

/*
 * arc: parse an ARC-Message-Signature, whose i= is a number and which has no
 * v=.  Returns 0, or -1 with ERR_SYNTAX, or with ERR_REFUSED and ERR_CODE_LIMIT
 * if a limit above is exceeded.  On error out has what was parsed so far.
 */
int dkim_sig_parse(struct arena *a, struct bytes value, bool arc,
    struct dkim_sig *out, struct err *err);

/* name is the value of a=, in any case. */
enum dkim_algorithm dkim_algorithm_of(struct bytes name);

/* "selector._domainkey.domain". */
const char *dkim_sig_key_name(struct arena *a, struct bytes selector,
    struct bytes domain);

/*
 * Checks a name that can be looked up in the DNS or name a file: labels of
 * letters, digits, '-' and '_'.  Converts it to A-labels.  Returns 0, or -1
 * with ERR_SYNTAX.
 */
int dkim_name_parse(struct arena *a, struct bytes text, struct bytes *out,
    struct err *err);

#endif
