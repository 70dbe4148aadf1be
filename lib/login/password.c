/*
 * password - hashes with argon2 and crypt(3), and caches right passwords
 */
#include <config.h>

#include <argon2.h>
#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/random.h"
#include "login/password.h"

#define SALT_LEN	16
#define OUT_LEN		32

/* Limits on imported argon2 hashes, whose cost could stop the server. */
#define MEMORY_KIB_MAX	(256 * 1024)
#define TIME_COST_MAX	32
#define LANES_MAX	16

static int
password_check(struct bytes password, struct err *err)
{
	if (password.len == 0)
		return err_set(err, ERR_REFUSED, "the password is empty");
	if (password.len > PASSWORD_LEN_MAX)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "the password is longer than %d bytes", PASSWORD_LEN_MAX);
	if (memchr(password.data, '\0', password.len) != NULL)
		return err_set(err, ERR_REFUSED, "the password contains a NUL");
	return 0;
}

int
password_hash(const struct password_params *params, struct bytes password,
    struct buf *out, struct err *err)
{
	char text[PASSWORD_HASH_LEN_MAX];
	uint8_t salt[SALT_LEN];
	int rc;

	if (password_check(password, err) == -1)
		return -1;
	random_bytes(salt, sizeof(salt));
	rc = argon2id_hash_encoded(params->time_cost, params->memory_kib,
	    params->lanes, password.data, password.len, salt, sizeof(salt),
	    OUT_LEN, text, sizeof(text));
	if (rc != ARGON2_OK)
		return err_set(err, ERR_TEMP, "cannot hash the password: %s",
		    argon2_error_message(rc));
	buf_str(out, text);
	return 0;
}

/* Returns the number after the name ("m="), or 0 if there is none. */
static uint64_t
argon2_param(struct bytes fields, const char *name)
{
	struct bytes f;
	ptrdiff_t end;
	uint64_t v;

	while (fields.len > 0) {
		end = bytes_index(fields, ',');
		f = bytes_make(fields.data,
		    end < 0 ? fields.len : (size_t)end);
		if (bytes_has_prefix(f, name) && decimal_parse(bytes_make(
		    f.data + strlen(name), f.len - strlen(name)),
		    UINT32_MAX, &v) == 0)
			return v;
		if (end < 0)
			break;
		fields.data += end + 1;
		fields.len -= (size_t)end + 1;
	}
	return 0;
}

/* Is the cost of $argon2id$v=19$m=...,t=...,p=...$salt$hash within limits? */
static bool
argon2_is_bounded(struct bytes hash)
{
	struct bytes f = hash;
	uint64_t m, t, p;
	ptrdiff_t at;

	for (int i = 0; i < 3; i++) {
		if ((at = bytes_index(f, '$')) < 0)
			return false;
		f = bytes_make(f.data + at + 1, f.len - (size_t)at - 1);
	}
	if ((at = bytes_index(f, '$')) < 0)
		return false;
	f.len = (size_t)at;
	m = argon2_param(f, "m=");
	t = argon2_param(f, "t=");
	p = argon2_param(f, "p=");
	return m > 0 && m <= MEMORY_KIB_MAX && t > 0 && t <= TIME_COST_MAX &&
	    p > 0 && p <= LANES_MAX;
}

/* Removes a leading {SCHEME}, if it stands for crypt or argon2. */
static struct bytes
scheme_strip(struct bytes hash)
{
	static const char *const names[] = {
		"{CRYPT}", "{SHA512-CRYPT}", "{SHA256-CRYPT}", "{BLF-CRYPT}",
		"{MD5-CRYPT}", "{ARGON2ID}", "{ARGON2I}"
	};
	size_t n;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		n = strlen(names[i]);
		if (hash.len > n &&
		    bytes_ieq_str(bytes_make(hash.data, n), names[i]))
			return bytes_make(hash.data + n, hash.len - n);
	}
	return hash;
}

