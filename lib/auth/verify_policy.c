/*
 * verify_policy - applies DMARC to the results of SPF, DKIM and ARC.
 */
#include <config.h>

#include "mail/address.h"
#include "auth/authres.h"
#include "auth/verify-private.h"

static struct bytes
normal(struct arena *a, struct bytes domain)
{
	struct err err = ERR_INIT;
	struct bytes out;

	return address_domain_parse(a, domain, &out, &err) == 0 ? out :
	    domain;
}

/* Collects all identities of SPF (MAIL FROM) and DKIM; in the arena. */
static size_t
identities_gather(struct verify_message *m, struct dmarc_identity **out)
{
	const struct spf_result *spf = m->result.spf_mail;
	const struct dkim_signature *s;
	struct dmarc_identity *ids;
	size_t n = 0;

	ids = arena_array(&m->arena, m->dkim_results.n + 1, sizeof(*ids));
	if (spf != NULL && spf->domain[0] != '\0')
		ids[n++] = (struct dmarc_identity){
			.domain = normal(&m->arena, bytes_of(spf->domain)),
			.is_spf = true,
			.passed = spf->status == SPF_PASS,
			.temporary = spf->status == SPF_TEMPERROR };
	for (size_t i = 0; i < m->dkim_results.n; i++) {
		s = &m->dkim_results.v[i];
		ids[n++] = (struct dmarc_identity){
			.domain = s->domain,
			.passed = s->result == DKIM_PASS,
			.temporary = s->result == DKIM_TEMPERROR };
	}
	*out = ids;
	return n;
}

/* ---- ARC ---- */

static bool
is_aligned(const struct verify *v, struct bytes domain)
{
	struct arena a;
	bool same;

	arena_init(&a);
	same = domain.len > 0 && orgdomain_is_same(v->site->list,
	    normal(&a, domain), v->message.result.from_domain);
	arena_clear(&a);
	return same;
}

/* Did the sealer see the domain in From authenticated? */
static bool
method_vouches(const struct verify *v, const struct authres_method *r)
{
	struct bytes sender;

	if (!bytes_ieq_str(r->result, "pass"))
		return false;
	if (bytes_ieq_str(r->method, "dmarc"))
		return is_aligned(v, authres_find(r, "header", "from"));
	if (bytes_ieq_str(r->method, "dkim"))
		return is_aligned(v, authres_find(r, "header", "d"));
	if (!bytes_ieq_str(r->method, "spf"))
		return false;
	/* An address, or only a domain (RFC 8601 2.7.2). */
	sender = authres_find(r, "smtp", "mailfrom");
	return is_aligned(v, address_at(sender) < 0 ? sender :
	    address_domain_part(sender));
}

static void
arc_override(struct verify *v)
{
	struct verify_message *m = &v->message;
	struct err err = ERR_INIT;
	const struct arc_set *set;
	struct authres said;

	set = arc_trusted(&m->arc_result,
	    &v->site->settings->arc_trusted_sealers);
	if (set == NULL ||
	    authres_parse(&m->arena, set->results, &said, &err) == -1)
		return;
	for (struct authres_method *r = said.methods; r != NULL; r = r->next)
		if (method_vouches(v, r)) {
			dmarc_override(&m->dmarc_result, set->domain);
			return;
		}
}

/* ---- the whole policy ---- */

static unsigned
share_of(struct verify *v)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_DigestFinal_ex(v->message.digest, md, &n) != 1)
		n = 0;
	return dmarc_share(buf_view(&v->site->secret), bytes_make(md, n));
}

struct dmarc_lookup
verify_dmarc_lookup(const struct verify *v, uint64_t deadline)
{
	return (struct dmarc_lookup){ v->site->dns, v->site->list,
	    (enum dmarc_discovery)v->site->settings->dmarc_discovery,
	    deadline };
}

void
verify_policy(struct verify *v, uint64_t deadline)
{
	struct dmarc_lookup lookup = verify_dmarc_lookup(v, deadline);
	struct verify_message *m = &v->message;
	struct verify_result *r = &m->result;
	struct dmarc_identity *ids;
	struct dmarc_query q = { .from_domain = r->from_domain };

	q.nidentities = identities_gather(m, &ids);
	q.identities = ids;
	q.share = share_of(v);
	dmarc_check(&lookup, &q, &m->arena, &m->dmarc_result);
	if (m->dmarc_result.code == DMARC_FAIL)
		arc_override(v);
	r->dmarc = &m->dmarc_result;
	r->from_org_domain = m->dmarc_result.org_domain;
}
