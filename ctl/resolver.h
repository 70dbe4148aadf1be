/*
 * resolver - the DNS, for commands that need no server
 */
#ifndef CTL_RESOLVER_H
#define CTL_RESOLVER_H

#include "command/command.h"

struct dns;

/*
 * The resolver of the settings, or with a file (--dns-data; NULL: none) that
 * as the whole DNS.  The configuration is loaded.  0, or -1 after saying what
 * is wrong, with *status.
 */
int resolver_open(struct command *c, const char *dns_data, struct dns **dns,
    int *status);

#endif
