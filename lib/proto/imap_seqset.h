/*
 * imap_seqset - sets of sequence numbers or UIDs
 *
 * As parsed (imap_parse_seqset()) a set is unresolved: in the order written,
 * 0 standing for "*".  imap_seqset_resolve() makes it ascending, disjoint
 * ranges, which imap_seqset_has() and the writers need.
 */
#ifndef PROTO_IMAP_SEQSET_H
#define PROTO_IMAP_SEQSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAP_RANGES_MAX		65536	/* in one set of a command */

struct imap_range {
	uint32_t first, last;
};

struct imap_seqset {
	struct imap_range *ranges;	/* borrowed: the arena */
	size_t n;
	bool saved;			/* it is "$" (RFC 5182) */
	bool has_star;
};

/*
 * "*" becomes max, the largest number or UID in the mailbox; ranges are
 * turned round where needed, sorted and merged.  With max 0 (an empty
 * mailbox) ranges with "*" are dropped.
 */
void imap_seqset_resolve(struct imap_seqset *set, uint32_t max);

/* The rest are for resolved sets. */
bool imap_seqset_has(const struct imap_seqset *set, uint32_t n);
/* How many numbers are in it. */
uint64_t imap_seqset_count(const struct imap_seqset *set);
/* The largest, 0 for an empty set. */
uint32_t imap_seqset_last(const struct imap_seqset *set);

#endif
