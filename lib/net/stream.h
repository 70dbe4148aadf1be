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
 * For the SMTP client and other code that connects to remote servers, with a
 * thread for each connection.  Deadlines are times of clock_mono_ms() and are
 * for a whole call, so a peer cannot extend them by sending single bytes.  With
 * TLS the program must ignore SIGPIPE.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "base/err.h"

struct stream;

/* How the server's certificate is verified. */
enum stream_verify {
	STREAM_VERIFY_NONE,	/* opportunistic TLS (RFC 7435) */
	STREAM_VERIFY_NAME	/* issued by a CA, for the name */
};

struct stream_tls {
	enum stream_verify verify;
	const char *name;	/* sent as SNI, and verified; NULL: none */
	const char *ca_file;	/* PEM; NULL: that of the system */
};

/* where: as for dial_connect().  Returns 0 or -1. */
int stream_open(const char *where, uint64_t deadline_ms, struct stream **out,
    struct err *err);
/* The same for a connected, non-blocking descriptor, which it then owns. */
struct stream *stream_adopt(int fd);
void stream_close(struct stream **s);

/*
 * Does the handshake, with TLS 1.2 or later.  Returns 0, or -1: ERR_REFUSED if
 * the certificate failed the verification, ERR_TEMP for other errors.  Not for
 * a stream that already has TLS.
 */
int stream_starttls(struct stream *s, const struct stream_tls *tls,
    uint64_t deadline_ms, struct err *err);
bool stream_has_tls(const struct stream *s);
/* Return "TLSv1.3" and "TLS_AES_256_GCM_SHA384", or "" without TLS.  Valid as
   long as s. */
const char *stream_tls_version(const struct stream *s);
const char *stream_tls_cipher(const struct stream *s);

/* Writes all n bytes.  Returns 0 or -1. */
int stream_write(struct stream *s, const void *p, size_t n,
    uint64_t deadline_ms, struct err *err);
/* Reads 1 to n bytes.  Returns their number, 0 at the end, -1 on error. */
ssize_t stream_read(struct stream *s, void *p, size_t n,
    uint64_t deadline_ms, struct err *err);

#endif
