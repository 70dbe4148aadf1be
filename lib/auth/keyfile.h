/*
 * keyfile - secret keys in a file that several programs share
 *
 * A text file with one key on each line: an id of 8 hexadecimal digits, a
 * space, and 64 hexadecimal digits of key.  Empty lines and text after a # are
 * ignored.  The first key seals, and all of them open.  To change keys, put a
 * new one first, and remove the old one when nothing that it sealed is left.
 *
 *	if (keyfile_open(path, 0640, &keys, err) == -1)
 *		return -1;
 *	... keyfile_first(keys), keyfile_find(keys, id)
 *	keyfile_free(&keys);
 *
 * A missing file is created with one new key.  Two programs that start at the
 * same time agree on one, because the file appears complete and only once.
 */
#ifndef AUTH_KEYFILE_H
#define AUTH_KEYFILE_H

#include <sys/types.h>

#include <stdint.h>

#include "base/err.h"

#define KEYFILE_KEY_LEN		32
#define KEYFILE_KEYS_MAX	16

struct keyfile_key {
	uint32_t id;
	uint8_t bytes[KEYFILE_KEY_LEN];
};

struct keyfile;

/*
 * Reads the file, or creates it with the given mode (0600, or 0640 for a
 * group) if it is missing.  Returns 0, or -1: ERR_SYNTAX with "path:line:" for
 * a malformed line, ERR_REFUSED if everyone can read the file, ERR_TEMP for a
 * system error.
 */
int keyfile_open(const char *path, mode_t mode, struct keyfile **out,
    struct err *err);
void keyfile_free(struct keyfile **keys);

/* Returns the key that seals. */
const struct keyfile_key *keyfile_first(const struct keyfile *keys);
/* Returns NULL if there is no key with that id. */
const struct keyfile_key *keyfile_find(const struct keyfile *keys,
    uint32_t id);

#endif
