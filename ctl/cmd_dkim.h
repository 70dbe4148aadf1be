/*
 * dkim - what the commands of postern dkim share
 */
#ifndef CTL_CMD_DKIM_H
#define CTL_CMD_DKIM_H

#include "auth/dkim_keys.h"
#include "command/command.h"

/* Whom new key files belong to: the milter's user, or NULL: nobody else. */
const char *dkim_owner(const struct command *c);

/* The keys of a domain.  1, 0: none, -1; says what is wrong with files. */
int dkim_keys_of(struct command *c, const char *domain,
    struct dkim_keyset **set, int *status);

/* "; text" and the key's record, as in a zone file. */
void dkim_print_record(const struct dkim_key *key, const char *domain);

/* What to do when the records of pending keys have been printed. */
void dkim_print_next(const char *domain);

#endif
