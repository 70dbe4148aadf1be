/*
 * mail_wire - a client's connection, blocking, in the clear or with TLS
 *
 *	struct wire w;
 *	imap_login(&w, 0, false);
 *	n = imap_command(&w, "SELECT INBOX").exists;
 *	wire_close(&w);
 *
 * What is not as expected ends the program.
 */
#ifndef BENCH_MAIL_WIRE_H
#define BENCH_MAIL_WIRE_H

#include <stdbool.h>

#include "base/buf.h"

struct wire {
	int fd;
	struct ssl_st *ssl;		/* own; NULL: in the clear */
	struct buf in;			/* own */
	size_t off;			/* read of it */
	uint64_t bytes;			/* received */
	unsigned tag;
};

void wire_open(struct wire *w, int port, bool tls);
void wire_close(struct wire *w);
void wire_send(struct wire *w, const void *p, size_t n);
/* The next line without its end, valid until the next call. */
struct bytes wire_line(struct wire *w);

/* What the untagged responses of a command were. */
struct imap_seen {
	unsigned exists;		/* the number in the last EXISTS */
	unsigned fetches, expunges, hits, messages;
	uint64_t literal_bytes;
	uint64_t us;			/* until the tagged answer */
};

/* Connects and logs in user number n. */
void imap_login(struct wire *w, unsigned n, bool tls);
/* Sends one and reads up to its tagged OK. */
struct imap_seen imap_command(struct wire *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* In two steps, so that many can be on their way. */
void imap_begin(struct wire *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct imap_seen imap_end(struct wire *w, unsigned tag);
/* The same without caring whether it is OK or NO. */
void imap_try(struct wire *w, const char *command);
/* APPEND of a message; its answer is to be read by imap_end(). */
void imap_append_begin(struct wire *w, const char *mailbox,
    struct bytes text);
/* A session in IDLE: "+" has come. */
void imap_idle(struct wire *w);

#endif
