/* stream - connects to other servers, plain or with TLS, and blocks. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/dial.h"
#include "net/stream.h"
#include "net/tls.h"

struct stream {
	int fd;			/* own */
	SSL *ssl;		/* own; NULL: plain */
	bool broken;		/* TLS failed: send no close alert */
};

struct stream *
stream_adopt(int fd)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory");
	s->fd = fd;
	return s;
}

int
stream_open(const char *where, uint64_t deadline_ms, struct stream **out,
    struct err *err)
{
	int fd = dial_connect(where, deadline_ms, err);

	if (fd == -1)
		return -1;
	*out = stream_adopt(fd);
	return 0;
}

void
stream_close(struct stream **sp)
{
	struct stream *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	if (s->ssl != NULL) {
		/* Try once to send the close alert; ignore the answer. */
		if (!s->broken)
			(void)SSL_shutdown(s->ssl);
		SSL_free(s->ssl);
		ERR_clear_error();
	}
	(void)close(s->fd);
	free(s);
}

/* ---- TLS ---- */

static int
tls_fail(struct stream *s, struct err *err, enum err_kind kind,
    const char *what)
{
	char why[256];

	s->broken = true;
	return err_set(err, kind, "%s: %s", what,
	    tls_error_text(why, sizeof(why)));
}

/*
 * Waits after an OpenSSL call that did not succeed.  Returns 0 to try again, 1
 * if the peer has closed the connection, -1 on error.
 */
static int
tls_wait(struct stream *s, int result, const char *what,
    uint64_t deadline_ms, struct err *err)
{
	int e = errno;
	short events;

	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		events = POLLIN;
		break;
	case SSL_ERROR_WANT_WRITE:
		events = POLLOUT;
		break;
	case SSL_ERROR_ZERO_RETURN:
		return 1;
	case SSL_ERROR_SYSCALL:
		s->broken = true;
		if (ERR_peek_error() != 0)
			return tls_fail(s, err, ERR_TEMP, what);
		errno = e;
		return e == 0 ? 1 : err_sys(err, ERR_TEMP, "%s", what);
	default:
		return tls_fail(s, err, ERR_TEMP, what);
	}
	if (dial_wait(s->fd, events, deadline_ms) == -1) {
		s->broken = true;
		return err_sys(err, ERR_TEMP, "%s", what);
	}
	return 0;
}

static int
set_verify_name(SSL *ssl, const char *name)
{
	struct addr a;

	if (addr_parse(bytes_of(name), &a) == 0)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
		    name);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 &&
	    SSL_set_tlsext_host_name(ssl, name) == 1;
}

static int
load_trust(struct stream *s, SSL_CTX *ctx, const struct stream_tls *tls,
    struct err *err)
{
	int ok = tls->ca_file != NULL ?
	    SSL_CTX_load_verify_locations(ctx, tls->ca_file, NULL) :
	    SSL_CTX_set_default_verify_paths(ctx);

	if (ok != 1)
		return tls_fail(s, err, ERR_REFUSED,
		    "cannot read the CA certificates");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return 0;
}

/* Makes the SSL of a client, before the handshake.  Returns 0 or -1. */
static int
make_ssl(struct stream *s, const struct stream_tls *tls, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	bool verify = tls->verify == STREAM_VERIFY_NAME;

	if (ctx == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		fatal("out of memory for TLS");
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (verify && load_trust(s, ctx, tls, err) == -1) {
		SSL_CTX_free(ctx);
		return -1;
	}
	s->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	if (s->ssl == NULL || SSL_set_fd(s->ssl, s->fd) != 1)
		fatal("out of memory for TLS");
	if (verify && (tls->name == NULL ||
	    !set_verify_name(s->ssl, tls->name)))
		return tls_fail(s, err, ERR_REFUSED,
		    "no name to verify the certificate with");
	if (!verify && tls->name != NULL)
		(void)SSL_set_tlsext_host_name(s->ssl, tls->name);
	return 0;
}

int
stream_starttls(struct stream *s, const struct stream_tls *tls,
    uint64_t deadline_ms, struct err *err)
{
	long verdict;
	int r, rc;

	ERR_clear_error();
	if (make_ssl(s, tls, err) == -1)
		return -1;
	while ((r = SSL_connect(s->ssl)) != 1) {
		verdict = SSL_get_verify_result(s->ssl);
		if (tls->verify == STREAM_VERIFY_NAME && verdict != X509_V_OK) {
			s->broken = true;
			ERR_clear_error();
			return err_set(err, ERR_REFUSED, "cannot verify the "
			    "certificate of '%s': %s", tls->name,
			    X509_verify_cert_error_string(verdict));
		}
		rc = tls_wait(s, r, "TLS handshake", deadline_ms, err);
		if (rc == 1)
			return err_set(err, ERR_TEMP,
			    "TLS handshake: connection closed by peer");
		if (rc == -1)
			return -1;
	}
	return 0;
}

bool
stream_has_tls(const struct stream *s)
{
	return s->ssl != NULL;
}

const char *
stream_tls_version(const struct stream *s)
{
	return s->ssl == NULL ? "" : SSL_get_version(s->ssl);
}

const char *
stream_tls_cipher(const struct stream *s)
{
	return s->ssl == NULL ? "" : SSL_get_cipher_name(s->ssl);
}

/* ---- bytes ---- */

int
stream_write(struct stream *s, const void *p, size_t n, uint64_t deadline_ms,
    struct err *err)
{
	const char *at = p;
	size_t done;
	int rc;

	if (s->ssl == NULL)
		return dial_write(s->fd, p, n, deadline_ms, err);
	while (n > 0) {
		ERR_clear_error();
		if (SSL_write_ex(s->ssl, at, n, &done) == 1) {
			at += done;
			n -= done;
			continue;
		}
		rc = tls_wait(s, 0, "cannot send", deadline_ms, err);
		if (rc == 1)
			return err_set(err, ERR_TEMP,
			    "cannot send: connection closed by peer");
		if (rc == -1)
			return -1;
	}
	return 0;
}

ssize_t
stream_read(struct stream *s, void *p, size_t n, uint64_t deadline_ms,
    struct err *err)
{
	size_t done;
	int rc;

	if (s->ssl == NULL)
		return dial_read(s->fd, p, n, deadline_ms, err);
	for (;;) {
		ERR_clear_error();
		errno = 0;
		if (SSL_read_ex(s->ssl, p, n, &done) == 1)
			return (ssize_t)done;
		rc = tls_wait(s, 0, "cannot receive", deadline_ms, err);
		if (rc != 0)
			return rc == 1 ? 0 : -1;
	}
}
