/* dns_zone - a resolver for tests that answers from the lines it is given */
#ifndef UNIT_DNS_ZONE_H
#define UNIT_DNS_ZONE_H

#include "config/settings.h"
#include "net/dns.h"

struct dns_zone {
	char path[64];
	struct settings settings;
	struct dns *dns;
};

/*
 * lines is the text of a dns-data file; overrides ("NAME=VALUE") may be NULL.
 */
void dns_zone_open(struct dns_zone *z, const char *lines,
    const char *const *overrides, size_t override_count);
void dns_zone_close(struct dns_zone *z);

#endif
