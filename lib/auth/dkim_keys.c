/* dkim_keys - reads the keys of domains from files, and caches them. */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <unistd.h>
#include <uthash.h>

#include "base/encode.h"
#include "base/file.h"
#include "auth/dkim_keys-private.h"

#define KEY_FILE_MAX	65536
#define DOMAINS_MAX	10000	/* most domains that are listed */
/*
 * A folder that changed less than this long ago may change again within the
 * same tick of its clock, unnoticed.  So it is read again until it is older.
 */
#define SETTLED_S	2
#define READS_MAX	5

struct entry {
	char *domain;			/* own */
	struct stat st;			/* of the folder */
	bool settled;
	char *trouble;			/* own: error text; NULL: none */
	struct dkim_keyset *set;	/* own; NULL: no keys */
	UT_hash_handle hh;
};

struct dkim_keys {
	char *dir;			/* own */
	pthread_mutex_t lock;
	struct entry *entries;		/* own: uthash by domain */
};

const char *
dkim_state_name(enum dkim_state state)
{
	static const char *const names[] = { "pending", "active", "retired" };

	return names[state];
}

const char *
dkim_algorithm_name(enum dkim_algorithm algorithm)
{
	return algorithm == DKIM_ED25519_SHA256 ? "ed25519-sha256" :
	    algorithm == DKIM_RSA_SHA256 ? "rsa-sha256" : "unknown";
}

const char *
dkim_key_path(struct arena *a, const char *dir, const char *domain,
    const char *selector)
{
	if (selector == NULL)
		return arena_printf(a, "%s/%s", dir, domain);
	return arena_printf(a, "%s/%s/%s" DKIM_KEY_SUFFIX, dir, domain,
	    selector);
}

/* ---- one file -------------------------------------------------------- */

int
dkim_key_file_read(const char *path, struct buf *text, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		bool missing = errno == ENOENT;

		(void)err_sys(err, ERR_TEMP, "cannot read '%s'", path);
		if (missing)
			err->code = ERR_CODE_NOT_FOUND;
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED, "'%s' is not a file", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_REFUSED, "the key '%s' can be "
		    "accessed by others; its mode must be 0600", path);
	return file_read(path, KEY_FILE_MAX, text, err);
}

/* Never prompts for a passphrase. */
static int
no_passphrase(char *buf, int size, int writing, void *ctx)
{
	return -1;
}

static int
head_line(const char *path, struct bytes line, struct dkim_key *key,
    struct err *err)
{
	ptrdiff_t colon = bytes_index(line, ':');
	struct bytes name, value;
	uint64_t n;

	if (colon < 0)
		return 0;
	name = bytes_make(line.data, (size_t)colon);
	value = bytes_trim(bytes_from(line, (size_t)colon + 1));
	if (bytes_ieq_str(name, "Created") &&
	    decimal_parse(value, INT64_MAX, &n) == 0)
		key->created = (time_t)n;
	else if (bytes_ieq_str(name, "Changed") &&
	    decimal_parse(value, INT64_MAX, &n) == 0)
		key->changed = (time_t)n;
	else if (bytes_ieq_str(name, "State")) {
		for (int s = DKIM_PENDING; s <= DKIM_RETIRED; s++)
			if (bytes_ieq_str(value, dkim_state_name(
			    (enum dkim_state)s))) {
				key->state = (enum dkim_state)s;
				return 0;
			}
		return err_set(err, ERR_SYNTAX,
		    "'%s' has an unknown state", path);
	}
	return 0;
}

/* Parses the lines before the key. */
static int
head_parse(const char *path, struct bytes text, struct dkim_key *key,
    struct err *err)
{
	struct bytes line;
	ptrdiff_t at;

	while (text.len > 0 && !bytes_has_prefix(text, "-----BEGIN")) {
		at = bytes_index(text, '\n');
		line = bytes_make(text.data, at < 0 ? text.len : (size_t)at);
		text = bytes_from(text, line.len + (at >= 0));
		if (head_line(path, line, key, err) == -1)
			return -1;
	}
	return 0;
}

static int
key_check(const char *path, struct dkim_key *key, struct err *err)
{
	switch (EVP_PKEY_get_base_id(key->key)) {
	case EVP_PKEY_RSA:
		key->algorithm = DKIM_RSA_SHA256;
		key->bits = (unsigned)EVP_PKEY_get_bits(key->key);
		if (key->bits >= 1024)
			return 0;
		return err_set(err, ERR_REFUSED, "the key '%s' has %u bits, "
		    "but at least 1024 are needed", path, key->bits);
	case EVP_PKEY_ED25519:
		key->algorithm = DKIM_ED25519_SHA256;
		key->bits = 256;
		return 0;
	default:
		return err_set(err, ERR_SYNTAX,
		    "'%s' is neither RSA nor Ed25519", path);
	}
}

