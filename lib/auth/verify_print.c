/*
 * verify_print - formats results as an Authentication-Results value, as fields
 * of the origin, and as a line for the log.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "net/window.h"
#include "auth/authres.h"
#include "auth/verify-private.h"

/* Signatures that are shown; the rest are only counted. */
#define SIGNATURES_SHOWN	20

static struct bytes
text_of(const char *s)
{
	return s == NULL ? BYTES("") : bytes_of(s);
}

/* ---- Authentication-Results ---- */

static void
print_iprev(const struct verify_result *r, struct authres_writer *w)
{
	char ip[ADDR_TEXT_MAX];

	if (r->iprev == NULL)
		return;
	authres_method(w, "iprev", iprev_status_name(r->iprev->status));
	authres_comment(w, text_of(r->iprev->name));
	authres_prop(w, "policy", "iprev", bytes_of(addr_print(&r->client,
	    ip)));
}

static void
print_spf(const struct spf_result *spf, const char *property,
    struct bytes value, struct authres_writer *w)
{
	if (spf == NULL)
		return;
	authres_method(w, "spf", spf_status_name(spf->status));
	authres_comment(w, text_of(spf->problem != NULL ? spf->problem :
	    spf->mechanism));
	authres_prop(w, "smtp", property, value);
}

static void
signature_comment(const struct dkim_signature *s, struct authres_writer *w)
{
	struct buf text = BUF_INIT;

	if (s->bits > 0)
		buf_printf(&text, "%u-bit key", s->bits);
	if (s->secure)
		buf_printf(&text, "%sDNSSEC", text.len > 0 ? ", " : "");
	if (s->is_test)
		buf_printf(&text, "%stesting", text.len > 0 ? ", " : "");
	authres_comment(w, buf_view(&text));
	buf_free(&text);
}

static void
print_signature(const struct dkim_signature *s, struct authres_writer *w)
{
	authres_method(w, "dkim", dkim_result_name(s->result));
	signature_comment(s, w);
	authres_reason(w, text_of(s->reason));
	authres_prop(w, "header", "d", s->domain);
	authres_prop(w, "header", "i", s->identity);
	authres_prop(w, "header", "s", s->selector);
	authres_prop(w, "header", "a", s->algorithm);
	authres_prop(w, "header", "b", s->b);
}

static void
print_dkim(const struct verify_result *r, struct authres_writer *w)
{
	size_t n = r->dkim->n;
	char text[64];

	if (n == 0)
		authres_method(w, "dkim", "none");
	if (n > SIGNATURES_SHOWN)
		n = SIGNATURES_SHOWN;
	for (size_t i = 0; i < n; i++)
		print_signature(&r->dkim->v[i], w);
	if (r->dkim->signatures <= n)
		return;
	(void)snprintf(text, sizeof(text), "%zu more signatures",
	    r->dkim->signatures - n);
	authres_method(w, "dkim", "policy");
	authres_comment(w, bytes_of(text));
}

static void
print_dmarc(const struct verify_result *r, struct authres_writer *w)
{
	const struct dmarc_result *d = r->dmarc;
	struct buf text = BUF_INIT;

	if (d->record_domain.len > 0)
		buf_printf(&text, "%s=%s dis=%s%s", d->policy_tag,
		    dmarc_policy_name(d->policy),
		    dmarc_policy_name(d->disposition),
		    d->sampled_out ? " by pct" : "");
	if (d->arc_sealer.len > 0)
		buf_printf(&text, ", overridden by the ARC chain of "
		    BYTES_FMT, BYTES_ARG(d->arc_sealer));
	if (text.len == 0)
		buf_str(&text, d->reason);
	authres_method(w, "dmarc", dmarc_code_name(d->code));
	authres_comment(w, buf_view(&text));
	authres_prop(w, "header", "from", r->from_domain);
	buf_free(&text);
}

static void
print_arc(const struct verify_result *r, struct authres_writer *w)
{
	const struct arc_result *arc = r->arc;
	struct buf text = BUF_INIT;

	if (arc->status == ARC_NONE)
		return;
	buf_printf(&text, "i=%zu", arc->n);
	if (arc->sets != NULL && arc->n > 0)
		buf_printf(&text, ", sealed by " BYTES_FMT,
		    BYTES_ARG(arc->sets[arc->n - 1].domain));
	authres_method(w, "arc", arc_status_name(arc->status));
	authres_comment(w, buf_view(&text));
	authres_reason(w, text_of(arc->reason));
	buf_free(&text);
}

