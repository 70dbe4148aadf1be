/*
 * password - hashes and checks passwords
 *
 * New hashes are argon2id in its usual text form ($argon2id$v=19$...).
 * Imported hashes may be any that crypt(5) lists ($6$, $5$, $y$, $2b$, ...),
 * also with the scheme that Dovecot puts before them ({SHA512-CRYPT}$6$...).
 *
 *	if (password_hash(&params, password, &text, err) == -1)
 *		return -1;
 *	...
 *	if (password_verify(hash, password))
 *		...
 *
 * Both take tens of milliseconds and tens of megabytes by design: call them in
 * a separate pool of threads, as login/authenticate.h does.
 *
 * The cache remembers passwords that were right, so that a client with five
 * connections needs one computation.  It has keyed hashes of (user, stored
 * hash, password), with a key that is made at start and never leaves the
 * process.  A new password has another stored hash, so the old password is no
 * longer found.  The size is bounded; any thread may use the cache.
 */
#ifndef LOGIN_PASSWORD_H
#define LOGIN_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "login/secret.h"

/* crypt(3) accepts no more than 512 bytes; the same limit for all kinds. */
#define PASSWORD_LEN_MAX	500
/* The text of a stored hash, including its NUL. */
#define PASSWORD_HASH_LEN_MAX	(SECRET_VALUE_MAX + 1)

struct password_params {
	uint32_t time_cost;	/* passes */
	uint32_t memory_kib;
	uint32_t lanes;
};

#define PASSWORD_PARAMS_DEFAULT { 2, 19 * 1024, 1 }

/*
 * Appends the hash of a password with a new salt.  Returns 0, or -1:
 * ERR_REFUSED if the password is empty, too long or contains a NUL; ERR_TEMP if
 * out of memory.
 */
int password_hash(const struct password_params *params,
    struct bytes password, struct buf *out, struct err *err);

/*
 * Can password_verify() check this hash?  For import.  Returns 0, or -1 with
 * ERR_REFUSED, also for an argon2 hash that would cost too much.  The cost of
 * hashes of crypt(5) is not checked.
 */
int password_hash_check(struct bytes hash, struct err *err);

/* Returns "argon2id", "argon2i", or a name in crypt(5): "sha512crypt", ... */
const char *password_hash_kind(struct bytes hash);

/* Is this the password?  Returns false if the hash cannot be checked. */
bool password_verify(struct bytes hash, struct bytes password);

/*
 * Takes as long as password_verify() of a hash with these parameters.  For
 * users that do not exist.
 */
void password_verify_nobody(const struct password_params *params,
    struct bytes password);

struct password_cache;

/* Remembers up to about entries_max passwords for ttl_s seconds each. */
struct password_cache *password_cache_new(size_t entries_max, unsigned ttl_s);
void password_cache_free(struct password_cache **cache);

/* now: seconds of a monotonic clock. */
bool password_cache_has(struct password_cache *cache, struct bytes user,
    struct bytes hash, struct bytes password, time_t now);
void password_cache_add(struct password_cache *cache, struct bytes user,
    struct bytes hash, struct bytes password, time_t now);

#endif
