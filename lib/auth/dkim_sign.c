/*
 * dkim_sign - computes DKIM signatures.
 *
 * It does not use libopendkim, which decodes the private key from its text for
 * each message (with OpenSSL 3 that costs more than the signature itself) and
 * reads the body once for each key.
 */
#include <config.h>

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/encode.h"
#include "auth/dkim_sign.h"
#include "auth/fieldlist.h"

/* Most fields with one name; a message with more is not signed. */
#define SAME_MAX	10
#define LINE_MAX_LEN	76

/*
 * RFC 6376 5.4.1, without the fields that lists and MTAs change on the way
 * (Bcc, Received, Resent-*, List-*).
 */
const char *const dkim_sign_names[] = {
	"From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID",
	"In-Reply-To", "References", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding", NULL
};

#define NAMES	(sizeof(dkim_sign_names) / sizeof(dkim_sign_names[0]) - 1)

struct dkim_sign {
	struct arena arena;
	struct {
		struct field fields[SAME_MAX];
		size_t n;
	} names[NAMES];
	size_t header_len, nfields;
	bool too_large;
	struct canon_body body;
	bool has_digest;
	uint8_t digest[CANON_DIGEST_LEN];	/* of the body */
};

struct dkim_sign *
dkim_sign_new(void)
{
	struct dkim_sign *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for DKIM");
	arena_init(&s->arena);
	canon_body_init(&s->body, CANON_RELAXED, CANON_NO_LIMIT);
	return s;
}

void
dkim_sign_free(struct dkim_sign **sp)
{
	struct dkim_sign *s = *sp;

	if (s == NULL)
		return;
	canon_body_clear(&s->body);
	arena_clear(&s->arena);
	free(s);
	*sp = NULL;
}

/* Returns the index of a name in the list, or NAMES. */
static size_t
place_of(struct bytes name)
{
	size_t i = 0;

	while (i < NAMES && !bytes_ieq_str(name, dkim_sign_names[i]))
		i++;
	return i;
}

void
dkim_sign_header(struct dkim_sign *s, struct bytes name, struct bytes value)
{
	size_t i = place_of(bytes_trim(name));
	struct field *f;

	s->nfields++;
	s->header_len += name.len + value.len;
	if (s->nfields > DKIM_FIELDS_MAX || s->header_len > DKIM_HEADER_MAX ||
	    (i < NAMES && s->names[i].n == SAME_MAX)) {
		s->too_large = true;
		return;
	}
	if (i == NAMES)
		return;
	f = &s->names[i].fields[s->names[i].n++];
	f->name = bytes_dup(&s->arena, name);
	f->value = bytes_dup(&s->arena, value);
}

void
dkim_sign_body(struct dkim_sign *s, struct bytes piece)
{
	if (!s->has_digest)
		canon_body_add(&s->body, piece);
}

/* ---- the field ------------------------------------------------------- */

/* Adds a word of a tag, on the next line if it does not fit on this one. */
static void
put_word(struct buf *out, size_t *column, const char *word)
{
	size_t n = strlen(word);

	if (*column + n > LINE_MAX_LEN) {
		buf_str(out, "\n\t");
		*column = 8;
	}
	buf_str(out, word);
	*column += n;
}

static void
put_base64(struct buf *out, size_t *column, struct bytes data)
{
	struct buf text = BUF_INIT;
	struct bytes rest;
	size_t n;

	base64_encode(&text, data);
	for (rest = buf_view(&text); rest.len > 0;
	    rest = bytes_from(rest, n)) {
		if (*column >= LINE_MAX_LEN) {
			buf_str(out, "\n\t");
			*column = 8;
		}
		n = LINE_MAX_LEN - *column;
		if (n > rest.len)
			n = rest.len;
		buf_add(out, rest.data, n);
		*column += n;
	}
	buf_free(&text);
}

/* Lists each name once more than it occurs. */
static void
put_names(const struct dkim_sign *s, struct buf *out)
{
	char word[64];
	size_t column = 10;

	buf_str(out, "\n\th=");
	for (size_t i = 0; i < NAMES; i++)
		for (size_t j = 0; j <= s->names[i].n; j++) {
			(void)snprintf(word, sizeof(word), "%s%s",
			    i + j > 0 ? ":" : "", dkim_sign_names[i]);
			put_word(out, &column, word);
		}
	buf_byte(out, ';');
}