/* Only lists that list the client.  RFC 8904 has dnswl, but no opposite. */
static void
print_lists(const struct verify_result *r, struct authres_writer *w)
{
	const struct dnsbl_listing *l;
	char code[ADDR_TEXT_MAX];

	for (size_t i = 0; r->dnsbl != NULL && i < r->dnsbl->n; i++) {
		l = &r->dnsbl->lists[i];
		if (l->status != DNSBL_LISTED || l->kind == DNSBL_MONITOR)
			continue;
		if (l->kind == DNSBL_WELCOME)
			authres_method(w, "dnswl", "pass");
		else
			authres_method(w, "x-dnsbl", "fail");
		authres_prop(w, "dns", "zone", bytes_of(l->zone));
		authres_prop(w, "policy", "ip", bytes_of(addr_print(&l->code,
		    code)));
		authres_prop(w, "policy", "txt", text_of(l->reason));
	}
}

struct bytes
verify_authentication_results(struct verify *v)
{
	const struct verify_result *r = &v->message.result;
	struct authres_writer w;

	authres_begin(&w, v->authserv_id);
	print_iprev(r, &w);
	print_spf(r->spf_helo, "helo", r->helo, &w);
	if (r->spf_mail != r->spf_helo)
		print_spf(r->spf_mail, "mailfrom", r->mail_from, &w);
	print_dkim(r, &w);
	print_dmarc(r, &w);
	print_arc(r, &w);
	print_lists(r, &w);
	return authres_end(&w, &v->message.arena);
}

/* ---- the origin ---- */

static enum origin_check
spf_check_of(const struct spf_result *spf)
{
	static const enum origin_check checks[] = {
		[SPF_NONE] = ORIGIN_NONE,
		[SPF_NEUTRAL] = ORIGIN_NEUTRAL,
		[SPF_PASS] = ORIGIN_PASS,
		[SPF_FAIL] = ORIGIN_FAIL,
		[SPF_SOFTFAIL] = ORIGIN_SOFTFAIL,
		[SPF_TEMPERROR] = ORIGIN_TEMPERROR,
		[SPF_PERMERROR] = ORIGIN_PERMERROR,
	};

	return spf == NULL ? ORIGIN_UNCHECKED : checks[spf->status];
}

static enum origin_check
iprev_check_of(const struct iprev_result *iprev)
{
	static const enum origin_check checks[] = {
		[IPREV_PASS] = ORIGIN_PASS,
		[IPREV_FAIL] = ORIGIN_FAIL,
		[IPREV_PERMERROR] = ORIGIN_PERMERROR,
		[IPREV_TEMPERROR] = ORIGIN_TEMPERROR,
	};

	return iprev == NULL ? ORIGIN_UNCHECKED : checks[iprev->status];
}

static const enum origin_check dmarc_checks[] = {
	[DMARC_NONE] = ORIGIN_NONE,
	[DMARC_PASS] = ORIGIN_PASS,
	[DMARC_FAIL] = ORIGIN_FAIL,
	[DMARC_TEMPERROR] = ORIGIN_TEMPERROR,
	[DMARC_PERMERROR] = ORIGIN_PERMERROR,
};

static const enum origin_check arc_checks[] = {
	[ARC_NONE] = ORIGIN_NONE,
	[ARC_PASS] = ORIGIN_PASS,
	[ARC_FAIL] = ORIGIN_FAIL,
	[ARC_TEMPERROR] = ORIGIN_TEMPERROR,
};

static const enum origin_aligned aligned_as[] = {
	[DMARC_ALIGNED_NONE] = ORIGIN_ALIGNED_NONE,
	[DMARC_ALIGNED_RELAXED] = ORIGIN_ALIGNED_RELAXED,
	[DMARC_ALIGNED_DMARC] = ORIGIN_ALIGNED_DMARC,
	[DMARC_ALIGNED_STRICT] = ORIGIN_ALIGNED_STRICT,
};

static const enum origin_dmarc dmarc_wants[] = {
	[DMARC_POLICY_NONE] = ORIGIN_DMARC_NOTHING,
	[DMARC_POLICY_QUARANTINE] = ORIGIN_DMARC_QUARANTINE,
	[DMARC_POLICY_REJECT] = ORIGIN_DMARC_REJECT,
};

