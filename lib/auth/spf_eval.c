/*
 * spf_eval - compares the terms of an SPF record with the client (RFC 7208 5)
 *
 * A mechanism gives a match, no match, or an error that ends the check.  When
 * one has to wait for the DNS, the look-ups of the terms after it are started,
 * as far as the limit of terms allows, so that they run in parallel.
 */
#include <config.h>

#include "auth/spf-private.h"

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_TEMPERROR,
	MATCH_PERMERROR
};

static enum dns_type
address_type(const struct spf_check *c)
{
	return c->query->ip.family == ADDR_IPV4 ? DNS_A : DNS_AAAA;
}

/* Returns the domain of a term, which is expanded once. */
static const char *
target_of(struct spf_check *c, struct spf_term *t, const char *domain)
{
	if (t->target == NULL)
		t->target = t->domain.len == 0 ? domain :
		    spf_macro_domain(c, domain, t->domain);
	return t->target;
}

static bool
is_asking(enum spf_kind kind)
{
	return kind != SPF_ALL && kind != SPF_IP4 && kind != SPF_IP6;
}

/*
 * Starts the look-up of a term, unless its name needs another look-up first.
 */
static void
start_term(struct spf_check *c, struct spf_term *t, const char *domain)
{
	enum dns_type type;

	if (t->kind == SPF_PTR) {
		dns_start(c->dns, dns_reverse_name(c->arena, &c->query->ip,
		    NULL), DNS_PTR);
		return;
	}
	if (spf_macro_asks(t->domain))
		return;
	type = t->kind == SPF_A ? address_type(c) :
	    t->kind == SPF_MX ? DNS_MX :
	    t->kind == SPF_EXISTS ? DNS_A : DNS_TXT;
	dns_start(c->dns, target_of(c, t, domain), type);
}

/* Starts the look-ups of the current record, once. */
static void
start_terms(struct spf_check *c)
{
	struct spf_record *r = c->record;
	unsigned n = c->result->terms;

	c->record = NULL;
	for (size_t i = 0; r != NULL && i < r->n && n < SPF_TERMS_MAX &&
	    r->terms[i].kind != SPF_ALL; i++)
		if (is_asking(r->terms[i].kind)) {
			start_term(c, &r->terms[i], c->record_domain);
			n++;
		}
}

void
spf_ask(struct spf_check *c, const char *name, enum dns_type type,
    struct dns_answer *answer)
{
	struct spf_lookup *l = arena_alloc(c->results, sizeof(*l));

	if (!dns_lookup_now(c->dns, c->arena, name, type, answer)) {
		dns_start(c->dns, name, type);
		start_terms(c);
		dns_lookup(c->dns, c->arena, name, type, c->query->deadline,
		    answer);
	}
	*l = (struct spf_lookup){ .name = arena_strdup(c->results, name),
	    .type = type, .status = answer->status, .n = answer->n };
	*c->last_lookup = l;
	c->last_lookup = &l->next;
}

static enum match
fail_dns(struct spf_check *c, const char *name, enum dns_type type,
    const struct dns_answer *answer)
{
	(void)spf_problem(c, SPF_TEMPERROR, "%s of '%s': %s",
	    dns_type_name(c->arena, type), name,
	    dns_status_name(answer->status));
	return MATCH_TEMPERROR;
}

/*
 * Makes the look-up of a term and counts void ones.  Returns MATCH_YES if there
 * are records, MATCH_NO if not, or an error.
 */
static enum match
ask_counted(struct spf_check *c, const char *name, enum dns_type type,
    struct dns_answer *answer)
{
	spf_ask(c, name, type, answer);
	if (answer->status == DNS_OK)
		return MATCH_YES;
	if (dns_is_temporary(answer->status))
		return fail_dns(c, name, type, answer);
	if (++c->result->voids <= SPF_VOIDS_MAX)
		return MATCH_NO;
	(void)spf_problem(c, SPF_PERMERROR, "more than %d void look-ups",
	    SPF_VOIDS_MAX);
	return MATCH_PERMERROR;
}

