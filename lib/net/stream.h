/*
 * stream - a blocking connection to another server, plain or with TLS
 *
 *	if (stream_open("192.0.2.1:25", deadline, &s, err) == -1)
 *		return -1;
 *	... stream_write(s, buf, n, deadline, err) ...
 *	if (stream_starttls(s, &tls, deadline, err) == -1)
 *		... s is of no further use
 *	n = stream_read(s, buf, sizeof(buf), deadline, err);
 *	stream_close(&s);
 *
 * For the SMTP client and others that speak to servers elsewhere, one thread
 * for each connection.  Deadlines are times of clock_mono_ms(), for the whole
 * of a call: a peer that sends a byte now and then gains nothing by it.  With
 * TLS the program has to ignore SIGPIPE.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "base/err.h"

struct stream;

/* What the server's certificate has to prove. */
enum stream_verify {
	STREAM_VERIFY_NONE,	/* opportunistic TLS (RFC 7435) */
	STREAM_VERIFY_NAME	/* issued by a CA, for the name */
};

struct stream_tls {
	enum stream_verify verify;
	const char *name;	/* sent as SNI, and verified; NULL: none */
	const char *ca_file;	/* PEM; NULL: the system's */
};

/* where: as dial_connect() takes it.  0, or -1. */
int stream_open(const char *where, uint64_t deadline_ms, struct stream **out,
    struct err *err);
/* The same over a connected, non-blocking descriptor, which it owns now. */
struct stream *stream_adopt(int fd);
void stream_close(struct stream **s);

/*
 * The handshake, TLS 1.2 at least.  0, or -1: ERR_REFUSED the certificate is
 * not good enough, ERR_TEMP anything else.  Not for a stream that has TLS.
 */
int stream_starttls(struct stream *s, const struct stream_tls *tls,
    uint64_t deadline_ms, struct err *err);
bool stream_has_tls(const struct stream *s);
/* "TLSv1.3", "TLS_AES_256_GCM_SHA384"; "" without TLS.  Valid with s. */
const char *stream_tls_version(const struct stream *s);
const char *stream_tls_cipher(const struct stream *s);

/* All n bytes.  0, or -1. */
int stream_write(struct stream *s, const void *p, size_t n,
    uint64_t deadline_ms, struct err *err);
/* At least one byte, at most n.  Their number, 0 at the end, or -1. */
ssize_t stream_read(struct stream *s, void *p, size_t n,
    uint64_t deadline_ms, struct err *err);

#endif
