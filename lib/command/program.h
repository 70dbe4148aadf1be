/*
 * program - other programs that a command runs
 *
 * The programs of the suite find each other by the place of the one that
 * runs, so that a copy of the whole tree works wherever it is put.
 */
#ifndef COMMAND_PROGRAM_H
#define COMMAND_PROGRAM_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "command/command.h"

/*
 * Runs argv (ends with NULL; found by PATH) without input, its errors
 * discarded, and appends its output, at most max bytes, to out.  0 when it
 * ended with status 0; -1 otherwise.
 */
int program_output(const char *const *argv, size_t max, struct buf *out);

/* This program and its folder, in the arena.  NULL: the system won't say. */
const char *program_self(struct arena *a);
const char *program_folder(struct arena *a);

/*
 * Where a program of the suite is, in the arena: beside this one, in the sbin
 * or bin beside the folder of this one, or in its folder of the build tree.
 * NULL: nowhere there.
 */
const char *program_find(struct arena *a, const char *folder,
    const char *name);

/* Becomes that program; argv[0] is its path.  Returns only when it can't. */
void program_become(const char *const *argv);

/*
 * For a command that is another program: becomes the one that the command's
 * row names, with --set for each override and then these arguments.  Returns
 * the exit status when it can't.
 */
int program_run(struct command *c, int argc, char **argv);

#endif
