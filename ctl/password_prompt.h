/*
 * password_prompt - asks the user for a password
 */
#ifndef CTL_PASSWORD_PROMPT_H
#define CTL_PASSWORD_PROMPT_H

#include <stddef.h>

#include "base/err.h"

#define PASSWORD_MAX	1024

/*
 * Asks twice on the terminal, without echo.  Returns 0, or -1 if there is no
 * terminal, the two differ, or the user interrupts.
 */
int password_ask(char out[PASSWORD_MAX + 1], struct err *err);

/* Reads the first line of standard input.  0 or -1. */
int password_read(char out[PASSWORD_MAX + 1], struct err *err);

#endif
