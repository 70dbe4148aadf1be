/*
 * dns_record - types, names and record data of the DNS
 *
 * Only converts bytes; look-ups are in dns.h.
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

/* The numbers are those of the DNS, so any other type may be cast to this. */
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
	DNS_NODATA,		/* the name exists, but not this type */
	DNS_NXDOMAIN,		/* the name does not exist */
	DNS_SERVFAIL,		/* no usable answer, or not validated */
	DNS_TIMEOUT		/* no answer before the deadline */
};

struct dns_answer {
	enum dns_status status;
	bool secure;		/* validated by DNSSEC */
	bool bogus;		/* DNS_SERVFAIL because validation failed */
	uint32_t ttl;		/* seconds left */
	size_t n;
	struct bytes *rdata;	/* n of them, in the arena; names in them
				   are not compressed */
};

/* May the answer be different soon? */
static inline bool
dns_is_temporary(enum dns_status status)
{
	return status == DNS_SERVFAIL || status == DNS_TIMEOUT;
}

/* Returns "ok", "nodata", "nxdomain", "servfail" or "timeout". */
const char *dns_status_name(enum dns_status status);

/* Returns "A", "TXT" and so on, or "TYPE65280" in the arena. */
const char *dns_type_name(struct arena *a, enum dns_type type);

/* ---- names ----------------------------------------------------------- */

#define DNS_NAME_MAX	255	/* bytes on the wire */
#define DNS_LABEL_MAX	63

/* A name in wire format: labels with their lengths, and the root label. */
struct dns_name {
	uint8_t len;
	uint8_t wire[DNS_NAME_MAX];
};

/* Parses presentation form.  Returns 0, or -1 if the name is not valid. */
int dns_name_parse(struct bytes text, struct dns_name *out);

/*
 * Returns a wire name in presentation form, without the dot at its end ("." for
 * the root).  Special bytes are escaped.
 */
char *dns_name_text(struct arena *a, const struct dns_name *name);

/* Converts to lower case, for comparisons and look-ups. */
void dns_name_lower(struct dns_name *name);

/*
 * Returns "4.3.2.1.in-addr.arpa" or "…ip6.arpa" for an address, NULL for other
 * families.  If zone is not NULL, it replaces in-addr.arpa or ip6.arpa, as for
 * DNSBLs (RFC 5782).
 */
char *dns_reverse_name(struct arena *a, const struct addr *ip,
    const char *zone);

/* ---- record data ----------------------------------------------------- */
/* All return 0, or -1 if the data is not valid. */

/* Joins the strings of a TXT record. */
int dns_txt(struct arena *a, struct bytes rdata, struct bytes *out);

/* Copies rdata, which must be exactly one name. */
int dns_name_of(struct bytes rdata, struct dns_name *out);

/* Gets the name in a PTR, CNAME or NS record, in presentation form. */
int dns_target(struct arena *a, struct bytes rdata, char **out);

/* exchange is "." for the null MX (RFC 7505). */
int dns_mx(struct arena *a, struct bytes rdata, uint16_t *preference,
    char **exchange);

/* Gets the address of an A or AAAA record, by its length; port is 0. */
int dns_addr(struct bytes rdata, struct addr *out);

#endif
