/*
 * program - runs other programs for a command
 *
 * The programs of the suite find each other relative to the running one, so
 * that a copy of the whole tree works in any place.
 */
#ifndef COMMAND_PROGRAM_H
#define COMMAND_PROGRAM_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "command/command.h"

/*
 * Runs argv (ends with NULL, searched in PATH) with stdin and stderr at
 * /dev/null, and appends its output to out.  Returns 0 if it exited with
 * status 0 and printed at most max bytes, -1 otherwise.
 */
int program_output(const char *const *argv, size_t max, struct buf *out);

/*
 * Return the path of this program, and of its folder, allocated in the arena.
 * NULL: not known.
 */
const char *program_self(struct arena *a);
const char *program_folder(struct arena *a);

/*
 * Finds a program of the suite: in the folder of this program, in ../sbin or
 * ../bin, or in its folder of the build tree.  Returns the path, allocated in
 * the arena, or NULL if it is not found.
 */
const char *program_find(struct arena *a, const char *folder,
    const char *name);

/* Executes argv in place of this program; argv[0] is its path.  Returns only
   on error. */
void program_become(const char *const *argv);

/*
 * For a command that another program implements: executes the program of the
 * command's row with --set for each override, then these arguments.  Returns
 * only on error, with the exit status.
 */
int program_run(struct command *c, int argc, char **argv);

#endif
