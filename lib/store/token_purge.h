/*
 * token_purge - deletes old delivery tokens and submissions
 *
 * Tokens are kept longer than any queue keeps a message, submissions as long
 * as the time that an account's limits cover.
 */
#ifndef STORE_TOKEN_PURGE_H
#define STORE_TOKEN_PURGE_H

#include "store/background_step.h"

/* Does a pass over all accounts. */
int token_purge(const struct background_pass *p, struct err *err);

#endif
