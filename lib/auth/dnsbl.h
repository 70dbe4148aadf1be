/*
 * dnsbl - looks a client up in lists in the DNS (RFC 5782)
 *
 * The lists are set by dnsbl-zones and dnswl-zones, and by
 * dnsbl-monitor-zones, which are asked but have no effect.  A list is used as
 * long as it is healthy: it must list 127.0.0.2, but neither 127.0.0.1 nor, as
 * lists of IPv6 do, ::ffff:7f00:1.  A test without an answer counts as passed
 * and is repeated soon.
 *
 *	if (dnsbl_new(settings, &lists, err) == -1)
 *		return -1;
 *	dnsbl_start(lists, dns, &ip);		// when the client connects
 *	...
 *	dnsbl_check(lists, dns, &arena, &ip, deadline, &result);
 *	if (result.listed > 0)
 *		... at least one block list lists it ...
 *
 * The test is run when it is due by whichever thread asks next, in parallel
 * with the questions about the client.  Any thread may ask at any time.
 */
#ifndef AUTH_DNSBL_H
#define AUTH_DNSBL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/settings.h"
#include "net/addr.h"
#include "net/dns.h"

#define DNSBL_ZONES_MAX		32
#define DNSBL_REASON_MAX	250	/* bytes of a list's own text */

struct dnsbl;

enum dnsbl_kind {
	DNSBL_BLOCK,
	DNSBL_WELCOME,
	DNSBL_MONITOR
};

enum dnsbl_status {
	DNSBL_NOT_LISTED,
	DNSBL_LISTED,
	DNSBL_ERROR,		/* the answer is an error of the list itself:
				   127.255.255.0/24, or outside 127/8 */
	DNSBL_UNKNOWN,		/* no answer */
	DNSBL_UNHEALTHY		/* not asked, because its test failed */
};

/* The result of one list. */
struct dnsbl_listing {
	const char *zone;
	enum dnsbl_kind kind;
	enum dnsbl_status status;
	struct addr code;	/* the answer that counted, or ADDR_NONE */
	const char *reason;	/* its TXT record, printable, or NULL */
};

/* In the arena. */
struct dnsbl_result {
	size_t n;
	struct dnsbl_listing *lists;	/* in the order of the settings */
	size_t listed;		/* DNSBL_BLOCK lists that list the client */
	size_t welcome;		/* DNSBL_WELCOME lists that list it */
	size_t errors;		/* lists without a usable answer */
};

/* Returns 0, or -1 if a zone in the settings is malformed. */
int dnsbl_new(const struct settings *s, struct dnsbl **out, struct err *err);
void dnsbl_free(struct dnsbl **lists);

/* Starts the questions without waiting. */
void dnsbl_start(struct dnsbl *lists, struct dns *dns, const struct addr *ip);

/* Waits until deadline (clock_mono_ms()) at the latest. */
void dnsbl_check(struct dnsbl *lists, struct dns *dns, struct arena *a,
    const struct addr *ip, uint64_t deadline, struct dnsbl_result *result);

/* "not listed", "listed", "error", "no answer", "unhealthy". */
const char *dnsbl_status_name(enum dnsbl_status status);
const char *dnsbl_kind_name(enum dnsbl_kind kind);

/* State of a list, for counters. */
struct dnsbl_stat {
	const char *zone;
	enum dnsbl_kind kind;
	bool healthy;
	const char *why;	/* if unhealthy: a constant text */
	uint64_t asked, listed, errors;
};

size_t dnsbl_count(const struct dnsbl *lists);
void dnsbl_stat(struct dnsbl *lists, size_t i, struct dnsbl_stat *stat);

#endif
