/*
 * password - asking a person for one
 */
#ifndef CTL_PASSWORD_PROMPT_H
#define CTL_PASSWORD_PROMPT_H

#include <stddef.h>

#include "base/err.h"

#define PASSWORD_MAX	1024

/*
 * From the terminal: twice, without echo.  0, or -1: no terminal, the two
 * differ, interrupted.
 */
int password_ask(char out[PASSWORD_MAX + 1], struct err *err);

/* The first line of standard input.  0 or -1. */
int password_read(char out[PASSWORD_MAX + 1], struct err *err);

#endif
