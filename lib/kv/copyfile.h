/*
 * copyfile - copies of files, for backups
 */
#ifndef KV_COPYFILE_H
#define KV_COPYFILE_H

#include "base/err.h"

/* A new file, flushed.  ERR_TEMP. */
int copyfile(const char *from, const char *to, struct err *err);

/*
 * The same, for a file that is never written again: a second name for it
 * where the file system has such.
 */
int copyfile_link(const char *from, const char *to, struct err *err);

#endif
