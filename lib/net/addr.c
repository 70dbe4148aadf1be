/* addr - parses, prints and compares network addresses and networks. */
#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "net/addr.h"

static const uint8_t v4_mapped[12] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
};

static unsigned int
addr_bits(const struct addr *a)
{
	return a->family == ADDR_IPV4 ? 32 : a->family == ADDR_IPV6 ? 128 : 0;
}

static void
addr_set6(struct addr *a, const void *ip)
{
	const uint8_t *p = ip;

	if (memcmp(p, v4_mapped, sizeof(v4_mapped)) == 0) {
		a->family = ADDR_IPV4;
		memcpy(a->ip, p + 12, 4);
	} else {
		a->family = ADDR_IPV6;
		memcpy(a->ip, p, 16);
	}
}

int
addr_parse(struct bytes text, struct addr *out)
{
	char s[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	if (text.len >= 2 && text.data[0] == '[' &&
	    text.data[text.len - 1] == ']') {
		text = bytes_make(text.data + 1, text.len - 2);
		if (bytes_index(text, ':') < 0)
			return -1;
	}
	if (text.len == 0 || text.len >= sizeof(s) ||
	    memchr(text.data, '\0', text.len) != NULL)
		return -1;
	memcpy(s, text.data, text.len);
	s[text.len] = '\0';
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, s, ip) == 1) {
		out->family = ADDR_IPV4;
		memcpy(out->ip, ip, 4);
		return 0;
	}
	if (inet_pton(AF_INET6, s, ip) != 1)
		return -1;
	addr_set6(out, ip);
	return 0;
}

int
addr_parse_port(struct bytes text, struct addr *out, struct err *err)
{
	struct bytes host;
	uint64_t port;
	size_t i;

	for (i = text.len; i > 0 && text.data[i - 1] != ':'; i--)
		;
	if (i == 0)
		return err_set(err, ERR_SYNTAX, "'" BYTES_FMT "' has no port; "
		    "expected address:port", BYTES_ARG(text));
	if (decimal_parse(bytes_make(text.data + i, text.len - i), 65535,
	    &port) == -1)
		return err_set(err, ERR_SYNTAX, "'" BYTES_FMT "' has no valid "
		    "port after the last colon", BYTES_ARG(text));
	host = bytes_make(text.data, i - 1);
	if (bytes_eq_str(host, "*")) {
		memset(out, 0, sizeof(*out));
		out->family = ADDR_IPV6;
	} else if ((bytes_index(host, ':') >= 0 && host.data[0] != '[') ||
	    addr_parse(host, out) == -1) {
		return err_set(err, ERR_SYNTAX, "'" BYTES_FMT "' is not an "
		    "IPv4 address, an IPv6 address in brackets, or *",
		    BYTES_ARG(host));
	}
	out->port = (uint16_t)port;
	return 0;
}

const char *
addr_print(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	int af = a->family == ADDR_IPV4 ? AF_INET : AF_INET6;

	if (addr_bits(a) == 0)
		(void)snprintf(out, ADDR_TEXT_MAX, "%s",
		    a->family == ADDR_UNIX ? "unix" : "none");
	else if (inet_ntop(af, a->ip, out, ADDR_TEXT_MAX) == NULL)
		out[0] = '\0';
	return out;
}

void
addr_from_sockaddr(struct addr *a, const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	memset(a, 0, sizeof(*a));
	switch (sa->sa_family) {
	case AF_UNIX:
		a->family = ADDR_UNIX;
		break;
	case AF_INET:
		a->family = ADDR_IPV4;
		memcpy(a->ip, &in->sin_addr, 4);
		a->port = ntohs(in->sin_port);
		break;
	case AF_INET6:
		addr_set6(a, &in6->sin6_addr);
		a->port = ntohs(in6->sin6_port);
		break;
	default:
		break;
	}
}

socklen_t
addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	switch (a->family) {
	case ADDR_IPV4:
		in->sin_family = AF_INET;
		in->sin_port = htons(a->port);
		memcpy(&in->sin_addr, a->ip, 4);
		return sizeof(*in);
	case ADDR_IPV6:
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(a->port);
		memcpy(&in6->sin6_addr, a->ip, 16);
		return sizeof(*in6);
	default:
		return 0;
	}
}

bool
addr_eq(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	    memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool
addr_is_loopback(const struct addr *a)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	switch (a->family) {
	case ADDR_UNIX:
		return true;
	case ADDR_IPV4:
		return a->ip[0] == 127;
	case ADDR_IPV6:
		return memcmp(a->ip, loopback6, 16) == 0;
	default:
		return false;
	}
}

/* Mixes 64 bits: each bit of the input changes half of the output. */
static uint64_t
mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	h ^= h >> 33;
	return h;
}

uint64_t
addr_hash(const struct addr *a)
{
	return mix(mix(be64_get(a->ip) + a->family) + be64_get(a->ip + 8));
}

struct addr
addr_mask(const struct addr *a, unsigned int bits)
{
	struct addr out = *a;
	size_t whole = bits / 8;

	out.port = 0;
	if (whole >= sizeof(out.ip))
		return out;
	out.ip[whole] &= (uint8_t)(0xff00 >> bits % 8);
	memset(out.ip + whole + 1, 0, sizeof(out.ip) - whole - 1);
	return out;
}

int
cidr_parse(struct bytes text, struct cidr *out, struct err *err)
{
	struct bytes host = text;
	ptrdiff_t slash = bytes_index(text, '/');
	struct addr masked;
	uint64_t bits;

	if (slash >= 0)
		host.len = (size_t)slash;
	if (addr_parse(host, &out->base) == -1)
		return err_set(err, ERR_SYNTAX, "'" BYTES_FMT
		    "' is not an address or network", BYTES_ARG(text));
	bits = addr_bits(&out->base);
	if (slash >= 0 && decimal_parse(bytes_make(text.data + slash + 1,
	    text.len - (size_t)slash - 1), bits, &bits) == -1)
		return err_set(err, ERR_SYNTAX, "'" BYTES_FMT
		    "' has no number of bits from 0 to %u after the slash",
		    BYTES_ARG(text), addr_bits(&out->base));
	masked = addr_mask(&out->base, (unsigned int)bits);
	if (!addr_eq(&masked, &out->base)) {
		char net[ADDR_TEXT_MAX];

		return err_set(err, ERR_SYNTAX, "'" BYTES_FMT "' has bits "
		    "after its mask; '%s/%u' is the network",
		    BYTES_ARG(text), addr_print(&masked, net),
		    (unsigned int)bits);
	}
	out->bits = (uint8_t)bits;
	return 0;
}

bool
cidr_has(const struct cidr *net, const struct addr *a)
{
	size_t whole = net->bits / 8;

	if (a->family != net->base.family ||
	    memcmp(a->ip, net->base.ip, whole) != 0)
		return false;
	return net->bits % 8 == 0 || ((a->ip[whole] ^ net->base.ip[whole]) &
	    0xff00 >> net->bits % 8 & 0xff) == 0;
}
