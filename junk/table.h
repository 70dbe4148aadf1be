/*
 * table - what an account has learned: 2^18 slots and a few counters
 *
 * A table lives in a file of 1 MiB and a page, of which the parts that were
 * never used take no space.  It is in memory while it is open; table_save()
 * replaces the file.  So a crash leaves the state of the last save, whose seq
 * says what has to be trained again.
 *
 *	struct table *t;
 *
 *	if (table_open(path, &t, err) == -1)
 *		...
 *	... train ...
 *	if (table_save(t, path, err) == -1)
 *		...
 *	table_free(&t);
 *
 * A prior is the same kind of file, made by table_make_prior() and only read.
 * It is added to each account's table, and has its own key and seed.
 *
 * Damage is found by checksums when a file is opened.  A table is derived
 * from mail, so a damaged one is set aside and trained again, never mended.
 * A table serves one thread at a time; any number may read a prior.
 */
#ifndef JUNK_TABLE_H
#define JUNK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "junk/feature.h"
#include "junk/keyed_hash.h"

#define TABLE_SLOT_BITS		18
#define TABLE_SLOTS		(1u << TABLE_SLOT_BITS)

/* Step of the signed sum: 1/4096; of the sum of squares: 1/32768. */
struct table_slot {
	int16_t sum;
	uint16_t squares;
};

struct table_state {
	uint64_t seq;		/* of the last training, given by the owner */
	uint32_t junk, ham;	/* trained messages that were not untrained */
	uint32_t judged;	/* trained ones whose score was decided */
	uint32_t contradicted;	/* of these, by their label */
	int32_t stack[FEATURE_GROUPS];	/* weight of a group, step 1/65536 */
	uint64_t saturated;	/* steps that did not fit into a slot */
	bool dirty;		/* should be trained again from the mail */
	bool prior;		/* read-only, to be added to others */
};

struct table {
	struct table_slot *slots;	/* own: TABLE_SLOTS of them */
	struct table_state state;
	unsigned char key[KEYED_HASH_KEY_SIZE];	/* of the features */
	uint32_t seed;			/* of the slots */
};

/* A table that knows nothing, with a random seed. */
struct table *table_new(const unsigned char key[KEYED_HASH_KEY_SIZE]);

/*
 * Opens a file.  Returns 0, or -1: ERR_CODE_NOT_FOUND; ERR_SYNTAX if it is
 * damaged or of another version; ERR_TEMP.
 */
int table_open(const char *path, struct table **out, struct err *err);

/*
 * The same, but a file that is damaged or of another version is renamed to
 * PATH.damaged, over an older one, and *set_aside is set.  *out is NULL then,
 * and if there is no file.
 */
int table_open_or_set_aside(const char *path, struct table **out,
    bool *set_aside, struct err *err);

/* Replaces the file, atomically and durably.  Returns 0 or -1. */
int table_save(const struct table *t, const char *path, struct err *err);

/* Scales what was learned, so that an account can overrule it. */
void table_make_prior(struct table *t);

void table_free(struct table **t);

/* Slot of a feature. */
static inline uint32_t
table_slot(uint32_t seed, uint32_t hash)
{
	return ((hash ^ seed) * 0x9e3779b1u) >> (32 - TABLE_SLOT_BITS);
}

#endif
