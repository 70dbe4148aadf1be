/* orgdomain - finds organizational domains with libpsl. */
#include <config.h>

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

#include "mail/address.h"
#include "auth/orgdomain.h"

struct orgdomain {
	psl_ctx_t *psl;			/* own; free with psl_free() */
};

int
orgdomain_new(struct orgdomain **list, struct err *err)
{
	struct orgdomain *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fatal("out of memory");
	l->psl = psl_latest(NULL);
	if (l->psl == NULL) {
		free(l);
		return err_set(err, ERR_INTERNAL,
		    "there is no public suffix list");
	}
	*list = l;
	return 0;
}

void
orgdomain_free(struct orgdomain **list)
{
	struct orgdomain *l = *list;

	if (l == NULL)
		return;
	*list = NULL;
	psl_free(l->psl);
	free(l);
}

/* Copies to a C string.  Returns false if it is too long or contains a NUL. */
static bool
domain_copy(struct bytes domain, char out[ADDRESS_DOMAIN_MAX + 1])
{
	if (domain.len == 0 || domain.len > ADDRESS_DOMAIN_MAX ||
	    memchr(domain.data, '\0', domain.len) != NULL)
		return false;
	memcpy(out, domain.data, domain.len);
	out[domain.len] = '\0';
	return true;
}

struct bytes
orgdomain_of(const struct orgdomain *list, struct bytes domain)
{
	char copy[ADDRESS_DOMAIN_MAX + 1];
	const char *found;

	if (!domain_copy(domain, copy) ||
	    (found = psl_registrable_domain(list->psl, copy)) == NULL)
		return domain;
	return bytes_from(domain, (size_t)(found - copy));
}

bool
orgdomain_is_same(const struct orgdomain *list, struct bytes a,
    struct bytes b)
{
	return bytes_ieq(orgdomain_of(list, a), orgdomain_of(list, b));
}

bool
domain_is_within(struct bytes domain, struct bytes parent)
{
	size_t rest;

	if (parent.len == 0 || domain.len < parent.len)
		return false;
	rest = domain.len - parent.len;
	return bytes_ieq(bytes_from(domain, rest), parent) &&
	    (rest == 0 || domain.data[rest - 1] == '.');
}
