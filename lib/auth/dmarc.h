/*
 * dmarc - what the domain in From wants done with mail that it did not send
 *
 * RFC 7489, with np of RFC 9091; as the other way to find the organizational
 * domain, the tree walk, psd and t of its successor (DMARCbis).
 *
 * dmarc_record_parse() only parses.  dmarc_check() asks the DNS, finds which
 * identifiers of SPF and DKIM are aligned with the domain in From, and says
 * what the domain's policy asks for.  Nothing is refused here.
 */
#ifndef AUTH_DMARC_H
#define AUTH_DMARC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "auth/orgdomain.h"

struct dns;

/* ---- the record ------------------------------------------------------ */

/* A longer TXT record is ignored. */
#define DMARC_RECORD_MAX	4096
#define DMARC_TAGS_MAX		64

enum dmarc_policy {
	DMARC_POLICY_NONE,
	DMARC_POLICY_QUARANTINE,
	DMARC_POLICY_REJECT
};

enum dmarc_psd {
	DMARC_PSD_UNKNOWN,		/* psd=u, the default */
	DMARC_PSD_YES,
	DMARC_PSD_NO
};

struct dmarc_record {
	enum dmarc_policy p;
	enum dmarc_policy sp;		/* p if the record has none */
	enum dmarc_policy np;		/* sp if the record has none */
	bool adkim_strict, aspf_strict;
	unsigned pct;			/* 0 to 100 */
	bool test;			/* t=y */
	enum dmarc_psd psd;
	struct bytes rua, ruf;		/* as written, or empty */
};

/*
 * Parses the text of one TXT record.  Returns 1 if it is a record, 0 if it is
 * not about DMARC, -1 if it is but cannot be used: a tag occurs twice, or there
 * is neither a policy nor an address for reports (RFC 7489 6.6.3).  Other
 * mistakes in it and unknown tags are ignored.
 */
int dmarc_record_parse(struct bytes text, struct dmarc_record *out);

/* ---- the evaluation -------------------------------------------------- */

/* Policies are in the order "none", "quarantine", "reject". */
const char *dmarc_policy_name(enum dmarc_policy p);

enum dmarc_discovery {
	DMARC_PSL,			/* RFC 7489, public suffix list */
	DMARC_TREE_WALK			/* DMARCbis, with the DNS */
};

enum dmarc_code {
	DMARC_NONE,		/* no record, or no domain to look up */
	DMARC_PASS,
	DMARC_FAIL,
	DMARC_TEMPERROR,	/* the result may be another one later */
	DMARC_PERMERROR		/* several records, or one without a policy */
};

const char *dmarc_code_name(enum dmarc_code code);

/*
 * How the domain in From is authenticated, whatever its policy says.  Better
 * ones have higher numbers.
 */
enum dmarc_alignment {
	DMARC_ALIGNED_NONE,
	DMARC_ALIGNED_RELAXED,	/* same organization, but no DMARC pass */
	DMARC_ALIGNED_DMARC,	/* DMARC passed */
	DMARC_ALIGNED_STRICT	/* exactly the domain in From passed */
};

/* "none", "relaxed", "dmarc", "strict". */
const char *dmarc_alignment_name(enum dmarc_alignment a);

/* A domain that SPF or DKIM has, or has not, authenticated. */
struct dmarc_identity {
	struct bytes domain;	/* A-labels */
	bool is_spf;		/* SPF or DKIM */
	bool passed;
	bool temporary;		/* a temperror: it might have passed */
};

struct dmarc_query {
	struct bytes from_domain;	/* A-labels; empty if there is no single
					   domain: nothing is aligned */
	const struct dmarc_identity *identities;
	size_t nidentities;
	unsigned share;			/* 0 to 99: see dmarc_share() */
};

struct dmarc_result {
	enum dmarc_code code;
	enum dmarc_alignment alignment;
	bool spf_aligned, dkim_aligned;	/* and passed, in the record's modes */
	struct bytes domain;		/* in From */
	struct bytes org_domain;	/* its organization */
	struct bytes record_domain;	/* that has the record; may be empty */
	struct dmarc_record record;	/* if record_domain is not empty */
	const char *policy_tag;		/* "p", "sp", "np", or NULL */
	enum dmarc_policy policy;	/* what that tag asks for */
	/* What DMARC alone asks to do: NONE unless code is FAIL; weaker
	   than policy if pct, t or a trusted ARC chain say so. */
	enum dmarc_policy disposition;
	bool sampled_out;		/* pct left this message out */
	struct bytes arc_sealer;	/* that overrides the failure; may be
					   empty */
	const char *reason;		/* for people; never NULL */
};

/* How to query the DNS; everything is borrowed. */
struct dmarc_lookup {
	struct dns *dns;
	const struct orgdomain *list;
	enum dmarc_discovery discovery;
	uint64_t deadline;		/* by clock_mono_ms() */
};

/* Starts the first look-ups of dmarc_check(), without waiting. */
void dmarc_start(const struct dmarc_lookup *l, struct bytes from_domain);

/* Waits until the deadline. */
void dmarc_check(const struct dmarc_lookup *l, const struct dmarc_query *q,
    struct arena *a, struct dmarc_result *out);

/* Overrides a failure: a trusted sealer saw the message pass. */
void dmarc_override(struct dmarc_result *r, struct bytes arc_sealer);

/*
 * Returns a number from 0 to 99 that belongs to the message: the same at each
 * retry, and not for anyone to choose without the secret.
 */
unsigned dmarc_share(struct bytes secret, struct bytes message_digest);

#endif