int
dkim_key_file_parse(const char *path, struct bytes text,
    const char *selector, struct dkim_key *out, struct err *err)
{
	struct dkim_key key = { .state = DKIM_ACTIVE };
	BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);

	if (bio == NULL)
		fatal("out of memory for keys");
	key.key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (key.key == NULL)
		return err_set(err, ERR_SYNTAX,
		    "'%s' has no private key in PEM without a passphrase",
		    path);
	if (key_check(path, &key, err) == -1 ||
	    head_parse(path, text, &key, err) == -1) {
		EVP_PKEY_free(key.key);
		return -1;
	}
	if ((key.selector = strdup(selector)) == NULL)
		fatal("out of memory for keys");
	*out = key;
	return 0;
}

/* ---- one domain ------------------------------------------------------ */

void
dkim_keyset_free(struct dkim_keyset **sp)
{
	struct dkim_keyset *set = *sp;

	*sp = NULL;
	if (set == NULL ||
	    __atomic_sub_fetch(&set->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (size_t i = 0; i < set->n; i++) {
		EVP_PKEY_free(set->keys[i].key);
		free((char *)(uintptr_t)set->keys[i].selector);
	}
	free((char *)(uintptr_t)set->domain);
	free(set);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns s for "s.key" if s is a selector, else NULL. */
static const char *
selector_of(struct arena *a, const char *file)
{
	struct bytes name = bytes_of(file), selector;
	struct err err = ERR_INIT;
	size_t tail = strlen(DKIM_KEY_SUFFIX);

	if (name.len <= tail ||
	    strcmp(file + name.len - tail, DKIM_KEY_SUFFIX) != 0)
		return NULL;
	name.len -= tail;
	if (dkim_name_parse(a, name, &selector, &err) == -1)
		return NULL;
	return arena_memdup(a, name.data, name.len);
}

/* Lists names, sorted.  Returns how many, or -1. */
static int
list_names(const char *path, struct arena *a, size_t max,
    const char *(*pick)(struct arena *, const char *),
    const char **names, struct err *err)
{
	DIR *d = opendir(path);
	struct dirent *e;
	const char *name;
	size_t n = 0;

	if (d == NULL)
		return err_sys(err, ERR_TEMP, "cannot read folder '%s'", path);
	while ((e = readdir(d)) != NULL) {
		if ((name = pick(a, e->d_name)) == NULL)
			continue;
		if (n == max) {
			(void)closedir(d);
			return err_set(err, ERR_REFUSED,
			    "more than %zu entries in '%s'", max, path);
		}
		names[n++] = name;
	}
	(void)closedir(d);
	qsort(names, n, sizeof(*names), compare_names);
	return (int)n;
}

static int
key_read(const char *dir, const char *domain, const char *selector,
    struct arena *a, struct dkim_key *out, struct err *err)
{
	const char *path = dkim_key_path(a, dir, domain, selector);
	struct buf text = BUF_INIT;
	int rc;

	rc = dkim_key_file_read(path, &text, err);
	if (rc == 0)
		rc = dkim_key_file_parse(path, buf_view(&text), selector, out,
		    err);
	if (text.len > 0)
		OPENSSL_cleanse(text.data, text.len);
	buf_free(&text);
	return rc;
}

/* Returns the same as dkim_keys_get(). */
static int
set_read(const char *dir, const char *domain, struct arena *a,
    struct dkim_keyset **out, struct err *err)
{
	const char *selectors[DKIM_KEYS_MAX];
	struct dkim_keyset *set;
	int n;

	*out = NULL;
	n = list_names(dkim_key_path(a, dir, domain, NULL), a, DKIM_KEYS_MAX,
	    selector_of, selectors, err);
	if (n <= 0)
		return n;
	if ((set = calloc(1, sizeof(*set))) == NULL ||
	    (set->domain = strdup(domain)) == NULL)
		fatal("out of memory for keys");
	set->refs = 1;
	for (int i = 0; i < n; i++)
		if (key_read(dir, domain, selectors[i], a,
		    &set->keys[set->n], err) == 0)
			set->n++;
	if (set->n == 0)
		dkim_keyset_free(&set);
	*out = set;
	return set != NULL;
}

int
dkim_keyset_read(const char *dir, struct bytes text, struct dkim_keyset **out,
    struct err *err)
{
	struct arena a;
	struct bytes domain;
	struct stat st;
	int rc;

	*out = NULL;
	err_clear(err);
	arena_init(&a);
	if ((rc = dkim_name_parse(&a, text, &domain, err)) == 0 &&
	    (stat(dkim_key_path(&a, dir, domain.data, NULL), &st) == 0 ||
	    errno != ENOENT))
		rc = set_read(dir, domain.data, &a, out, err);
	arena_clear(&a);
	return rc;
}

static const char *
domain_of(struct arena *a, const char *file)
{
	struct err err = ERR_INIT;
	struct bytes domain;

	if (dkim_name_parse(a, bytes_of(file), &domain, &err) == -1 ||
	    !bytes_eq_str(domain, file))
		return NULL;
	return domain.data;
}

int
dkim_keys_domains(const char *dir, struct arena *a, const char ***domains,
    struct err *err)
{
	const char **names = arena_array(a, DOMAINS_MAX + 1,
	    sizeof(*names));
	int n = 0;

	if (access(dir, F_OK) == 0)
		n = list_names(dir, a, DOMAINS_MAX, domain_of, names, err);
	if (n == -1)
		return -1;
	names[n] = NULL;
	*domains = names;
	return 0;
}

/* ---- the cache ------------------------------------------------------- */

struct dkim_keys *
dkim_keys_new(const char *dir)
{
	struct dkim_keys *k = calloc(1, sizeof(*k));

	if (k == NULL || (k->dir = strdup(dir)) == NULL)
		fatal("out of memory for keys");
	(void)pthread_mutex_init(&k->lock, NULL);
	return k;
}

static void
entry_free(struct dkim_keys *k, struct entry *e)
{
	HASH_DEL(k->entries, e);
	dkim_keyset_free(&e->set);
	free(e->trouble);
	free(e->domain);
	free(e);
}

void
dkim_keys_free(struct dkim_keys **kp)
{
	struct dkim_keys *k = *kp;

	if (k == NULL)
		return;
	while (k->entries != NULL)
		entry_free(k, k->entries);
	(void)pthread_mutex_destroy(&k->lock);
	free(k->dir);
	free(k);
	*kp = NULL;
}

static bool
is_settled(const struct stat *st)
{
	time_t age = time(NULL) - st->st_mtim.tv_sec;

	return age > SETTLED_S || age < -SETTLED_S;
}

static struct entry *
entry_new(struct dkim_keys *k, const char *domain)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL || (e->domain = strdup(domain)) == NULL)
		fatal("out of memory for keys");
	HASH_ADD_KEYPTR(hh, k->entries, e->domain, strlen(e->domain), e);
	return e;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * A file can be repaired without changing the folder, so after an error the
 * folder is read each time.  But the same error is reported only once.
 */
static void
entry_note_trouble(struct entry *e, struct err *err)
{
	bool known = e->trouble != NULL && strcmp(e->trouble, err->text) == 0;

	if (known && err->kind != ERR_NONE) {
		err_clear(err);
		e->settled = false;
		return;
	}
	free(e->trouble);
	e->trouble = NULL;
	if (err->kind == ERR_NONE)
		return;
	e->settled = false;
	if ((e->trouble = strdup(err->text)) == NULL)
		fatal("out of memory for keys");
}

/*
 * Brings the entry up to date with its folder.  If the folder changes during
 * that, it is read again: otherwise the old key might be seen retired and the
 * new one still pending.  Returns 0, or -1 if it cannot be read.
 */
static int
entry_read(struct dkim_keys *k, struct entry *e, const char *path,
    const struct stat *st, struct arena *a, struct err *err)
{
	struct stat now = *st;
	int rc;

	for (int i = 0; i < READS_MAX; i++) {
		dkim_keyset_free(&e->set);
		err_clear(err);
		e->st = now;
		e->settled = is_settled(&now);
		rc = set_read(k->dir, e->domain, a, &e->set, err);
		if (stat(path, &now) == -1 || is_same(&now, &e->st))
			break;
	}
	if (rc == -1)
		return -1;
	entry_note_trouble(e, err);
	return 0;
}

static int
get_locked(struct dkim_keys *k, const char *domain, struct arena *a,
    struct dkim_keyset **out, struct err *err)
{
	const char *path = dkim_key_path(a, k->dir, domain, NULL);
	struct entry *e;
	struct stat st;

	HASH_FIND_STR(k->entries, domain, e);
	if (stat(path, &st) == -1) {
		if (errno != ENOENT && errno != ENOTDIR)
			return err_sys(err, ERR_TEMP,
			    "cannot read folder '%s'", path);
		if (e != NULL)
			entry_free(k, e);
		return 0;
	}
	if (e == NULL)
		e = entry_new(k, domain);
	if (!(e->settled && is_same(&e->st, &st)) &&
	    entry_read(k, e, path, &st, a, err) == -1) {
		entry_free(k, e);
		return -1;
	}
	if ((*out = e->set) == NULL)
		return 0;
	__atomic_add_fetch(&e->set->refs, 1, __ATOMIC_RELAXED);
	return 1;
}

int
dkim_keys_get(struct dkim_keys *k, struct bytes text,
    struct dkim_keyset **out, struct err *err)
{
	struct err bad = ERR_INIT;
	struct bytes domain;
	struct arena a;
	int rc = 0;

	*out = NULL;
	err_clear(err);
	arena_init(&a);
	/* Anything that is not a DNS name has no keys. */
	if (dkim_name_parse(&a, text, &domain, &bad) == 0) {
		(void)pthread_mutex_lock(&k->lock);
		rc = get_locked(k, domain.data, &a, out, err);
		(void)pthread_mutex_unlock(&k->lock);
	}
	arena_clear(&a);
	return rc;
}
