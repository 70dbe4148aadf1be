/*
 * spf_world - the small DNS that tests of SPF share
 *
 * One record is the test's own, that of d.example.com; the names behind it
 * are always the same (spf_world.c).
 */
#ifndef UNIT_SPF_WORLD_H
#define UNIT_SPF_WORLD_H

#include "net/dns_data.h"
#include "auth/spf.h"

#define V4	"192.0.2.1"
#define V6	"2001:db8::1"

struct world {
	struct dns_data *data;
	struct bytes record;	/* of d.example.com */
	struct buf rdata;
};

void world_open(struct world *w, struct dns **dns);
void world_close(struct world *w, struct dns **dns);

struct spf_result check(struct dns *dns, struct arena *a, const char *ip,
    const char *sender, const char *helo);

#endif
