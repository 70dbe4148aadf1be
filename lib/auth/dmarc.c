/*
 * dmarc - evaluates which identifiers are aligned, and what the policy of the
 * record asks for.
 */
#include <config.h>

#include <openssl/evp.h>
#include <string.h>

#include "base/encode.h"
#include "auth/dmarc-private.h"

static const char *const code_names[] = {
	"none", "pass", "fail", "temperror", "permerror"
};

const char *
dmarc_code_name(enum dmarc_code code)
{
	return code_names[code];
}

static const char *const alignment_names[] = {
	"none", "relaxed", "dmarc", "strict"
};

const char *
dmarc_alignment_name(enum dmarc_alignment a)
{
	return alignment_names[a];
}

void
dmarc_start(const struct dmarc_lookup *l, struct bytes from_domain)
{
	struct bytes steps[DMARC_WALK_MAX], org;
	size_t n;

	if (from_domain.len == 0)
		return;
	if (l->discovery == DMARC_TREE_WALK) {
		n = dmarc_walk_steps(from_domain, steps);
		for (size_t i = 0; i < n; i++)
			dmarc_ask(l->dns, steps[i]);
		return;
	}
	org = orgdomain_of(l->list, from_domain);
	dmarc_ask(l->dns, from_domain);
	if (!bytes_eq(org, from_domain))
		dmarc_ask(l->dns, org);
}

/* ---- alignment ---- */

enum aligned {
	ALIGNED_NO,
	ALIGNED_YES,
	ALIGNED_UNSURE			/* the DNS does not answer */
};

/* In relaxed mode both must have the same organization. */
static enum aligned
is_same_org(const struct dmarc_eval *e, const struct dmarc_place *place,
    struct bytes from, struct bytes domain)
{
	struct bytes org;

	/* A domain outside the organization's cannot belong to it. */
	if (!domain_is_within(domain, place->org))
		return ALIGNED_NO;
	if (bytes_ieq(domain, from) || bytes_ieq(domain, place->org))
		return ALIGNED_YES;
	if (!dmarc_find_org(e, domain, &org))
		return ALIGNED_UNSURE;
	return bytes_ieq(org, place->org) ? ALIGNED_YES : ALIGNED_NO;
}

static enum aligned
identity_aligned(const struct dmarc_eval *e, const struct dmarc_place *place,
    struct bytes from, const struct dmarc_identity *id)
{
	bool strict = id->is_spf ? place->record.aspf_strict :
	    place->record.adkim_strict;

	if (strict)
		return bytes_ieq(id->domain, from) ? ALIGNED_YES : ALIGNED_NO;
	return is_same_org(e, place, from, id->domain);
}

/* The best alignment of identifiers that passed, whatever the record says. */
static enum dmarc_alignment
alignment_of(const struct orgdomain *list, const struct dmarc_query *q)
{
	enum dmarc_alignment best = DMARC_ALIGNED_NONE;

	for (size_t i = 0; i < q->nidentities; i++) {
		if (!q->identities[i].passed)
			continue;
		if (bytes_ieq(q->identities[i].domain, q->from_domain))
			return DMARC_ALIGNED_STRICT;
		if (orgdomain_is_same(list, q->identities[i].domain,
		    q->from_domain))
			best = DMARC_ALIGNED_RELAXED;
	}
	return best;
}

/* ---- the policy ---- */

/* No address and no MX (RFC 9091 2.7). */
static bool
does_not_exist(const struct dmarc_eval *e, struct bytes domain)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_MX };
	char *name = bytes_cstr(e->arena, domain);
	struct dns_answer answer;

	if (name == NULL)
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		dns_start(e->lookup->dns, name, types[i]);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		dns_lookup(e->lookup->dns, e->arena, name, types[i], e->lookup->deadline,
		    &answer);
		if (answer.status == DNS_OK ||
		    dns_is_temporary(answer.status))
			return false;
	}
	return true;
}

/* Chooses the tag of the record that applies to this domain. */
static void
policy_choose(const struct dmarc_eval *e, struct dmarc_result *r)
{
	const struct dmarc_record *rec = &r->record;

	if (bytes_eq(r->record_domain, r->domain)) {
		r->policy_tag = "p";
		r->policy = rec->p;
	} else if (rec->np != rec->sp && does_not_exist(e, r->domain)) {
		r->policy_tag = "np";
		r->policy = rec->np;
	} else {
		r->policy_tag = "sp";
		r->policy = rec->sp;
	}
}

