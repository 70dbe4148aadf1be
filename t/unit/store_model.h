/*
 * store_model - an account as plain arrays, and random operations on it
 *
 * model_step() chooses an operation, runs it on the store and on the model,
 * and compares what they say.  model_differs() compares everything.
 */
#ifndef UNIT_STORE_MODEL_H
#define UNIT_STORE_MODEL_H

#include "store/store.h"
#include "store/stored_message.h"

#define MODEL_BOXES	24
#define MODEL_MESSAGES	9000		/* of a mailbox */

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
	uint32_t quota;			/* messages; 0: none */
	struct model_box box[MODEL_BOXES];
};

/* As account_create() leaves it. */
void model_init(struct model *m, uint64_t account, uint64_t seed);

/* One operation; s NULL: on the model only, where all goes well. */
void model_step(struct model *m, struct store *s);

/* Copies INBOX onto itself until it needs slices to be copied. */
void model_grow(struct model *m, struct store *s);

/*
 * Takes over UIDs that the store has skipped: after a copy was undone.
 */
void model_take_uidnext(struct model *m, struct store *s);

/*
 * A STORE or EXPUNGE of many messages is done in slices (doc/store.md): one
 * that was cut has happened for the messages up to a UID.  out: that, of the
 * step from before to after.  False: the step was something else.
 */
bool model_cut(const struct model *before, const struct model *after,
    uint32_t last, struct model *out);

/* What differs, in the arena, or NULL. */
const char *model_differs(const struct model *m, struct store *s,
    struct arena *a);

#endif
