/*
 * localserve_cert - makes a self-signed certificate for localhost, so that TLS
 * can be tested.
 *
 * No program trusts it by default; a program under development may be
 * configured to.
 */
#include <config.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/random.h"
#include "localserve/localserve.h"

#define DAY_S		(24L * 60 * 60)
#define VALID_DAYS	3650
#define RENEW_DAYS	7

static const struct {
	int nid;
	const char *value;
} extensions[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature" },
	{ NID_ext_key_usage, "serverAuth" },
	{ NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1" }
};

static bool
cert_is_good(const char *path)
{
	FILE *f = fopen(path, "re");
	time_t later = time(NULL) + RENEW_DAYS * DAY_S;
	X509 *cert;
	bool good;

	if (f == NULL)
		return false;
	cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	good = cert != NULL &&
	    X509_cmp_time(X509_get0_notAfter(cert), &later) > 0;
	X509_free(cert);
	return good;
}

static bool
extension_add(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;

	X509_EXTENSION_free(ext);
	return ok;
}

static bool
cert_fill(X509 *cert, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(cert);
	uint64_t serial = random_u64() >> 1;

	/* Clocks differ a little, so it is valid from yesterday. */
	if (X509_set_version(cert, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert),
	    serial) != 1 ||
	    X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_S) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(cert),
	    VALID_DAYS * DAY_S) == NULL ||
	    X509_set_pubkey(cert, key) != 1 ||
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"localhost", -1, -1, 0) != 1 ||
	    X509_set_issuer_name(cert, name) != 1)
		return false;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++)
		if (!extension_add(cert, extensions[i].nid,
		    extensions[i].value))
			return false;
	return X509_sign(cert, key, EVP_sha256()) > 0;
}

static struct bytes
bio_bytes(BIO *bio)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);

	return bytes_make(data, n > 0 ? (size_t)n : 0);
}

/* Writes the key first: a certificate without its key would be kept. */
static int
pair_write(X509 *cert, EVP_PKEY *key, const char *cert_path,
    const char *key_path, struct err *err)
{
	BIO *cert_pem = BIO_new(BIO_s_mem());
	BIO *key_pem = BIO_new(BIO_s_mem());
	int rc = -1;

	if (cert_pem == NULL || key_pem == NULL ||
	    PEM_write_bio_X509(cert_pem, cert) != 1 ||
	    PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL,
	    NULL) != 1)
		err_set(err, ERR_INTERNAL, "cannot encode a certificate");
	else if (file_write(key_path, 0600, bio_bytes(key_pem), err) == 0)
		rc = file_write(cert_path, 0644, bio_bytes(cert_pem), err);
	BIO_free(cert_pem);
	BIO_free(key_pem);
	return rc;
}

int
cert_ensure(const char *cert_path, const char *key_path, struct err *err)
{
	EVP_PKEY *key;
	X509 *cert;
	int rc = -1;

	if (cert_is_good(cert_path))
		return 0;
	key = EVP_EC_gen("P-256");
	cert = X509_new();
	if (key == NULL || cert == NULL || !cert_fill(cert, key))
		err_set(err, ERR_INTERNAL, "cannot make a certificate");
	else
		rc = pair_write(cert, key, cert_path, key_path, err);
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}
