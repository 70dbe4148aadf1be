/*
 * dkim_keys - private keys for DKIM, in a folder of files
 *
 *	DKIM-DIR/DOMAIN/SELECTOR.key
 *
 * A file is a private key in PEM (RSA or Ed25519), after lines that OpenSSL
 * ignores:
 *
 *	State: active
 *	Created: 1767225600
 *	Changed: 1767225600
 *
 * A pending key waits for its record in the DNS, an active one signs, and a
 * retired one no longer signs, but its record has to stay for a while.  A file
 * without these lines, made by another program, is active.
 *
 * Files have mode 0600; one that others can read is refused.  They are written
 * atomically by rename, and a running milter notices: dkim_keys_get() looks at
 * the folder's time, and reads files only if that has changed.
 */
#ifndef AUTH_DKIM_KEYS_H
#define AUTH_DKIM_KEYS_H

#include <openssl/types.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "auth/dkim_sig.h"

#define DKIM_KEYS_MAX		20	/* for one domain */
#define DKIM_RSA_BITS		2048	/* for new keys */
/* How long the record of a retired key stays, seconds. */
#define DKIM_RETIRED_S		(7 * 86400)

enum dkim_state {
	DKIM_PENDING,
	DKIM_ACTIVE,
	DKIM_RETIRED
};

struct dkim_key {
	const char *selector;		/* own */
	enum dkim_state state;
	enum dkim_algorithm algorithm;
	unsigned bits;
	time_t created, changed;	/* 0: unknown */
	EVP_PKEY *key;			/* own */
};

/* All keys of a domain, sorted by selector.  Constant and shared. */
struct dkim_keyset {
	const char *domain;		/* own */
	struct dkim_key keys[DKIM_KEYS_MAX];
	size_t n;
	unsigned refs;			/* atomic */
};

void dkim_keyset_free(struct dkim_keyset **set);

/* ---- for programs that sign ---- */

struct dkim_keys;

/* dir is copied; it need not exist. */
struct dkim_keys *dkim_keys_new(const char *dir);
void dkim_keys_free(struct dkim_keys **keys);

/*
 * Gets the current keys of a domain, to be freed with dkim_keyset_free().  May
 * be called from any thread.  Returns 1, 0 if there are none (*out is NULL),
 * or -1 if the folder cannot be read.  If a file cannot be read, can be read by
 * others or has no key in it, the domain's other keys still sign; err (empty
 * otherwise) says so, once and not for each message.
 */
int dkim_keys_get(struct dkim_keys *keys, struct bytes domain,
    struct dkim_keyset **out, struct err *err);

/* ---- for programs that make keys ---- */

/* Like dkim_keys_get(), without a cache. */
int dkim_keyset_read(const char *dir, struct bytes domain,
    struct dkim_keyset **out, struct err *err);

/* The domains that have a folder, sorted, in the arena; ends with NULL. */
int dkim_keys_domains(const char *dir, struct arena *a,
    const char ***domains, struct err *err);

/* Names a key, and says who owns its file. */
struct dkim_key_place {
	const char *dir;	/* the setting dkim-dir */
	const char *domain;
	const char *selector;
	const char *owner;	/* user who gets the file if we are root, the
				   milter's; NULL: the owner stays */
};

/*
 * Creates a key.  The domain must not have a key with that selector yet
 * (ERR_CODE_EXISTS).  Returns 0 or -1.
 */
int dkim_key_create(const struct dkim_key_place *place,
    enum dkim_algorithm algorithm, enum dkim_state state, time_t now,
    struct err *err);

/*
 * Chooses a name for new keys that no key of the set (may be NULL) begins with:
 * the date, "20261121", or else "20261121b" and so on.  In the arena.
 */
const char *dkim_selector_choose(struct arena *a,
    const struct dkim_keyset *set, time_t now);
/* "BASE-rsa", "BASE-ed25519". */
const char *dkim_selector_name(struct arena *a, const char *base,
    enum dkim_algorithm algorithm);

/* Changes the state of a key.  Returns 0, or -1 (ERR_CODE_NOT_FOUND). */
int dkim_key_set_state(const struct dkim_key_place *place,
    enum dkim_state state, time_t now, struct err *err);
int dkim_key_remove(const char *dir, const char *domain,
    const char *selector, struct err *err);

/* Appends the text of a key's DNS record: "v=DKIM1; k=...; p=...". */
void dkim_key_record(const struct dkim_key *key, struct buf *out);

/*
 * Appends the record as a line of a zone file, its text in strings of at most
 * 255 bytes: selector._domainkey.domain. 3600 IN TXT "..." "..."
 */
void dkim_key_zone_line(const struct dkim_key *key, const char *domain,
    struct buf *out);

/* "pending", "active", "retired". */
const char *dkim_state_name(enum dkim_state state);
/* "rsa-sha256", "ed25519-sha256". */
const char *dkim_algorithm_name(enum dkim_algorithm algorithm);

#endif
