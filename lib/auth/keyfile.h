/*
 * keyfile - secret keys in a file that several programs share
 *
 * A text file, one key on each line: an id of 8 hexadecimal digits, a space,
 * and 64 hexadecimal digits of key.  Empty lines and what follows a # are
 * ignored.  The first key seals, all of them open: to change keys, put a new
 * one in front and take the old one away when nothing it sealed is left.
 *
 *	if (keyfile_open(path, 0640, &keys, err) == -1)
 *		return -1;
 *	... keyfile_first(keys), keyfile_find(keys, id)
 *	keyfile_free(&keys);
 *
 * A file that is not there is made, with one fresh key.  Two programs that
 * start together agree on one: the file appears whole, under its name, once.
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
 * Reads the file, making it with the given mode (0600, or 0640 for a group)
 * if there is none.  0, or -1: ERR_SYNTAX with "path:line:" for a bad line,
 * ERR_REFUSED for a file that anybody may read, ERR_TEMP for the system's
 * trouble.
 */
int keyfile_open(const char *path, mode_t mode, struct keyfile **out,
    struct err *err);
void keyfile_free(struct keyfile **keys);

/* The key that seals. */
const struct keyfile_key *keyfile_first(const struct keyfile *keys);
/* NULL if there is none of that id. */
const struct keyfile_key *keyfile_find(const struct keyfile *keys,
    uint32_t id);

#endif