/* Distinct domains that passed, in the order of the header. */
static void
dkim_domains(const struct verify_result *r, struct origin *o)
{
	const struct dkim_signature *s;
	size_t known;

	o->ndkim = 0;
	for (size_t i = 0; i < r->dkim->n && o->ndkim < ORIGIN_DKIM_MAX;
	    i++) {
		s = &r->dkim->v[i];
		if (s->result != DKIM_PASS)
			continue;
		for (known = 0; known < o->ndkim; known++)
			if (bytes_ieq(o->dkim[known], s->domain))
				break;
		if (known == o->ndkim)
			o->dkim[o->ndkim++] = s->domain;
	}
}

/* "zone, zone", as many as fit. */
static struct bytes
list_names(const struct verify_result *r, struct arena *a,
    enum dnsbl_kind kind)
{
	const struct dnsbl_listing *l;
	struct buf names = BUF_INIT;
	struct bytes out;

	for (size_t i = 0; r->dnsbl != NULL && i < r->dnsbl->n; i++) {
		l = &r->dnsbl->lists[i];
		if (l->kind == kind && l->status == DNSBL_LISTED &&
		    names.len + strlen(l->zone) + 2 <= ORIGIN_LISTS_MAX)
			buf_printf(&names, "%s%s", names.len > 0 ? ", " : "",
			    l->zone);
	}
	out = bytes_dup(a, buf_view(&names));
	buf_free(&names);
	return out;
}

static void
networks_set(const struct verify_result *r, struct arena *a,
    struct origin *o)
{
	char text[ADDR_TEXT_MAX];
	struct cidr net;

	o->nnetworks = 0;
	if (r->iprev == NULL)		/* no IP address */
		return;
	for (unsigned i = 0; i < ORIGIN_NETWORKS && i < WINDOW_LEVELS; i++) {
		net = window_network(&r->client, i);
		o->networks[o->nnetworks++] = bytes_of(arena_printf(a,
		    "%s/%u", addr_print(&net.base, text), net.bits));
	}
}

void
verify_origin(const struct verify_result *r, struct arena *a,
    struct origin *o)
{
	o->has_checks = true;
	o->spf = spf_check_of(r->spf_mail);
	o->spf_helo = spf_check_of(r->spf_helo);
	o->iprev = iprev_check_of(r->iprev);
	o->dmarc = dmarc_checks[r->dmarc->code];
	o->arc = arc_checks[r->arc->status];
	o->aligned = aligned_as[r->dmarc->alignment];
	o->dmarc_wants = dmarc_wants[r->dmarc->disposition];
	o->from_org_domain = r->from_org_domain;
	dkim_domains(r, o);
	networks_set(r, a, o);
	o->dnsbl = list_names(r, a, DNSBL_BLOCK);
	o->dnswl = list_names(r, a, DNSBL_WELCOME);
}

/* ---- the log ---- */

/* The best signature; those that passed come first. */
static void
dkim_summary(const struct verify_result *r, struct buf *out)
{
	const struct dkim_signature *best = NULL;

	for (size_t i = 0; i < r->dkim->n; i++)
		if (best == NULL || (best->result != DKIM_PASS &&
		    r->dkim->v[i].result == DKIM_PASS))
			best = &r->dkim->v[i];
	buf_printf(out, " dkim=%s", best == NULL ? "none" :
	    dkim_result_name(best->result));
	if (best != NULL)
		buf_printf(out, "(" BYTES_FMT ")", BYTES_ARG(best->domain));
}

void
verify_summary(const struct verify_result *r, struct buf *out)
{
	const struct dmarc_result *d = r->dmarc;

	buf_printf(out, "spf=%s", r->spf_mail == NULL ? "none" :
	    spf_status_name(r->spf_mail->status));
	dkim_summary(r, out);
	buf_printf(out, " dmarc=%s", dmarc_code_name(d->code));
	if (d->code == DMARC_FAIL)
		buf_printf(out, "(%s)", dmarc_policy_name(d->disposition));
	if (r->arc->status != ARC_NONE)
		buf_printf(out, " arc=%s", arc_status_name(r->arc->status));
	if (r->iprev != NULL)
		buf_printf(out, " iprev=%s",
		    iprev_status_name(r->iprev->status));
	if (r->dnsbl != NULL)
		buf_printf(out, " dnsbl=%zu", r->dnsbl->listed);
}
