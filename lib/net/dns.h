/*
 * dns - questions to the DNS, from any thread
 *
 * One resolver (libunbound, on threads of its own) and one cache for the
 * process.  A question that is under way already is joined, not asked
 * again, so that an evaluator is straight-line code and still works in
 * parallel: start whatever can be foreseen, then look up one by one.
 *
 *	if (dns_new(settings, &dns, err) == -1)
 *		return -1;
 *	...
 *	dns_start(dns, "example.com", DNS_TXT);
 *	dns_start(dns, "example.com", DNS_MX);
 *	dns_lookup(dns, &arena, "example.com", DNS_TXT, deadline, &answer);
 *	if (answer.status == DNS_OK)
 *		for (size_t i = 0; i < answer.n; i++)
 *			... dns_txt(&arena, answer.rdata[i], &text) ...
 *
 * With the setting dns-data a file is the whole DNS (dns_data.h): nothing is
 * asked outside.
 *
 * Names are in presentation form, with or without the dot at the end;
 * "\032" is the byte 32, "\." a dot within a label (RFC 1035 5.1).  A name
 * that cannot exist (an empty label, a label over 63 or a name over 255
 * bytes) is answered DNS_NXDOMAIN without asking anybody.
 *
 * CNAMEs are followed, a bounded number of them; the answer has only records
 * of the type that was asked for.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/settings.h"
#include "net/addr.h"

struct dns;

/* The numbers are the DNS's own: any other type may be cast to this. */
enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52,
	DNS_SPF = 99,
	DNS_CAA = 257
};

enum dns_status {
	DNS_OK,			/* at least one record */
	DNS_NODATA,		/* the name exists, without this type */
	DNS_NXDOMAIN,		/* the name does not exist */
	DNS_SERVFAIL,		/* no usable answer; also: not validated */
	DNS_TIMEOUT		/* none before the deadline */
};

struct dns_answer {
	enum dns_status status;
	bool secure;		/* validated by DNSSEC */
	bool bogus;		/* DNS_SERVFAIL since validation failed */
	uint32_t ttl;		/* seconds left */
	size_t n;
	struct bytes *rdata;	/* n of them, in the arena; names in them
				   are not compressed */
};

/*
 * Starts the resolver that the settings ask for.  0, or -1: the settings or
 * the file of dns-data are wrong.
 */
int dns_new(const struct settings *s, struct dns **out, struct err *err);

/* Nobody may be in a function of this file.  NULL is accepted. */
void dns_free(struct dns **dns);

/*
 * A new resolver, and new data, take the place of the old; questions under
 * way are answered by the old ones.  0, or -1 and everything is as before.
 */
int dns_reload(struct dns *dns, const struct settings *s, struct err *err);

/*
 * Asks without waiting, so that a later dns_lookup() finds the answer there
 * or on its way.
 */
void dns_start(struct dns *dns, const char *name, enum dns_type type);

/*
 * The answer, if it is there already: from the cache or the data.  false:
 * it is not, and nobody was asked.
 */
bool dns_lookup_now(struct dns *dns, struct arena *a, const char *name,
    enum dns_type type, struct dns_answer *answer);

/*
 * Waits for the answer until deadline, a time of clock_mono_ms(); behind it
 * the status is DNS_TIMEOUT.  A question is given up dns-deadline after it
 * was asked, however long its askers would wait.
 */
void dns_lookup(struct dns *dns, struct arena *a, const char *name,
    enum dns_type type, uint64_t deadline, struct dns_answer *answer);

/* May the same question have another answer soon? */
static inline bool
dns_is_temporary(enum dns_status status)
{
	return status == DNS_SERVFAIL || status == DNS_TIMEOUT;
}

/* "ok", "nodata", "nxdomain", "servfail", "timeout". */
const char *dns_status_name(enum dns_status status);

/* "A", "TXT", or "TYPE65280" in the arena. */
const char *dns_type_name(struct arena *a, enum dns_type type);

/* For counters and tests. */
struct dns_stat {
	uint64_t lookups;	/* dns_lookup() and dns_start() */
	uint64_t hits;		/* answered from the cache */
	uint64_t joined;	/* joined a question under way */
	uint64_t asked;		/* given to the resolver */
	uint64_t timeouts;	/* given up by the resolver thread */
	uint64_t entries;	/* in the cache now */
	uint64_t bytes;		/* of the cache now */
};

void dns_stat(struct dns *dns, struct dns_stat *stat);

/* ---- names ----------------------------------------------------------- */

#define DNS_NAME_MAX	255	/* bytes on the wire */
#define DNS_LABEL_MAX	63

/* A name on the wire: labels with their lengths, ending with the root's. */
struct dns_name {
	uint8_t len;
	uint8_t wire[DNS_NAME_MAX];
};

/* From presentation form.  0, or -1 when there can't be such a name. */
int dns_name_parse(struct bytes text, struct dns_name *out);

/*
 * A wire name in presentation form, without the dot at its end ("." for the
 * root); bytes that would be misread are escaped.
 */
char *dns_name_text(struct arena *a, const struct dns_name *name);

/* Letters in lower case: the form to compare and to look for. */
void dns_name_lower(struct dns_name *name);

/*
 * "4.3.2.1.in-addr.arpa", "…ip6.arpa" of an address; in zone instead where
 * one is given, as DNSBLs are asked (RFC 5782).  NULL for other families.
 */
char *dns_reverse_name(struct arena *a, const struct addr *ip,
    const char *zone);

/* ---- record data ----------------------------------------------------- */
/* All return 0, or -1 when the data is not of that form. */

/* The strings of a TXT record, one behind the other. */
int dns_txt(struct arena *a, struct bytes rdata, struct bytes *out);

/* All of rdata as one name, as it stands there. */
int dns_name_of(struct bytes rdata, struct dns_name *out);

/* The name of a PTR, CNAME or NS record, in presentation form. */
int dns_target(struct arena *a, struct bytes rdata, char **out);

/* "." is the null MX (RFC 7505). */
int dns_mx(struct arena *a, struct bytes rdata, uint16_t *preference,
    char **exchange);

/* Of an A or an AAAA record, by its length; port 0. */
int dns_addr(struct bytes rdata, struct addr *out);

#endif
