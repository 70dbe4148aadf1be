/*
 * password - hashing and checking of passwords
 *
 * New hashes are argon2id in its usual text form ($argon2id$v=19$...).
 * Imported ones are what crypt(5) knows ($6$, $5$, $y$, $2b$, ...), also with
 * the scheme that Dovecot writes in front ({SHA512-CRYPT}$6$...).
 *
 *	if (password_hash(&params, password, &text, err) == -1)
 *		return -1;
 *	...
 *	if (password_verify(hash, password))
 *		...
 *
 * Both take tens of milliseconds and tens of megabytes on purpose: call them
 * from a pool of threads of its own (login/authenticate.h does).
 *
 * The cache remembers passwords that were right, so that a client with five
 * connections costs one computation.  It holds keyed hashes of (user, stored
 * hash, password) under a key that is made at start and never leaves the
 * process: a new password has another stored hash, so its predecessor is not
 * found.  Bounded; any thread may use it.
 */
#ifndef LOGIN_PASSWORD_H
#define LOGIN_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "login/secret.h"

/* crypt(3) takes no more than 512; one bound for all. */
#define PASSWORD_LEN_MAX	500
/* The text of a stored hash, with its NUL. */
#define PASSWORD_HASH_LEN_MAX	(SECRET_VALUE_MAX + 1)

struct password_params {
	uint32_t time_cost;	/* passes */
	uint32_t memory_kib;
	uint32_t lanes;
};

#define PASSWORD_PARAMS_DEFAULT { 2, 19 * 1024, 1 }

/*
 * Appends the hash of a password with fresh salt.  0, or -1: ERR_REFUSED for
 * a password that is empty, too long or holds a NUL; ERR_TEMP without memory.
 */
int password_hash(const struct password_params *params,
    struct bytes password, struct buf *out, struct err *err);

/*
 * Is this text a hash that password_verify() can check?  0, or -1 with
 * ERR_REFUSED: so is an argon2 hash that would cost too much.  What one of
 * crypt(5) costs is not looked at.  For import.
 */
int password_hash_check(struct bytes hash, struct err *err);

/* "argon2id", "argon2i", or the name in crypt(5): "sha512crypt", ... */
const char *password_hash_kind(struct bytes hash);

/* Is it the password?  False too for a hash that cannot be checked. */
bool password_verify(struct bytes hash, struct bytes password);

/*
 * Takes the time that password_verify() of a hash with these parameters
 * takes.  For users that do not exist.
 */
void password_verify_nobody(const struct password_params *params,
    struct bytes password);

struct password_cache;

/* Remembers up to about entries_max passwords for ttl_s seconds each. */
struct password_cache *password_cache_new(size_t entries_max, unsigned ttl_s);
void password_cache_free(struct password_cache **cache);

/* now: seconds of a clock that does not jump. */
bool password_cache_has(struct password_cache *cache, struct bytes user,
    struct bytes hash, struct bytes password, time_t now);
void password_cache_add(struct password_cache *cache, struct bytes user,
    struct bytes hash, struct bytes password, time_t now);

#endif