/* Copies the hash without its scheme to text.  Returns false if too long. */
static bool
hash_text(struct bytes hash, char text[PASSWORD_HASH_LEN_MAX])
{
	hash = scheme_strip(hash);
	if (hash.len == 0 || hash.len >= PASSWORD_HASH_LEN_MAX ||
	    memchr(hash.data, '\0', hash.len) != NULL)
		return false;
	memcpy(text, hash.data, hash.len);
	text[hash.len] = '\0';
	return true;
}

static bool
is_argon2(const char *text, argon2_type *type)
{
	if (strncmp(text, "$argon2id$", 10) == 0)
		*type = Argon2_id;
	else if (strncmp(text, "$argon2i$", 9) == 0)
		*type = Argon2_i;
	else
		return false;
	return true;
}

int
password_hash_check(struct bytes hash, struct err *err)
{
	char text[PASSWORD_HASH_LEN_MAX];
	argon2_type type;
	int rc;

	if (!hash_text(hash, text))
		return err_set(err, ERR_REFUSED,
		    "the password hash is empty or too long");
	if (is_argon2(text, &type)) {
		if (!argon2_is_bounded(bytes_of(text)))
			return err_set(err, ERR_REFUSED, "the password hash "
			    "is not a valid argon2 hash, or costs too much");
		return 0;
	}
	/* It must begin with a dollar: traditional DES accepts any letters. */
	rc = text[0] == '$' ? crypt_checksalt(text) : CRYPT_SALT_INVALID;
	if (rc == CRYPT_SALT_INVALID || rc == CRYPT_SALT_METHOD_DISABLED)
		return err_set(err, ERR_REFUSED, "the password hash has an "
		    "unknown format (expected argon2id or one of crypt(5))");
	return 0;
}

const char *
password_hash_kind(struct bytes hash)
{
	static const struct {
		const char *prefix, *kind;
	} rows[] = {
		{ "$argon2id$", "argon2id" }, { "$argon2i$", "argon2i" },
		{ "$y$", "yescrypt" }, { "$gy$", "gost-yescrypt" },
		{ "$7$", "scrypt" }, { "$2", "bcrypt" },
		{ "$6$", "sha512crypt" }, { "$5$", "sha256crypt" },
		{ "$sha1", "sha1crypt" }, { "$md5", "sunmd5" },
		{ "$1$", "md5crypt" }, { "$3$", "nt" }
	};

	hash = scheme_strip(hash);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (bytes_has_prefix(hash, rows[i].prefix))
			return rows[i].kind;
	return "unknown";
}

static bool
crypt_verify(const char *text, struct bytes password)
{
	struct crypt_data *data;
	char word[PASSWORD_LEN_MAX + 1];
	bool right = false;
	const char *got;

	if (text[0] != '$' || (data = calloc(1, sizeof(*data))) == NULL)
		return false;
	memcpy(word, password.data, password.len);
	word[password.len] = '\0';
	got = crypt_r(word, text, data);
	/* crypt() returns "*0" or "*1" on failure. */
	if (got != NULL && got[0] != '*' && strlen(got) == strlen(text))
		right = CRYPTO_memcmp(got, text, strlen(text)) == 0;
	explicit_bzero(word, sizeof(word));
	explicit_bzero(data, sizeof(*data));
	free(data);
	return right;
}

bool
password_verify(struct bytes hash, struct bytes password)
{
	char text[PASSWORD_HASH_LEN_MAX];
	struct err err = ERR_INIT;
	argon2_type type;

	if (password_check(password, &err) == -1 || !hash_text(hash, text))
		return false;
	if (!is_argon2(text, &type))
		return crypt_verify(text, password);
	return argon2_is_bounded(bytes_of(text)) &&
	    argon2_verify(text, password.data, password.len, type) ==
	    ARGON2_OK;
}

void
password_verify_nobody(const struct password_params *params,
    struct bytes password)
{
	static const uint8_t salt[SALT_LEN] = "nobody's salt ok";
	uint8_t out[OUT_LEN];

