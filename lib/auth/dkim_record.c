/* dkim_record - parses public keys from the DNS and verifies with them. */
#include <config.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/encode.h"
#include "auth/dkim_record.h"

#define ED25519_KEY_LEN		32

/* k=, h=, s= and t= (RFC 6376 3.6.1). */
static int
read_limits(const struct taglist *t, struct dkim_record *r, struct err *err)
{
	const struct bytes *v;

	if ((v = taglist_find(t, "k")) == NULL || bytes_ieq_str(*v, "rsa"))
		r->algorithm = DKIM_RSA_SHA256;
	else if (bytes_ieq_str(*v, "ed25519"))
		r->algorithm = DKIM_ED25519_SHA256;
	else
		return err_set(err, ERR_SYNTAX, "unknown key type '"
		    BYTES_FMT "'", BYTES_ARG(*v));
	if ((v = taglist_find(t, "h")) != NULL &&
	    !taglist_has_item(*v, "sha256"))
		return err_set(err, ERR_SYNTAX,
		    "the key is not for SHA-256");
	if ((v = taglist_find(t, "s")) != NULL &&
	    !taglist_has_item(*v, "email") && !taglist_has_item(*v, "*"))
		return err_set(err, ERR_SYNTAX, "the key is not for mail");
	/* t=s is about i= and handled by libopendkim. */
	if ((v = taglist_find(t, "t")) != NULL)
		r->is_test = taglist_has_item(*v, "y");
	return 0;
}

int
dkim_record_parse(struct arena *a, struct bytes text, struct dkim_record *r,
    struct err *err)
{
	struct taglist t;
	struct buf b = BUF_INIT;
	const struct bytes *p, *v;
	int rc;

	r->text = text;
	if (text.len > DKIM_RECORD_MAX)
		return err_set(err, ERR_SYNTAX, "the record is too long");
	if (taglist_parse(text, &t, err) == -1)
		return -1;
	v = taglist_find(&t, "v");
	if (v != NULL && (!bytes_eq_str(*v, "DKIM1") || v != &t.tags[0].value))
		return err_set(err, ERR_SYNTAX, "not a DKIM1 record");
	if ((p = taglist_find(&t, "p")) == NULL)
		return err_set(err, ERR_SYNTAX, "no p= tag");
	if (p->len == 0) {
		r->revoked = true;
		return err_set(err, ERR_SYNTAX, "the key was revoked");
	}
	rc = base64_decode(&b, taglist_squeeze(a, *p));
	if (rc == 0)
		r->key = bytes_dup(a, buf_view(&b));
	buf_free(&b);
	if (rc == -1)
		return err_set(err, ERR_SYNTAX, "p= is not base64");
	return read_limits(&t, r, err);
}

/*
 * A name has one key.  Records that are not keys (a wildcard's answer) are
 * ignored; with two keys it is unknown which is meant.
 */
static void
choose(struct arena *a, const struct bytes *txt, size_t n,
    struct dkim_record *out)
{
	struct err err = ERR_INIT;
	struct dkim_record r;
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		r = (struct dkim_record){ .secure = out->secure };
		if (dkim_record_parse(a, txt[i], &r, &err) == 0)
			r.status = DKIM_KEY_FOUND;
		else {
			r.status = DKIM_KEY_NONE;
			r.why = arena_strdup(a, err.text);
		}
		if (r.status == DKIM_KEY_FOUND || r.revoked || found == 0)
			*out = r;
		found += r.status == DKIM_KEY_FOUND || r.revoked;
	}
	if (found > 1) {
		out->status = DKIM_KEY_NONE;
		out->why = "several key records";
	}
}

void
dkim_record_fetch(const struct dkim_key_source *keys, struct arena *a,
    const char *name, uint64_t deadline_ms, struct dkim_record *out)
{
	struct bytes *txt = NULL;
	size_t n = 0;
	bool secure = false;

	memset(out, 0, sizeof(*out));
	out->status = keys->lookup(keys->ctx, a, name, deadline_ms, &txt, &n,
	    &secure);
	out->secure = secure;
	if (out->status == DKIM_KEY_TEMP)
		out->why = "the DNS does not answer";
	else if (out->status == DKIM_KEY_NONE || n == 0) {
		out->status = DKIM_KEY_NONE;
		out->why = "no key record";
	} else
		choose(a, txt, n, out);
}

/* ---- signatures ------------------------------------------------------ */

static EVP_PKEY *
key_decode(const struct dkim_record *r)
{
	const unsigned char *p = (const unsigned char *)r->key.data;
	EVP_PKEY *key;

	if (r->algorithm == DKIM_ED25519_SHA256)
		return r->key.len != ED25519_KEY_LEN ? NULL :
		    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, p,
		    r->key.len);
	key = d2i_PUBKEY(NULL, &p, (long)r->key.len);
	if (key == NULL) {
		/* RFC 6376 3.6.1 names RSAPublicKey, and some use that. */
		p = (const unsigned char *)r->key.data;
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)r->key.len);
	}
	if (key != NULL && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static bool
rsa_verify(EVP_PKEY *key, const uint8_t *digest, struct bytes sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok;

	ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_verify(ctx, (const unsigned char *)sig.data, sig.len,
	    digest, CANON_DIGEST_LEN) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* RFC 8463 3: what is signed is the digest. */
static bool
ed25519_verify(EVP_PKEY *key, const uint8_t *digest, struct bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, (const unsigned char *)sig.data, sig.len,
	    digest, CANON_DIGEST_LEN) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

enum dkim_crypt
dkim_record_verify(const struct dkim_record *r,
    const uint8_t digest[CANON_DIGEST_LEN], struct bytes sig, unsigned *bits)
{
	EVP_PKEY *key = key_decode(r);
	bool rsa = r->algorithm != DKIM_ED25519_SHA256;
	enum dkim_crypt rc;
	unsigned n;

	if (key == NULL)
		return DKIM_CRYPT_KEY;
	n = rsa ? (unsigned)EVP_PKEY_get_bits(key) : 256;
	if (bits != NULL)
		*bits = n;
	if (rsa && (n < DKIM_RSA_BITS_MIN || n > DKIM_RSA_BITS_MAX))
		rc = DKIM_CRYPT_WEAK;
	else if (rsa ? rsa_verify(key, digest, sig) :
	    ed25519_verify(key, digest, sig))
		rc = DKIM_CRYPT_OK;
	else
		rc = DKIM_CRYPT_BAD;
	EVP_PKEY_free(key);
	return rc;
}
