/*
 * iprev - looks a client's names up, and the addresses of these names.
 */
#include <config.h>

#include "auth/iprev.h"

const char *
iprev_status_name(enum iprev_status status)
{
	static const char *const names[] = {
		"pass", "fail", "permerror", "temperror"
	};

	return names[status];
}

static enum dns_type
address_type(const struct addr *ip)
{
	return ip->family == ADDR_IPV4 ? DNS_A : DNS_AAAA;
}

void
iprev_start(struct dns *dns, const struct addr *ip)
{
	struct arena a;
	char *name;

	arena_init(&a);
	if ((name = dns_reverse_name(&a, ip, NULL)) != NULL)
		dns_start(dns, name, DNS_PTR);
	arena_clear(&a);
}

static bool
has_address(const struct dns_answer *answer, const struct addr *ip)
{
	struct addr addr;

	for (size_t i = 0; i < answer->n; i++)
		if (dns_addr(answer->rdata[i], &addr) == 0 &&
		    addr_eq(&addr, ip))
			return true;
	return false;
}

/* Gets the names in the PTR records, and starts looking their addresses up. */
static size_t
names_of(struct dns *dns, struct arena *a, const struct addr *ip,
    const struct dns_answer *answer, char *names[IPREV_NAMES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < answer->n && n < IPREV_NAMES_MAX; i++)
		if (dns_target(a, answer->rdata[i], &names[n]) == 0)
			dns_start(dns, names[n++], address_type(ip));
	return n;
}

/* Everything is allocated in the arena, including the name in the result. */
static void
check(struct dns *dns, struct arena *a, const struct addr *ip,
    uint64_t deadline, struct iprev_result *result)
{
	char *names[IPREV_NAMES_MAX], *name;
	struct dns_answer ptr, answer;
	size_t n;

	*result = (struct iprev_result){ .status = IPREV_PERMERROR };
	if ((name = dns_reverse_name(a, ip, NULL)) == NULL)
		return;
	dns_lookup(dns, a, name, DNS_PTR, deadline, &ptr);
	if (dns_is_temporary(ptr.status))
		result->status = IPREV_TEMPERROR;
	n = names_of(dns, a, ip, &ptr, names);
	if (n > 0) {
		result->status = IPREV_FAIL;
		result->name = names[0];
	}
	for (size_t i = 0; i < n; i++) {
		dns_lookup(dns, a, names[i], address_type(ip), deadline,
		    &answer);
		if (has_address(&answer, ip)) {
			*result = (struct iprev_result){
			    .status = IPREV_PASS, .name = names[i],
			    .secure = ptr.secure && answer.secure };
			return;
		}
		if (dns_is_temporary(answer.status))
			result->status = IPREV_TEMPERROR;
	}
}

void
iprev_check(struct dns *dns, struct arena *a, const struct addr *ip,
    uint64_t deadline, struct iprev_result *result)
{
	struct arena scratch;

	arena_init(&scratch);
	check(dns, &scratch, ip, deadline, result);
	if (result->name != NULL)
		result->name = arena_strdup(a, result->name);
	arena_clear(&scratch);
}
