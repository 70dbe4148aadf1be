/* resolver - opens a resolver for commands that query the DNS themselves. */
#include <config.h>

#include "net/dns.h"
#include "ctl/resolver.h"

int
resolver_open(struct command *c, const char *dns_data, struct dns **dns,
    int *status)
{
	struct err err = ERR_INIT;

	if (dns_data != NULL)
		c->settings.dns_data = dns_data;
	if (dns_new(&c->settings, dns, &err) == 0)
		return 0;
	/* Never status 75, because no server was asked. */
	*status = command_failf("%s", err.text);
	return -1;
}
