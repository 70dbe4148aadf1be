/* keyfile - creates and reads files of shared secret keys. */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/random.h"
#include "auth/keyfile.h"

#define FILE_LEN_MAX	16384

struct keyfile {
	size_t nkeys;
	struct keyfile_key keys[KEYFILE_KEYS_MAX];
};

/* Parses "id key" in hexadecimal.  Returns -1 if the line is anything else. */
static int
key_parse(struct bytes line, struct keyfile_key *key)
{
	struct buf id = BUF_INIT, secret = BUF_INIT;
	ptrdiff_t at = bytes_index(line, ' ');
	int rc = -1;

	if (at == 8 &&
	    hex_decode(&id, bytes_make(line.data, 8)) == 0 &&
	    hex_decode(&secret, bytes_trim(bytes_make(line.data + 9,
	    line.len - 9))) == 0 && secret.len == KEYFILE_KEY_LEN) {
		key->id = be32_get(id.data);
		memcpy(key->bytes, secret.data, KEYFILE_KEY_LEN);
		rc = 0;
	}
	if (secret.len > 0)
		OPENSSL_cleanse(secret.data, secret.len);
	buf_free(&secret);
	buf_free(&id);
	return rc;
}

static int
keys_parse(struct bytes text, const char *path, struct keyfile *kf,
    struct err *err)
{
	struct bytes line;
	ptrdiff_t at;
	int n = 0;

	while (text.len > 0) {
		n++;
		at = bytes_index(text, '\n');
		line = bytes_make(text.data, at < 0 ? text.len : (size_t)at);
		text.data += line.len + (at >= 0);
		text.len -= line.len + (at >= 0);
		if ((at = bytes_index(line, '#')) >= 0)
			line.len = (size_t)at;
		line = bytes_trim(line);
		if (line.len == 0)
			continue;
		if (kf->nkeys == KEYFILE_KEYS_MAX)
			return err_set(err, ERR_SYNTAX,
			    "%s:%d: more than %d keys", path, n,
			    KEYFILE_KEYS_MAX);
		if (key_parse(line, &kf->keys[kf->nkeys]) == -1)
			return err_set(err, ERR_SYNTAX, "%s:%d: expected an "
			    "id of 8 and a key of 64 hexadecimal digits",
			    path, n);
		kf->nkeys++;
	}
	if (kf->nkeys == 0)
		return err_set(err, ERR_SYNTAX, "%s: no key in the file", path);
	return 0;
}

/* Appends a new key as text. */
static void
key_make(struct buf *text)
{
	uint8_t key[4 + KEYFILE_KEY_LEN];

	random_bytes(key, sizeof(key));
	buf_str(text, "# id and key; the first seals, all open\n");
	hex_encode(text, bytes_make(key, 4));
	buf_byte(text, ' ');
	hex_encode(text, bytes_make(key + 4, KEYFILE_KEY_LEN));
	buf_byte(text, '\n');
	OPENSSL_cleanse(key, sizeof(key));
}

/* Creates the file.  If another process was faster, its file stays. */
static int
keys_create(const char *path, mode_t mode, struct err *err)
{
	struct buf text = BUF_INIT;
	int rc;

	key_make(&text);
	rc = file_create(path, mode, buf_view(&text), err);
	if (rc == -1 && err->code == ERR_CODE_EXISTS)
		rc = 0;
	OPENSSL_cleanse(text.data, text.len);
	buf_free(&text);
	return rc;
}

/* Appends the file's bytes. */
static int
keys_read(const char *path, struct buf *text, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return err_sys(err, ERR_TEMP, "cannot read '%s'", path);
	if (st.st_mode & S_IRWXO)
		return err_set(err, ERR_REFUSED,
		    "the key file '%s' can be read by everyone; its mode "
		    "must be 0640 or stricter", path);
	return file_read(path, FILE_LEN_MAX, text, err);
}

int
keyfile_open(const char *path, mode_t mode, struct keyfile **out,
    struct err *err)
{
	struct buf text = BUF_INIT;
	struct keyfile *kf;
	int rc;

	*out = NULL;
	if (access(path, F_OK) == -1 && errno == ENOENT &&
	    keys_create(path, mode, err) == -1)
		return -1;
	if ((kf = calloc(1, sizeof(*kf))) == NULL)
		fatal("out of memory for keys");
	rc = keys_read(path, &text, err);
	if (rc == 0)
		rc = keys_parse(buf_view(&text), path, kf, err);
	if (text.len > 0)
		OPENSSL_cleanse(text.data, text.len);
	buf_free(&text);
	if (rc == -1)
		keyfile_free(&kf);
	*out = kf;
	return rc;
}

void
keyfile_free(struct keyfile **keys)
{
	if (*keys != NULL)
		OPENSSL_cleanse(*keys, sizeof(**keys));
	free(*keys);
	*keys = NULL;
}

const struct keyfile_key *
keyfile_first(const struct keyfile *keys)
{
	return &keys->keys[0];
}

const struct keyfile_key *
keyfile_find(const struct keyfile *keys, uint32_t id)
{
	for (size_t i = 0; i < keys->nkeys; i++)
		if (keys->keys[i].id == id)
			return &keys->keys[i];
	return NULL;
}
