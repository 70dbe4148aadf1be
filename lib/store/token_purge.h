/*
 * token_purge - old delivery tokens and submissions
 *
 * Tokens are kept longer than any queue keeps a message, submissions as long
 * as an account's limits look back.
 */
#ifndef STORE_TOKEN_PURGE_H
#define STORE_TOKEN_PURGE_H

#include "store/background_step.h"

/* A pass over all accounts. */
int token_purge(const struct background_pass *p, struct err *err);

#endif