/* One step weaker: for mail that pct leaves out (RFC 7489 6.6.4), and for t
   (DMARCbis). */
static enum dmarc_policy
policy_less(enum dmarc_policy p)
{
	return p == DMARC_POLICY_NONE ? p : (enum dmarc_policy)(p - 1);
}

static void
disposition_set(struct dmarc_result *r, unsigned share)
{
	r->disposition = r->policy;
	if (r->policy == DMARC_POLICY_NONE)
		return;
	if (share >= r->record.pct) {
		r->sampled_out = true;
		r->reason = "not aligned; the record's pct leaves it out";
		r->disposition = policy_less(r->policy);
	} else if (r->record.test) {
		r->reason = "not aligned; the record is a test";
		r->disposition = policy_less(r->policy);
	}
}

/* ---- the whole evaluation ---- */

/* The result if there is no usable record. */
static void
result_without(struct dmarc_result *r, enum dmarc_found found)
{
	switch (found) {
	case DMARC_FOUND_TEMPORARY:
		r->code = DMARC_TEMPERROR;
		r->reason = "the record could not be looked up";
		break;
	case DMARC_FOUND_SEVERAL:
		r->code = DMARC_PERMERROR;
		r->reason = "several records";
		break;
	case DMARC_FOUND_UNUSABLE:
		r->code = DMARC_PERMERROR;
		r->reason = "a record without a policy";
		break;
	case DMARC_FOUND_NONE:
	case DMARC_FOUND_ONE:
		r->reason = "no record";
		break;
	}
}

static void
result_with(const struct dmarc_eval *e, const struct dmarc_query *q,
    const struct dmarc_place *place, struct dmarc_result *r)
{
	const struct dmarc_identity *id;
	bool unsure = false;
	enum aligned aligned;

	for (size_t i = 0; i < q->nidentities; i++) {
		id = &q->identities[i];
		if (!id->passed && !id->temporary)
			continue;
		aligned = identity_aligned(e, place, q->from_domain, id);
		if (aligned == ALIGNED_UNSURE ||
		    (aligned == ALIGNED_YES && id->temporary))
			unsure = true;
		else if (aligned == ALIGNED_YES && id->is_spf)
			r->spf_aligned = true;
		else if (aligned == ALIGNED_YES)
			r->dkim_aligned = true;
	}
	if (r->spf_aligned || r->dkim_aligned) {
		r->code = DMARC_PASS;
		r->reason = "aligned";
	} else if (unsure) {
		/* Do not fail mail that might have passed. */
		r->code = DMARC_TEMPERROR;
		r->reason = "a temporary error; it might be aligned";
	} else {
		r->code = DMARC_FAIL;
		r->reason = "not aligned";
		disposition_set(r, q->share);
	}
}

void
dmarc_check(const struct dmarc_lookup *l, const struct dmarc_query *q,
    struct arena *a, struct dmarc_result *out)
{
	struct dmarc_eval e = { l, a };
	struct dmarc_place place;

	memset(out, 0, sizeof(*out));
	if (q->from_domain.len == 0) {
		out->reason = "no single address in From";
		return;
	}
	out->domain = q->from_domain;
	dmarc_find(&e, q->from_domain, &place);
	out->org_domain = place.org;
	out->alignment = alignment_of(l->list, q);
	if (place.found != DMARC_FOUND_ONE) {
		result_without(out, place.found);
		return;
	}
	out->record_domain = place.at;
	out->record = place.record;
	policy_choose(&e, out);
	result_with(&e, q, &place, out);
	if (out->code == DMARC_PASS &&
	    out->alignment != DMARC_ALIGNED_STRICT)
		out->alignment = DMARC_ALIGNED_DMARC;
}

void
dmarc_override(struct dmarc_result *r, struct bytes arc_sealer)
{
	r->arc_sealer = arc_sealer;
	r->disposition = DMARC_POLICY_NONE;
	r->reason = "not aligned; overridden by a trusted ARC chain";
}

unsigned
dmarc_share(struct bytes secret, struct bytes message_digest)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	struct buf in = BUF_INIT;
	unsigned n = 0;

	/* The digest has a fixed length, so the two cannot run together. */
	buf_bytes(&in, message_digest);
	buf_bytes(&in, secret);
	if (EVP_Digest(in.data, in.len, md, &n, EVP_sha256(), NULL) != 1)
		n = 0;
	buf_free(&in);
	return n == 0 ? 0 : (unsigned)(be64_get(md) % 100);
}
