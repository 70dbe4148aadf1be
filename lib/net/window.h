/*
 * window - counts events from an address and its networks in a sliding window
 *
 * A client has one address, but its owner may have a whole network.  So
 * everything is counted three times: for the address, for its network, and for
 * the larger network around that.
 *
 *			level 0		level 1		level 2
 *	IPv4		/32		/26		/21
 *	IPv6		/64		/48		/32
 *
 * Each level has a limit.  If one of them would be exceeded, nothing is
 * counted.
 *
 *	w = window_new(60 * 1000, 1000000);
 *	if (window_add(w, &addr, 1, limits, clock_mono_ms()) >= 0)
 *		... too many; the result is the level
 *
 * The window slides: it is the time up to now, not a minute of the clock.
 * Events at the same moment leave it at the same moment.  In a steady stream,
 * events up to a fifth of the window apart leave it together, with the last of
 * them.  So no span of that length, to within a 30,000th of it, ever has more
 * events than the limit.
 *
 * With length 0 it counts what exists now, until window_remove().
 *
 * Memory is bounded: three records of 56 bytes and the index, 190 bytes in
 * total, for each of addresses_max addresses (1,000,000 addresses: 181 MB).
 * Only memory in use is touched.  Records of networks that were not seen within
 * the window are reused first; if there are none, the one that was not seen for
 * the longest time is reused.
 *
 * Any thread may call these functions.  The caller gives the time; if it goes
 * back, the latest time is used.
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
 * Returns the network of an address at a level.  As text ("192.0.2.0/26") it
 * has at most ADDR_TEXT_MAX bytes.
 */
struct cidr window_network(const struct addr *a, unsigned level);

/*
 * Adds n.  Returns -1, or the level (0 to 2) whose limit would be exceeded;
 * then nothing is counted.  A limit of 0 means no limit.  Addresses that are
 * neither IPv4 nor IPv6 are not counted.
 */
int window_add(struct window *w, const struct addr *a, uint32_t n,
    const uint64_t limits[WINDOW_LEVELS], uint64_t now_ms);

/* Returns the level whose limit n more would exceed, or -1; counts nothing. */
int window_full(struct window *w, const struct addr *a, uint32_t n,
    const uint64_t limits[WINDOW_LEVELS], uint64_t now_ms);

/* For length 0: subtracts n that were added. */
void window_remove(struct window *w, const struct addr *a, uint32_t n);

#endif
