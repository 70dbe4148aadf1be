/*
 * addr - network addresses and networks, small enough to keep by the thousand
 *
 * An IPv4 address that came in by an IPv6 socket (::ffff:192.0.2.1) is kept
 * as IPv4, so that one peer has one form.
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
	ADDR_UNIX,		/* the other side of a Unix socket: no bytes */
	ADDR_IPV4,
	ADDR_IPV6
};

struct addr {
	uint8_t family;		/* enum addr_family */
	uint16_t port;		/* host order; 0: none */
	uint8_t ip[16];		/* IPv4: the first four, then zeroes */
};

/* A network: the bits behind the first `bits' of base are zero. */
struct cidr {
	struct addr base;
	uint8_t bits;
};

#define ADDR_TEXT_MAX	56	/* "[ffff:…:255.255.255.255]:65535" and NUL */

/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]".  0, or -1. */
int addr_parse(struct bytes text, struct addr *out);

/*
 * An address and a port: "192.0.2.1:25", "[::1]:25".  "*:25" is the IPv6
 * address of all interfaces.  0, or -1 with a text that says what is wrong.
 */
int addr_parse_port(struct bytes text, struct addr *out, struct err *err);

/* The address alone; "unix" for a Unix socket.  Returns out. */
const char *addr_print(const struct addr *a, char out[ADDR_TEXT_MAX]);

/* Families the kernel has and we don't become ADDR_NONE. */
void addr_from_sockaddr(struct addr *a, const struct sockaddr *sa);
/* The length, 0 when the address is not IPv4 or IPv6. */
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ss);

/* Ports don't count. */
bool addr_eq(const struct addr *a, const struct addr *b);
/* 127.0.0.0/8, ::1 and Unix sockets. */
bool addr_is_loopback(const struct addr *a);
/* Spreads well; ports don't count. */
uint64_t addr_hash(const struct addr *a);
/* The address with all but its first bits zeroed, and port 0. */
struct addr addr_mask(const struct addr *a, unsigned int bits);

/*
 * "192.0.2.0/24", "2001:db8::/32", or an address alone (all bits).  Bits set
 * behind the mask are refused: most often it is a slip.  0, or -1.
 */
int cidr_parse(struct bytes text, struct cidr *out, struct err *err);
bool cidr_has(const struct cidr *net, const struct addr *a);

#endif
