/*
 * main_cf - a value from Postfix's main.cf, where there is no postconf(1)
 *
 * postconf(5): "name = value" lines, a line that begins with space goes on
 * with the one before, the last of a name counts.
 */
#ifndef COMMAND_MAIN_CF_H
#define COMMAND_MAIN_CF_H

#include "base/arena.h"

/*
 * The value in folder/main.cf, in the arena.  NULL: it isn't there, it
 * refers to another one, or the file cannot be read.
 */
const char *main_cf_value(struct arena *a, const char *folder,
    const char *name);

#endif
