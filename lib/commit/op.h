/*
 * op - submitting operations
 */
#ifndef COMMIT_OP_H
#define COMMIT_OP_H

#include "store/store.h"

/* Submits and waits; the operation's error becomes the caller's. */
int op_submit(struct store *s, struct op *op, struct err *err);

#endif
