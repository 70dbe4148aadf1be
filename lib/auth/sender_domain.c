/* sender_domain - looks up whether mail to the sender could be delivered. */
#include <config.h>

#include <string.h>

#include "mail/address.h"
#include "net/dns.h"
#include "auth/sender_domain.h"

static const struct sender_domain_reply replies[] = {
	[SENDER_DOMAIN_OK] = { 0, "", "" },
	[SENDER_DOMAIN_NULL_MX] = { 550, "5.7.27",
	    "the sender's domain does not accept mail (null MX)" },
	[SENDER_DOMAIN_NO_ADDRESS] = { 550, "5.7.27",
	    "the sender's domain has neither a mail server nor an address" },
	[SENDER_DOMAIN_LITERAL] = { 550, "5.7.0",
	    "the sender's address needs a domain, not an address literal" },
	[SENDER_DOMAIN_INVALID] = { 550, "5.7.27",
	    "the sender's domain is not a valid domain name" },
	[SENDER_DOMAIN_TEMPORARY] = { 451, "4.4.0",
	    "the sender's domain cannot be looked up at the moment" },
};

const struct sender_domain_reply *
sender_domain_reply(enum sender_domain d)
{
	return &replies[d];
}

/* Returns the name to look up, or NULL if it is not a valid one. */
static const char *
name_of(struct arena *a, struct bytes domain)
{
	struct err err = ERR_INIT;
	struct bytes name;

	if (address_domain_parse(a, domain, &name, &err) == -1)
		return NULL;
	return bytes_cstr(a, name);
}

void
sender_domain_start(struct dns *dns, struct bytes domain)
{
	struct arena a;
	const char *name;

	if (domain.len == 0)
		return;
	arena_init(&a);
	if ((name = name_of(&a, domain)) != NULL)
		dns_start(dns, name, DNS_MX);
	arena_clear(&a);
}

/* RFC 7505: there is a single MX, and it names the root. */
static bool
is_null_mx(struct arena *a, const struct dns_answer *answer)
{
	uint16_t preference;
	char *exchange;

	return answer->n == 1 && dns_mx(a, answer->rdata[0], &preference,
	    &exchange) == 0 && strcmp(exchange, ".") == 0;
}

static enum sender_domain
check_addresses(struct dns *dns, struct arena *a, const char *name,
    uint64_t deadline)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	enum sender_domain result = SENDER_DOMAIN_NO_ADDRESS;
	struct dns_answer answer;

	dns_start(dns, name, DNS_AAAA);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		dns_lookup(dns, a, name, types[i], deadline, &answer);
		if (answer.status == DNS_OK)
			return SENDER_DOMAIN_OK;
		if (dns_is_temporary(answer.status))
			result = SENDER_DOMAIN_TEMPORARY;
	}
	return result;
}

enum sender_domain
sender_domain_check(struct dns *dns, struct arena *a, struct bytes domain,
    uint64_t deadline)
{
	struct dns_answer answer;
	const char *name;

	if (domain.len == 0)
		return SENDER_DOMAIN_OK;
	if (address_domain_is_literal(domain))
		return SENDER_DOMAIN_LITERAL;
	if ((name = name_of(a, domain)) == NULL)
		return SENDER_DOMAIN_INVALID;
	dns_lookup(dns, a, name, DNS_MX, deadline, &answer);
	switch (answer.status) {
	case DNS_OK:
		return is_null_mx(a, &answer) ? SENDER_DOMAIN_NULL_MX :
		    SENDER_DOMAIN_OK;
	case DNS_NODATA:
		return check_addresses(dns, a, name, deadline);
	case DNS_NXDOMAIN:
		return SENDER_DOMAIN_NO_ADDRESS;
	default:
		return SENDER_DOMAIN_TEMPORARY;
	}
}
