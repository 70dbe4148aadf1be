/*
 * main_cf - reads a parameter from Postfix's main.cf without postconf(1)
 *
 * postconf(5): the file has "name = value" lines.  A line that begins with
 * whitespace continues the previous one.  If a name is set several times, the
 * last one counts.
 */
#ifndef COMMAND_MAIN_CF_H
#define COMMAND_MAIN_CF_H

#include "base/arena.h"

/*
 * Returns the value in folder/main.cf, allocated in the arena.  Returns NULL if
 * the parameter is not set, if its value refers to another one ($name), or if
 * the file cannot be read.
 */
const char *main_cf_value(struct arena *a, const char *folder,
    const char *name);

#endif
