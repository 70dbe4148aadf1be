/*
 * dmarc_find - finds the record of a domain and its organization.
 *
 * By the list (RFC 7489 6.6.3): the record is at the domain, or else at its
 * organizational domain, which the public suffix list tells.
 *
 * By the tree walk (DMARCbis 4.10): asks all domains from the given one up to
 * its top level.  For a long name the first step skips to the last seven
 * labels, so that there are never more than eight questions.  The walk ends at
 * a record with psd=y or psd=n.  The organizational domain is the one with
 * psd=n, or one label below the one with psd=y, or else the highest one with a
 * record.  The record that applies is the domain's own, or its organization's,
 * or the one with psd=y above it.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "mail/address.h"
#include "auth/dmarc-private.h"

#define LABELS_LEFT_MAX	7

static const char *
query_name(char *name, size_t size, struct bytes domain)
{
	(void)snprintf(name, size, "_dmarc." BYTES_FMT, BYTES_ARG(domain));
	return name;
}

#define QUERY_NAME_SIZE	(ADDRESS_DOMAIN_MAX + sizeof("_dmarc."))

void
dmarc_ask(struct dns *dns, struct bytes domain)
{
	char name[QUERY_NAME_SIZE];

	if (domain.len <= ADDRESS_DOMAIN_MAX)
		dns_start(dns, query_name(name, sizeof(name), domain),
		    DNS_TXT);
}

/* Records that are not about DMARC are ignored (RFC 7489 6.6.3, 2). */
static enum dmarc_found
records_read(struct arena *a, const struct dns_answer *answer,
    struct dmarc_record *out)
{
	enum dmarc_found found = DMARC_FOUND_NONE;
	struct dmarc_record r;
	struct bytes text;
	int rc;

	for (size_t i = 0; i < answer->n; i++) {
		if (dns_txt(a, answer->rdata[i], &text) == -1 ||
		    (rc = dmarc_record_parse(text, &r)) == 0)
			continue;
		if (found != DMARC_FOUND_NONE)
			return DMARC_FOUND_SEVERAL;
		found = rc == 1 ? DMARC_FOUND_ONE : DMARC_FOUND_UNUSABLE;
		*out = r;
	}
	return found;
}

static enum dmarc_found
dmarc_fetch(const struct dmarc_eval *e, struct bytes domain,
    struct dmarc_record *out)
{
	char name[QUERY_NAME_SIZE];
	struct dns_answer answer;

	if (domain.len > ADDRESS_DOMAIN_MAX)
		return DMARC_FOUND_NONE;
	dns_lookup(e->lookup->dns, e->arena, query_name(name, sizeof(name), domain),
	    DNS_TXT, e->lookup->deadline, &answer);
	if (dns_is_temporary(answer.status))
		return DMARC_FOUND_TEMPORARY;
	return answer.status == DNS_OK ?
	    records_read(e->arena, &answer, out) : DMARC_FOUND_NONE;
}

/* ---- by the list ---- */

static void
find_by_list(const struct dmarc_eval *e, struct bytes domain,
    struct dmarc_place *out)
{
	out->org = orgdomain_of(e->lookup->list, domain);
	out->at = domain;
	out->found = dmarc_fetch(e, domain, &out->record);
	if (out->found == DMARC_FOUND_NONE && !bytes_eq(out->org, domain)) {
		out->at = out->org;
		out->found = dmarc_fetch(e, out->org, &out->record);
	}
}

/* ---- by the tree walk ---- */

static size_t
labels_count(struct bytes domain)
{
	size_t n = domain.len > 0;

	for (size_t i = 0; i < domain.len; i++)
		n += domain.data[i] == '.';
	return n;
}

static struct bytes
parent_of(struct bytes domain)
{
	ptrdiff_t dot = bytes_index(domain, '.');

	return bytes_from(domain, dot < 0 ? domain.len : (size_t)dot + 1);
}

size_t
dmarc_walk_steps(struct bytes domain, struct bytes steps[DMARC_WALK_MAX])
{
	size_t n = 0;

	while (domain.len > 0 && n < DMARC_WALK_MAX) {
		steps[n++] = domain;
		do
			domain = parent_of(domain);
		while (labels_count(domain) > LABELS_LEFT_MAX);
	}
	return n;
}

struct walk {
	struct bytes steps[DMARC_WALK_MAX];
	bool has_record[DMARC_WALK_MAX];
	struct dmarc_record records[DMARC_WALK_MAX];
	size_t n;			/* number of steps taken */
};

/* Returns false if the DNS does not answer. */
static bool
walk_up(const struct dmarc_eval *e, struct bytes domain, struct walk *w)
{
	size_t steps = dmarc_walk_steps(domain, w->steps);
	enum dmarc_found found;

	w->n = 0;
	for (size_t i = 1; i < steps; i++)
		dmarc_ask(e->lookup->dns, w->steps[i]);
	for (size_t i = 0; i < steps; i++) {
		found = dmarc_fetch(e, w->steps[i], &w->records[i]);
		if (found == DMARC_FOUND_TEMPORARY)
			return false;
		w->has_record[i] = found == DMARC_FOUND_ONE;
		w->n = i + 1;
		if (w->has_record[i] &&
		    w->records[i].psd != DMARC_PSD_UNKNOWN)
			break;
	}
	return true;
}

/* The domain one label below steps[i] on the way to steps[0]; for i = 0 that is
   steps[0]. */
static struct bytes
label_below(const struct walk *w, size_t i)
{
	struct bytes d = w->steps[0];

	while (labels_count(d) > labels_count(w->steps[i]) + 1)
		d = parent_of(d);
	return d;
}

static struct bytes
walk_org(const struct walk *w)
{
	/* The walk ended at a psd tag, so the last record decides. */
	for (size_t i = w->n; i-- > 0;) {
		if (!w->has_record[i])
			continue;
		if (w->records[i].psd == DMARC_PSD_YES)
			return label_below(w, i);
		return w->steps[i];
	}
	return w->steps[0];
}

static void
find_by_walk(const struct dmarc_eval *e, struct bytes domain,
    struct dmarc_place *out)
{
	struct walk w;
	size_t i = 0;

	if (!walk_up(e, domain, &w)) {
		out->found = DMARC_FOUND_TEMPORARY;
		out->org = orgdomain_of(e->lookup->list, domain);
		return;
	}
	out->org = w.n == 0 ? domain : walk_org(&w);
	while (i < w.n && !(w.has_record[i] && (i == 0 ||
	    bytes_eq(w.steps[i], out->org) ||
	    w.records[i].psd == DMARC_PSD_YES)))
		i++;
	if (i < w.n) {
		out->found = DMARC_FOUND_ONE;
		out->at = w.steps[i];
		out->record = w.records[i];
	}
}

void
dmarc_find(const struct dmarc_eval *e, struct bytes domain,
    struct dmarc_place *out)
{
	memset(out, 0, sizeof(*out));
	if (e->lookup->discovery == DMARC_TREE_WALK)
		find_by_walk(e, domain, out);
	else
		find_by_list(e, domain, out);
	if (out->found != DMARC_FOUND_ONE)
		out->at = BYTES("");
}

bool
dmarc_find_org(const struct dmarc_eval *e, struct bytes domain,
    struct bytes *org)
{
	struct walk w;

	if (e->lookup->discovery == DMARC_PSL) {
		*org = orgdomain_of(e->lookup->list, domain);
		return true;
	}
	if (!walk_up(e, domain, &w))
		return false;
	*org = w.n == 0 ? domain : walk_org(&w);
	return true;
}
