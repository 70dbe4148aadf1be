/*
 * fields - changes of the header at the end of a message
 *
 * All but fields_note() return 0, or -1: the MTA did not take the change.
 */
#ifndef MILTER_FIELDS_H
#define MILTER_FIELDS_H

#include "milter/session.h"

/* The Authentication-Results field with that index, from 1, is to go. */
void fields_note(struct message *m, unsigned index);

/* Takes out what may not come from outside. */
int fields_remove(SMFICTX *ctx, struct session *s, struct err *err);

/* A field above or below all others; value with its leading space. */
int fields_put_top(SMFICTX *ctx, struct message *m, const char *name,
    struct bytes value, struct err *err);
int fields_put_end(SMFICTX *ctx, struct message *m, const char *name,
    struct bytes value, struct err *err);

int fields_add_origin(SMFICTX *ctx, struct session *s,
    const struct origin *o, struct err *err);

/* What would have been refused. */
int fields_add_trials(SMFICTX *ctx, struct session *s, struct err *err);

#endif
