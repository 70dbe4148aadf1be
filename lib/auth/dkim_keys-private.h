/*
 * dkim_keys-private - reading one key file
 */
#ifndef AUTH_DKIM_KEYS_PRIVATE_H
#define AUTH_DKIM_KEYS_PRIVATE_H

#include "auth/dkim_keys.h"

#define DKIM_KEY_SUFFIX	".key"

/* "dir/domain/selector.key", or "dir/domain" if selector is NULL. */
const char *dkim_key_path(struct arena *a, const char *dir,
    const char *domain, const char *selector);

/*
 * Reads the text of a file that others must not be able to read.  Returns 0,
 * or -1: ERR_REFUSED if they can.
 */
int dkim_key_file_read(const char *path, struct buf *text, struct err *err);

/* Parses a key and the lines before it.  0, or -1 with nothing to free. */
int dkim_key_file_parse(const char *path, struct bytes text,
    const char *selector, struct dkim_key *out, struct err *err);

#endif
