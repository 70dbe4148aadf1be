/*
 * message_file - a message in a file, for commands that read one
 */
#ifndef CTL_MESSAGE_FILE_H
#define CTL_MESSAGE_FILE_H

#include "base/buf.h"
#include "command/command.h"

/* Reads the whole file (path "-": standard input) unchanged.  0 or -1. */
int message_file_load(const char *path, size_t max, struct buf *out,
    struct err *err);

/*
 * Appends in to out, with CRLF for each lone LF, and for each lone CR if
 * of_lone_cr.
 */
void message_crlf(struct buf *out, struct bytes in, bool of_lone_cr);

/*
 * Reads a message into c's arena and ends all lines with CRLF.  path "-" is
 * standard input.  The configuration must be loaded.  Returns COMMAND_OK, or
 * another status after printing the error.
 */
int message_file_read(struct command *c, const char *path, struct bytes *out);

#endif
