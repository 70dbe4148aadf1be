/*
 * conversation - which thread a message belongs to (RFC 8474 THREADID)
 *
 * Each message id in a message (Message-ID, In-Reply-To, References) is stored
 * as a hash with the id of the thread, so that replies find their thread in
 * whatever order messages arrive.
 */
#ifndef STORE_CONVERSATION_H
#define STORE_CONVERSATION_H

#include "commit/batch.h"

/* Number of ids used of one message: its own, then the nearest. */
#define CONVERSATION_HASHES_MAX	16

struct conversation_hashes {
	uint64_t hash[CONVERSATION_HASHES_MAX];
	size_t n;
};

/* Gets the hashes of the ids in a parsed record, each once.  A damaged record
   has none. */
void conversation_hashes(struct bytes parsed,
    struct conversation_hashes *hashes);

/*
 * Within an operation: gets the thread of the first hash that has one, or
 * starts a new one with the id `fallback'.  All hashes then belong to it.
 */
int conversation_assign(struct batch *b, uint64_t account,
    const struct conversation_hashes *hashes, uint64_t fallback,
    uint64_t *thread, struct err *err);

#endif