	if (password.len > PASSWORD_LEN_MAX)
		password.len = PASSWORD_LEN_MAX;
	(void)argon2id_hash_raw(params->time_cost, params->memory_kib,
	    params->lanes, password.data, password.len, salt, sizeof(salt),
	    out, sizeof(out));
}

/*
 * The cache has sets of WAYS places; the keyed hash chooses the set.  A new
 * entry replaces the one that expires first, so the size never changes.
 */
#define WAYS	4

struct password_place {
	uint8_t mac[32];
	time_t until;
};

struct password_cache {
	pthread_mutex_t lock;
	unsigned ttl_s;
	size_t sets;
	uint8_t key[32];
	struct password_place *places;	/* own: sets * WAYS */
};

struct password_cache *
password_cache_new(size_t entries_max, unsigned ttl_s)
{
	struct password_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory for a cache of passwords");
	c->ttl_s = ttl_s;
	c->sets = entries_max / WAYS + (entries_max % WAYS != 0);
	if (c->sets == 0)
		c->sets = 1;
	if ((c->places = calloc(c->sets * WAYS, sizeof(*c->places))) == NULL)
		fatal("out of memory for a cache of passwords");
	random_bytes(c->key, sizeof(c->key));
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void
password_cache_free(struct password_cache **cache)
{
	struct password_cache *c = *cache;

	*cache = NULL;
	if (c == NULL)
		return;
	explicit_bzero(c->key, sizeof(c->key));
	pthread_mutex_destroy(&c->lock);
	free(c->places);
	free(c);
}

/* The length before each field keeps different triples different. */
static void
cache_mac(struct password_cache *c, struct bytes user, struct bytes hash,
    struct bytes password, uint8_t mac[32])
{
	struct buf b = BUF_INIT;
	struct bytes fields[] = { user, hash, password };
	unsigned n = 32;
	char len[4];

	/* Reserve all now, because growing would leave copies in memory. */
	buf_reserve(&b, user.len + hash.len + password.len + 3 * sizeof(len));
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		be32_put(len, (uint32_t)fields[i].len);
		buf_add(&b, len, sizeof(len));
		buf_bytes(&b, fields[i]);
	}
	if (HMAC(EVP_sha256(), c->key, (int)sizeof(c->key),
	    (unsigned char *)b.data, b.len, mac, &n) == NULL)
		fatal("cannot compute a keyed hash");
	buf_wipe(&b);
}

static struct password_place *
cache_set(struct password_cache *c, const uint8_t mac[32])
{
	return c->places + be64_get(mac) % c->sets * WAYS;
}

bool
password_cache_has(struct password_cache *cache, struct bytes user,
    struct bytes hash, struct bytes password, time_t now)
{
	struct password_place *set;
	bool found = false;
	uint8_t mac[32];

	cache_mac(cache, user, hash, password, mac);
	set = cache_set(cache, mac);
	pthread_mutex_lock(&cache->lock);
	for (int i = 0; i < WAYS; i++)
		if (set[i].until > now &&
		    CRYPTO_memcmp(set[i].mac, mac, sizeof(mac)) == 0)
			found = true;
	pthread_mutex_unlock(&cache->lock);
	return found;
}

void
password_cache_add(struct password_cache *cache, struct bytes user,
    struct bytes hash, struct bytes password, time_t now)
{
	struct password_place *set, *place;
	uint8_t mac[32];

	cache_mac(cache, user, hash, password, mac);
	place = set = cache_set(cache, mac);
	pthread_mutex_lock(&cache->lock);
	for (int i = 0; i < WAYS; i++) {
		if (CRYPTO_memcmp(set[i].mac, mac, sizeof(mac)) == 0) {
			place = &set[i];
			break;
		}
		if (set[i].until < place->until)
			place = &set[i];
	}
	memcpy(place->mac, mac, sizeof(mac));
	place->until = now + (time_t)cache->ttl_s;
	pthread_mutex_unlock(&cache->lock);
}
