/*
 * copyfile - copies of files, for backups
 */
#ifndef KV_COPYFILE_H
#define KV_COPYFILE_H

#include "base/err.h"

/* Copies to a new file and flushes it.  Returns 0, or -1 (ERR_TEMP). */
int copyfile(const char *from, const char *to, struct err *err);

/*
 * The same for a file that is never written again: makes a hard link where
 * the file system allows it.
 */
int copyfile_link(const char *from, const char *to, struct err *err);

#endif
