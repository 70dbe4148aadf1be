/*
 * tls - server-side TLS contexts that can be reloaded
 *
 * One context per certificate and set of rules, shared by any number of
 * listeners and threads.  Connections keep the OpenSSL context they began
 * with, so a reload never disturbs them.
 *
 *	if (tls_context_new(&config, &tls, err) == -1)
 *		return -1;
 *	...
 *	if (tls_context_reload(tls, &config, err) == -1)
 *		log it: the old certificate stays in use
 *	...
 *	tls_context_free(&tls);
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct ssl_st;			/* OpenSSL's SSL */
struct tls_context;

enum tls_version {
	TLS_1_2,		/* the default, and the lowest supported */
	TLS_1_3
};

/* The client's certificate. */
enum tls_client {
	TLS_CLIENT_NONE,	/* not requested */
	TLS_CLIENT_OPTIONAL,	/* verified if the client sends one */
	TLS_CLIENT_REQUIRED	/* no handshake without a valid one */
};

struct tls_config {
	const char *cert_file;	/* PEM: certificate, then its chain */
	const char *key_file;	/* PEM */
	const char *ciphers;	/* OpenSSL list for TLS 1.2; NULL: default */
	const char *client_ca_file;	/* PEM; unless client is NONE */
	enum tls_client client;
	enum tls_version min;
};

/* Returns 0, or -1 with an error that names the file. */
int tls_context_new(const struct tls_config *config, struct tls_context **out,
    struct err *err);

/*
 * Makes new connections use another config.  Returns 0, or -1 with nothing
 * changed.  Any thread may call it.
 */
int tls_context_reload(struct tls_context *tls,
    const struct tls_config *config, struct err *err);

/* Connections that use it may continue. */
void tls_context_free(struct tls_context **tls);

/* Returns a server-side SSL for a non-blocking descriptor, or NULL if out of
   memory. */
struct ssl_st *tls_accept_new(struct tls_context *tls, int fd);

/* The result of a handshake.  The strings are valid as long as the SSL. */
struct tls_info {
	const char *version;	/* "TLSv1.3" */
	const char *cipher;	/* "TLS_AES_256_GCM_SHA384" */
	const char *sni;	/* NULL if the client sent no host name */
	int bits;		/* of the cipher */
};
void tls_info_get(struct ssl_st *ssl, struct tls_info *out);

/*
 * Gets the common name in the verified certificate of the client.  Returns
 * false if there is none, or if it is too long or not printable ASCII.
 */
bool tls_peer_name(struct ssl_st *ssl, char *out, size_t size);

/*
 * Writes the first error in this thread's OpenSSL error queue as text, and
 * empties the queue.  Returns out.
 */
const char *tls_error_text(char *out, size_t size);

#endif
