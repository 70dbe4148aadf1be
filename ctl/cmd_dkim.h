/*
 * cmd_dkim - shared by the postern dkim commands
 */
#ifndef CTL_CMD_DKIM_H
#define CTL_CMD_DKIM_H

#include "auth/dkim_keys.h"
#include "command/command.h"

/* The owner of new key files: the milter's user.  NULL: do not change it. */
const char *dkim_owner(const struct command *c);

/*
 * Reads the keys of a domain.  Returns 1 if there are any, 0 if not, -1 on
 * error; then *status is the exit status.  Prints what is wrong with files.
 */
int dkim_keys_of(struct command *c, const char *domain,
    struct dkim_keyset **set, int *status);

/* Prints a comment and the key's record, as in a zone file. */
void dkim_print_record(const struct dkim_key *key, const char *domain);

/* Prints what to do after the records of pending keys were printed. */
void dkim_print_next(const char *domain);

#endif
