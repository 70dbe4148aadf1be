/*
 * dkim_verify - verifies a message's DKIM signatures (RFC 6376, 8301, 8463)
 *
 * Streaming, with libopendkim.  The message goes in as a filter sees it.  All
 * keys are looked up at once when the header is complete and waited for at the
 * end of the body, so that the DNS costs as little time as possible.
 *
 *	struct dkim_engine *e;			// one for the process
 *	dkim_engine_new(0, &e, err);
 *
 *	struct dkim_verify *v = dkim_verify_new(e, &keys, signatures_max);
 *	dkim_verify_header(v, name, value);	// each field, from the top
 *	dkim_verify_eoh(v);
 *	dkim_verify_body(v, piece);		// cut anywhere
 *	dkim_verify_finish(v, &arena, deadline_ms, &results);
 *	dkim_verify_free(&v);
 *
 * Some things never count as a pass, whatever the signature says: rsa-sha1, RSA
 * with less than 1024 bits, an l= that leaves part of the body open, and
 * signatures after the first signatures_max.  All of these are DKIM_POLICY.
 *
 * Bounded: DKIM_HEADER_MAX bytes and DKIM_FIELDS_MAX fields of header (with
 * more, all signatures are DKIM_POLICY); nothing of the body is kept.
 */
#ifndef AUTH_DKIM_VERIFY_H
#define AUTH_DKIM_VERIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "auth/dkim_record.h"
#include "auth/fieldlist.h"

/* Most signatures that are reported; others are only counted. */
#define DKIM_RESULTS_MAX	100

/* The reason of libopendkim's DKIM_PERMERROR for such a message. */
#define DKIM_REASON_FROM	"From has no address that can be read"

/* RFC 8601 2.7.1. */
enum dkim_result {
	DKIM_NONE,
	DKIM_PASS,
	DKIM_FAIL,
	DKIM_POLICY,
	DKIM_NEUTRAL,
	DKIM_TEMPERROR,
	DKIM_PERMERROR
};

/* One signature.  Strings are in the arena given to dkim_verify_finish(). */
struct dkim_signature {
	enum dkim_result result;
	const char *reason;		/* for people; NULL for a pass */
	struct bytes domain;		/* d=, lower-case A-labels; empty if
					   it has none */
	struct bytes selector;		/* s=, likewise */
	struct bytes identity;		/* i= as written; may be empty */
	struct bytes algorithm;		/* a= as written; may be empty */
	unsigned bits;			/* of the key; 0: unknown */
	bool secure;			/* the key was validated by DNSSEC */
	bool is_test;			/* the key has t=y */
	bool has_limit;			/* it has an l= tag */
	bool covers_whole_body;		/* set for a verified signature */
	/* The first bytes of b= (RFC 6008), at most 8. */
	struct bytes b;
};

struct dkim_results {
	struct dkim_signature *v;	/* in the order of the header */
	size_t n;			/* 0: no signature, result "none" */
	size_t signatures;		/* in the header; may be more than n */
	size_t from_fields;		/* more than 1: nothing is aligned */
};

struct dkim_engine;

/*
 * What all threads share.  now is for tests: the time, in seconds since 1970,
 * at which expiry is checked; 0 means the real time.  Returns 0, or -1 if this
 * libopendkim cannot do what is needed here.
 */
int dkim_engine_new(time_t now, struct dkim_engine **out, struct err *err);
/* Call it after every struct dkim_verify was freed. */
void dkim_engine_free(struct dkim_engine **e);

struct dkim_verify;

/* keys is copied.  For one message; used by one thread at a time. */
struct dkim_verify *dkim_verify_new(struct dkim_engine *e,
    const struct dkim_key_source *keys, size_t signatures_max);

/*
 * Adds a field.  value is what follows the colon, including the space, still
 * folded (line ends CRLF or LF), without the final line end.
 */
void dkim_verify_header(struct dkim_verify *v, struct bytes name,
    struct bytes value);
/* Ends the header.  If not called, the message has no body. */
void dkim_verify_eoh(struct dkim_verify *v);
/* Lines end with CRLF. */
void dkim_verify_body(struct dkim_verify *v, struct bytes piece);

/* Waits for keys until deadline_ms (clock_mono_ms()).  Never fails. */
void dkim_verify_finish(struct dkim_verify *v, struct arena *a,
    uint64_t deadline_ms, struct dkim_results *out);
void dkim_verify_free(struct dkim_verify **v);

/* "pass", as in Authentication-Results. */
const char *dkim_result_name(enum dkim_result r);

#endif
