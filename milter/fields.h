/*
 * fields - changes to the header at the end of a message
 *
 * All functions but fields_note() return 0, or -1 if the MTA refuses the
 * change.
 */
#ifndef MILTER_FIELDS_H
#define MILTER_FIELDS_H

#include "milter/session.h"

/* Notes that Authentication-Results field number index (from 1) must go. */
void fields_note(struct message *m, unsigned index);

/* Removes all fields that must not come from outside. */
int fields_remove(SMFICTX *ctx, struct session *s, struct err *err);

/* Add a field above or below all others; value has its leading space. */
int fields_put_top(SMFICTX *ctx, struct message *m, const char *name,
    struct bytes value, struct err *err);
int fields_put_end(SMFICTX *ctx, struct message *m, const char *name,
    struct bytes value, struct err *err);

/* Adds the encrypted Postern-Origin fields. */
int fields_add_origin(SMFICTX *ctx, struct session *s,
    const struct origin *o, struct err *err);

/* Adds a Postern-Trial field for each refusal of the trial mode. */
int fields_add_trials(SMFICTX *ctx, struct session *s, struct err *err);

#endif
