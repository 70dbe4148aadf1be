/*
 * dkim_keys-private - one key file
 */
#ifndef AUTH_DKIM_KEYS_PRIVATE_H
#define AUTH_DKIM_KEYS_PRIVATE_H

#include "auth/dkim_keys.h"

#define DKIM_KEY_SUFFIX	".key"

/* "dir/domain/selector.key", or with selector NULL "dir/domain". */
const char *dkim_key_path(struct arena *a, const char *dir,
    const char *domain, const char *selector);

/*
 * The text of a file that nobody else can read.  0, or -1: ERR_REFUSED when
 * somebody can.
 */
int dkim_key_file_read(const char *path, struct buf *text, struct err *err);

/* A key and what stands in front of it.  0, or -1 with nothing to free. */
int dkim_key_file_parse(const char *path, struct bytes text,
    const char *selector, struct dkim_key *out, struct err *err);

#endif
