/*
 * message_file - a message in a file, for commands that look at one
 */
#ifndef CTL_MESSAGE_FILE_H
#define CTL_MESSAGE_FILE_H

#include "base/buf.h"
#include "ctl/ctl.h"

/*
 * The message in c's arena, its lines ended by CRLF whatever they were.
 * path "-" is standard input.  CTL_OK, or a status after saying what is
 * wrong.  The configuration is loaded.
 */
int message_file_read(struct ctl *c, const char *path, struct bytes *out);

#endif
