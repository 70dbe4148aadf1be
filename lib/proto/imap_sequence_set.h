/*
 * imap_sequence_set - sequence-set of RFC 3501: "1:*,5", or "$"
 *
 * imap_parse_sequence_set() leaves the ranges in the order and direction in
 * which the client wrote them, 0 standing for "*", because what "*" means is
 * known only to the caller.  imap_sequence_set_resolve() makes them a set.
 */
#ifndef PROTO_IMAP_SEQUENCE_SET_H
#define PROTO_IMAP_SEQUENCE_SET_H

#include "base/number_set.h"

#define IMAP_RANGES_MAX		65536	/* in one set of a command */

struct imap_sequence_set {
	struct number_set numbers;	/* in the arena of the command; a set
					   only when resolved */
	bool saved;			/* it is "$" (RFC 5182) */
	bool has_star;
};

/*
 * "*" becomes max, the largest number or UID in the mailbox; ranges are
 * turned round where needed, sorted and joined.  With max 0 (an empty
 * mailbox) ranges with "*" are dropped.
 */
void imap_sequence_set_resolve(struct imap_sequence_set *set, uint32_t max);

#endif
