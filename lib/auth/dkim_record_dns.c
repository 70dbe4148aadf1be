/* dkim_record_dns - looks public keys up with the resolver. */
#include <config.h>

#include "net/dns.h"
#include "auth/dkim_record.h"

static void
on_start(void *ctx, const char *name)
{
	dns_start(ctx, name, DNS_TXT);
}

static enum dkim_key_status
on_lookup(void *ctx, struct arena *a, const char *name, uint64_t deadline_ms,
    struct bytes **txt, size_t *n, bool *secure)
{
	struct dns_answer answer;

	dns_lookup(ctx, a, name, DNS_TXT, deadline_ms, &answer);
	if (answer.status != DNS_OK)
		return dns_is_temporary(answer.status) ? DKIM_KEY_TEMP :
		    DKIM_KEY_NONE;
	*secure = answer.secure;
	*txt = arena_array(a, answer.n, sizeof(**txt));
	*n = 0;
	for (size_t i = 0; i < answer.n; i++)
		if (dns_txt(a, answer.rdata[i], &(*txt)[*n]) == 0)
			++*n;
	return DKIM_KEY_FOUND;
}

struct dkim_key_source
dkim_key_source_dns(struct dns *dns)
{
	return (struct dkim_key_source){ dns, on_start, on_lookup };
}
