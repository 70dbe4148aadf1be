/*
 * imap_sequence_set - sequence-set of RFC 3501: "1:*,5", or "$"
 *
 * imap_parse_sequence_set() keeps the ranges in the order and direction that
 * the client wrote, with 0 for "*", because only the caller knows what "*"
 * means.  imap_sequence_set_resolve() then makes them a set.
 */
#ifndef PROTO_IMAP_SEQUENCE_SET_H
#define PROTO_IMAP_SEQUENCE_SET_H

#include "base/number_set.h"

#define IMAP_RANGES_MAX		65536	/* in one set of a command */

struct imap_sequence_set {
	struct number_set numbers;	/* in the arena of the command; not a
					   set until it is resolved */
	bool saved;			/* it is "$" (RFC 5182) */
	bool has_star;
};

/*
 * Replaces "*" by max, the largest number or UID in the mailbox, and puts the
 * ranges in order.  If max is 0 (an empty mailbox), ranges with "*" are
 * dropped.
 */
void imap_sequence_set_resolve(struct imap_sequence_set *set, uint32_t max);

#endif