/* Is the client in one of the networks of these addresses? */
static bool
has_client(const struct spf_check *c, const struct spf_term *t,
    const struct dns_answer *answer)
{
	struct cidr net;

	for (size_t i = 0; i < answer->n; i++) {
		if (dns_addr(answer->rdata[i], &net.base) == -1 ||
		    net.base.family != c->query->ip.family)
			continue;
		net.bits = net.base.family == ADDR_IPV4 ? t->bits4 : t->bits6;
		net.base = addr_mask(&net.base, net.bits);
		if (cidr_has(&net, &c->query->ip))
			return true;
	}
	return false;
}

/* ---- the client's names ---------------------------------------------- */

bool
spf_is_below(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	if (n < d || !bytes_ieq(bytes_make(name + n - d, d),
	    bytes_make(domain, d)))
		return false;
	return n == d || name[n - d - 1] == '.';
}

/* Does a name from a PTR record lead back?  Errors count as no. */
static bool
leads_back(struct spf_check *c, const char *name)
{
	static const struct spf_term exact = { .bits4 = 32, .bits6 = 128 };
	struct dns_answer answer;

	spf_ask(c, name, address_type(c), &answer);
	return answer.status == DNS_OK && has_client(c, &exact, &answer);
}

void
spf_find_names(struct spf_check *c)
{
	char *names[SPF_HOSTS_MAX];
	struct dns_answer answer;
	size_t n = 0;

	if (c->has_names)
		return;
	c->has_names = true;
	spf_ask(c, dns_reverse_name(c->arena, &c->query->ip, NULL), DNS_PTR,
	    &answer);
	c->ptr_status = answer.status;
	for (size_t i = 0; i < answer.n && n < SPF_HOSTS_MAX; i++)
		if (dns_target(c->arena, answer.rdata[i], &names[n]) == 0)
			dns_start(c->dns, names[n++], address_type(c));
	for (size_t i = 0; i < n; i++)
		if (leads_back(c, names[i]))
			c->names[c->name_count++] = names[i];
}

/* ---- mechanisms ------------------------------------------------------ */

static enum match
match_a(struct spf_check *c, struct spf_term *t, const char *domain)
{
	struct dns_answer answer;
	enum match m;

	m = ask_counted(c, target_of(c, t, domain), address_type(c),
	    &answer);
	if (m != MATCH_YES)
		return m;
	return has_client(c, t, &answer) ? MATCH_YES : MATCH_NO;
}

/*
 * Compares a host of an MX record.  A host that exists and only has no address
 * of the client's family is not a void look-up: otherwise a client with IPv6
 * would make good records fail.
 */
static enum match
match_exchange(struct spf_check *c, const struct spf_term *t,
    const char *host)
{
	struct dns_answer answer;

	spf_ask(c, host, address_type(c), &answer);
	if (answer.status == DNS_OK)
		return has_client(c, t, &answer) ? MATCH_YES : MATCH_NO;
	if (dns_is_temporary(answer.status))
		return fail_dns(c, host, address_type(c), &answer);
	if (answer.status == DNS_NODATA ||
	    ++c->result->voids <= SPF_VOIDS_MAX)
		return MATCH_NO;
	(void)spf_problem(c, SPF_PERMERROR, "more than %d void look-ups",
	    SPF_VOIDS_MAX);
	return MATCH_PERMERROR;
}

static enum match
match_mx(struct spf_check *c, struct spf_term *t, const char *domain)
{
	const char *target = target_of(c, t, domain);
	char *hosts[SPF_HOSTS_MAX];
	struct dns_answer answer;
	uint16_t preference;
	enum match m;
	size_t n = 0;

	m = ask_counted(c, target, DNS_MX, &answer);
	if (m != MATCH_YES)
		return m;
	if (answer.n > SPF_HOSTS_MAX) {
		(void)spf_problem(c, SPF_PERMERROR, "'%s' has more than %d "
		    "MX records", target, SPF_HOSTS_MAX);
		return MATCH_PERMERROR;
	}
	for (size_t i = 0; i < answer.n; i++)
		if (dns_mx(c->arena, answer.rdata[i], &preference,
		    &hosts[n]) == 0 && strcmp(hosts[n], ".") != 0)
			dns_start(c->dns, hosts[n++], address_type(c));
	m = MATCH_NO;
	for (size_t i = 0; i < n && m == MATCH_NO; i++)
		m = match_exchange(c, t, hosts[i]);
	return m;
}

