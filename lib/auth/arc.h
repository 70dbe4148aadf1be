/*
 * arc - chains of custody of forwarded messages (RFC 8617)
 *
 * A forwarder adds a set of three fields: what it found
 * (ARC-Authentication-Results), a signature of the message as it leaves
 * (ARC-Message-Signature), and a seal over all sets so far (ARC-Seal).  The
 * chain is valid if all seals and the last message signature are.
 *
 *	struct arc *c = arc_new(&keys);
 *	arc_header(c, name, value);	// each field, from the top
 *	arc_eoh(c);
 *	arc_body(c, piece);
 *	arc_finish(c, &arena, deadline_ms, &result);
 *	arc_free(&c);
 *
 * A valid chain proves who said something, not that it is true: see
 * arc_trusted().  Fields and pieces are as in dkim_verify.h, with the same
 * limits; a chain of more than ARC_SETS_MAX sets fails (RFC 8617 5.2).
 */
#ifndef AUTH_ARC_H
#define AUTH_ARC_H

#include "config/settings.h"
#include "auth/dkim_record.h"

#define ARC_SETS_MAX	50

/* RFC 8617 4.4, plus what its "fail" hides: the DNS did not answer. */
enum arc_status {
	ARC_NONE,
	ARC_PASS,
	ARC_FAIL,
	ARC_TEMPERROR
};

/* Strings are in the arena given to arc_finish(). */
struct arc_set {
	struct bytes domain;		/* d= of the seal */
	struct bytes selector;
	/* What it found, after "i=N;": "authserv-id; spf=pass ...". */
	struct bytes results;
};

struct arc_result {
	enum arc_status status;
	const char *reason;		/* for people; NULL for pass and none */
	size_t n;			/* sets; 0 without a chain */
	struct arc_set *sets;		/* n of them, the oldest first; NULL
					   if the chain is malformed */
};

struct arc;

/* keys is copied. */
struct arc *arc_new(const struct dkim_key_source *keys);
void arc_header(struct arc *c, struct bytes name, struct bytes value);
void arc_eoh(struct arc *c);
void arc_body(struct arc *c, struct bytes piece);
void arc_finish(struct arc *c, struct arena *a, uint64_t deadline_ms,
    struct arc_result *out);
void arc_free(struct arc **c);

/*
 * Returns the set whose results may replace what we cannot verify any more: of
 * the sets at the end of a valid chain that were all sealed by domains in the
 * list (arc-trusted-sealers), the oldest.  NULL if the chain is not valid or
 * its last sealer is not in the list.
 */
const struct arc_set *arc_trusted(const struct arc_result *r,
    const struct settings_list *sealers);

/* "none", "pass", "fail", "temperror". */
const char *arc_status_name(enum arc_status s);

#endif
