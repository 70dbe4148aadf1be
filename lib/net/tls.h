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
	TLS_1_2,		/* the default, and the least we do */
	TLS_1_3
};

/* The client's certificate. */
enum tls_client {
	TLS_CLIENT_NONE,	/* not asked for */
	TLS_CLIENT_OPTIONAL,	/* checked when it has one */
	TLS_CLIENT_REQUIRED	/* no handshake without a valid one */
};

struct tls_config {
	const char *cert_file;	/* PEM: certificate, then its chain */
	const char *key_file;	/* PEM */
	const char *ciphers;	/* OpenSSL list for TLS 1.2; NULL: default */
	const char *client_ca_file;	/* PEM; needed for a client check */
	enum tls_client client;
	enum tls_version min;
};

/* 0, or -1 with a text that names the file and what is wrong with it. */
int tls_context_new(const struct tls_config *config, struct tls_context **out,
    struct err *err);

/*
 * New connections use what config names from here on.  -1: nothing changed.
 * From any thread.
 */
int tls_context_reload(struct tls_context *tls,
    const struct tls_config *config, struct err *err);

/* Running connections may go on. */
void tls_context_free(struct tls_context **tls);

/* A server-side SSL for a non-blocking descriptor, or NULL (no memory). */
struct ssl_st *tls_accept_new(struct tls_context *tls, int fd);

/* What a connection negotiated.  The strings are OpenSSL's: valid with it. */
struct tls_info {
	const char *version;	/* "TLSv1.3" */
	const char *cipher;	/* "TLS_AES_256_GCM_SHA384" */
	const char *sni;	/* NULL: the client named no host */
	int bits;		/* of the cipher */
};
void tls_info_get(struct ssl_st *ssl, struct tls_info *out);

/*
 * The common name in the verified certificate of the client.  False: it has
 * none, or the name is too long or holds bytes that are not printable ASCII.
 */
bool tls_peer_name(struct ssl_st *ssl, char *out, size_t size);

/*
 * The first entry of this thread's OpenSSL error queue, in words, which
 * empties the queue.  Returns out.
 */
const char *tls_error_text(char *out, size_t size);

#endif
