/*
 * message_file - a message in a file, for commands that look at one
 */
#ifndef CTL_MESSAGE_FILE_H
#define CTL_MESSAGE_FILE_H

#include "base/buf.h"
#include "command/command.h"

/* All of the file (path "-": standard input), as it is.  0 or -1. */
int message_file_load(const char *path, size_t max, struct buf *out,
    struct err *err);

/* Appends in with CRLF for each lone LF, and for each lone CR if asked. */
void message_crlf(struct buf *out, struct bytes in, bool of_lone_cr);

/*
 * The message in c's arena, its lines ended by CRLF whatever they were.
 * path "-" is standard input.  COMMAND_OK, or a status after saying what is
 * wrong.  The configuration is loaded.
 */
int message_file_read(struct command *c, const char *path, struct bytes *out);

#endif
