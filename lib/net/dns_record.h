/*
 * dns_record - what questions to the DNS, and its answers, are made of
 *
 * Bytes only; who asks is dns.h.
 *
 * Names are in presentation form, with or without the dot at the end;
 * "\032" is the byte 32, "\." a dot within a label (RFC 1035 5.1).
 */
#ifndef NET_DNS_RECORD_H
#define NET_DNS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/addr.h"

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
