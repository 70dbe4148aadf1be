/*
 * window - how much came from an address and its networks lately
 *
 * A client has one address, but whoever commands it may have a whole
 * network.  So everything is counted three times: for the address, for the
 * network it is in, and for the network around that.
 *
 *			level 0		level 1		level 2
 *	IPv4		/32		/26		/21
 *	IPv6		/64		/48		/32
 *
 * Each level has its limit.  What is added must fit into all three, or
 * nothing is counted.
 *
 *	w = window_new(60 * 1000, 1000000);
 *	if (window_add(w, &addr, 1, limits, clock_mono_ms()) >= 0)
 *		... too many, and the result says at which level
 *
 * The window slides: it is the time before now, not a minute of the clock.
 * What came at the same moment leaves it at the same moment; of a steady
 * stream, events up to a fifth of the window apart leave it together, with
 * the last of them.  So no span of that length, to a 30,000th of it, ever
 * holds more than the limit.
 *
 * With length 0 it counts what is there now, until window_remove().
 *
 * Memory is bounded: for each of addresses_max addresses three records of 56
 * bytes and the index, 190 bytes in all (1,000,000 addresses: 181 MB).  Only
 * what is in use is touched, records of networks that were not seen within
 * the window are used again first, and when there are no others the one not
 * seen for longest goes.
 *
 * Any thread may call.  Time is the caller's; where it goes back, the latest
 * time counts.
 */
#ifndef NET_WINDOW_H
#define NET_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

#define WINDOW_LEVELS		3
#define WINDOW_COUNT_MAX	65535	/* a limit may not be larger */

struct window;

struct window *window_new(uint64_t length_ms, size_t addresses_max);
void window_free(struct window **w);

/*
 * The network that an address is counted under at a level; its text, as
 * "192.0.2.0/26", is at most ADDR_TEXT_MAX bytes.
 */
struct cidr window_network(const struct addr *a, unsigned level);

/*
 * Adds n.  -1, or the level (0 to 2) that has no room: then nothing has been
 * counted.  A limit of 0 is none.  Addresses that are neither IPv4 nor IPv6
 * are not counted.
 */
int window_add(struct window *w, const struct addr *a, uint32_t n,
    const uint64_t limits[WINDOW_LEVELS], uint64_t now_ms);

/* The level that would have no room for n more, or -1; nothing is counted. */
int window_full(struct window *w, const struct addr *a, uint32_t n,
    const uint64_t limits[WINDOW_LEVELS], uint64_t now_ms);

/* For length 0: n that were added are gone. */
void window_remove(struct window *w, const struct addr *a, uint32_t n);

#endif
