/*
 * spf - finds the record, follows redirect and gets the explanation (RFC 7208
 * 4, 6).
 */
#include <config.h>

#include <stdarg.h>

#include "mail/address.h"
#include "auth/spf-private.h"

#define EXPLANATION_MAX	500	/* bytes; it goes into a reply or a header */

const char *
spf_status_name(enum spf_status status)
{
	static const char *const names[] = {
		"none", "neutral", "pass", "fail", "softfail", "temperror",
		"permerror"
	};

	return names[status];
}

enum spf_status
spf_problem(struct spf_check *c, enum spf_status status, const char *fmt, ...)
{
	va_list ap;

	if (c->result->problem != NULL)
		return status;
	va_start(ap, fmt);
	c->result->problem = arena_vprintf(c->results, fmt, ap);
	va_end(ap);
	return status;
}

enum spf_status
spf_fetch(struct spf_check *c, const char *domain, struct bytes *text)
{
	struct dns_answer answer;
	struct bytes one;
	size_t n = 0;

	spf_ask(c, domain, DNS_TXT, &answer);
	if (dns_is_temporary(answer.status))
		return spf_problem(c, SPF_TEMPERROR, "TXT of '%s': %s",
		    domain, dns_status_name(answer.status));
	for (size_t i = 0; i < answer.n; i++)
		if (dns_txt(c->arena, answer.rdata[i], &one) == 0 &&
		    spf_record_is(one)) {
			*text = one;
			n++;
		}
	if (n > 1)
		return spf_problem(c, SPF_PERMERROR,
		    "'%s' has %zu SPF records", domain, n);
	return n == 1 ? SPF_PASS : SPF_NONE;
}

/* ---- the explanation (RFC 7208 6.2) ---------------------------------- */

static bool
is_ascii(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] >= 0x80)
			return false;
	return true;
}

/* Gets the text that exp names; empty if there is none that can be used. */
static struct bytes
explanation_fetch(struct spf_check *c, const char *domain, struct bytes exp)
{
	struct bytes text = { NULL, 0 };
	struct dns_answer answer;

	spf_ask(c, spf_macro_domain(c, domain, exp), DNS_TXT, &answer);
	if (answer.status != DNS_OK || answer.n != 1 ||
	    dns_txt(c->arena, answer.rdata[0], &text) == -1 ||
	    !is_ascii(text) || !spf_macro_is_valid(text, SPF_MACRO_TEXT))
		text.len = 0;
	return text;
}

/* Macros may expand to any bytes; only printable text is used. */
static void
explain(struct spf_check *c, const char *domain, struct bytes exp)
{
	struct bytes text = explanation_fetch(c, domain, exp);
	struct buf b = BUF_INIT;

	if (text.len == 0)
		return;
	if (text.len > EXPLANATION_MAX)
		text.len = EXPLANATION_MAX;
	if (!spf_macro_is_valid(text, SPF_MACRO_TEXT))
		return;	/* cut within a macro */
	spf_macro_expand(c, domain, text, &b);
	if (b.len > EXPLANATION_MAX)
		b.len = EXPLANATION_MAX;
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.data[i] < ' ' ||
		    (unsigned char)b.data[i] >= 0x7f)
			b.data[i] = '?';
	c->result->explanation = arena_memdup(c->results, buf_cstr(&b), b.len);
	buf_free(&b);
}

/* ---- check_host() ---------------------------------------------------- */

static enum spf_status
redirected(struct spf_check *c, const char *domain, struct bytes redirect,
    bool is_top)
{
	const char *target;
	enum spf_status status;

	if (++c->result->terms > SPF_TERMS_MAX)
		return spf_problem(c, SPF_PERMERROR, "more than %d terms "
		    "that query the DNS", SPF_TERMS_MAX);
	target = spf_macro_domain(c, domain, redirect);
	status = spf_host(c, target, is_top);
	if (status != SPF_NONE)
		return status;
	return spf_problem(c, SPF_PERMERROR,
	    "'%s', the target of redirect, has no SPF record", target);
}

