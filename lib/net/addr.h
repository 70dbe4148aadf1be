/*
 * addr - network addresses and networks, small enough to keep thousands
 *
 * An IPv4 address from an IPv6 socket (::ffff:192.0.2.1) is stored as IPv4, so
 * that each peer has only one form.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"

enum addr_family {
	ADDR_NONE,
	ADDR_UNIX,		/* the peer of a Unix socket; no address */
	ADDR_IPV4,
	ADDR_IPV6
};

struct addr {
	uint8_t family;		/* enum addr_family */
	uint16_t port;		/* host order; 0: none */
	uint8_t ip[16];		/* IPv4: four bytes, then zeroes */
};

/* A network: the bits of base after the first `bits' are zero. */
struct cidr {
	struct addr base;
	uint8_t bits;
};

#define ADDR_TEXT_MAX	56	/* "[ffff:…:255.255.255.255]:65535" and NUL */

/* Parses "192.0.2.1", "2001:db8::1" or "[2001:db8::1]".  Returns 0 or -1. */
int addr_parse(struct bytes text, struct addr *out);

/*
 * Parses an address and a port: "192.0.2.1:25" or "[::1]:25".  "*:25" is the
 * IPv6 address of all interfaces.  Returns 0, or -1 with ERR_SYNTAX.
 */
int addr_parse_port(struct bytes text, struct addr *out, struct err *err);

/* Writes the address without its port, or "unix" for a Unix socket.  Returns
   out. */
const char *addr_print(const struct addr *a, char out[ADDR_TEXT_MAX]);

/* Families that we do not support become ADDR_NONE. */
void addr_from_sockaddr(struct addr *a, const struct sockaddr *sa);
/* Returns the length, or 0 if the address is not IPv4 or IPv6. */
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ss);

/* Ignores ports. */
bool addr_eq(const struct addr *a, const struct addr *b);
/* True for 127.0.0.0/8, ::1 and Unix sockets. */
bool addr_is_loopback(const struct addr *a);
/* Returns a well distributed hash; ignores the port. */
uint64_t addr_hash(const struct addr *a);
/* Returns the address with all but its first bits set to 0, and port 0. */
struct addr addr_mask(const struct addr *a, unsigned int bits);

/*
 * Parses "192.0.2.0/24", "2001:db8::/32", or a single address.  Bits that are
 * set after the mask are refused, because they are usually a mistake.  Returns
 * 0, or -1 with ERR_SYNTAX.
 */
int cidr_parse(struct bytes text, struct cidr *out, struct err *err);
bool cidr_has(const struct cidr *net, const struct addr *a);

#endif