/* RFC 7208 5.5: an error of the PTR look-up is no match. */
static enum match
match_ptr(struct spf_check *c, struct spf_term *t, const char *domain)
{
	const char *target = target_of(c, t, domain);

	spf_find_names(c);
	if ((c->ptr_status == DNS_NXDOMAIN || c->ptr_status == DNS_NODATA) &&
	    ++c->result->voids > SPF_VOIDS_MAX) {
		(void)spf_problem(c, SPF_PERMERROR, "more than %d void "
		    "look-ups", SPF_VOIDS_MAX);
		return MATCH_PERMERROR;
	}
	for (size_t i = 0; i < c->name_count; i++)
		if (spf_is_below(c->names[i], target))
			return MATCH_YES;
	return MATCH_NO;
}

static enum match
match_exists(struct spf_check *c, struct spf_term *t, const char *domain)
{
	struct dns_answer answer;

	return ask_counted(c, target_of(c, t, domain), DNS_A, &answer);
}

/* RFC 7208 5.2 */
static enum match
match_include(struct spf_check *c, struct spf_term *t, const char *domain)
{
	const char *target = target_of(c, t, domain);

	switch (spf_host(c, target, false)) {
	case SPF_PASS:
		return MATCH_YES;
	case SPF_TEMPERROR:
		return MATCH_TEMPERROR;
	case SPF_PERMERROR:
		return MATCH_PERMERROR;
	case SPF_NONE:
		(void)spf_problem(c, SPF_PERMERROR,
		    "'%s', the target of include, has no SPF record", target);
		return MATCH_PERMERROR;
	default:
		return MATCH_NO;
	}
}

static enum match
match(struct spf_check *c, struct spf_term *t, const char *domain)
{
	if (is_asking(t->kind) && ++c->result->terms > SPF_TERMS_MAX) {
		(void)spf_problem(c, SPF_PERMERROR, "more than %d terms that "
		    "query the DNS", SPF_TERMS_MAX);
		return MATCH_PERMERROR;
	}
	switch (t->kind) {
	case SPF_INCLUDE:
		return match_include(c, t, domain);
	case SPF_A:
		return match_a(c, t, domain);
	case SPF_MX:
		return match_mx(c, t, domain);
	case SPF_PTR:
		return match_ptr(c, t, domain);
	case SPF_EXISTS:
		return match_exists(c, t, domain);
	case SPF_IP4:
	case SPF_IP6:
		return cidr_has(&t->net, &c->query->ip) ? MATCH_YES :
		    MATCH_NO;
	default:
		return MATCH_YES;
	}
}

/* ---- a record -------------------------------------------------------- */

/* Evaluates the terms in order, up to the one that decides. */
static enum spf_status
eval_terms(struct spf_check *c, const char *domain,
    struct spf_record *record, bool is_top)
{
	struct spf_term *t;

	for (size_t i = 0; i < record->n; i++) {
		t = &record->terms[i];
		switch (match(c, t, domain)) {
		case MATCH_NO:
			continue;
		case MATCH_TEMPERROR:
			return SPF_TEMPERROR;
		case MATCH_PERMERROR:
			return SPF_PERMERROR;
		case MATCH_YES:
			if (is_top)
				c->result->mechanism = arena_memdup(
				    c->results, t->text.data, t->text.len);
			return t->result;
		}
	}
	return SPF_NONE;
}

enum spf_status
spf_eval(struct spf_check *c, const char *domain, struct spf_record *record,
    bool is_top)
{
	struct spf_record *outer = c->record;
	const char *outer_domain = c->record_domain;
	enum spf_status status;

	c->record = record;
	c->record_domain = domain;
	status = eval_terms(c, domain, record, is_top);
	c->record = outer;
	c->record_domain = outer_domain;
	return status;
}
