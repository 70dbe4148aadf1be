/*
 * conversation - which thread a message belongs to (RFC 8474 THREADID)
 *
 * Every message id that a message names (its own, In-Reply-To, References)
 * is kept as a hash with the thread's id, so that answers find their thread
 * in whatever order they come.
 */
#ifndef STORE_CONVERSATION_H
#define STORE_CONVERSATION_H

#include "commit/batch.h"

/* Ids of one message that are looked at: its own, then the nearest. */
#define CONVERSATION_HASHES_MAX	16

struct conversation_hashes {
	uint64_t hash[CONVERSATION_HASHES_MAX];
	size_t n;
};

/* Those of the ids in a parsed record, without repeats.  A damaged record has
   none. */
void conversation_hashes(struct bytes parsed,
    struct conversation_hashes *hashes);

/*
 * Within an operation: the thread of the first hash that is known, else
 * `fallback' as a new one.  All hashes lead to it from then on.
 */
int conversation_assign(struct batch *b, uint64_t account,
    const struct conversation_hashes *hashes, uint64_t fallback,
    uint64_t *thread, struct err *err);

#endif
