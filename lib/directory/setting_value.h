/*
 * setting_value - values of the settings of accounts and domains
 */
#ifndef DIRECTORY_SETTING_VALUE_H
#define DIRECTORY_SETTING_VALUE_H

#include <stdbool.h>

#include "base/err.h"

/* "yes" or "no".  Returns 0, or -1 with ERR_SYNTAX. */
int setting_yes_parse(const char *value, bool *out, struct err *err);

#endif