enum spf_status
spf_host(struct spf_check *c, const char *domain, bool is_top)
{
	struct spf_record record;
	const char *problem;
	enum spf_status status;
	struct bytes text;

	if ((status = spf_fetch(c, domain, &text)) != SPF_PASS)
		return status;
	if (spf_record_parse(c->arena, text, &record, &problem) == -1)
		return spf_problem(c, SPF_PERMERROR,
		    "the record of '%s' has %s", domain, problem);
	status = spf_eval(c, domain, &record, is_top);
	if (status == SPF_NONE && record.redirect.len > 0)
		return redirected(c, domain, record.redirect, is_top);
	if (status == SPF_NONE)
		return SPF_NEUTRAL;	/* RFC 7208 4.7 */
	if (status == SPF_FAIL && is_top && record.exp.len > 0)
		explain(c, domain, record.exp);
	return status;
}

/* ---- whose record to look up ------------------------------------------ */

/* Is it a name with more than one label that can be looked up (4.3)? */
static bool
is_domain(struct bytes domain, const char *text)
{
	struct dns_name name;

	if (domain.len == 0 || domain.len > DNS_NAME_MAX ||
	    domain.data[0] == '[' ||
	    dns_name_parse(bytes_of(text), &name) == -1)
		return false;
	return name.wire[0] != 0 && name.wire[name.wire[0] + 1] != 0;
}

/* Converts to A-labels, as SPF wants it (RFC 8616 4); unchanged on failure. */
static struct bytes
ascii_domain(struct arena *a, struct bytes domain)
{
	struct err err = ERR_INIT;
	struct bytes ascii;

	if (is_ascii(domain) ||
	    address_domain_parse(a, domain, &ascii, &err) == -1)
		return domain;
	return ascii;
}

/* Splits the sender of a query at its last "@". */
static void
sender_split(struct spf_check *c)
{
	const struct spf_query *q = c->query;
	struct bytes sender = q->sender;
	ptrdiff_t at = address_at(sender);
	char *whole;

	c->localpart = BYTES("postmaster");
	c->domain = sender.len > 0 ? sender : q->helo;
	if (at >= 0)
		c->domain = address_domain_part(sender);
	if (at > 0)
		c->localpart = bytes_make(sender.data, (size_t)at);
	c->domain = ascii_domain(c->arena, c->domain);
	whole = arena_alloc(c->arena, c->localpart.len + c->domain.len + 1);
	c->sender = bytes_make(whole, c->localpart.len + c->domain.len + 1);
	memcpy(whole, c->localpart.data, c->localpart.len);
	whole[c->localpart.len] = '@';
	if (c->domain.len > 0)
		memcpy(whole + c->localpart.len + 1, c->domain.data,
		    c->domain.len);
}

/* Scratch holds what a check needs meanwhile, results what it returns. */
static void
check_begin(struct spf_check *c, struct dns *dns, struct arena *scratch,
    struct arena *results, const struct spf_query *q,
    struct spf_result *result)
{
	arena_init(scratch);
	*c = (struct spf_check){ .dns = dns, .arena = scratch,
	    .results = results, .query = q, .result = result,
	    .last_lookup = &result->lookups };
	*result = (struct spf_result){ .status = SPF_NONE };
	sender_split(c);
	result->domain = spf_name(results, c->domain);
}

static enum spf_status
check_host(struct spf_check *c)
{
	const char *domain = c->result->domain;

	if (!is_domain(c->domain, domain) ||
	    (c->query->ip.family != ADDR_IPV4 &&
	    c->query->ip.family != ADDR_IPV6))
		return spf_problem(c, SPF_NONE, "no domain to look up");
	return c->query->engine == SPF_ENGINE_LIBSPF2 ?
	    spf_libspf2(c, domain) : spf_host(c, domain, true);
}

void
spf_check(struct dns *dns, struct arena *a, const struct spf_query *q,
    struct spf_result *result)
{
	struct arena scratch;
	struct spf_check c;

	check_begin(&c, dns, &scratch, a, q, result);
	result->status = check_host(&c);
	arena_clear(&scratch);
}

void
spf_start(struct dns *dns, const struct spf_query *q)
{
	struct spf_result result;
	struct arena scratch;
	struct spf_check c;

	check_begin(&c, dns, &scratch, &scratch, q, &result);
	if (is_domain(c.domain, result.domain))
		dns_start(dns, result.domain, DNS_TXT);
	arena_clear(&scratch);
}
