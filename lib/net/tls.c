/* tls - makes and reloads server-side TLS contexts. */
#include <config.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/tls.h"

struct tls_context {
	pthread_mutex_t lock;
	SSL_CTX *ctx;		/* own; replaced under the lock */
};

const char *
tls_error_text(char *out, size_t size)
{
	unsigned long e = ERR_get_error();
	const char *reason = e == 0 ? NULL : ERR_reason_error_string(e);

	if (reason != NULL)
		(void)snprintf(out, size, "%s", reason);
	else if (e != 0)
		ERR_error_string_n(e, out, size);
	else
		(void)snprintf(out, size, "no reason given");
	ERR_clear_error();
	return out;
}

static int
tls_fail(struct err *err, const char *what, const char *name)
{
	char why[256];

	return err_set(err, ERR_REFUSED, "%s '%s': %s", what, name,
	    tls_error_text(why, sizeof(why)));
}

/* Makes a key with a passphrase an error, instead of asking for it. */
static int
tls_no_passphrase(char *p, int size, int rwflag, void *arg)
{
	return -1;
}

static int
tls_readable(const char *what, const char *file, struct err *err)
{
	if (file == NULL)
		return err_set(err, ERR_REFUSED, "no TLS %s is configured",
		    what);
	if (access(file, R_OK) == -1)
		return err_sys(err, ERR_REFUSED, "cannot read TLS %s '%s'",
		    what, file);
	return 0;
}

static int
tls_load_cert(SSL_CTX *ctx, const struct tls_config *config, struct err *err)
{
	if (tls_readable("certificate", config->cert_file, err) == -1 ||
	    tls_readable("key", config->key_file, err) == -1)
		return -1;
	if (SSL_CTX_use_certificate_chain_file(ctx, config->cert_file) != 1)
		return tls_fail(err, "no TLS certificate in",
		    config->cert_file);
	if (SSL_CTX_use_PrivateKey_file(ctx, config->key_file,
	    SSL_FILETYPE_PEM) != 1)
		return tls_fail(err, "no usable TLS key in",
		    config->key_file);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return tls_fail(err, "TLS certificate and key do not match:",
		    config->key_file);
	return 0;
}

static int
tls_load_client_ca(SSL_CTX *ctx, const struct tls_config *config,
    struct err *err)
{
	int mode = SSL_VERIFY_PEER;
	STACK_OF(X509_NAME) *names;

	if (config->client == TLS_CLIENT_NONE)
		return 0;
	if (tls_readable("client CA", config->client_ca_file, err) == -1)
		return -1;
	if (SSL_CTX_load_verify_locations(ctx, config->client_ca_file,
	    NULL) != 1 ||
	    (names = SSL_load_client_CA_file(config->client_ca_file)) == NULL)
		return tls_fail(err, "no TLS client CA in",
		    config->client_ca_file);
	SSL_CTX_set_client_CA_list(ctx, names);
	if (config->client == TLS_CLIENT_REQUIRED)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, NULL);
	return 0;
}

static void
tls_set_rules(SSL_CTX *ctx)
{
	static const unsigned char sid[] = "postern";

	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* Parked connections need 14 KB instead of 46. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Use only tickets; keep no sessions here. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx, sid, sizeof(sid) - 1);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_default_passwd_cb(ctx, tls_no_passphrase);
}

static SSL_CTX *
tls_ctx_new(const struct tls_config *config, struct err *err)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL) {
		tls_fail(err, "cannot make a TLS context for",
		    config->cert_file == NULL ? "" : config->cert_file);
		return NULL;
	}
	tls_set_rules(ctx);
	if (SSL_CTX_set_min_proto_version(ctx, config->min == TLS_1_3 ?
	    TLS1_3_VERSION : TLS1_2_VERSION) != 1 ||
	    (config->ciphers != NULL &&
	    SSL_CTX_set_cipher_list(ctx, config->ciphers) != 1)) {
		tls_fail(err, "cannot use the TLS ciphers",
		    config->ciphers == NULL ? "" : config->ciphers);
		SSL_CTX_free(ctx);
		return NULL;
	}
	if (tls_load_cert(ctx, config, err) == -1 ||
	    tls_load_client_ca(ctx, config, err) == -1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

int
tls_context_new(const struct tls_config *config, struct tls_context **out,
    struct err *err)
{
	struct tls_context *tls;
	SSL_CTX *ctx;

	if ((ctx = tls_ctx_new(config, err)) == NULL)
		return -1;
	if ((tls = calloc(1, sizeof(*tls))) == NULL ||
	    pthread_mutex_init(&tls->lock, NULL) != 0)
		fatal("out of memory for TLS");
	tls->ctx = ctx;
	*out = tls;
	return 0;
}

int
tls_context_reload(struct tls_context *tls, const struct tls_config *config,
    struct err *err)
{
	SSL_CTX *fresh, *old;

	if ((fresh = tls_ctx_new(config, err)) == NULL)
		return -1;
	pthread_mutex_lock(&tls->lock);
	old = tls->ctx;
	tls->ctx = fresh;
	pthread_mutex_unlock(&tls->lock);
	SSL_CTX_free(old);
	return 0;
}

void
tls_context_free(struct tls_context **tp)
{
	struct tls_context *tls = *tp;

	if (tls == NULL)
		return;
	SSL_CTX_free(tls->ctx);
	pthread_mutex_destroy(&tls->lock);
	free(tls);
	*tp = NULL;
}

SSL *
tls_accept_new(struct tls_context *tls, int fd)
{
	SSL *ssl;

	ERR_clear_error();
	/* SSL_new() takes a reference on the context. */
	pthread_mutex_lock(&tls->lock);
	ssl = SSL_new(tls->ctx);
	pthread_mutex_unlock(&tls->lock);
	if (ssl == NULL)
		return NULL;
	if (SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}

void
tls_info_get(SSL *ssl, struct tls_info *out)
{
	out->version = SSL_get_version(ssl);
	out->cipher = SSL_get_cipher_name(ssl);
	out->sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	out->bits = SSL_get_cipher_bits(ssl, NULL);
}

/* Gets the only common name of a subject.  Returns false if there is none, or
   more than one. */
static bool
tls_common_name(X509_NAME *subject, char *out, size_t size)
{
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *utf8;
	bool ok;
	int n;

	if (at < 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return false;
	n = ASN1_STRING_to_UTF8(&utf8,
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (n < 0)
		return false;
	ok = n > 0 && (size_t)n < size;
	for (int i = 0; ok && i < n; i++)
		ok = utf8[i] > ' ' && utf8[i] < 0x7f;
	if (ok) {
		memcpy(out, utf8, (size_t)n);
		out[n] = '\0';
	}
	OPENSSL_free(utf8);
	return ok;
}

bool
tls_peer_name(SSL *ssl, char *out, size_t size)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);
	bool ok;

	if (cert == NULL)
		return false;
	ok = SSL_get_verify_result(ssl) == X509_V_OK &&
	    tls_common_name(X509_get_subject_name(cert), out, size);
	X509_free(cert);
	return ok;
}
