/*
 * dmarc - what the domain in From wants done with mail it did not send
 *
 * RFC 7489, with np of RFC 9091, and the tree walk, psd and t of its
 * successor (DMARCbis) as the other way to find the organizational domain.
 *
 * dmarc_record_parse() knows bytes only.  dmarc_check() asks the DNS, looks
 * which identifiers of SPF and DKIM are aligned with the domain in From, and
 * says what the domain's policy comes to.  It refuses nothing.
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

/* A longer TXT record is none. */
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
	enum dmarc_policy sp;		/* p where the record has none */
	enum dmarc_policy np;		/* sp where the record has none */
	bool adkim_strict, aspf_strict;
	unsigned pct;			/* 0 to 100 */
	bool test;			/* t=y */
	enum dmarc_psd psd;
	struct bytes rua, ruf;		/* as written, in the text; or empty */
};

/*
 * The text of one TXT record.  1 it is one; 0 it is not about DMARC; -1 it
 * is, and cannot be used: a tag stands there twice, or there is no policy
 * and nobody who wants reports (RFC 7489 6.6.3).  What else is wrong in it,
 * and any unknown tag, is as if it were not there.
 */
int dmarc_record_parse(struct bytes text, struct dmarc_record *out);

/* ---- the evaluation -------------------------------------------------- */

/* In the order of the words "none", "quarantine", "reject". */
const char *dmarc_policy_name(enum dmarc_policy p);

enum dmarc_discovery {
	DMARC_PSL,			/* RFC 7489, by the public suffix list */
	DMARC_TREE_WALK			/* DMARCbis, by the DNS */
};

enum dmarc_code {
	DMARC_NONE,		/* no record, or no domain to ask for */
	DMARC_PASS,
	DMARC_FAIL,
	DMARC_TEMPERROR,	/* might be another one later */
	DMARC_PERMERROR		/* several records, or one without policy */
};

const char *dmarc_code_name(enum dmarc_code code);

/*
 * How the domain in From is vouched for, whatever its policy says.  A better
 * one has a higher number.
 */
enum dmarc_alignment {
	DMARC_ALIGNED_NONE,
	DMARC_ALIGNED_RELAXED,	/* one organization, but no DMARC pass */
	DMARC_ALIGNED_DMARC,	/* DMARC passed */
	DMARC_ALIGNED_STRICT	/* the very domain in From passed */
};

/* "none", "relaxed", "dmarc", "strict". */
const char *dmarc_alignment_name(enum dmarc_alignment a);

/* A domain that SPF or DKIM has, or has not, authenticated. */
struct dmarc_identity {
	struct bytes domain;	/* A-labels */
	bool is_spf;		/* else DKIM */
	bool passed;
	bool temporary;		/* a temperror: might have passed */
};

struct dmarc_query {
	struct bytes from_domain;	/* A-labels; empty: there is no one
					   domain, nothing is aligned */
	const struct dmarc_identity *identities;
	size_t nidentities;
	unsigned share;			/* 0 to 99: of dmarc_share() */
};

struct dmarc_result {
	enum dmarc_code code;
	enum dmarc_alignment alignment;
	bool spf_aligned, dkim_aligned;	/* and passed, by the record's modes */
	struct bytes domain;		/* in From */
	struct bytes org_domain;	/* its organization */
	struct bytes record_domain;	/* whose record it is; or empty */
	struct dmarc_record record;	/* if record_domain is not empty */
	const char *policy_tag;		/* "p", "sp", "np", or NULL */
	enum dmarc_policy policy;	/* what that tag wants */
	/* What is to be done by DMARC alone: NONE unless code is FAIL;
	   less than policy where pct or t say so, or a trusted ARC chain. */
	enum dmarc_policy disposition;
	bool sampled_out;		/* pct left this message out */
	struct bytes arc_sealer;	/* who overrides the failure; or
					   empty */
	const char *reason;		/* why, for people; never NULL */
};

/* How the DNS is asked; all is borrowed. */
struct dmarc_lookup {
	struct dns *dns;
	const struct orgdomain *list;
	enum dmarc_discovery discovery;
	uint64_t deadline;		/* of clock_mono_ms() */
};

/* Asks for what dmarc_check() will need first, without waiting. */
void dmarc_start(const struct dmarc_lookup *l, struct bytes from_domain);

/* Waits until the deadline. */
void dmarc_check(const struct dmarc_lookup *l, const struct dmarc_query *q,
    struct arena *a, struct dmarc_result *out);

/* A trusted sealer says that the message was fine when it passed. */
void dmarc_override(struct dmarc_result *r, struct bytes arc_sealer);

/*
 * A number from 0 to 99 that belongs to a message: the same at each retry,
 * and without the secret nobody can choose it.
 */
unsigned dmarc_share(struct bytes secret, struct bytes message_digest);

#endif
