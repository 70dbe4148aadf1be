/*
 * dkim_keymake - creates and changes keys and prints their DNS records, for
 * administration.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "mail/chars.h"
#include "auth/dkim_keys-private.h"

#define ZONE_STRING_MAX	255
#define ZONE_TTL	3600

/* ---- files ----------------------------------------------------------- */

/*
 * Gives the file to the milter.  The folder stays root's, so that no one else
 * can replace what root writes to.  The folder's time is changed after that,
 * so that a milter that looked too early looks again.
 */
static int
give_away(struct arena *a, const struct dkim_key_place *p, struct err *err)
{
	const char *folder = dkim_key_path(a, p->dir, p->domain, NULL);

	if (p->owner == NULL || geteuid() != 0)
		return 0;
	if (file_set_owner(dkim_key_path(a, p->dir, p->domain, p->selector),
	    p->owner, NULL, err) == -1)
		return -1;
	if (utimensat(AT_FDCWD, folder, NULL, 0) == -1)
		return err_sys(err, ERR_TEMP, "cannot touch '%s'", folder);
	return 0;
}

static void
head_print(struct buf *out, enum dkim_state state, time_t created,
    time_t changed)
{
	buf_printf(out, "State: %s\nCreated: %" PRId64 "\nChanged: %" PRId64
	    "\n", dkim_state_name(state), (int64_t)created, (int64_t)changed);
}

static void
key_print(struct buf *out, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long n;

	if (bio == NULL || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0,
	    NULL, NULL) != 1 || (n = BIO_get_mem_data(bio, &data)) <= 0)
		fatal("cannot write a key");
	buf_add(out, data, (size_t)n);
	OPENSSL_cleanse(data, (size_t)n);
	BIO_free(bio);
}

static EVP_PKEY *
key_generate(enum dkim_algorithm algorithm, struct err *err)
{
	EVP_PKEY *key;

	key = algorithm == DKIM_ED25519_SHA256 ?
	    EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") :
	    EVP_RSA_gen(DKIM_RSA_BITS);
	if (key == NULL)
		(void)err_set(err, ERR_INTERNAL, "cannot make a key");
	return key;
}

static int
check_names(struct arena *a, const char **domain, const char *selector,
    struct err *err)
{
	struct bytes name;

	if (dkim_name_parse(a, bytes_of(*domain), &name, err) == -1)
		return err_wrap(err, "domain");
	*domain = name.data;
	if (dkim_name_parse(a, bytes_of(selector), &name, err) == -1 ||
	    name.len > DKIM_SELECTOR_MAX)
		return err_set(err, ERR_SYNTAX,
		    "'%s' is not a valid selector", selector);
	return 0;
}

static int
create(struct arena *a, const struct dkim_key_place *p, struct bytes text,
    struct err *err)
{
	const char *path = dkim_key_path(a, p->dir, p->domain, p->selector);

	if (file_mkdirs(dkim_key_path(a, p->dir, p->domain, NULL), 0755,
	    err) == -1)
		return -1;
	if (file_create(path, 0600, text, err) == -1) {
		if (err->code == ERR_CODE_EXISTS)
			return err_code(err, ERR_REFUSED, ERR_CODE_EXISTS,
			    "'%s' already has a key '%s'", p->domain,
			    p->selector);
		return -1;
	}
	return give_away(a, p, err);
}

int
dkim_key_create(const struct dkim_key_place *place,
    enum dkim_algorithm algorithm, enum dkim_state state, time_t now,
    struct err *err)
{
	struct dkim_key_place p = *place;
	struct buf text = BUF_INIT;
	struct arena a;
	EVP_PKEY *key;
	int rc = -1;

	arena_init(&a);
	if (check_names(&a, &p.domain, p.selector, err) == 0 &&
	    (key = key_generate(algorithm, err)) != NULL) {
		head_print(&text, state, now, now);
		key_print(&text, key);
		EVP_PKEY_free(key);
		rc = create(&a, &p, buf_view(&text), err);
		OPENSSL_cleanse(text.data, text.len);
	}
	buf_free(&text);
	arena_clear(&a);
	return rc;
}

static bool
is_free(const struct dkim_keyset *set, const char *base)
{
	for (size_t i = 0; set != NULL && i < set->n; i++)
		if (strncmp(set->keys[i].selector, base, strlen(base)) == 0 &&
		    !char_is_alpha(set->keys[i].selector[strlen(base)]))
			return false;
	return true;
}

