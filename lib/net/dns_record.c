/*
 * dns_record - converts names and record data of the DNS
 *
 * Record data comes from anyone who has a zone, so each length in it must be
 * checked.
 */
#include <config.h>

#include "base/encode.h"
#include "net/dns_record.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Reads an escape (RFC 1035 5.1).  Returns the number of characters used, or 0
 * if it is not complete.
 */
static size_t
escape_read(struct bytes text, uint8_t *out)
{
	const char *p = text.data;
	unsigned v;

	if (text.len < 2)
		return 0;
	if (!is_digit(p[1])) {
		*out = (uint8_t)p[1];
		return 2;
	}
	if (text.len < 4 || !is_digit(p[2]) || !is_digit(p[3]))
		return 0;
	v = (unsigned)(p[1] - '0') * 100 + (unsigned)(p[2] - '0') * 10 +
	    (unsigned)(p[3] - '0');
	if (v > 255)
		return 0;
	*out = (uint8_t)v;
	return 4;
}

int
dns_name_parse(struct bytes text, struct dns_name *out)
{
	uint8_t *w = out->wire;
	size_t label = 0, n = 1, took;

	if (bytes_eq_str(text, "."))
		text.len = 0;
	for (size_t i = 0; i < text.len; i += took) {
		if (n == DNS_NAME_MAX)
			return -1;
		took = 1;
		if (text.data[i] == '\\')
			took = escape_read(bytes_from(text, i), &w[n++]);
		else if (text.data[i] != '.')
			w[n++] = (uint8_t)text.data[i];
		if (took == 0 || n - label - 1 > DNS_LABEL_MAX)
			return -1;
		if (text.data[i] != '.')
			continue;
		if (n == label + 1)
			return -1;
		w[label] = (uint8_t)(n - label - 1);
		label = n++;
	}
	/* End the last label, or add the root label after a final dot. */
	w[label] = (uint8_t)(n - label - 1);
	if (w[label] > 0) {
		if (n == DNS_NAME_MAX)
			return -1;
		w[n++] = 0;
	}
	out->len = (uint8_t)n;
	return 0;
}

static bool
is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '.' && c != '\\' && c != '"' &&
	    c != ';' && c != '(' && c != ')' && c != '@' && c != '$';
}

static char *
put_byte(char *p, uint8_t c)
{
	if (is_plain(c)) {
		*p++ = (char)c;
		return p;
	}
	*p++ = '\\';
	if (c > ' ' && c < 0x7f) {
		*p++ = (char)c;
		return p;
	}
	*p++ = (char)('0' + c / 100);
	*p++ = (char)('0' + c / 10 % 10);
	*p++ = (char)('0' + c % 10);
	return p;
}

char *
dns_name_text(struct arena *a, const struct dns_name *name)
{
	/* At most "\ddd" for each byte, and a NUL. */
	char text[4 * DNS_NAME_MAX + 1], *p = text;
	const uint8_t *w = name->wire;

	if (*w == 0)
		return arena_strdup(a, ".");
	for (; *w != 0; w += *w + 1) {
		if (p != text)
			*p++ = '.';
		for (uint8_t i = 1; i <= *w; i++)
			p = put_byte(p, w[i]);
	}
	return arena_memdup(a, text, (size_t)(p - text));
}

void
dns_name_lower(struct dns_name *name)
{
	/* Lengths of labels are at most 63, so they are never letters. */
	for (size_t i = 0; i < name->len; i++)
		name->wire[i] |= (uint8_t)
		    ((uint8_t)(name->wire[i] - 'A') < 26) << 5;
}

char *
dns_reverse_name(struct arena *a, const struct addr *ip, const char *zone)
{
	char text[16 * 4 + 1], *p = text;
	const uint8_t *b = ip->ip;

	if (ip->family == ADDR_IPV4)
		return arena_printf(a, "%d.%d.%d.%d.%s", b[3], b[2], b[1],
		    b[0], zone == NULL ? "in-addr.arpa" : zone);
	if (ip->family != ADDR_IPV6)
		return NULL;
	for (int i = 15; i >= 0; i--) {
		*p++ = "0123456789abcdef"[b[i] & 15];
		*p++ = '.';
		*p++ = "0123456789abcdef"[b[i] >> 4];
		*p++ = '.';
	}
	*p = '\0';
	return arena_printf(a, "%s%s", text, zone == NULL ? "ip6.arpa" : zone);
}

int
dns_txt(struct arena *a, struct bytes rdata, struct bytes *out)
{
	const uint8_t *p = (const uint8_t *)rdata.data;
	char *text;
	size_t n = 0;

	if (rdata.len == 0)
		return -1;
	/* Most records have only one string. */
	if (rdata.len == (size_t)p[0] + 1) {
		*out = bytes_from(rdata, 1);
		return 0;
	}
	text = arena_alloc(a, rdata.len);
	for (size_t i = 0; i < rdata.len; i += (size_t)p[i] + 1) {
		if (p[i] >= rdata.len - i)
			return -1;
		memcpy(text + n, p + i + 1, p[i]);
		n += p[i];
	}
	*out = bytes_make(text, n);
	return 0;
}

int
dns_name_of(struct bytes rdata, struct dns_name *out)
{
	const uint8_t *p = (const uint8_t *)rdata.data;
	size_t i = 0;

	if (rdata.len == 0 || rdata.len > DNS_NAME_MAX)
		return -1;
	while (i < rdata.len && p[i] != 0) {
		if (p[i] > DNS_LABEL_MAX)
			return -1;
		i += (size_t)p[i] + 1;
	}
	if (i + 1 != rdata.len)
		return -1;
	memcpy(out->wire, p, rdata.len);
	out->len = (uint8_t)rdata.len;
	return 0;
}

int
dns_target(struct arena *a, struct bytes rdata, char **out)
{
	struct dns_name name;

	if (dns_name_of(rdata, &name) == -1)
		return -1;
	*out = dns_name_text(a, &name);
	return 0;
}

int
dns_mx(struct arena *a, struct bytes rdata, uint16_t *preference,
    char **exchange)
{
	if (rdata.len < 3)
		return -1;
	*preference = be16_get(rdata.data);
	return dns_target(a, bytes_from(rdata, 2), exchange);
}

int
dns_addr(struct bytes rdata, struct addr *out)
{
	if (rdata.len != 4 && rdata.len != 16)
		return -1;
	*out = (struct addr){
	    .family = rdata.len == 4 ? ADDR_IPV4 : ADDR_IPV6 };
	memcpy(out->ip, rdata.data, rdata.len);
	return 0;
}

const char *
dns_status_name(enum dns_status status)
{
	static const char *const names[] = {
		"ok", "nodata", "nxdomain", "servfail", "timeout"
	};

	return names[status];
}

static const struct {
	enum dns_type type;
	const char *name;
} types[] = {
	{ DNS_A, "A" }, { DNS_NS, "NS" }, { DNS_CNAME, "CNAME" },
	{ DNS_SOA, "SOA" }, { DNS_PTR, "PTR" }, { DNS_MX, "MX" },
	{ DNS_TXT, "TXT" }, { DNS_AAAA, "AAAA" }, { DNS_SRV, "SRV" },
	{ DNS_TLSA, "TLSA" }, { DNS_SPF, "SPF" }, { DNS_CAA, "CAA" }
};

const char *
dns_type_name(struct arena *a, enum dns_type type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type)
			return types[i].name;
	return arena_printf(a, "TYPE%d", (int)type);
}
