/*
 * store_model - an account as plain arrays, and random operations on it
 *
 * model_step() chooses an operation, runs it on the store and on the model, and
 * compares their results.  model_differs() compares everything.
 */
#ifndef UNIT_STORE_MODEL_H
#define UNIT_STORE_MODEL_H

#include "store/store.h"
#include "store/stored_message.h"

#define MODEL_BOXES	24
#define MODEL_MESSAGES	9000		/* per mailbox */

struct model_message {
	uint32_t uid, flags, serial;
};

struct model_box {
	bool used;
	char name[64];
	uint32_t uidnext;
	uint32_t n;
	struct model_message m[MODEL_MESSAGES];
};

struct model {
	uint64_t account;
	uint64_t random;
	uint32_t serial;
	uint32_t quota;			/* in messages; 0: no quota */
	struct model_box box[MODEL_BOXES];
};

/* Begins with what account_create() makes. */
void model_init(struct model *m, uint64_t account, uint64_t seed);

/* Runs one operation.  s NULL: only on the model, where every operation
   succeeds. */
void model_step(struct model *m, struct store *s);

/* Copies INBOX onto itself until a copy of it needs slices. */
void model_grow(struct model *m, struct store *s);

/* Takes over the UIDs that the store skipped because a copy was undone. */
void model_take_uidnext(struct model *m, struct store *s);

/*
 * A STORE or EXPUNGE of many messages is done in slices (doc/store.md).  If it
 * was interrupted, it has happened for the messages up to a certain UID.  Sets
 * out to that state, for the step from before to after.  Returns false if the
 * step was of another kind.
 */
bool model_cut(const struct model *before, const struct model *after,
    uint32_t last, struct model *out);

/* Returns what differs (in the arena), or NULL. */
const char *model_differs(const struct model *m, struct store *s,
    struct arena *a);

#endif
