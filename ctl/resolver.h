/*
 * resolver - DNS queries for commands that need no server
 */
#ifndef CTL_RESOLVER_H
#define CTL_RESOLVER_H

#include "command/command.h"

struct dns;

/*
 * Opens the resolver of the settings.  If dns_data is not NULL, that file (from
 * --dns-data) replaces the DNS.  The configuration must be loaded.  Returns 0,
 * or -1 after printing the error; *status is then the exit status.
 */
int resolver_open(struct command *c, const char *dns_data, struct dns **dns,
    int *status);

#endif