const char *
dkim_selector_choose(struct arena *a, const struct dkim_keyset *set,
    time_t now)
{
	char day[16];
	struct tm tm;
	const char *base;

	(void)gmtime_r(&now, &tm);
	(void)strftime(day, sizeof(day), "%Y%m%d", &tm);
	base = arena_strdup(a, day);
	for (char c = 'b'; !is_free(set, base) && c <= 'z'; c++)
		base = arena_printf(a, "%s%c", day, c);
	return base;
}

const char *
dkim_selector_name(struct arena *a, const char *base,
    enum dkim_algorithm algorithm)
{
	return arena_printf(a, "%s-%s", base,
	    algorithm == DKIM_ED25519_SHA256 ? "ed25519" : "rsa");
}

/* Keeps the lines of the key itself and rewrites those before it. */
static int
text_change(const char *path, const char *selector, enum dkim_state state,
    time_t now, struct buf *out, struct err *err)
{
	struct buf old = BUF_INIT;
	struct dkim_key key = { .selector = NULL };
	const char *pem;
	int rc;

	if ((rc = dkim_key_file_read(path, &old, err)) == 0)
		rc = dkim_key_file_parse(path, buf_view(&old), selector, &key,
		    err);
	if (rc == 0) {
		head_print(out, state, key.created, now);
		pem = strstr(buf_cstr(&old), "-----BEGIN");
		buf_str(out, pem == NULL ? "" : pem);
		EVP_PKEY_free(key.key);
		free((char *)(uintptr_t)key.selector);
	}
	if (old.len > 0)
		OPENSSL_cleanse(old.data, old.len);
	buf_free(&old);
	return rc;
}

int
dkim_key_set_state(const struct dkim_key_place *place, enum dkim_state state,
    time_t now, struct err *err)
{
	struct dkim_key_place p = *place;
	struct buf text = BUF_INIT;
	const char *path;
	struct arena a;
	int rc;

	arena_init(&a);
	if ((rc = check_names(&a, &p.domain, p.selector, err)) == 0) {
		path = dkim_key_path(&a, p.dir, p.domain, p.selector);
		rc = text_change(path, p.selector, state, now, &text, err);
		if (rc == 0)
			rc = file_write(path, 0600, buf_view(&text), err);
		if (rc == 0)
			rc = give_away(&a, &p, err);
	}
	if (text.len > 0)
		OPENSSL_cleanse(text.data, text.len);
	buf_free(&text);
	arena_clear(&a);
	return rc;
}

int
dkim_key_remove(const char *dir, const char *domain, const char *selector,
    struct err *err)
{
	const char *path;
	struct arena a;
	int rc;

	arena_init(&a);
	if ((rc = check_names(&a, &domain, selector, err)) == 0) {
		path = dkim_key_path(&a, dir, domain, selector);
		if (unlink(path) == -1)
			rc = err_sys(err, ERR_TEMP, "cannot remove '%s'",
			    path);
	}
	arena_clear(&a);
	return rc;
}

/* ---- records --------------------------------------------------------- */

/* RFC 6376 3.6.1 and its erratum 3017; RFC 8463 4. */
void
dkim_key_record(const struct dkim_key *key, struct buf *out)
{
	bool rsa = key->algorithm == DKIM_RSA_SHA256;
	unsigned char raw[32], *der = NULL;
	size_t n = sizeof(raw);
	int len;

	buf_printf(out, "v=DKIM1; k=%s; p=", rsa ? "rsa" : "ed25519");
	if (rsa) {
		if ((len = i2d_PUBKEY(key->key, &der)) <= 0)
			fatal("cannot write a public key");
		base64_encode(out, bytes_make(der, (size_t)len));
		OPENSSL_free(der);
		return;
	}
	if (EVP_PKEY_get_raw_public_key(key->key, raw, &n) != 1)
		fatal("cannot write a public key");
	base64_encode(out, bytes_make(raw, n));
}

void
dkim_key_zone_line(const struct dkim_key *key, const char *domain,
    struct buf *out)
{
	struct buf record = BUF_INIT;
	struct bytes rest;
	size_t n;

	dkim_key_record(key, &record);
	buf_printf(out, "%s._domainkey.%s. %d IN TXT", key->selector, domain,
	    ZONE_TTL);
	for (rest = buf_view(&record); rest.len > 0;
	    rest = bytes_from(rest, n)) {
		n = rest.len < ZONE_STRING_MAX ? rest.len : ZONE_STRING_MAX;
		buf_str(out, " \"");
		buf_add(out, rest.data, n);
		buf_byte(out, '"');
	}
	buf_byte(out, '\n');
	buf_free(&record);
}