/* Writes the value up to and including "b=". */
static void
put_head(const struct dkim_sign *s, const struct dkim_signer *signer,
    const struct dkim_key *key, struct buf *out)
{
	size_t column = 11;

	buf_printf(out, " v=1; a=%s; c=relaxed/relaxed;\n\td=%s;\n\ts=%s; "
	    "t=%" PRIu64 ";", dkim_algorithm_name(key->algorithm),
	    signer->set->domain, key->selector, (uint64_t)signer->now);
	if (signer->lifetime_s > 0)
		buf_printf(out, " x=%" PRIu64 ";", (uint64_t)signer->now +
		    signer->lifetime_s);
	put_names(s, out);
	buf_str(out, "\n\tbh=");
	put_base64(out, &column, bytes_make(s->digest, CANON_DIGEST_LEN));
	buf_str(out, ";\n\tb=");
}

/* RFC 6376 3.7: hashes the fields, for each name from the last one up, then
   the signature field. */
static void
hash_header(const struct dkim_sign *s, struct bytes value,
    uint8_t digest[CANON_DIGEST_LEN])
{
	struct canon_hash h;

	canon_hash_init(&h);
	for (size_t i = 0; i < NAMES; i++)
		for (size_t j = s->names[i].n; j > 0; j--)
			canon_field(&h, CANON_RELAXED,
			    s->names[i].fields[j - 1].name,
			    s->names[i].fields[j - 1].value, true);
	canon_field(&h, CANON_RELAXED, BYTES(DKIM_SIGN_HEADER), value, false);
	canon_hash_final(&h, digest);
}

/* ---- signatures ------------------------------------------------------ */

static int
rsa_sign(EVP_PKEY *key, const uint8_t *digest, unsigned char *out, size_t *n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	int ok;

	ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_sign(ctx, out, n, digest, CANON_DIGEST_LEN) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : -1;
}

static int
ed25519_sign(EVP_PKEY *key, const uint8_t *digest, unsigned char *out,
    size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	ok = ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, out, n, digest, CANON_DIGEST_LEN) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}

static int
sign_with(const struct dkim_sign *s, const struct dkim_signer *signer,
    const struct dkim_key *key, struct buf *out, struct err *err)
{
	unsigned char sig[2048];
	uint8_t digest[CANON_DIGEST_LEN];
	size_t n = sizeof(sig), column = 10;
	int rc;

	if ((size_t)EVP_PKEY_get_size(key->key) > sizeof(sig))
		return err_set(err, ERR_REFUSED, "key '%s' of '%s' is too "
		    "large", key->selector, signer->set->domain);
	put_head(s, signer, key, out);
	hash_header(s, buf_view(out), digest);
	rc = key->algorithm == DKIM_ED25519_SHA256 ?
	    ed25519_sign(key->key, digest, sig, &n) :
	    rsa_sign(key->key, digest, sig, &n);
	if (rc == -1)
		return err_set(err, ERR_INTERNAL, "OpenSSL cannot sign with "
		    "key '%s' of '%s'", key->selector, signer->set->domain);
	put_base64(out, &column, bytes_make(sig, n));
	return 0;
}

int
dkim_sign_finish(struct dkim_sign *s, const struct dkim_signer *signer,
    struct arena *a, struct bytes **values, struct err *err)
{
	const struct dkim_keyset *set = signer->set;
	struct buf value = BUF_INIT;
	int n = 0, rc = 0;

	if (s->too_large)
		return err_set(err, ERR_REFUSED,
		    "the header is too large to be signed");
	if (!s->has_digest)
		canon_body_final(&s->body, s->digest);
	s->has_digest = true;
	*values = arena_array(a, DKIM_KEYS_MAX, sizeof(**values));
	for (size_t i = 0; i < set->n && rc == 0; i++) {
		if (set->keys[i].state != DKIM_ACTIVE)
			continue;
		buf_clear(&value);
		rc = sign_with(s, signer, &set->keys[i], &value, err);
		(*values)[n++] = bytes_dup(a, buf_view(&value));
	}
	buf_free(&value);
	return rc == 0 ? n : -1;
}
