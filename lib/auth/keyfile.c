#include <config.h>

#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/keyfile.h"
#include "base/buf.h"
#include "base/encode.h"

#define FILE_LEN_MAX	16384

struct keyfile {
	size_t nkeys;
	struct keyfile_key keys[KEYFILE_KEYS_MAX];
};

/* "id key", hexadecimal.  -1 if the line is anything else. */
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
		return err_set(err, ERR_SYNTAX, "%s: no key in it", path);
	return 0;
}

static int
file_write(int fd, struct bytes text)
{
	ssize_t n;

	while (text.len > 0) {
		n = write(fd, text.data, text.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text.data += n;
		text.len -= (size_t)n;
	}
	return fsync(fd);
}

static void
key_make(struct buf *text)
{
	uint8_t key[4 + KEYFILE_KEY_LEN];

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		fatal("cannot get random bytes: %s", strerror(errno));
	buf_str(text, "# id and key; the first seals, all open\n");
	hex_encode(text, bytes_make(key, 4));
	buf_byte(text, ' ');
	hex_encode(text, bytes_make(key + 4, KEYFILE_KEY_LEN));
	buf_byte(text, '\n');
	OPENSSL_cleanse(key, sizeof(key));
}

/*
 * Makes the file under another name and links it into place, so that it is
 * never seen half written, and who comes second keeps the first one's.
 */
static int
file_create(const char *path, mode_t mode, struct err *err)
{
	struct buf tmp = BUF_INIT, text = BUF_INIT;
	int fd, rc = 0;

	key_make(&text);
	buf_printf(&tmp, "%s.XXXXXX", path);
	(void)buf_cstr(&tmp);
	if ((fd = mkostemp(tmp.data, O_CLOEXEC)) == -1)
		rc = err_sys(err, ERR_TEMP, "cannot create '%s'", path);
	else {
		if (fchmod(fd, mode) == -1 ||
		    file_write(fd, buf_view(&text)) == -1 ||
		    (link(tmp.data, path) == -1 && errno != EEXIST))
			rc = err_sys(err, ERR_TEMP, "cannot create '%s'",
			    path);
		(void)unlink(tmp.data);
		(void)close(fd);
	}
	OPENSSL_cleanse(text.data, text.len);
	buf_free(&text);
	buf_free(&tmp);
	return rc;
}

/* Appends the file's bytes. */
static int
file_read(int fd, const char *path, struct buf *text, struct err *err)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return err_sys(err, ERR_TEMP, "cannot read '%s'", path);
	if (st.st_mode & S_IRWXO)
		return err_set(err, ERR_REFUSED,
		    "the key file '%s' is open to everybody; mode 0640 at "
		    "most", path);
	while ((n = read(fd, buf_reserve(text, 4096), 4096)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, ERR_TEMP, "cannot read '%s'",
			    path);
		text->len += (size_t)n;
		if (text->len > FILE_LEN_MAX)
			return err_set(err, ERR_SYNTAX,
			    "the key file '%s' is over %d bytes", path,
			    FILE_LEN_MAX);
	}
	return 0;
}

int
keyfile_open(const char *path, mode_t mode, struct keyfile **out,
    struct err *err)
{
	struct buf text = BUF_INIT;
	struct keyfile *kf;
	int fd, rc;

	*out = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		if (file_create(path, mode, err) == -1)
			return -1;
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot open '%s'", path);
	if ((kf = calloc(1, sizeof(*kf))) == NULL)
		fatal("out of memory for keys");
	rc = file_read(fd, path, &text, err);
	(void)close(fd);
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

struct keyfile *
keyfile_of(const struct keyfile_key *keys, size_t n)
{
	struct keyfile *kf = calloc(1, sizeof(*kf));

	if (kf == NULL)
		fatal("out of memory for keys");
	kf->nkeys = n < KEYFILE_KEYS_MAX ? n : KEYFILE_KEYS_MAX;
	memcpy(kf->keys, keys, kf->nkeys * sizeof(*keys));
	return kf;
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
